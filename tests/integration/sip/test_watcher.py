"""The node's watcher against Asterisk: what a hint says reaches the lamps, and the account can do nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.app.stations.watcher import Watcher
from bridge.callcontrol.parties import Party
from bridge.callcontrol.watching import LampState, Watched, Watching
from bridge.core import DeviceName
from bridge.lab.asterisk import PrivateAsterisk
from bridge.net.sipids import RandomSipIds
from bridge.pbx.phonefiles import PhoneFiles
from bridge.pbx.pjsipconf import WATCHER, PjsipOptions
from bridge.ports import SipEndpoint
from bridge.sip import AudioSession, CallConfirmed, CallEnded, Destination, IncomingCall
from bridge.sip.sdp import PCMU
from tests.sippeople import person

SECRET = "known-only-here"
WATCHERS = "known-here-too"
MEDIA = AudioSession("127.0.0.1", 39000, (PCMU,))


@pytest.fixture
async def server(asterisk: PrivateAsterisk) -> tuple[str, int]:
    endpoints = [
        SipEndpoint("1711", SECRET, DeviceName("SEP001122331711"), "1711", "Ada"),
        SipEndpoint("1712", SECRET, DeviceName("SEP001122331712"), "1712", "Bob", partition="Staff"),
    ]
    files = PhoneFiles(asterisk.phones_directory, PjsipOptions(), watcher_secret=WATCHERS)
    await asyncio.to_thread(files.write, endpoints)
    await asterisk.cli("module reload res_pjsip.so")
    await asterisk.cli("module reload pbx_config.so")
    return asterisk.sip


class Lamps:
    def __init__(self, server: tuple[str, int]) -> None:
        self.watching = Watching()
        self.watcher = Watcher(self.watching, Destination(*server), RandomSipIds(), secret=WATCHERS)
        self._changed = asyncio.Event()

    def show(self, number: str) -> None:
        self.watching.watch(number, lambda now: self._changed.set())
        self.watcher.look_after()

    async def sees(self, number: str, watched: Watched) -> None:
        async with asyncio.timeout(40):
            while self.watching.state(number) != watched:
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def lamps(server: tuple[str, int]) -> AsyncIterator[Lamps]:
    made = Lamps(server)
    running = asyncio.create_task(made.watcher.run())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_lamps_follow_calls_in_every_partition(server: tuple[str, int], asterisk: PrivateAsterisk) -> None:
    async with (
        lamps(server) as seen,
        person("1711", server, secret=SECRET) as ada,
        person("1712", server, secret=SECRET) as bob,
    ):
        for number in ("1711", "1712", "1799"):
            seen.show(number)
        await ada.register()
        await bob.register()
        await seen.sees("1711", Watched(LampState.IDLE))
        await seen.sees("1712", Watched(LampState.IDLE))
        bob.call("1711", MEDIA)
        incoming = await ada.sees(IncomingCall)
        ada.do(lambda now: ada.agent.ring(incoming.call, now=now))
        await seen.sees("1712", Watched(LampState.IN_USE))
        await seen.sees("1711", Watched(LampState.ALERTING, Party("1712", "Bob")))
        ada.do(lambda now: ada.agent.answer(incoming.call, MEDIA, now=now))
        await ada.sees(CallConfirmed)
        await seen.sees("1711", Watched(LampState.IN_USE))
        ada.hang_up(incoming.call)
        await bob.sees(CallEnded)
        await seen.sees("1711", Watched(LampState.IDLE))
        await seen.sees("1712", Watched(LampState.IDLE))
        assert seen.watching.state("1799") == Watched()
        assert (await asterisk.cli("pjsip show subscriptions inbound")).count(WATCHER) >= 2
    assert WATCHER not in await asterisk.cli("pjsip show subscriptions inbound")


async def test_the_watchers_account_can_call_nobody(server: tuple[str, int]) -> None:
    async with person(WATCHER, server, secret=WATCHERS) as thief:
        for number in ("1711", "600", "s"):
            thief.call(number, MEDIA)
            assert (await thief.sees(CallEnded)).status == 404
