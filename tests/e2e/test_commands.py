"""The programs as a person starts them: ``lab up``, ``lab demo``, ``serve`` and the commands beside it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from bridge.lab.filefetch import FileFetcher, FileServer
from bridge.lab.testbed import TestbedWishes, prepared_testbed
from tests.e2e.programs import PROGRAM, run, started


def address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


async def test_lab_up_prints_one_line_and_leaves_nothing_behind() -> None:
    async with started("lab", "up", "--range", "200-299", "--open", "5m") as (_, line):
        bench: dict[str, Any] = json.loads(line)
        assert {"tftp", "http", "sip", "ami", "asterisk_cli", "state", "config", "pid"} <= set(bench)
        assert Path(f"/proc/{bench['pid']}").exists()
        async with FileFetcher(FileServer(address(bench["tftp"]))) as fetcher:
            got = await fetcher.fetch("SEP001122AABBCC.cnf.xml")
        assert got.content is not None
        assert b"<name>200</name>" in got.content
        config = ("--config", bench["config"])
        listed = json.loads(await run(*config, "phones", "list", "--json"))
        assert [phone["name"] for phone in listed["phones"]] == ["SEP001122AABBCC"]
        status = json.loads(await run(*config, "status", "--json"))
        assert status["service"]["pbx"]["connected"]
        assert status["trouble"] == []
        # A change from the command line reaches Asterisk at once.
        await run(*config, "phones", "add", "001122AABBCD", "--number", "299")
        assert "299" in await asterisk(bench, "pjsip show endpoint 299")
        await run(*config, "phones", "remove", "299", "--yes")
        await run(*config, "autoregistration", "disable")
        async with FileFetcher(FileServer(address(bench["tftp"]))) as fetcher:
            assert (await fetcher.fetch("SEP001122AABBCE.cnf.xml")).missing
        asterisk_pid = int((Path(bench["state"]) / "asterisk/run/asterisk.pid").read_text())
    assert not Path(bench["state"]).exists()
    assert not Path(f"/proc/{asterisk_pid}").exists()


async def asterisk(bench: dict[str, Any], command: str) -> str:
    """One command at the bench's Asterisk."""
    process = await asyncio.create_subprocess_exec(*bench["asterisk_cli"], command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return output.decode()


async def test_the_demo_says_that_it_works() -> None:
    outcome = json.loads(await run("lab", "demo", "--json"))
    assert outcome["good"]
    assert all(row["settled"] and row["confirmed"] for row in outcome["phones"])
    assert len({row["number"] for row in outcome["phones"]}) == len(outcome["phones"])


async def test_the_storm_reports() -> None:
    report = json.loads(await run("lab", "storm", "--phones", "20", "--json"))
    assert (report["registered"], report["duplicates"]) == (20, [])


async def test_serve_runs_from_a_settings_file() -> None:
    async with prepared_testbed(TestbedWishes()) as bed:
        config = ("--config", str(bed.config))
        async with started(*config, "serve") as (process, line):
            assert str(bed.settings.tftp.listen[0]) in line
            listen = bed.settings.tftp.listen[0]
            async with FileFetcher(FileServer((listen.host, listen.port))) as fetcher:
                assert (await fetcher.fetch("XMLDefault.cnf.xml")).content is not None
            status = await run(*config, "status")
            assert "connected" in status
            made = json.loads(await run(*config, "users", "first-login", "--json"))
            process.terminate()
            assert process.stdout is not None
            said = line + (await process.stdout.read()).decode()
        assert "first-login` shows the password" in said
        assert len(made["password"]) == 16
        assert made["password"] not in said
        # Without the service the same command says what to do, and its exit code tells programs.
        assert "sepbridge serve" in await run(*config, "status", code=1)


async def test_a_port_that_is_taken_is_named() -> None:
    async with prepared_testbed(TestbedWishes()) as bed, bed.node():
        process = await asyncio.create_subprocess_exec(
            *PROGRAM, "--config", str(bed.config), "serve", stdout=-3, stderr=asyncio.subprocess.PIPE
        )
        _, errors = await process.communicate()
        assert process.returncode == 5
        assert str(bed.settings.tftp.listen[0].port) in errors.decode()
        assert "Traceback" not in errors.decode()
