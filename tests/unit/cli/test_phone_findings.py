"""``sepbridge phones list`` with what the running service finds of phones, over its control socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.cli.control import ServiceNotRunning
from bridge.core import DeviceName
from bridge.core.findings import Weight
from bridge.journey import Finding
from bridge.web.control import ControlServer
from tests.unit.cli.conftest import Shell

STUCK, NOTED, WELL = (DeviceName(f"SEP0011220000{each}") for each in ("01", "02", "03"))


class Service:
    """Its findings are all that is asked for."""

    def found(self) -> Mapping[DeviceName, tuple[Finding, ...]]:
        return {
            STUCK: (
                Finding("firmware_file_missing", "Firmware is missing: [red]x[/red]", Weight.PROBLEM, (), "so"),
                Finding("nat", "There is a NAT", Weight.NOTE, (), "so"),
            ),
            NOTED: (Finding("nat", "There is a NAT", Weight.NOTE, (), "so"),),
        }


@pytest.fixture
def site(shell: Shell) -> Shell:
    shell.text("autoregistration", "range", "1000-1009")
    for name in (STUCK, NOTED, WELL):
        shell.text("phones", "add", str(name))
    return shell


@pytest.fixture
async def served(site: Shell, tmp_path: Path) -> AsyncIterator[Shell]:
    server = ControlServer(cast("Any", Service()), tmp_path / "state" / "control.sock")
    await server.start()
    yield site
    await server.close()


async def test_each_phone_has_its_first_finding_in_plain_words(served: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "220")
    lines = (await asyncio.to_thread(served.text, "phones", "list")).splitlines()
    rows = {name: next(line for line in lines if str(name) in line) for name in (STUCK, NOTED, WELL)}
    # What a phone asked for is shown as it is, and is no markup.
    assert "problem: Firmware is missing: [red]x[/red] (+1)" in rows[STUCK]
    assert "note: There is a NAT" in rows[NOTED]
    assert "note" not in rows[WELL]
    told = await asyncio.to_thread(served.json, "phones", "list")
    assert [[each["code"] for each in phone["findings"]] for phone in told["phones"]] == [
        ["firmware_file_missing", "nat"],
        ["nat"],
        [],
    ]


async def test_only_phones_with_a_problem(served: Shell) -> None:
    told = await asyncio.to_thread(served.json, "phones", "list", "--problems")
    assert [phone["name"] for phone in told["phones"]] == [str(STUCK)]
    none = await asyncio.to_thread(served.text, "phones", "list", "--problems", "--temporary")
    assert "No phone is like that" in none


def test_without_the_service_there_is_a_list_and_nobody_says_that_all_is_well(site: Shell) -> None:
    assert [phone["findings"] for phone in site.json("phones", "list")["phones"]] == [[], [], []]
    error = site.error("phones", "list", "--problems")
    assert isinstance(error, ServiceNotRunning)


def test_without_the_service_it_is_said_that_nothing_is_known_of_findings(site: Shell) -> None:
    assert "The service is not running" in site.text("phones", "list")
    assert site.json("phones", "list")["remark"]


async def test_with_it_there_is_nothing_to_remark(served: Shell) -> None:
    assert "not running" not in await asyncio.to_thread(served.text, "phones", "list")
    assert (await asyncio.to_thread(served.json, "phones", "list"))["remark"] == ""
