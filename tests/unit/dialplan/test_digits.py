"""Collecting digits with an index says the same as looking at every pattern."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dialplan import Entry, Pattern, Waiting, waiting
from bridge.dialplan.digits import DigitPlan

PATTERNS = ("1001", "1002", "10", "12", "1234", "1[2-4]XX", "9.1XXX!", "911", "0.!", "2X", "*8", "*8X", "33#")
entries = st.lists(
    st.builds(Entry, st.sampled_from(PATTERNS).map(Pattern), st.integers(0, 2), st.sampled_from("ab"), st.booleans()),
    max_size=8,
)


@given(entries, st.text("0123489*#", max_size=6))
def test_it_agrees_with_the_plain_reading(plan: list[Entry[str]], dialled: str) -> None:
    assert DigitPlan(plan).waiting(dialled) is expected_of(plan, dialled)


def expected_of(plan: list[Entry[str]], dialled: str) -> Waiting:
    """The plain reading; of equal entries, the urgent one counts there as here."""
    return waiting(sorted(plan, key=lambda entry: (entry.rank, not entry.urgent)), dialled)


@pytest.mark.parametrize(
    ("dialled", "complete"),
    [("1001", True), ("100", False), ("12", False), ("1234", True), ("1334", True), ("911", True), ("91", False)],
)
def test_when_a_number_is_complete(dialled: str, complete: bool) -> None:
    plan = [Entry(Pattern(text), 0, text) for text in ("1001", "12", "1234", "1[2-4]XX")]
    plan += [Entry(Pattern("9.1XXX!"), 0, "out"), Entry(Pattern("911"), 0, "emergency", urgent=True)]
    assert DigitPlan(plan, ["9"]).is_complete(dialled) is complete


def test_the_outside_tone_sounds_behind_the_access_code_alone() -> None:
    plan = DigitPlan([], ["9", ""])
    assert [plan.outside_tone(dialled) for dialled in ("", "9", "91")] == [False, True, False]


def test_a_hash_belongs_to_the_number_where_a_pattern_has_one() -> None:
    plan = DigitPlan([Entry(Pattern("33#"), 0, ""), Entry(Pattern("44X"), 0, "")])
    assert plan.takes_hash("33")
    assert not plan.takes_hash("44")
    assert not plan.takes_hash("441")


def test_letters_match_nothing() -> None:
    assert DigitPlan([Entry(Pattern("!"), 0, "")]).waiting("abc") is Waiting.NO_MATCH
