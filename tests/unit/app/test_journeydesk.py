"""All phones' journeys: whose an event is, what stays in memory, what is told anew."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.app.diagnosis.journeydesk import JourneyDesk
from bridge.app.operations.recorder import EventRecorder
from bridge.core import Device, DeviceName, Line, LineAppearance, Via
from bridge.core.events import (
    Event,
    FileDelivered,
    FileRequested,
    PhoneAdmitted,
    PhoneConnecting,
    PhoneRegistered,
    PhoneUnregistered,
    SipChallenged,
    SipRefused,
)
from bridge.core.protocol import SignallingProtocol
from bridge.journey import Stage
from bridge.store import SqlStore
from tests.unit.app.conftest import NOON, StillClock

PHONE = DeviceName("SEP001122334455")
OWN = "SEP001122334455.cnf.xml"
CLIENT = "192.0.2.9"


def asks(device: DeviceName = PHONE, client: str = CLIENT) -> FileRequested:
    return FileRequested(at=NOON, device=device, name=f"{device}.cnf.xml", client=client, via=Via.TFTP)


@pytest.fixture
def desk(store: SqlStore, clock: StillClock) -> JourneyDesk:
    return JourneyDesk(store, clock)


def hear(desk: JourneyDesk, *events: Event) -> None:
    for event in events:
        if event.device is None:
            event = replace(event, device=desk.whose(event))
        desk.heard(event)


@pytest.mark.parametrize("others", [0, 1])
def test_a_connection_is_the_only_phones_that_waits_at_that_address(desk: JourneyDesk, others: int) -> None:
    hear(desk, asks())
    for index in range(others):
        hear(desk, asks(DeviceName(f"SEP0011223344{index:02X}")))
    hear(desk, PhoneConnecting(at=NOON, client=CLIENT, port=51234))
    journey = desk.of(PHONE)
    assert journey is not None
    assert journey.stage is (Stage.TFTP if others else Stage.CONNECTING)
    assert journey.facts.source_port == (0 if others else 51234)


def test_the_file_for_strangers_belongs_to_the_one_that_waits(desk: JourneyDesk) -> None:
    hear(desk, asks())
    default = FileDelivered(at=NOON, name="XMLDefault.cnf.xml", client=CLIENT, via=Via.TFTP, size=9, seconds=0.1)
    assert desk.whose(default) == PHONE
    hear(desk, default)
    journey = desk.of(PHONE)
    assert journey is not None
    assert journey.stage is Stage.CONFIG


def test_a_sip_account_tells_whose_it_is_even_where_many_phones_share_an_address(desk: JourneyDesk) -> None:
    other = DeviceName("SEP0011223344AA")
    admitted = PhoneAdmitted(at=NOON, device=PHONE, number="1001", client=CLIENT, protocol=SignallingProtocol.SIP)
    hear(desk, asks(), asks(other), admitted)
    assert desk.whose(SipRefused(at=NOON, client=CLIENT, reason="InvalidPassword", account="1001")) == PHONE
    assert desk.whose(SipRefused(at=NOON, client=CLIENT, reason="InvalidPassword", account="7")) is None


def test_what_the_doctor_asks_is_no_phones_though_one_has_its_address(desk: JourneyDesk) -> None:
    """In a lab they all have one address, and so may a program that is a phone."""
    hear(desk, asks())
    told = {"at": NOON, "client": CLIENT, "port": 40001}
    assert desk.whose(SipRefused(**told, reason="InvalidAccountID", account="sepbridge-doctor")) is None  # type: ignore[arg-type]  # given by name: the call itself checks
    assert desk.whose(SipChallenged(**told, account="<unknown>")) is None  # type: ignore[arg-type]  # given by name: the call itself checks
    assert desk.whose(SipChallenged(at=NOON, client=CLIENT, port=40002, account="<unknown>")) == PHONE


def test_a_phone_that_changed_its_address_leaves_the_old_one_to_others(desk: JourneyDesk) -> None:
    other = DeviceName("SEP0011223344AA")
    hear(desk, asks(), asks(client="192.0.2.10"), asks(other))
    assert desk.whose(PhoneConnecting(at=NOON, client=CLIENT)) == other


def test_the_latest_is_listed_first_and_the_list_is_bounded(store: SqlStore, clock: StillClock) -> None:
    desk = JourneyDesk(store, clock, most=50)
    for number in range(60):
        hear(desk, asks(DeviceName(f"SEP00112233{number:04X}"), f"192.0.2.{number}"))
    listed = desk.all()
    assert len(listed) == 50
    assert listed[0].device == DeviceName(f"SEP00112233{59:04X}")
    assert desk.whose(PhoneConnecting(at=NOON, client="192.0.2.3")) is None


@pytest.mark.req("RG-01")
def test_an_impossible_step_is_rejected_and_logged(desk: JourneyDesk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="bridge.app.diagnosis.journeydesk"):
        hear(desk, asks(), PhoneUnregistered(at=NOON, device=PHONE, endpoint="1001", why="gone"))
    journey = desk.of(PHONE)
    assert journey is not None
    assert journey.stage is Stage.TFTP
    assert "tftp cannot be followed by unregistered" in caplog.text
    assert str(PHONE) in caplog.text


def test_after_a_restart_a_journey_is_told_anew_from_the_database(store: SqlStore, clock: StillClock) -> None:
    events = [
        asks(),
        PhoneRegistered(
            at=NOON + timedelta(seconds=9),
            device=PHONE,
            endpoint="1001",
            address=f"{CLIENT}:5060",
            protocol=SignallingProtocol.SIP,
        ),
    ]
    with store.write() as work:
        work.journal.append(events)
        work.commit()
    journey = JourneyDesk(store, clock).of(PHONE)
    assert journey is not None
    assert (journey.stage, journey.facts.protocol) == (Stage.REGISTERED, SignallingProtocol.SIP)
    assert JourneyDesk(store, clock).of(DeviceName("SEPFFFFFFFFFF01")) is None


async def test_the_recorder_writes_a_nameless_event_on_the_journey_of_whom_it_is_about(
    store: SqlStore, desk: JourneyDesk
) -> None:
    recorder = EventRecorder(store)
    recorder.whose = desk.whose
    recorder.subscribe(desk.heard)
    recorder.record(asks())
    recorder.record(PhoneConnecting(at=NOON, client=CLIENT, port=51234))
    await recorder._flush()
    with store.read() as work:
        assert [type(each) for each in work.journal.journey(PHONE)] == [FileRequested, PhoneConnecting]


@pytest.mark.req("RG-01")
def test_after_a_restart_a_registered_phone_can_leave(
    store: SqlStore, clock: StillClock, caplog: pytest.LogCaptureFixture
) -> None:
    line = LineAppearance(1, Line("1001"))
    here = Device(
        name=PHONE,
        desired_protocol=SignallingProtocol.SIP,
        created_at=NOON,
        version_stamp="1",
        lines=(line,),
        registered=True,
        address=CLIENT,
        last_seen=NOON,
    )
    with store.write() as work:
        work.journal.append([asks()])
        work.commit()
    desk = JourneyDesk(store, clock)
    desk.take_devices(desk.compare([here]))
    (listed,) = desk.all()
    assert (listed.stage, listed.client, listed.facts.number) == (Stage.REGISTERED, CLIENT, "1001")
    told = desk.of(PHONE)
    assert told is not None
    assert told.events, "asked for one phone, the database tells its whole way"
    left = PhoneUnregistered(at=NOON + timedelta(seconds=5), device=PHONE, endpoint="1001", why="the phone left")
    hear(desk, left)
    journey = desk.of(PHONE)
    assert journey is not None
    assert journey.stage is Stage.UNREGISTERED
    assert "not followed" not in caplog.text
    desk.take_devices(desk.compare([here]))
    again = desk.of(PHONE)
    assert again is not None
    assert again.stage is Stage.UNREGISTERED, "what was heard goes before a flag that was read earlier"
