"""SCCP phones on real sockets, without Asterisk: tokens, and the same device from a second connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_network

import pytest

from bridge.app.admission.admissions import Admissions
from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.phones.phones import PhoneDesk
from bridge.app.phones.screenmessages import ScreenMessage
from bridge.app.services.directory import Directory
from bridge.app.settings import Address, SccpSettings, TokenPolicy
from bridge.app.stations.calllog import CallLog
from bridge.app.stations.failback import FailBack
from bridge.app.stations.stations import Stations
from bridge.core import CallManagerGroup, Device, DeviceName, Server, SignallingProtocol
from bridge.core.events import PhoneAlarmed, PhoneUnregistered, SecondConnectionRefused, TokenAnswered
from bridge.errors import StoreUnavailable
from bridge.lab.asterisk import free_port
from bridge.pbx.ami import Ami, AmiSettings
from bridge.pbx.conferences import AsteriskConferences
from bridge.pbx.numberstates import AsteriskNumberStates
from bridge.pbx.recordings import AsteriskRecordings
from bridge.sccp import (
    Alarm,
    DeviceType,
    OffHook,
    RegisterAck,
    RegisterReject,
    RegisterTokenAck,
    RegisterTokenReject,
    RegisterTokenReq,
    TimeDateReq,
    Unregister,
    UnregisterAck,
)
from bridge.sip import Destination
from bridge.store import SqlStore
from tests.linefeatures import MemoryLineFeatures
from tests.sccpclient import Phone, Session, connected
from tests.unit.app.conftest import CountingIds, Remembering, StillClock

NAME = DeviceName("SEP001122334455")
LOOPBACK = (ip_network("127.0.0.0/8"),)
PATIENCE = 20.0


@dataclass
class Node:
    """A node with one phone that it knows."""

    stations: Stations
    failback: FailBack
    sink: Remembering
    better: set[str]

    @property
    def where(self) -> tuple[str, int]:
        return self.stations.addresses[0]


async def _at_once(_: Device) -> bool:
    return True


@pytest.fixture
def node(
    store: SqlStore, files: PhoneFiles, sink: Remembering, clock: StillClock, ids: CountingIds
) -> Callable[..., contextlib.AbstractAsyncContextManager[Node]]:
    @asynccontextmanager
    async def running(servers: tuple[str, ...] = ("first", "own"), **settings: object) -> AsyncIterator[Node]:
        with store.write() as work:
            pool = work.site.pool("Default")
            group = CallManagerGroup(
                pool.group.name,
                tuple(Server(name, f"192.0.2.{index}") for index, name in enumerate(servers, 1)),
                autoregistration=True,
            )
            work.site.save_pool(type(pool)(pool.name, group, pool.region, pool.date_time_group))
            work.commit()
        PhoneDesk(store, clock, ids, "tester").add(NAME, protocol=SignallingProtocol.SCCP, number="1001")
        files.read_site()
        better: set[str] = set()

        async def listens(host: str, port: int, within: float) -> bool:
            return host in better

        failback = FailBack("own", asterisk_is_up=lambda: True, listens=listens)
        failback.is_ready = True
        admissions = Admissions(store, sink, clock, ids, admitted=lambda _: None)
        stations = Stations(
            store,
            admissions,
            files,
            sink,
            clock,
            settings=SccpSettings(listen=(Address("127.0.0.1", 0),), **settings),  # type: ignore[arg-type]  # given by name: the call itself checks
            networks=LOOPBACK,
            asterisk=Destination("127.0.0.1", free_port()),
            settled=_at_once,
            failback=failback,
            directory=Directory(store, clock),
            line_features=MemoryLineFeatures(),
            conferences=AsteriskConferences(Ami(AmiSettings())),  # not connected: it says so
            recordings=AsteriskRecordings(Ami(AmiSettings())),
            call_log=CallLog(store, clock, None, keep=None),
            numbers=AsteriskNumberStates(Ami(AmiSettings())),
        )
        await stations.start()
        deciding = asyncio.create_task(admissions.run())
        try:
            yield Node(stations, failback, sink, better)
        finally:
            await stations.close()
            deciding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await deciding

    return running


Running = Callable[..., contextlib.AbstractAsyncContextManager[Node]]


@asynccontextmanager
async def phone_at(node: Node) -> AsyncIterator[Session]:
    async with connected(Phone(NAME), node.where, Session) as session:
        yield session


async def registered(session: Session) -> None:
    session.say(session.phone.register())
    assert await session.until(lambda phone: phone.has(RegisterAck), PATIENCE)
    session.say(TimeDateReq())
    assert await session.answered()


async def asked(session: Session) -> RegisterTokenAck | RegisterTokenReject:
    session.say(RegisterTokenReq(str(NAME), device_type=DeviceType.CISCO_7961G))
    assert await session.until(lambda phone: phone.has(RegisterTokenAck) or phone.has(RegisterTokenReject), PATIENCE)
    (answer, *_) = session.phone.station.take(RegisterTokenAck) or session.phone.station.take(RegisterTokenReject)
    return answer


async def test_a_token_goes_by_the_order_of_the_group(node: Running) -> None:
    async with node(token_wait=45) as one, phone_at(one) as session:
        one.better.add("192.0.2.1")
        assert await asked(session) == RegisterTokenReject(45)
        (refused,) = one.sink.of(TokenAnswered)
        assert (refused.device, refused.granted, refused.why) == (NAME, False, "first comes first and is up")
        assert await asked(session) == RegisterTokenAck(), "it has no server at all"
        assert one.sink.of(TokenAnswered)[-1].granted
        await registered(session)


async def test_no_wait_is_shorter_than_half_a_minute(node: Running) -> None:
    async with node(token_wait=1) as one, phone_at(one) as session:
        one.failback.is_ready = False
        assert await asked(session) == RegisterTokenReject(30)


async def test_by_another_policy_everybody_gets_a_token(node: Running) -> None:
    async with node(tokens=TokenPolicy.ALWAYS) as one, phone_at(one) as session:
        one.better.add("192.0.2.1")
        assert await asked(session) == RegisterTokenAck()


async def test_an_unknown_phone_gets_a_token_for_register_tells_it_why_not(node: Running) -> None:
    async with node() as one, phone_at(one) as session:
        one.better.add("192.0.2.1")
        session.say(RegisterTokenReq("SEP0011223344FF", device_type=DeviceType.CISCO_7961G))
        assert await session.until(lambda phone: phone.has(RegisterTokenAck), PATIENCE)
        assert one.sink.of(TokenAnswered) == []


@pytest.mark.parametrize("error", [StoreUnavailable("the database is locked"), RuntimeError("nobody thought of it")])
async def test_a_token_that_cannot_be_decided_upon_is_refused_for_a_while_and_logged(
    node: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def fails(*_: object) -> None:
        raise error

    async with node(token_wait=45) as one, phone_at(one) as session:
        with monkeypatch.context() as broken:
            broken.setattr(one.stations, "_known", fails)
            assert await asked(session) == RegisterTokenReject(45)
        assert f"whether '{NAME}' may register here could not be found out: {error}" in caplog.text
        assert await asked(session) == RegisterTokenAck(), "it may ask again"


async def test_a_phone_that_cannot_be_served_hears_so_and_may_register_again(
    node: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("nobody thought of it")

    async with node() as one, phone_at(one) as session:
        with monkeypatch.context() as broken:
            broken.setattr(one.stations, "_serve", fails)
            session.say(session.phone.register())
            assert await session.until(lambda phone: phone.has(RegisterReject), PATIENCE)
        assert f"{NAME} cannot be served" in caplog.text
        session.phone.station.received.clear()
        await registered(session)


async def test_the_alarm_that_came_before_the_registration_is_on_the_journey(node: Running) -> None:
    async with node() as one, phone_at(one) as session:
        session.say(Alarm(text="25: Name=SEP001122334455 Load=8.5 Last=Initialized"))
        assert await session.answered()
        assert one.sink.of(PhoneAlarmed) == []
        await registered(session)
        (alarm,) = one.sink.of(PhoneAlarmed)
        assert (alarm.device, alarm.text) == (NAME, "25: Name=SEP001122334455 Load=8.5 Last=Initialized")


async def test_the_message_of_the_day_gives_way_to_the_phones_own_idle_text(node: Running, store: SqlStore) -> None:
    day = ScreenMessage("Closed on Friday", stays=True)
    async with node() as one, phone_at(one) as session:
        with store.read() as work:
            device = work.devices.get(NAME)
        assert device is not None
        device = replace(device, settings=replace(device.settings, idle_text="Reception"))
        await registered(session)
        for message, shown in ((day, "Closed on Friday"), (replace(day, text=""), "Reception")):
            assert one.stations.message(device, message) == ""
            profile = one.stations._of_device[NAME].phone.session.profile
            assert profile is not None
            assert profile.idle_prompt == shown


async def test_the_second_connection_of_a_phone_that_does_not_talk_wins(node: Running) -> None:
    async with node() as one, phone_at(one) as first, phone_at(one) as second:
        await registered(first)
        await registered(second)
        assert await first.until(lambda phone: not phone.is_open, PATIENCE)
        assert second.phone.is_open
        assert one.stations.is_registered(NAME)


async def test_the_second_connection_of_a_phone_that_talks_is_refused_until_the_first_falls_silent(
    node: Running,
) -> None:
    async with node(keepalive=1) as one, phone_at(one) as first, phone_at(one) as second:
        await registered(first)
        first.say(OffHook())
        assert await first.answered()
        assert one.stations.calls == 1
        second.say(second.phone.register())
        assert await second.until(lambda phone: phone.has(RegisterReject), PATIENCE)
        (reject,) = second.phone.station.take(RegisterReject)
        assert reject.text == "Call active on other connection"
        assert [event.device for event in one.sink.of(SecondConnectionRefused)] == [NAME]
        assert (await asked(second)) == RegisterTokenReject(60)
        assert first.phone.is_open
        assert one.stations.calls == 1
        async with asyncio.timeout(PATIENCE):
            while True:  # a phone tries again and again
                second.phone.station.received.clear()
                second.say(second.phone.register())
                await second.until(lambda phone: phone.has(RegisterReject) or phone.has(RegisterAck), PATIENCE)
                if second.phone.has(RegisterAck):
                    break
                await asyncio.sleep(0.1)
        assert await first.until(lambda phone: not phone.is_open, PATIENCE)
        assert one.stations.calls == 0
        assert one.sink.of(PhoneUnregistered) == [], "it never left"


async def test_a_phone_that_left_and_registers_on_the_same_connection_has_its_line_once(node: Running) -> None:
    async with node() as one, phone_at(one) as session:
        for _ in range(3):
            await registered(session)
            session.say(Unregister())
            assert await session.until(lambda phone: phone.has(UnregisterAck), PATIENCE)
            session.phone.station.received.clear()
        await registered(session)
        (line,) = one.stations.lines._open.values()
        assert line.users == 1
        assert len(line.shared.appearances) == 1
