"""What is gathered for the diagnosis, what of it goes onto journeys, and old events that go."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.app.diagnosis.journeydesk import JourneyDesk
from bridge.app.diagnosis.selftest import try_ports
from bridge.app.diagnosis.sipsecurity import SipSecurity
from bridge.app.diagnosis.sitewatch import SiteWatch
from bridge.app.settings import (
    Address,
    AsteriskSettings,
    HttpSettings,
    JourneySettings,
    SccpSettings,
    ServerSettings,
    Settings,
    SipSettings,
    TftpSettings,
)
from bridge.core import DeviceName, SignallingProtocol, Via
from bridge.core.events import FileRequested, PhoneAdmitted, PhoneRegistered, SipChallenged, SipRefused
from bridge.journey import Environment, PortCheck, PortState
from bridge.lab.asterisk import free_port
from bridge.ports import PbxStatus
from bridge.store import Retention, SqlStore
from bridge.store.pruning import SLACK
from tests.unit.app.conftest import NOON, Remembering, StillClock

PHONE = DeviceName("SEP001122334455")
CLIENT = "192.0.2.9"
SETTINGS = Settings(server=ServerSettings(address="192.0.2.1"))


def asks(days: float = 0) -> FileRequested:
    at = NOON + timedelta(days=days)
    return FileRequested(at=at, device=PHONE, name=f"{PHONE}.cnf.xml", client=CLIENT, via=Via.TFTP)


def watch(store: SqlStore, clock: StillClock, settings: Settings = SETTINGS) -> SiteWatch:
    return SiteWatch(
        settings,
        store,
        clock,
        own_address="192.0.2.1",
        pbx_status=lambda: PbxStatus(connected=True, since=None, trouble="it is raining"),
        foreign_numbers=lambda: frozenset({"7"}),
    )


def test_the_facts_are_those_of_settings_database_and_asterisk(store: SqlStore, clock: StillClock) -> None:
    journey = JourneySettings(environment=Environment.LAN, no_request=7, no_signalling=8)
    site = watch(store, clock, replace(SETTINGS, journey=journey))
    site._read()
    facts = site.facts()
    assert facts.servers[0] == "192.0.2.1"
    assert (facts.limits.no_request, facts.limits.no_signalling) == (7, 8)
    assert facts.environment is Environment.LAN
    assert facts.pbx_trouble == "it is raining"
    assert facts.foreign_numbers == {"7"}
    assert facts.has_ntp is False
    assert facts.pools[0][0] == "Default"


async def test_the_end_of_a_self_test_is_not_the_end_of_who_waits_for_it(
    store: SqlStore, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody looks while the service does, as both do on a busy machine: at the end all of them end."""
    begun = 0
    both = asyncio.Event()

    async def for_ever(*_: object, **__: object) -> tuple[PortCheck, ...]:
        nonlocal begun
        begun += 1
        if begun == 2:
            both.set()
        await asyncio.sleep(60)
        return ()

    monkeypatch.setattr("bridge.app.diagnosis.sitewatch.try_ports", for_ever)
    site = watch(store, clock, replace(SETTINGS, journey=JourneySettings(self_test_every=0.01)))
    site.serving.set()
    worker = asyncio.create_task(site.run())
    other = asyncio.create_task(site.look())
    async with asyncio.timeout(2):
        await both.wait()
        resting = asyncio.create_task(site.rest())
        await asyncio.sleep(0)  # now the tests are told to end, and the worker is told, too
        worker.cancel()
        done, _ = await asyncio.wait({worker}, timeout=1)
        assert worker in done
        assert worker.cancelled()
        await resting
        await other
        await site.look()
    assert begun == 2, "no test begins any more"


async def test_a_self_test_that_took_longer_does_not_put_old_news_in_the_place_of_new(
    store: SqlStore, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = asyncio.Event()
    begun = 0

    async def one(*_: object, **__: object) -> tuple[PortCheck, ...]:
        nonlocal begun
        begun += 1
        if begun == 1:
            await slow.wait()
            return (PortCheck("TFTP", "192.0.2.1", 69, "udp", PortState.BLOCKED),)
        return (PortCheck("TFTP", "192.0.2.1", 69, "udp", PortState.OPEN),)

    monkeypatch.setattr("bridge.app.diagnosis.sitewatch.try_ports", one)
    site = watch(store, clock, replace(SETTINGS, journey=JourneySettings(self_test_every=60)))
    first = asyncio.create_task(site.look())
    await asyncio.sleep(0)
    await site.look()
    slow.set()
    await first
    assert begun == 2
    assert [each.state for each in site.facts().ports] == [PortState.OPEN]


def test_events_older_than_the_settings_keep_them_go(store: SqlStore, clock: StillClock) -> None:
    with store.write() as work:
        work.journal.append([asks(-91), asks(-91), asks(-89), asks()])
        work.commit()
    assert watch(store, clock).forget() == 2
    assert watch(store, clock).forget() == 0
    with store.read() as work:
        assert [each.at for each in work.journal.journey(PHONE)] == [NOON - timedelta(days=89), NOON]
    kept = replace(SETTINGS, journey=JourneySettings(keep_days=0))
    clock.pass_by(timedelta(days=10_000))
    assert watch(store, clock, kept).forget() == 0


def test_a_journey_keeps_as_many_events_as_the_settings_say(store: SqlStore) -> None:
    small = SqlStore(store._engines, Retention(per_phone=50))
    for _ in range(8):
        with small.write() as work:
            work.journal.append([asks() for _ in range(50)])
            work.commit()
    with small.read() as work:
        assert len(work.journal.journey(PHONE, limit=1000)) <= 50 + SLACK


# --- security events --------------------------------------------------------------------------------------------------

CHALLENGED = SipChallenged(at=NOON, client=CLIENT, port=5, transport="tcp", account="1001")
REFUSED = SipRefused(at=NOON, client=CLIENT, port=5, transport="tcp", account="1001", reason="InvalidPassword")


def admitted(protocol: SignallingProtocol) -> PhoneAdmitted:
    return PhoneAdmitted(at=NOON, device=PHONE, number="1001", client=CLIENT, protocol=protocol)


@pytest.fixture
def journeys(store: SqlStore, clock: StillClock) -> JourneyDesk:
    return JourneyDesk(store, clock)


def test_a_phone_on_its_way_is_told_of_and_one_that_is_registered_is_not(
    journeys: JourneyDesk, sink: Remembering
) -> None:
    security = SipSecurity(journeys, sink)
    for event in (asks(), admitted(SignallingProtocol.SIP)):
        journeys.heard(event)
    security.heard(CHALLENGED)
    security.heard(REFUSED)
    assert sink.events == [replace(CHALLENGED, device=PHONE), replace(REFUSED, device=PHONE)]
    journeys.heard(
        PhoneRegistered(at=NOON, device=PHONE, endpoint="1001", address=f"{CLIENT}:5", protocol=SignallingProtocol.SIP)
    )
    security.heard(CHALLENGED)
    assert len(sink.events) == 2


def test_strangers_and_the_lines_of_sccp_phones_are_not(journeys: JourneyDesk, sink: Remembering) -> None:
    security = SipSecurity(journeys, sink)
    for event in (asks(), admitted(SignallingProtocol.SCCP)):
        journeys.heard(event)
    security.heard(CHALLENGED)
    journeys.heard(admitted(SignallingProtocol.SIP))
    security.heard(replace(REFUSED, client="203.0.113.66"))
    security.heard(replace(REFUSED, client="203.0.113.66", account="admin"))
    assert sink.events == []


@pytest.mark.req("RG-06")
def test_sip_from_where_a_phone_is_that_is_to_speak_sccp_shows_its_firmware(
    journeys: JourneyDesk, sink: Remembering
) -> None:
    for event in (asks(), admitted(SignallingProtocol.SCCP)):
        journeys.heard(event)
    SipSecurity(journeys, sink, [CLIENT]).heard(REFUSED)
    assert sink.events == [], "our own user agent comes from there"
    SipSecurity(journeys, sink, ["192.0.2.1"]).heard(REFUSED)
    assert sink.events == [replace(REFUSED, device=PHONE)]


def test_asterisks_files_say_on_what_it_carries_sip(store: SqlStore, clock: StillClock, tmp_path: Path) -> None:
    ours = tmp_path / "sepbridge"
    ours.mkdir()
    pjsip = tmp_path / "pjsip.conf"
    site = watch(store, clock, replace(SETTINGS, asterisk=AsteriskSettings(directory=ours)))
    site._read()
    assert site.facts().transports == frozenset(), "not known"
    text = "[u]\ntype=transport\nprotocol=udp\nbind=0.0.0.0\n[other]\ntype=transport\nprotocol=tcp\nbind=0.0.0.0:5070\n"
    pjsip.write_text(text)
    site._read()
    assert site.facts().transports == {"udp"}


async def test_it_ends_while_it_looks(store: SqlStore, clock: StillClock) -> None:
    """As a node does when it stops: the end of a test is not taken for the end of the task, nor the other way."""
    site = watch(store, clock, replace(SETTINGS, journey=JourneySettings(self_test_every=60)))
    site.serving.set()
    runs, looks = asyncio.create_task(site.run()), asyncio.create_task(site.look())
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(site._tests) == 2
    await site.rest()
    assert not site._tests
    runs.cancel()
    async with asyncio.timeout(5):
        await asyncio.wait({runs, looks})
    assert runs.cancelled()
    assert looks.exception() is None


async def test_a_port_that_is_any_free_one_is_not_tested() -> None:
    own = "127.0.0.1"
    settings = Settings(
        server=ServerSettings(address=own),
        tftp=TftpSettings(listen=(Address(own, 0),)),
        http=HttpSettings(listen=(Address(own, 0),)),
        sccp=SccpSettings(listen=(Address(own, 0),)),
        sip=SipSettings(port=free_port(own), doorway=(Address(own, 0),)),
    )
    assert [each.purpose for each in await try_ports(settings, own, within=0.2)] == ["SIP"]
