"""The lab's own Asterisk: finding one, starting, stopping, and the numbers it offers."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.errors import ConfigurationError, PbxError, PbxUnavailable
from bridge.lab.asterisk import LabPorts, PrivateAsterisk, free_port
from bridge.lab.installation import AsteriskInstallation, find_asterisk

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/get-asterisk.sh"


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_nothing_runs_afterwards_and_a_restart_keeps_ports_and_files(
    make_asterisk: Callable[[], PrivateAsterisk],
) -> None:
    async with make_asterisk() as asterisk:
        first, ports = asterisk.pid, asterisk.ports
        assert first is not None
        await asterisk.cli("database put lab kept yes")
        await asterisk.restart()
        assert not is_alive(first)
        assert asterisk.ports == ports
        assert "Value: yes" in await asterisk.cli("database get lab kept")
        last = asterisk.pid
        assert last is not None
    assert not is_alive(last)
    assert asterisk.pid is None
    with pytest.raises(PbxUnavailable):
        await asterisk.cli("core show version")


async def test_taken_ports_are_noticed(
    asterisk_installation: AsteriskInstallation, asterisk: PrivateAsterisk, tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        for ports, words in [
            (LabPorts(sip=free_port(), ami=asterisk.ports.ami), "manager port"),
            (LabPorts(sip=taken.getsockname()[1], ami=free_port()), "SIP port"),
        ]:
            second = PrivateAsterisk(tmp_path / words.split()[0], installation=asterisk_installation, ports=ports)
            with pytest.raises(PbxError, match=words):
                async with second:
                    pass
            assert second.pid is None


async def test_a_long_directory_name_is_no_obstacle(
    asterisk_installation: AsteriskInstallation, tmp_path: Path
) -> None:
    async with PrivateAsterisk(tmp_path / ("x" * 120), installation=asterisk_installation) as asterisk:
        assert "lab-tcp" in await asterisk.cli("pjsip show transports")
        run = asterisk._run_directory
    assert not run.exists()


async def test_602_stores_the_four_digits(asterisk: PrivateAsterisk) -> None:
    await asterisk.cli("database deltree lab")
    # Half a second before the digits come; the call ends by itself once they have been read back.
    await asterisk.cli("channel originate Local/602@sepbridge-phones application SendDTMF w4711")
    async with asyncio.timeout(15):
        while "Value: 4711" not in await asterisk.cli("database get lab digits"):
            pass  # AstDB sends no event when it changes; asking takes long enough not to spin


def test_the_log_of_a_fresh_start_has_no_error(asterisk: PrivateAsterisk) -> None:
    head = asterisk.log.read_text(errors="replace").partition("Asterisk Ready.")[0]
    assert [line for line in head.splitlines() if "ERROR[" in line] == []


def test_no_asterisk_names_the_way_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"get-asterisk\.sh"):
        find_asterisk(tmp_path)


def test_the_script_leaves_an_asterisk_that_works_alone(asterisk_installation: AsteriskInstallation) -> None:
    if not asterisk_installation.private:
        pytest.skip("the Asterisk of this machine is used")
    prefix = asterisk_installation.program.parent
    done = subprocess.run([SCRIPT, prefix], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == ""


def test_the_script_replaces_nothing_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    done = subprocess.run([SCRIPT, tmp_path], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "holds something else" in done.stderr
    assert (tmp_path / "precious").exists()


def test_the_script_says_when_the_mirror_cannot_be_reached_and_leaves_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "MIRROR": "http://127.0.0.1:9/debian", "http_proxy": ""}
    done = subprocess.run(
        [SCRIPT, tmp_path / "new"], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert done.returncode == 1
    assert "set MIRROR" in done.stderr
    assert list(tmp_path.iterdir()) == []
