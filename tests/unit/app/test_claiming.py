"""Claims in a real database: the phone moves, attempts are counted, everything is written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.app.claims.claimdesk import ClaimDesk, ClaimWish
from bridge.app.claims.claiming import Claiming
from bridge.autoregistration.claims import ClaimPolicy
from bridge.core import (
    CallingSearchSpace,
    ClaimOutcome,
    Device,
    DeviceName,
    Line,
    LineAppearance,
    Partition,
    SignallingProtocol,
    UniversalDeviceTemplate,
    UniversalLineTemplate,
)
from bridge.core.events import ClaimRefused, PhoneClaimed
from bridge.errors import Conflict, InvalidInput, NotFound
from bridge.store import SqlStore
from tests.samples import sample_device
from tests.unit.app.conftest import CountingIds, Remembering, StillClock


def phone(index: int, number: str) -> Device:
    return replace(
        sample_device(SignallingProtocol.SIP, LineAppearance(1, Line(number)), name=f"SEP0000000000{index:02X}"),
        temporary=True,
        registered=True,
    )


ONE, TWO = phone(1, "1000"), phone(2, "1001")


@pytest.fixture
def admin(store: SqlStore, clock: StillClock, ids: CountingIds) -> ClaimDesk:
    with store.write() as work:
        work.devices.add(ONE)
        work.devices.add(TWO)
        work.commit()
    return ClaimDesk(store, clock, ids, "ann")


@pytest.fixture
def claiming(store: SqlStore, sink: Remembering, clock: StillClock, ids: CountingIds) -> Claiming:
    return Claiming(store, sink, clock, ids, policy=ClaimPolicy(), is_foreign=lambda number: number == "2999")


def trail(store: SqlStore) -> list[str]:
    with store.read() as work:
        return [f"{each.actor} {each.action}: {each.detail}" for each in work.journal.audit_trail()]


def get(store: SqlStore, name: DeviceName) -> Device | None:
    with store.read() as work:
        return work.devices.get(name)


@pytest.mark.req("RG-11")
@pytest.mark.req("AR-36")
def test_a_claim_moves_the_phone_and_frees_its_number(
    store: SqlStore, admin: ClaimDesk, claiming: Claiming, sink: Remembering
) -> None:
    admin.add(ClaimWish("2001", "4711", name="Ann"))
    outcome, moved = claiming.attempt(ONE.name, "2001", "4711", via="call")
    assert outcome is ClaimOutcome.ACCEPTED
    assert moved is not None
    assert (moved.before.number, moved.after.number) == ("1000", "2001")
    after = get(store, ONE.name)
    assert after == moved.after
    assert (after.temporary, after.registered) == (False, False)
    assert after.version_stamp != ONE.version_stamp
    with store.read() as work:
        assert work.devices.numbers_in_use("") == {"1001", "2001"}
        claim = work.claims.get("2001")
    assert claim is not None
    assert claim.claimed_by == ONE.name
    (event,) = sink.of(PhoneClaimed)
    assert (event.before, event.number, event.via) == ("1000", "2001", "call")
    assert f"user of {ONE.name} claims 2001: accepted, by call" in trail(store)
    assert claiming.attempt(ONE.name, "2001", "4711", via="call") == (ClaimOutcome.NOT_TEMPORARY, None)
    assert claiming.attempt(TWO.name, "2001", "4711", via="call") == (ClaimOutcome.TAKEN, None)


@pytest.mark.req("AR-36")
def test_a_planned_device_gives_its_place_to_the_phone(store: SqlStore, admin: ClaimDesk, claiming: Claiming) -> None:
    admin.add(ClaimWish("2001", "4711", name="Ann", description="Desk", planned_model="any"))
    planned = DeviceName("BAT000000002001")
    assert get(store, planned) is not None
    outcome, _ = claiming.attempt(ONE.name, "2001", "4711", via="call")
    assert outcome is ClaimOutcome.ACCEPTED
    assert get(store, planned) is None
    after = get(store, ONE.name)
    assert after is not None
    assert (after.number, after.description, after.temporary) == ("2001", "Desk", False)


@pytest.mark.req("AR-36")
@pytest.mark.parametrize("planned", ["", "any"])
def test_a_claim_makes_the_phone_anew_from_a_universal_template(
    store: SqlStore, admin: ClaimDesk, claiming: Claiming, planned: str
) -> None:
    with store.write() as work:
        work.objects.partitions.save(Partition("Staff"))
        work.objects.calling_search_spaces.save(CallingSearchSpace("All", ("Staff",)))
        line = UniversalLineTemplate("Lines", partition="Staff", css="All", external_mask="0301XXXX", pickup_group="1")
        work.objects.line_templates.save(line)
        template = UniversalDeviceTemplate("Office", line_template="Lines", device_description="Desk {number}")
        work.objects.device_templates.save(template)
        work.commit()
    with pytest.raises(NotFound, match="universal device template"):
        admin.add(ClaimWish("2001", device_template="Offfice"))
    admin.add(ClaimWish("2001", name="Ann", planned_model=planned, device_template="Office"))
    assert claiming.attempt(ONE.name, "2001", "", via="call")[0] is ClaimOutcome.ACCEPTED
    after = get(store, ONE.name)
    assert after is not None
    (appearance,) = after.lines
    assert (after.number, after.description, after.temporary) == ("2001", "Desk 2001", False)
    assert (appearance.line.partition, appearance.line.display_name) == ("Staff", "Ann")
    assert (appearance.line.settings.css, appearance.line.settings.pickup_group) == ("All", "1")
    assert appearance.external_number == "03012001"


def test_a_planned_device_of_another_model_stays(store: SqlStore, admin: ClaimDesk, claiming: Claiming) -> None:
    admin.add(ClaimWish("2001", planned_model="7961"))
    with store.write() as work:
        work.devices.update(replace(ONE, model="8841"))
        work.commit()
    assert claiming.attempt(ONE.name, "2001", "", via="call")[0] is ClaimOutcome.MODEL_DIFFERS
    assert get(store, DeviceName("BAT000000002001")) is not None


def test_wrong_pins_lock_both_sides_for_a_while(
    store: SqlStore, admin: ClaimDesk, claiming: Claiming, clock: StillClock, sink: Remembering
) -> None:
    admin.add(ClaimWish("2001", "4711"))
    admin.add(ClaimWish("2002", "4711"))
    for _ in range(3):
        assert claiming.attempt(ONE.name, "2001", "8675", via="call")[0] is ClaimOutcome.WRONG_PIN
    assert claiming.attempt(ONE.name, "2002", "4711", via="call")[0] is ClaimOutcome.LOCKED
    assert claiming.attempt(TWO.name, "2001", "4711", via="screen")[0] is ClaimOutcome.LOCKED
    assert len(sink.of(ClaimRefused)) == 5
    assert not any("8675" in f"{each}" for each in [*trail(store), *sink.events])
    clock.pass_by(timedelta(minutes=15))
    assert claiming.attempt(TWO.name, "2001", "4711", via="screen")[0] is ClaimOutcome.ACCEPTED
    assert claiming.attempt(ONE.name, "2002", "4711", via="call")[0] is ClaimOutcome.ACCEPTED


def test_guessing_extensions_locks_the_phone_and_an_admin_unlocks_it(admin: ClaimDesk, claiming: Claiming) -> None:
    admin.add(ClaimWish("2001", "4711"))
    for guess in ("2005", "x'; DROP", "2007"):
        assert claiming.attempt(ONE.name, guess, "1", via="call")[0] is ClaimOutcome.UNKNOWN
    assert claiming.attempt(ONE.name, "2001", "4711", via="call")[0] is ClaimOutcome.LOCKED
    admin.unlock("1000")
    assert claiming.attempt(ONE.name, "2001", "4711", via="call")[0] is ClaimOutcome.ACCEPTED


def test_numbers_that_others_have_and_objects_that_are_gone(
    store: SqlStore, admin: ClaimDesk, claiming: Claiming
) -> None:
    with pytest.raises(Conflict):
        admin.add(ClaimWish("1001", "4711"))
    with pytest.raises(NotFound):
        admin.add(ClaimWish("2001", "4711", pool="Nowhere"))
    with pytest.raises(InvalidInput):
        admin.add(ClaimWish("2001", "12"))
    admin.add(ClaimWish("2999"))
    assert claiming.attempt(ONE.name, "2999", "", via="call")[0] is ClaimOutcome.TAKEN
    claim = admin.add(ClaimWish("2001", planned_model="any"))
    with store.write() as work:
        work.claims.save(replace(claim, pool="Gone"))
        work.commit()
    assert claiming.attempt(ONE.name, "2001", "", via="call") == (ClaimOutcome.TAKEN, None)
    assert get(store, ONE.name) == ONE  # nothing half done
    assert get(store, DeviceName("BAT000000002001")) is not None


def test_a_broken_phone_is_replaced_only_where_that_is_allowed(
    store: SqlStore, admin: ClaimDesk, claiming: Claiming, clock: StillClock, ids: CountingIds, sink: Remembering
) -> None:
    with store.write() as work:
        work.devices.update(replace(TWO, temporary=False, registered=False, description="Ann"))
        work.commit()
    admin.add(ClaimWish("1001", "4711", device=TWO.name.value))
    assert claiming.attempt(ONE.name, "1001", "4711", via="call")[0] is ClaimOutcome.TAKEN
    lax = Claiming(store, sink, clock, ids, policy=ClaimPolicy(replace_phones=True), is_foreign=lambda _: False)
    assert lax.attempt(ONE.name, "1001", "4711", via="call")[0] is ClaimOutcome.ACCEPTED
    assert get(store, TWO.name) is None
    after = get(store, ONE.name)
    assert after is not None
    assert (after.number, after.description) == ("1001", "Ann")


def test_only_temporary_phones_are_let_into_the_dialogue(claiming: Claiming, admin: ClaimDesk, store: SqlStore) -> None:
    assert claiming.phone_of("1000") is not None
    assert claiming.phone_of("9999") is None
    assert claiming.phone_of("") is None
    with store.write() as work:
        work.devices.update(replace(ONE, temporary=False))
        work.commit()
    assert claiming.phone_of("1000") is None


def test_a_file_of_claims_is_read_row_by_row(admin: ClaimDesk) -> None:
    text = "Number;PIN;Name;planned_model\n2001;4711;Käthe;7961\n2002;12;Bob;\n1000;4711;;\n\n2003;;Cy;any\n"
    done = admin.bring_in(text)
    assert done.added == 2
    assert [each.partition(":")[0] for each in done.problems] == ["line 3", "line 4"]
    assert [each.number for each in admin.list().claims] == ["2001", "2003"]
    for wrong in ("name\nx\n", "number,colour\n1,2\n", ""):
        with pytest.raises(InvalidInput):
            admin.bring_in(wrong)


def test_protected_numbers_and_removed_claims(store: SqlStore, admin: ClaimDesk) -> None:
    admin.protect("20XX")
    with pytest.raises(Conflict):
        admin.add(ClaimWish("2001"))
    admin.unprotect("20XX")
    admin.add(ClaimWish("2001", planned_model="any"))
    admin.remove("2001")
    assert get(store, DeviceName("BAT000000002001")) is None
    with pytest.raises(NotFound):
        admin.remove("2001")
