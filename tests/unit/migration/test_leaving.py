"""The steps of the way out."""

from __future__ import annotations

import pytest

from bridge.migration.leaving import LeavingFacts, LeavingState, leaving_steps

pytestmark = pytest.mark.req("RG-29")


def states(**facts: object) -> list[LeavingState]:
    steps = leaving_steps(LeavingFacts(**facts))  # type: ignore[arg-type]  # given by name: the call itself checks
    assert [each.number for each in steps] == list(range(1, 10))
    return [each.state for each in steps]


OPEN, DONE, BLOCKED, HAND, WAY = (
    LeavingState.OPEN,
    LeavingState.DONE,
    LeavingState.BLOCKED,
    LeavingState.BY_HAND,
    LeavingState.UNDER_WAY,
)


def test_nothing_was_done_yet() -> None:
    assert states() == [OPEN, DONE, OPEN, DONE, HAND, OPEN, OPEN, OPEN, BLOCKED]


def test_in_the_middle() -> None:
    facts = {"imports": 1, "phones": 4, "patterns": 2, "window_open": True, "errors": ["x"]}
    assert states(**facts, unseen=["A"], seen=["B"], registered=2) == [
        *(DONE, BLOCKED, DONE, OPEN, HAND, WAY, WAY, WAY, BLOCKED),
    ]


def test_a_trust_list_that_was_seen_blocks() -> None:
    steps = leaving_steps(LeavingFacts(imports=1, phones=8, trusting=[f"SEP{at}" for at in range(7)], registered=1))
    assert steps[4].state is BLOCKED
    assert steps[4].told == "still hold one: SEP0, SEP1, SEP2, SEP3, SEP4 and 2 more"


def test_all_are_here() -> None:
    assert states(imports=1, phones=2, patterns=1, registered=2) == [*[DONE] * 8, HAND]
