"""The FreePBX backend with the simulated API and no Asterisk: what is asked of FreePBX, and what is not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core import DeviceName
from bridge.core.extensions import ExtensionChange, ExtensionSecretChanged
from bridge.lab.asterisk import free_port
from bridge.lab.freepbx import FreePbxManners, SimulatedFreePbx
from bridge.lab.freepbxsite import FreePbxSite
from bridge.pbx.ami import AmiSettings
from bridge.pbx.freepbx import FreePbx
from bridge.pbx.freepbxapi import ApiSettings
from bridge.pbx.freepbxsettings import FreePbxSettings
from bridge.ports import SipEndpoint
from tests.integration.recorder import Recorder


class Follower:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.changes: list[ExtensionChange] = []

    async def follow(self, changes: Sequence[ExtensionChange]) -> None:
        self.changes += changes


def phone(number: int) -> SipEndpoint:
    return SipEndpoint(str(number), f"secret{number:06d}", DeviceName(f"SEP00112233{number:04d}"), str(number), "Alice")


@asynccontextmanager
async def backend(
    place: Path, *, manners: FreePbxManners | None = None
) -> AsyncIterator[tuple[FreePbx, SimulatedFreePbx, Follower]]:
    etc = place / "etc"
    (etc / "sepbridge").mkdir(parents=True, exist_ok=True)
    (etc / "manager.conf").write_text("")
    site = FreePbxSite()
    site.move_in(etc, "127.0.0.1", 5060)

    async def no_asterisk(command: str) -> str:
        return ""

    async with SimulatedFreePbx(site, no_asterisk, manners=manners) as freepbx:
        recorder, follower = Recorder(), Follower()
        settings = FreePbxSettings(
            ApiSettings(freepbx.url, freepbx.client_id, freepbx.client_secret),
            AmiSettings(port=free_port()),
            etc / "sepbridge",
            place / "ledger.json",
            look_every=0.1,
            gather=0.0,
            poll_reload_every=0.05,
            retry_first=0.1,
            retry_last=0.1,
        )
        pbx = FreePbx(settings, sink=recorder, clock=recorder, listener=recorder, follower=follower)
        task = asyncio.create_task(pbx.run())
        try:
            yield pbx, freepbx, follower
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while True:
            if reached():
                return
            await asyncio.sleep(0.02)


async def test_nothing_is_asked_before_the_phones_are_known(tmp_path: Path) -> None:
    async with backend(tmp_path) as (pbx, freepbx, _):
        await asyncio.sleep(0.3)
        assert freepbx.requests == []
        pbx.replace_all([])
        await until(lambda: bool(freepbx.requests))


async def test_one_reload_for_many_and_each_extension_looked_at(tmp_path: Path) -> None:
    async with backend(tmp_path) as (pbx, freepbx, _):
        pbx.replace_all([phone(number) for number in range(1000, 1012)])
        await until(lambda: (tmp_path / "etc/sepbridge/freepbx_endpoints.conf").exists() and pbx.status().reloads == 1)
        asked = [name for name, _ in freepbx.requests]
        assert (asked.count("addExtension"), asked.count("doreload")) == (12, 1)
        assert asked.count("fetchExtension") >= 24  # after it was made, and after it got a password
        assert all(given["input"]["umEnable"] is False for name, given in freepbx.requests if name == "addExtension")
        assert {each.secret for each in freepbx.site.extensions.values()} == {
            f"secret{number:06d}" for number in range(1000, 1012)
        }


async def test_an_empty_database_deletes_nothing(tmp_path: Path) -> None:
    async with backend(tmp_path) as (pbx, freepbx, _):
        pbx.replace_all([phone(number) for number in range(1000, 1012)])
        await until(lambda: pbx.status().reloads == 1)
        pbx.replace_all([])
        await until(lambda: "12 extensions would be deleted" in str(pbx._trouble))
        assert len(freepbx.site.extensions) == 12
        pbx.replace_all([phone(number) for number in range(1000, 1010)])
        await until(lambda: len(freepbx.site.extensions) == 10)
        await until(lambda: pbx._trouble is None)


async def test_what_nobody_takes_up_is_told_once_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    async with backend(tmp_path) as (pbx, freepbx, follower):
        pbx.replace_all([phone(1000)])
        await until(lambda: pbx.status().reloads == 1)
        await freepbx.page_add(replace(freepbx.site.extensions["1000"], secret="TypedByAdmin"))
        await until(lambda: follower.changes == [ExtensionSecretChanged("1000", "TypedByAdmin")])
        pbx.put([phone(1001)])
        await until(lambda: "1001" in freepbx.site.extensions)
        before = len(freepbx.requests)
        await asyncio.sleep(0.5)
        assert len(follower.changes) == 1
        assert len(freepbx.requests) - before < 15  # one look each time, not one after the other


@pytest.mark.parametrize("version", [16, 17])
async def test_a_reload_that_fails_is_said_and_tried_again(tmp_path: Path, version: int) -> None:
    manners = FreePbxManners(version=version, reload_fails=True, reload_takes=0.0)
    async with backend(tmp_path, manners=manners) as (pbx, freepbx, follower):
        pbx.replace_all([phone(1000)])
        await until(lambda: "could not reload" in str(pbx._trouble))
        assert await pbx.settled("1000", within=5) is False
        manners.reload_fails = False
        await until(lambda: pbx.status().reloads == 1)
        assert [name for name, _ in freepbx.requests].count("addExtension") == 1
        assert follower.changes == []
