"""The findings of all phones while the service runs: kept up to date, told, and never in the way of the loop."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.app.diagnosis import findingwatch
from bridge.app.diagnosis.findingwatch import FindingWatch
from bridge.app.diagnosis.journeydesk import JourneyDesk
from bridge.core import Device, DeviceName, Line, LineAppearance, SignallingProtocol, Via
from bridge.core.events import DhcpLeaseSeen, Event, FileDelivered, FileRequested, PhoneRefused, PhoneRegistered
from bridge.core.findings import Weight
from bridge.journey import DhcpAnswer, FindingTurned, SiteFacts
from bridge.store import SqlStore
from tests.unit.app.conftest import NOON, StillClock

PHONE = DeviceName("SEP001122334455")
OTHER = DeviceName("SEP0011223344AA")


def device(name: DeviceName = PHONE, number: str = "1001", *, registered: bool = False) -> Device:
    return Device(
        name=name,
        desired_protocol=SignallingProtocol.SIP,
        created_at=NOON,
        version_stamp="1",
        lines=(LineAppearance(1, Line(number)),),
        registered=registered,
        last_seen=NOON,
        address="192.0.2.9",
    )


def lease(name: DeviceName = PHONE) -> DhcpLeaseSeen:
    return DhcpLeaseSeen(at=NOON, device=name, address="192.0.2.9")


def gets(name: DeviceName = PHONE, client: str = "192.0.2.9") -> FileDelivered:
    return FileDelivered(at=NOON, device=name, name=f"{name}.cnf.xml", client=client, via=Via.TFTP, size=9, seconds=0.1)


def registered(name: DeviceName = PHONE) -> PhoneRegistered:
    return PhoneRegistered(
        at=NOON, device=name, endpoint="1001", address="192.0.2.9:5060", protocol=SignallingProtocol.SIP
    )


class House:
    """A desk and its watch; ``site`` may be changed."""

    def __init__(self, store: SqlStore, clock: StillClock) -> None:
        self.site = SiteFacts(servers=("192.0.2.2",))
        self.clock = clock
        self.desk = JourneyDesk(store, clock, lambda: self.site)
        self.watch = FindingWatch(self.desk, lambda: self.site, store, clock)
        self.turns: list[FindingTurned] = []
        self.watch.subscribe(self._turned)
        self.news = asyncio.Event()

    def hear(self, *events: Event) -> None:
        for event in events:
            self.desk.heard(event)

    def _turned(self, turned: FindingTurned) -> None:
        self.turns.append(turned)
        self.news.set()

    async def until(self, turn: str, code: str) -> None:
        """Wait until that is told."""
        async with asyncio.timeout(10):
            while (turn, code) not in [(each.turn, each.finding.code) for each in self.turns]:
                self.news.clear()
                await self.news.wait()

    async def codes(self, name: DeviceName = PHONE) -> list[str]:
        """What is found after a round."""
        await self.watch.round()
        return [each.code for each in self.watch.of(name)]

    def told(self) -> list[tuple[str, str]]:
        """What was told since the last time."""
        turns, self.turns[:] = [(each.turn, each.finding.code) for each in self.turns], []
        return turns


@pytest.fixture
def house(store: SqlStore, clock: StillClock) -> House:
    return House(store, clock)


async def test_a_finding_comes_with_the_time_and_goes_with_what_happens(house: House) -> None:
    house.desk.take_devices(house.desk.compare([device()]))
    house.hear(lease())
    assert await house.codes() == []
    house.clock.pass_by(timedelta(seconds=89))
    assert await house.codes() == []
    house.clock.pass_by(timedelta(seconds=1))
    assert await house.codes() == ["missing_tftp_option", "no_tftp_request"]
    assert (house.watch.problems, [name for name, _ in house.watch]) == (1, [PHONE])
    assert house.told() == [("appeared", "missing_tftp_option"), ("appeared", "no_tftp_request")]
    house.hear(
        FileRequested(at=house.clock.now(), device=PHONE, name=f"{PHONE}.cnf.xml", client="192.0.2.9", via=Via.TFTP)
    )
    assert await house.codes() == []
    assert house.told() == [("gone", "missing_tftp_option"), ("gone", "no_tftp_request")]
    assert (house.watch.problems, list(house.watch)) == (0, [])


async def test_what_the_site_learns_counts_for_phones_to_which_nothing_happens(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findingwatch, "LOOK_EVERY", 0.0)
    house.hear(lease())
    house.clock.pass_by(timedelta(seconds=100))
    assert await house.codes() == ["missing_tftp_option", "no_tftp_request"]
    house.site = replace(house.site, dhcp=DhcpAnswer(option_150=("10.9.9.9",)))
    assert await house.codes() == ["wrong_tftp_address", "missing_tftp_option", "no_tftp_request"]


async def test_how_others_of_a_network_fare_counts_for_a_silent_phone(house: House) -> None:
    others = [DeviceName(f"SEP0011223344{number:02X}") for number in range(3)]
    house.desk.take_devices(house.desk.compare([device()]))
    house.hear(gets(PHONE, "192.0.2.1"), gets(others[0], "192.0.2.2"))
    house.clock.pass_by(timedelta(seconds=130))
    assert "port_blocked" not in await house.codes()
    # Phones of another network register: so it is this one's fault.
    house.hear(gets(others[1], "192.0.3.1"), registered(others[1]))
    assert "port_blocked" in await house.codes()
    # One of its own does, too.
    house.hear(registered(others[0]))
    assert "port_blocked" not in await house.codes()


async def test_a_phone_that_is_added_is_judged_anew(house: House) -> None:
    refused = PhoneRefused(at=NOON, device=PHONE, client="192.0.2.9", reason="window_closed", text="it is closed")
    house.hear(lease(), refused)
    assert await house.codes() == ["window_closed", "device_not_configured"]
    house.desk.take_devices(house.desk.compare([device()]))
    assert await house.codes() == ["window_closed"]
    house.desk.take_devices(house.desk.compare([]))
    assert await house.codes() == ["window_closed", "device_not_configured"]


async def test_a_phone_that_is_let_go_from_memory_has_no_findings_any_more(store: SqlStore, clock: StillClock) -> None:
    desk = JourneyDesk(store, clock, most=1)
    watch = FindingWatch(desk, SiteFacts, store, clock)
    desk.heard(lease())
    clock.pass_by(timedelta(seconds=100))
    await watch.round()
    assert watch.of(PHONE)
    desk.heard(lease(OTHER))
    await watch.round()
    assert (watch.of(PHONE), watch.problems) == ((), 1)


async def test_what_it_shows_is_what_a_phones_own_diagnosis_says(house: House, store: SqlStore) -> None:
    with store.write() as work:
        work.devices.add(device())
        work.commit()
    house.desk.take_devices(house.desk.compare([device()]))
    house.hear(lease(), gets())
    house.clock.pass_by(timedelta(seconds=200))
    await house.watch.round()
    assert house.watch.of(PHONE) == await house.desk.diagnose(PHONE) != ()


async def test_after_a_restart_phones_that_were_stuck_are_told_from_the_database(house: House, store: SqlStore) -> None:
    with store.write() as work:
        work.devices.add(device())
        work.devices.add(device(OTHER, "1002", registered=True))
        work.journal.append([lease(), gets(), gets(OTHER), registered(OTHER)])
        work.commit()
    house.clock.pass_by(timedelta(seconds=500))
    house.desk.take_devices(house.desk.compare([device(), device(OTHER, "1002", registered=True)]))
    task = asyncio.create_task(house.watch.run())
    try:
        await house.until("appeared", "unreachable_after_config")
        assert house.desk.seen(PHONE) is None, "nothing was heard of it since the start"
        house.hear(registered())
        await house.until("gone", "unreachable_after_config")
        assert (house.watch.of(PHONE), house.watch.of(OTHER)) == ((), ())
    finally:
        task.cancel()


async def test_a_fault_of_a_rule_is_logged_and_the_others_are_judged(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    house.hear(lease(), lease(OTHER))
    house.clock.pass_by(timedelta(seconds=100))
    judge = house.desk.judge

    def broken(name: DeviceName, facts: SiteFacts) -> object:
        if name == OTHER:
            raise ZeroDivisionError
        return judge(name, facts)

    monkeypatch.setattr(house.desk, "judge", broken)
    with caplog.at_level(logging.ERROR):
        assert await house.codes() != []
    assert f"{OTHER} could not be judged" in caplog.text


async def test_two_thousand_phones_are_judged_in_slices(house: House) -> None:
    """How long a slice takes is the machine's; that there are slices, and others get their turn, is asserted."""
    for number in range(2000):
        house.hear(gets(DeviceName(f"SEP0011220{number:05X}"), f"192.0.2.{number % 250}"))
    house.clock.pass_by(timedelta(seconds=300))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    task = asyncio.create_task(others())
    await asyncio.sleep(0)
    turns, began = 0, time.perf_counter()
    await house.watch.round()
    seconds = time.perf_counter() - began
    task.cancel()
    assert house.watch.problems == 2000
    assert len(house.told()) >= 2000
    # A judgement costs 20 µs at the least: the work is more than ten slices on any machine.
    assert turns >= 10
    assert {weight for (_, weight), count in house.watch.codes.items() if count} <= {Weight.PROBLEM, Weight.NOTE}
    print(f"\n2,000 phones judged in {seconds:.2f} s, others had {turns} turns meanwhile")
