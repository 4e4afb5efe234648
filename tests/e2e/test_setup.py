"""From a fresh Asterisk to two phones that talk, by ``sepbridge setup`` alone, and back again to the last byte."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge.core import MacAddress
from bridge.lab.asterisk import LabPorts, PrivateAsterisk, free_port
from bridge.lab.filefetch import FileServer
from bridge.lab.g711 import TONES
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phoneevents import AudioHeard, CallAnswered, Registered
from bridge.lab.phonetiming import LAB_TIMING
from bridge.lab.sccpphone import SccpPhone
from bridge.pbx.install import undo
from tests.e2e.programs import PROGRAM, run

PATIENCE = 30.0


@dataclass(frozen=True)
class FreshHost:
    """A directory tree in place of ``/``, with an Asterisk in it that runs and has never heard of sepbridge."""

    root: Path
    etc: Path
    cli: list[str]

    def tree(self) -> dict[str, bytes]:
        """Every file below /etc."""
        return {str(each.relative_to(self.root)): each.read_bytes() for each in self.etc.rglob("*") if each.is_file()}


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[FreshHost]:
    root = tmp_path / "r"
    asterisk = PrivateAsterisk(root, ports=LabPorts(sip=free_port(), ami=free_port()))
    asterisk.configure()
    undo(asterisk.etc)
    (asterisk.etc / "sepbridge" / "custom.conf").unlink(missing_ok=True)  # the lab's own numbers
    with contextlib.suppress(OSError):
        (asterisk.etc / "sepbridge").rmdir()
    program = root / "usr/sbin/asterisk"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {asterisk.installation.program} "$@"\n')
    program.chmod(0o755)
    conf = str(asterisk.etc / "asterisk.conf")
    process = await asyncio.create_subprocess_exec(
        program, "-f", "-C", conf, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        cli = [str(program), "-C", conf, "-rx"]
        await until(lambda: booted(cli))
        yield FreshHost(root, asterisk.etc, cli)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def booted(cli: list[str]) -> bool:
    process = await asyncio.create_subprocess_exec(
        *cli, "core waitfullybooted", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    output, _ = await process.communicate()
    return b"fully booted" in output


async def until(condition: Any) -> None:
    """Wait until an async condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 (another program's state: there is nothing to wait on)
            await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def serving(config: Path) -> AsyncIterator[None]:
    """``sepbridge serve`` as a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "--config", str(config), "serve", stdout=asyncio.subprocess.DEVNULL, stderr=sys.stderr
    )

    async def is_up() -> bool:
        assert process.returncode is None
        check = await asyncio.create_subprocess_exec(
            *PROGRAM, "--config", str(config), "status", stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        return await check.wait() == 0

    try:
        await until(is_up)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(20):
            assert await process.wait() == 0


@pytest.mark.req("RG-28")
@pytest.mark.req("AR-23")
async def test_a_fresh_host_its_first_phones_and_back(host: FreshHost) -> None:
    before = host.tree()
    tftp, http, sccp, doorway, admins = (free_port() for _ in range(5))
    words = [
        *("setup", "--root", str(host.root), "--etc", str(host.etc), "--yes", "--address", "127.0.0.1"),
        *("--range", "1000-1099", "--protocol", "SIP", "--open", "30m"),
        *("--setting", f'tftp.listen=["127.0.0.1:{tftp}"]', "--setting", f'http.listen=["127.0.0.1:{http}"]'),
        *("--setting", f'sccp.listen=["127.0.0.1:{sccp}"]', "--setting", f'sip.doorway=["127.0.0.1:{doorway}"]'),
        *("--setting", f'web.listen=["127.0.0.1:{admins}"]'),
        # All simulated phones have one address, and speak G.711 alone.
        *("--setting", "files.secrets_to=any", "--setting", "files.unknown_per_minute=0"),
    ]
    said = await run(*words)
    assert "Asterisk has read its files anew." in said
    assert "dhcp-option=150,127.0.0.1" in said
    config = host.root / "etc/sepbridge/sepbridge.toml"
    secret = next(row for row in config.read_text().splitlines() if row.startswith("secret")).split('"')[1]
    assert secret not in said
    await run("--config", str(config), "site", "regions", "set", "Default", "codecs=ulaw,alaw")

    # Twice is as good as once.
    files = host.tree()
    again = await run(*words[:-14], "--json")
    assert json.loads(again)["done"] is False
    assert host.tree() == files

    async with serving(config):
        server = FileServer(("127.0.0.1", tftp), ("127.0.0.1", http))
        one = SimulatedPhone(
            "8841", MacAddress("001122334401"), server, timing=LAB_TIMING, tone=TONES[0], auto_answer=0.0
        )
        two = SccpPhone("7961", MacAddress("001122334402"), server, timing=LAB_TIMING, tone=TONES[4], auto_answer=0.3)
        try:
            one.power_on()
            await one.wait_for(Registered, within=PATIENCE)
            await run("--config", str(config), "autoregistration", "protocol", "SCCP")
            two.power_on()
            await two.wait_for(Registered, within=PATIENCE)
            numbers = await both_registered(config)

            one.call(numbers["SEP001122334402"])
            await one.wait_for(CallAnswered, within=PATIENCE)
            assert (await one.wait_for(AudioHeard)).frequency == two.tone
            assert (await two.wait_for(AudioHeard)).frequency == one.tone
            one.hang_up()
            two.call(numbers["SEP001122334401"])
            await two.wait_for(CallAnswered, within=PATIENCE)
            two.hang_up()

            # Waiting ends with the first phone that has arrived.
            assert "is registered." in await run(*words[:-14], "--wait", "10s")
            report = json.loads(await run("--config", str(config), "doctor", "--json"))
            assert report["problems"] == 0, report
        finally:
            await one.power_off()
            await two.power_off()

    undone = await run("setup", "--root", str(host.root), "--undo", "--with-data", "--yes")
    assert "Done." in undone
    assert host.tree() == before
    assert not config.exists()
    assert not (host.root / "var/lib/sepbridge/sepbridge.db").exists()
    nothing = await run("setup", "--root", str(host.root), "--etc", str(host.etc), "--undo", "--yes", "--json")
    assert json.loads(nothing)["done"] is False


async def both_registered(config: Path) -> dict[str, str]:
    """Numbers of the phones, once both are settled: known by their models, and not on their way to a restart."""
    numbers: dict[str, str] = {}

    async def settled() -> bool:
        listed = json.loads(await run("--config", str(config), "phones", "list", "--json"))
        phones = [each for each in listed["phones"] if each["registered"] and each["model"]]
        numbers.update({each["name"]: each["lines"][0]["line"]["number"] for each in phones})
        return len(phones) == 2

    await until(settled)
    return numbers
