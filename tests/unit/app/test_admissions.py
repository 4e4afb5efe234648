"""Unknown phones at the desk: one answer each, one transaction per batch, every answer recorded."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.app.admission.admissions import Admissions, Known
from bridge.app.admission.window import WindowDesk
from bridge.app.claims.claimdesk import ClaimDesk, ClaimWish
from bridge.app.phones.phonechanges import PhoneChanges
from bridge.app.phones.phones import PhoneDesk
from bridge.autoregistration import (
    SHOWN_FOR,
    Deferral,
    FileArrival,
    ModelFacts,
    Refusal,
    RefusalReason,
    RegistrationArrival,
)
from bridge.autoregistration.reasons import mib_name
from bridge.core import Device, DeviceDefaults, DeviceName, NumberRange, SignallingProtocol, TranslationPattern
from bridge.core.events import PhoneAdmitted, PhoneDeferred, PhoneRefused
from bridge.errors import Conflict, NotFound
from bridge.phones.catalogue import catalogue
from bridge.store import SqlStore
from bridge.store.devices import SqlDeviceRepository
from tests.unit.app.conftest import CountingIds, Remembering, StillClock

SIP, SCCP = SignallingProtocol.SIP, SignallingProtocol.SCCP


def phone(index: int) -> DeviceName:
    return DeviceName(f"SEP0011220000{index:02X}")


def at_file(index: int, client: str = "192.0.2.77", evidence: SignallingProtocol | None = None) -> FileArrival:
    return FileArrival(phone(index), client, evidence)


def registering(index: int, protocol: SignallingProtocol, model: str) -> RegistrationArrival:
    row = catalogue().require(model)
    assert row.number is not None
    return RegistrationArrival(
        phone(index), "192.0.2.77", protocol, ModelFacts(row.number, row.name, row.only_protocol)
    )


class Desk:
    """The desk under test, and what it told the others."""

    def __init__(self, admissions: Admissions, announced: list[Device]) -> None:
        self.ask = admissions.ask
        self.announced = announced

    async def number(self, arrival: FileArrival | RegistrationArrival) -> str:
        outcome = await self.ask(arrival)
        assert isinstance(outcome, Known), outcome
        return outcome.device.number

    async def refusal(self, arrival: FileArrival | RegistrationArrival) -> Refusal:
        outcome = await self.ask(arrival)
        assert isinstance(outcome, Refusal), outcome
        return outcome


@pytest.fixture
async def admissions(store: SqlStore, sink: Remembering, clock: StillClock, ids: CountingIds) -> AsyncIterator[Desk]:
    announced: list[Device] = []
    desk = Admissions(store, sink, clock, ids, admitted=announced.extend, foreign_numbers=lambda: frozenset({"1003"}))
    running = asyncio.create_task(desk.run())
    yield Desk(desk, announced)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


@pytest.mark.req("AR-03")
async def test_a_new_system_refuses_and_stores_nothing_but_the_refusal(
    admissions: Desk, store: SqlStore, sink: Remembering
) -> None:
    for arrival in (at_file(1), registering(2, SCCP, "7961"), registering(3, SIP, "8841")):
        refusal = await admissions.refusal(arrival)
        assert refusal.reason is RefusalReason.AUTOREG_OFF
        assert refusal.reason.shown.mib_name == "noEntryInDatabase"
    with store.read() as work:
        assert work.devices.count() == 0
        assert {each.device for each in work.journal.refused()} == {phone(1), phone(2), phone(3)}
    assert admissions.announced == []
    assert [event.reason for event in sink.of(PhoneRefused)] == ["autoreg_off"] * 3


@pytest.mark.req("RG-10")
async def test_a_refused_phone_is_listed_with_its_model_and_added_with_it(
    admissions: Desk, store: SqlStore, sink: Remembering, window: WindowDesk, clock: StillClock, ids: CountingIds
) -> None:
    window.disable()
    for arrival in (at_file(1), registering(1, SCCP, "7961"), at_file(1)):
        refusal = await admissions.refusal(arrival)
        assert refusal.reason.shown.mib_name == "noEntryInDatabase"
    with store.read() as work:
        (listed,) = work.journal.refused()
    assert (listed.device, listed.client, listed.model) == (phone(1), "192.0.2.77", "7961G")
    assert mib_name(listed.reason) == "noEntryInDatabase"
    assert [each.model for each in sink.of(PhoneRefused)] == ["", "7961G", ""]
    device = PhoneDesk(store, clock, ids, "test").add(phone(1), protocol=SCCP)
    assert (device.name, device.model, device.model_number) == (phone(1), "7961G", 30018)
    known = await admissions.ask(registering(1, SCCP, "7961"))
    assert isinstance(known, Known), "it gets in by its own retry"


@pytest.mark.req("AR-05")
async def test_an_admission_is_an_event_and_an_audit_entry(
    admissions: Desk, store: SqlStore, sink: Remembering, window: WindowDesk, clock: StillClock
) -> None:
    assert await admissions.number(at_file(1)) == "1000"
    (event,) = sink.of(PhoneAdmitted)
    assert (event.device, event.number, event.client, event.at) == (phone(1), "1000", "192.0.2.77", clock.now())
    with store.read() as work:
        entry = work.journal.audit_trail()[-1]
    assert entry.action == f"admitted {phone(1)}"
    assert "1000" in entry.detail
    assert "192.0.2.77" in entry.detail


@pytest.mark.req("AR-05")
async def test_only_allowed_networks_autoregister(admissions: Desk, window: WindowDesk) -> None:
    window.set_networks(["10.0.0.0/24"])
    refusal = await admissions.refusal(at_file(1, "10.0.1.5"))
    assert refusal.reason is RefusalReason.NOT_IN_ALLOW_LIST
    assert await admissions.number(at_file(1, "10.0.0.5")) == "1000"


@pytest.mark.req("AR-06")
async def test_the_window_closes_by_itself(admissions: Desk, window: WindowDesk, clock: StillClock) -> None:
    window.enable(duration=timedelta(minutes=2))
    clock.pass_by(timedelta(minutes=1, seconds=59))
    assert await admissions.number(at_file(1)) == "1000"
    clock.pass_by(timedelta(seconds=2))
    assert (await admissions.refusal(at_file(2))).reason is RefusalReason.WINDOW_CLOSED


@pytest.mark.req("AR-12")
async def test_numbers_follow_the_pointer_and_skip_what_asterisk_uses(
    admissions: Desk, store: SqlStore, window: WindowDesk, clock: StillClock, ids: CountingIds
) -> None:
    window.set_range(NumberRange("1000", "1004"))
    assert [await admissions.number(at_file(each)) for each in (1, 2)] == ["1000", "1001"]
    PhoneDesk(store, clock, ids, "tester").remove(phone(1))
    # 1003 belongs to an endpoint that is not ours.
    assert [await admissions.number(at_file(each)) for each in (3, 4, 5)] == ["1002", "1004", "1000"]
    assert window.status().next_number == "1001"


@pytest.mark.req("AR-12")
async def test_numbers_that_wait_for_their_users_or_are_patterns_are_given_to_nobody_else(
    admissions: Desk, store: SqlStore, window: WindowDesk, clock: StillClock, ids: CountingIds
) -> None:
    ClaimDesk(store, clock, ids, "tester").add(ClaimWish("1001", "4711"))
    with store.write() as work:
        work.objects.patterns.save(TranslationPattern(pattern="1002", called_mask="2000"))
        work.commit()
    assert window.status().numbers_free == 8
    assert [await admissions.number(at_file(each)) for each in (1, 2)] == ["1000", "1004"]
    # An admin who names no number gets one by the same rule; who names one decides.
    desk = PhoneDesk(store, clock, ids, "tester")
    with store.write() as work:
        work.autoregistration.save(replace(work.autoregistration.load(for_update=True), next_number="1001"))
        work.commit()
    assert desk.add(phone(3), foreign=["1003"]).number == "1005"
    assert desk.add(phone(4), number="1001").number == "1001"


@pytest.mark.req("AR-12")
async def test_twenty_at_once_share_no_number_and_the_same_phone_asks_once(
    admissions: Desk, window: WindowDesk, sink: Remembering
) -> None:
    window.set_range(NumberRange("1000", "1099"))
    arrivals = [at_file(each) for each in range(20)] * 2
    numbers = await asyncio.gather(*(admissions.number(each) for each in arrivals))
    assert numbers[:20] == numbers[20:]
    assert len(set(numbers)) == 20
    assert len(sink.of(PhoneAdmitted)) == 20


@pytest.mark.req("AR-15")
async def test_a_full_range_refuses_until_a_number_is_free(
    admissions: Desk, store: SqlStore, window: WindowDesk, clock: StillClock, ids: CountingIds, sink: Remembering
) -> None:
    window.set_range(NumberRange("1000", "1001"))
    assert [await admissions.number(at_file(each)) for each in (1, 2)] == ["1000", "1001"]
    refusal = await admissions.refusal(at_file(3))
    assert refusal.reason is RefusalReason.RANGE_EXHAUSTED
    assert "1000-1001" in refusal.text
    with store.read() as work:
        assert [(each.device, each.reason) for each in work.journal.refused()] == [(phone(3), "range_exhausted")]
    PhoneDesk(store, clock, ids, "tester").remove(phone(1))
    assert await admissions.number(at_file(3)) == "1000"
    with store.read() as work:
        assert list(work.journal.refused()) == []


@pytest.mark.req("AR-22")
async def test_the_first_packet_does_not_decide_the_protocol(
    admissions: Desk, window: WindowDesk, sink: Remembering
) -> None:
    window.set_protocol("SCCP")
    outcome = await admissions.ask(at_file(1))
    assert isinstance(outcome, Deferral)
    assert [event.device for event in sink.of(PhoneDeferred)] == [phone(1)]
    outcome = await admissions.ask(registering(1, SCCP, "7961"))
    assert isinstance(outcome, Known)
    assert (outcome.device.desired_protocol, outcome.device.observed_protocol) == (SCCP, SCCP)


@pytest.mark.req("AR-24")
@pytest.mark.parametrize("parameter", [SCCP, SIP])
@pytest.mark.parametrize("model", ["7905", "7911", "7912", "7940", "7941", "7960", "7961", "7970", "7971"])
async def test_dual_phones_with_the_other_protocol_get_no_number_but_a_load(
    admissions: Desk, store: SqlStore, window: WindowDesk, model: str, parameter: SignallingProtocol
) -> None:
    window.set_protocol(parameter)
    row = catalogue().require(model)
    assert row.number is not None
    with store.write() as work:
        work.site.save_device_defaults(DeviceDefaults(row.number, parameter, f"{parameter}LOAD.1-2-3"))
        work.commit()
    refusal = await admissions.refusal(registering(1, parameter.other, model))
    assert refusal.reason is RefusalReason.WRONG_PROTOCOL
    assert refusal.reason.shown.mib_name == "protocolMismatch"
    assert f"{parameter}LOAD.1-2-3" in refusal.fix
    with store.read() as work:
        assert work.devices.count() == 0
    # After the firmware change it gets its number.
    assert await admissions.number(registering(1, parameter, model)) == "1000"


@pytest.mark.req("AR-24")
async def test_a_phone_that_was_let_in_on_a_guess_does_not_count_and_stays_approved(
    admissions: Desk, store: SqlStore, window: WindowDesk
) -> None:
    window.set_protocol("SIP")
    window.set_approval(needed=True)
    window.enable(count=1)
    window.judge(phone(1), approved=True)
    assert await admissions.number(at_file(1)) == "1000"
    assert window.status().phones_left == 0
    refusal = await admissions.refusal(registering(1, SCCP, "7961"))
    assert refusal.reason is RefusalReason.WRONG_PROTOCOL
    assert window.status().phones_left == 1
    # With the load that it was told of it comes in, without anybody approving it again.
    assert await admissions.number(registering(1, SIP, "7961")) == "1001"
    assert window.status().phones_left == 0


@pytest.mark.req("AR-24")
async def test_a_phone_that_comes_again_and_again_with_the_wrong_firmware_takes_one_number_and_no_more(
    admissions: Desk, store: SqlStore, sink: Remembering, window: WindowDesk, clock: StillClock
) -> None:
    window.set_protocol("SIP")
    window.enable()
    assert await admissions.number(at_file(1)) == "1000"
    for _ in range(10):
        refusal = await admissions.refusal(registering(1, SCCP, "7961"))
        assert refusal.reason is RefusalReason.WRONG_PROTOCOL
        clock.pass_by(timedelta(minutes=1))
        assert isinstance(await admissions.ask(at_file(1)), Deferral)
    assert len(sink.of(PhoneAdmitted)) == 1
    with store.read() as work:
        assert work.devices.count() == 0
        assert len([each for each in work.journal.audit_trail() if str(phone(1)) in each.action]) == 2
    # With other firmware it comes in at once; one that does not say so, after a while.
    clock.pass_by(SHOWN_FOR)
    assert await admissions.number(at_file(1)) == "1001"
    assert await admissions.number(at_file(2)) == "1002"


@pytest.mark.req("AR-25")
@pytest.mark.parametrize(("model", "parameter", "speaks"), [("8841", SCCP, SIP), ("7937", SIP, SCCP)])
async def test_single_protocol_phones_ignore_the_parameter(
    admissions: Desk, window: WindowDesk, model: str, parameter: SignallingProtocol, speaks: SignallingProtocol
) -> None:
    window.set_protocol(parameter)
    outcome = await admissions.ask(registering(1, speaks, model))
    assert isinstance(outcome, Known)
    assert outcome.device.desired_protocol is speaks


@pytest.mark.req("AR-25")
async def test_evidence_of_a_sip_only_family_admits_at_the_first_file(admissions: Desk, window: WindowDesk) -> None:
    window.set_protocol("SCCP")
    assert await admissions.number(at_file(1, evidence=SIP)) == "1000"


@pytest.mark.req("AR-26")
async def test_a_7902_registers_over_sccp_whatever_the_parameter_says(admissions: Desk, window: WindowDesk) -> None:
    assert await admissions.number(registering(1, SCCP, "7902")) == "1000"


async def test_a_known_phone_is_recognised_when_the_window_is_closed(
    admissions: Desk, window: WindowDesk, sink: Remembering
) -> None:
    await admissions.number(at_file(1))
    window.disable()
    outcome = await admissions.ask(at_file(1))
    assert isinstance(outcome, Known)
    assert not outcome.admitted_now
    assert len(admissions.announced) == 1
    assert len(sink.of(PhoneAdmitted)) == 1


async def test_a_database_that_cannot_be_written_refuses_with_its_own_reason(
    admissions: Desk, store: SqlStore, window: WindowDesk, sink: Remembering, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bridge.errors import StoreReadOnly, StoreUnavailable

    for error, reason in (
        (StoreUnavailable("the database is locked"), RefusalReason.DATABASE_TIMEOUT),
        (StoreReadOnly("the database is read-only"), RefusalReason.INSERT_FAILED),
    ):

        def fail(error: Exception = error) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(store, "write", fail)
            refusal = await admissions.refusal(at_file(1))
        assert refusal.reason is reason
        assert str(error) in refusal.text
    # Nothing is lost: the phone is let in as soon as the database works.
    assert await admissions.number(at_file(1)) == "1000"


@pytest.mark.req("AR-12")
async def test_a_number_that_is_taken_after_the_look_is_looked_for_again(
    admissions: Desk,
    store: SqlStore,
    window: WindowDesk,
    clock: StillClock,
    ids: CountingIds,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where another node writes at the same time, the look does not see what is committed right after it."""
    PhoneDesk(store, clock, ids, "tester").add(phone(99), number="1001")
    seen = SqlDeviceRepository.numbers_in_use
    stale = 2

    def too_early(self: SqlDeviceRepository, partition: str | None = None) -> frozenset[str]:
        nonlocal stale
        stale -= 1
        return seen(self, partition) - ({"1001"} if stale >= 0 else set())

    with monkeypatch.context() as patch:
        patch.setattr(SqlDeviceRepository, "numbers_in_use", too_early)
        numbers = await asyncio.gather(*(admissions.number(at_file(each)) for each in range(3)))
    assert sorted(numbers) == ["1000", "1002", "1004"]  # 1003 is an endpoint that is not ours
    # One that cannot be written at all is refused alone, and the desk goes on.
    add = SqlDeviceRepository.add

    def never_this_one(self: SqlDeviceRepository, device: Device, *, sharing: bool = False) -> None:
        if device.name == phone(4):
            raise Conflict("somebody else is faster each time")
        add(self, device, sharing=sharing)

    monkeypatch.setattr(SqlDeviceRepository, "add", never_this_one)
    refusal, one, two = await asyncio.gather(
        admissions.refusal(at_file(4)), admissions.number(at_file(5)), admissions.number(at_file(6))
    )
    assert (refusal.reason, {one, two}) == (RefusalReason.INSERT_FAILED, {"1005", "1006"})


async def test_a_model_that_is_learnt_undoes_nothing_that_happened_meanwhile(
    store: SqlStore, sink: Remembering, clock: StillClock, ids: CountingIds, window: WindowDesk
) -> None:
    announced: list[Device] = []
    desk = Admissions(store, sink, clock, ids, admitted=announced.extend)
    phones = PhoneDesk(store, clock, ids, "tester")
    looked_at = phones.add(phone(1), number="1001")
    with store.write() as work:
        work.site.save_pool(replace(work.site.pool("Default"), name="Staff"))
        work.commit()
    # Between the look at the phone and the writing of its model an admin moves it.
    moved = PhoneChanges(store, clock, ids, "tester").move(phone(1), "Staff")
    known = await desk.learn(looked_at, catalogue().require("8841"), "User-Agent over HTTP")
    assert (known.pool, known.model, known.version_stamp) == ("Staff", "8841", moved.version_stamp)
    with store.read() as work:
        assert work.devices.get(phone(1)) == known
    assert announced == [known]
    phones.remove(phone(1))
    with pytest.raises(NotFound, match="any more"):
        await desk.learn(looked_at, catalogue().require("8841"), "User-Agent over HTTP")
