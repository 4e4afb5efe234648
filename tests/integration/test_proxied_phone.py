"""Proxied phones on a real Asterisk: they call, hold, and hand over to each other. Only their own wire is not real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bridge.callcontrol import CallSettings, House, LineState, PhoneEvent, ProxiedPhone, SharedLine, TransferFinished
from bridge.core import DeviceName
from bridge.lab.asterisk import PrivateAsterisk
from bridge.net.sipids import RandomSipIds
from bridge.net.siptransport import SipLink
from bridge.pbx.phonefiles import PhoneFiles
from bridge.pbx.pjsipconf import PjsipOptions
from bridge.ports import SipEndpoint
from bridge.sccp import (
    DeviceType,
    Dialect,
    EnblocCall,
    Message,
    OffHook,
    OnHook,
    PhoneFeatures,
    Register,
    SoftKeyEvent,
    SoftKeyEventType,
    StationCallState,
    TimeDateReq,
)
from bridge.sccp.profile import StationLine
from bridge.sccp.session import StationSession
from bridge.sip import Account, Destination, Event, UserAgent
from tests.sccpbench import PROFILE, Station

SECRET = "known-only-here"
NUMBERS = ("1711", "1712", "1713")
PATIENCE = 20.0
HOUSE: House[ProxiedPhone] = House()


@pytest.fixture
async def server(asterisk: PrivateAsterisk) -> tuple[str, int]:
    endpoints = [
        SipEndpoint(number, SECRET, DeviceName(f"SEP00112233{number}"), number, f"Desk {number}") for number in NUMBERS
    ]
    await asyncio.to_thread(PhoneFiles(asterisk.phones_directory, PjsipOptions()).write, endpoints)
    await asterisk.cli("module reload res_pjsip.so")
    await asterisk.cli("module reload pbx_config.so")
    return asterisk.sip


class Desk:
    """A phone whose line is a real socket."""

    def __init__(self, number: str, server: tuple[str, int]) -> None:
        account = Account(number, server[0], Destination(*server), password=SECRET)
        self.agent = UserAgent(account, RandomSipIds(), ("127.0.0.1", 0))
        self.line = SharedLine(self.agent)
        self.link = SipLink(self.agent, self._event)
        self.profile = replace(PROFILE, lines=(StationLine(number),))
        features = PhoneFeatures.RFC2833 | PhoneFeatures.UTF_8
        self.station = Station(Dialect(17, features.code_page), DeviceType.CISCO_7961G, features, address="127.0.0.1")
        self.session = StationSession(("127.0.0.1", 50000), now=self.link.now)
        self.phone = ProxiedPhone(self.session, HOUSE)
        self.events: list[PhoneEvent] = []
        self._changed = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def _event(self, event: Event) -> None:
        self.line.receive(event, now=self.link.now)
        self.pump()

    def pump(self) -> None:
        """Carry what waits between the phone and the proxy."""
        while True:
            for data in self.phone.data_to_station():
                self.station.receive(data)
            messages, self.station.to_send = self.station.to_send, []
            if not messages:
                break
            for message in messages:
                self.phone.receive_from_station(self.station.dialect.encode(message), now=self.link.now)
        self.link.flush()
        while (event := self.phone.next_event()) is not None:
            self.events.append(event)
        if self._timer is not None:
            self._timer.cancel()
        at = self.phone.timer()
        if at is not None:
            self._timer = asyncio.get_running_loop().call_at(at, self._fire)
        self._changed.set()

    def _fire(self) -> None:
        self.phone.handle_timer(now=self.link.now)
        self.pump()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.link.close()

    def says(self, message: Message) -> None:
        self.station.to_send.append(message)
        self.pump()

    async def until(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not what():
                self._changed.clear()
                await self._changed.wait()

    async def shows(self, *states: StationCallState) -> None:
        await self.until(lambda: list(self.station.states.values()) == list(states))


@asynccontextmanager
async def desk(number: str, server: tuple[str, int]) -> AsyncIterator[Desk]:
    one = Desk(number, server)
    await one.link.connect("127.0.0.1")
    features = int(one.station.features)
    name = f"SEP00112233{number}"
    one.says(
        Register(
            name,
            device_type=DeviceType.CISCO_7961G,
            protocol_version=17,
            feature1=features >> 8 & 255,
            feature2=features >> 16,
        )
    )
    one.phone.accept(one.profile, CallSettings(), [one.line], now=one.link.now)
    one.says(TimeDateReq())
    one.phone.line_connected(1, now=one.link.now)
    one.pump()
    try:
        await one.until(lambda: one.phone.line_state(1) is LineState.REGISTERED)
        yield one
        one.phone.close(now=one.link.now)
        one.pump()
        await one.until(lambda: one.phone.is_finished)
    finally:
        one.close()


async def test_a_call_with_hold_and_names(server: tuple[str, int]) -> None:
    async with desk("1711", server) as alice, desk("1712", server) as bob:
        alice.says(EnblocCall("1712"))
        await bob.shows(StationCallState.RING_IN)
        await alice.shows(StationCallState.RING_OUT)
        (info,) = bob.station.infos.values()
        assert (info.calling_number, info.calling_name) == ("1711", "Desk 1711")
        bob.says(OffHook())
        await alice.shows(StationCallState.CONNECTED)
        assert len(alice.station.sending) == len(bob.station.sending) == 1
        bob.says(SoftKeyEvent(SoftKeyEventType.HOLD))
        await bob.shows(StationCallState.HOLD)
        bob.says(SoftKeyEvent(SoftKeyEventType.RESUME))
        await bob.shows(StationCallState.CONNECTED)
        await bob.until(lambda: len(bob.station.sending) == 1)
        alice.says(OnHook())
        await bob.shows()


async def test_attended_transfer(server: tuple[str, int]) -> None:
    async with desk("1711", server) as alice, desk("1712", server) as bob, desk("1713", server) as carol:
        alice.says(EnblocCall("1712"))
        await bob.shows(StationCallState.RING_IN)
        bob.says(OffHook())
        await bob.shows(StationCallState.CONNECTED)
        await alice.shows(StationCallState.CONNECTED)
        bob.says(SoftKeyEvent(SoftKeyEventType.TRANSFER))
        bob.says(EnblocCall("1713"))
        await carol.shows(StationCallState.RING_IN)
        carol.says(OffHook())
        await bob.shows(StationCallState.HOLD, StationCallState.CONNECTED)
        bob.says(SoftKeyEvent(SoftKeyEventType.TRANSFER))
        await bob.shows()
        assert [event.succeeded for event in bob.events if isinstance(event, TransferFinished)] == [True]
        await alice.until(lambda: [info.called_number for info in alice.station.infos.values()] == ["1713"])
        alice.says(OnHook())
        await carol.shows()


async def test_an_unknown_number(server: tuple[str, int]) -> None:
    async with desk("1711", server) as alice:
        alice.says(EnblocCall("4321"))
        await alice.shows(StationCallState.INVALID_NUMBER)
        alice.says(OnHook())
        await alice.shows()
