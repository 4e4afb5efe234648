"""Who may claim what, as pure rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.autoregistration.claims import (
    ClaimCase,
    ClaimPolicy,
    another_try,
    check_pin,
    check_protected,
    claimed,
    hashed_pin,
    is_locked,
    is_protected,
    is_readable,
    judge,
    pin_fits,
    planned_name,
)
from bridge.core import Claim, ClaimOutcome, ClaimTries, DeviceName, DeviceSettings, Line, LineAppearance
from bridge.errors import InvalidInput
from tests.samples import sample_device

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
POLICY = ClaimPolicy(most_tries=3, locked_for=timedelta(minutes=15))
PHONE = replace(
    sample_device(),
    temporary=True,
    description="Auto 1001",
    model="7961",
    lines=(LineAppearance(1, Line("1001", "New")),),
)
CLAIM = Claim("2001", NOON, pin=hashed_pin("4711", b"salt"), display_name="Ann")
CASE = ClaimCase(PHONE, CLAIM, "2001", "4711")
BAT = replace(
    sample_device(name="BAT000000002001"),
    lines=(LineAppearance(1, Line("2001", display_name="Ann")),),
    pool="Staff",
    description="Ann's phone",
    settings=DeviceSettings(css="Staff"),
)
OTHER = DeviceName("SEP0000000000AA")


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        (CASE, ClaimOutcome.ACCEPTED),
        (replace(CASE, device=None), ClaimOutcome.NOT_TEMPORARY),
        (replace(CASE, device=replace(PHONE, temporary=False)), ClaimOutcome.NOT_TEMPORARY),
        (replace(CASE, pin="4712"), ClaimOutcome.WRONG_PIN),
        (replace(CASE, pin=""), ClaimOutcome.WRONG_PIN),
        (replace(CASE, claim=replace(CLAIM, pin=""), pin=""), ClaimOutcome.ACCEPTED),
        (replace(CASE, claim=None), ClaimOutcome.UNKNOWN),
        (replace(CASE, number="20*1"), ClaimOutcome.UNKNOWN),
        (replace(CASE, protected=("2001",)), ClaimOutcome.PROTECTED),
        (replace(CASE, protected=("2XX1",), pin="x"), ClaimOutcome.PROTECTED),
        (replace(CASE, protected=("200", "20011", "3XXX")), ClaimOutcome.ACCEPTED),
        (replace(CASE, phone_tries=ClaimTries(3, NOON)), ClaimOutcome.LOCKED),
        (replace(CASE, number_tries=ClaimTries(3, NOON)), ClaimOutcome.LOCKED),
        (replace(CASE, phone_tries=ClaimTries(2, NOON), number_tries=ClaimTries(2, NOON)), ClaimOutcome.ACCEPTED),
        (replace(CASE, claim=replace(CLAIM, claimed_by=OTHER)), ClaimOutcome.TAKEN),
        (replace(CASE, holders=frozenset({OTHER})), ClaimOutcome.TAKEN),
        (replace(CASE, holders=frozenset({PHONE.name})), ClaimOutcome.ACCEPTED),
        (replace(CASE, is_foreign=True), ClaimOutcome.TAKEN),
        (replace(CASE, is_foreign=True, pin="1"), ClaimOutcome.WRONG_PIN),
    ],
)
def test_every_outcome(case: ClaimCase, outcome: ClaimOutcome) -> None:
    assert judge(case, POLICY, NOON) is outcome


def test_a_prepared_device_is_taken_and_another_phone_only_where_that_is_allowed() -> None:
    planned = replace(CASE, claim=replace(CLAIM, device=BAT.name), prepared=BAT, holders=frozenset({BAT.name}))
    assert judge(planned, POLICY, NOON) is ClaimOutcome.ACCEPTED
    assert judge(replace(planned, prepared=None), POLICY, NOON) is ClaimOutcome.TAKEN
    assert judge(replace(planned, prepared=replace(BAT, model="7941")), POLICY, NOON) is ClaimOutcome.MODEL_DIFFERS
    assert judge(replace(planned, prepared=replace(BAT, model="7961")), POLICY, NOON) is ClaimOutcome.ACCEPTED
    broken = replace(BAT, name=OTHER)
    replaced = replace(CASE, claim=replace(CLAIM, device=OTHER), prepared=broken, holders=frozenset({OTHER}))
    any_phone = replace(POLICY, replace_phones=True)
    assert judge(replaced, POLICY, NOON) is ClaimOutcome.TAKEN
    assert judge(replaced, any_phone, NOON) is ClaimOutcome.ACCEPTED
    alive = replace(replaced, prepared=replace(broken, registered=True))
    assert judge(alive, any_phone, NOON) is ClaimOutcome.TAKEN


def test_the_lock_closes_opens_and_never_lasts_longer() -> None:
    tries = None
    for count in range(1, 4):
        assert not is_locked(tries, POLICY, NOON)
        tries = another_try(tries, POLICY, NOON)
        assert tries == ClaimTries(count, NOON)
    assert is_locked(tries, POLICY, NOON)
    assert is_locked(tries, POLICY, NOON + timedelta(minutes=14, seconds=59))
    assert not is_locked(tries, POLICY, NOON + timedelta(minutes=15))
    assert another_try(tries, POLICY, NOON + timedelta(minutes=15)).count == 1
    # The clock was set back by a day: that must lock nobody for a day.
    assert not is_locked(tries, POLICY, NOON - timedelta(days=1))


@pytest.mark.req("RG-11")
def test_a_phone_keeps_what_it_is_and_gets_what_was_prepared() -> None:
    after = claimed(PHONE, CLAIM, None, version_stamp="new")
    assert (after.number, after.lines[0].line.partition, after.lines[0].line.display_name) == ("2001", "", "Ann")
    assert (after.temporary, after.version_stamp, after.description) == (False, "new", "")
    assert (after.name, after.secret, after.model, after.pool) == (PHONE.name, PHONE.secret, "7961", PHONE.pool)
    moved = claimed(PHONE, replace(CLAIM, pool="Staff", css="All", button_template="b"), None, version_stamp="new")
    assert (moved.pool, moved.settings.css, moved.settings.button_template) == ("Staff", "All", "b")
    planned = claimed(PHONE, replace(CLAIM, device=BAT.name), BAT, version_stamp="new")
    assert (planned.name, planned.model, planned.secret) == (PHONE.name, "7961", PHONE.secret)
    assert (planned.lines, planned.pool, planned.settings.css) == (BAT.lines, "Staff", "Staff")
    assert (planned.description, planned.temporary) == ("Ann's phone", False)


def test_a_claim_for_the_phones_own_number_keeps_the_line() -> None:
    own = Claim("1001", NOON, partition="New")
    after = claimed(PHONE, own, None, version_stamp="new")
    assert after.lines == PHONE.lines
    assert not after.temporary


def test_pins_numbers_and_patterns() -> None:
    assert pin_fits("1234", hashed_pin("1234", b"x"))
    assert not pin_fits("1235", hashed_pin("1234", b"x"))
    assert pin_fits("whatever", "")
    assert "1234" not in hashed_pin("1234", b"x")
    for wrong in ("123", "1" * 13, "12a4", "١٢٣٤"):
        with pytest.raises(InvalidInput):
            check_pin(wrong)
    for wrong in ("", "10*", "x" * 4, "1" * 16):
        with pytest.raises(InvalidInput):
            check_protected(wrong)
    assert is_protected("0", ["0"])
    assert not is_protected("00", ["0"])
    assert is_readable("2001", "")
    for number, pin in (("", "1"), ("2001;x", "1"), ("2001", "1\n"), ("1" * 16, "1"), ("2001", "1" * 13)):
        assert not is_readable(number, pin)
    assert planned_name("2001") == DeviceName("BAT000000002001")
    with pytest.raises(InvalidInput):
        planned_name("1" * 13)
