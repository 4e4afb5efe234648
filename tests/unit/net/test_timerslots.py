"""Timers by the slot."""

from __future__ import annotations

import pytest

from bridge.net.timerslots import TimerSlots


def test_a_timer_goes_off_once_and_never_early() -> None:
    timers: TimerSlots[str] = TimerSlots(0.02)
    timers.add("later", 2.0)
    timers.add("soon", 1.005)
    timers.add("sooner", 1.001)
    due = timers.next()
    assert due is not None
    assert 1.005 <= due <= 1.025
    assert timers.due(due - 0.001) == []
    assert timers.due(due) == ["soon", "sooner"]
    assert timers.due(due) == []
    assert timers.due(10.0) == ["later"]
    assert timers.next() is None


@pytest.mark.parametrize("when", [0.0, 0.02, 1.0, 1.0199999, 12345.678, 3_000_000.02])
def test_by_at_most_a_grain_late(when: float) -> None:
    timers: TimerSlots[str] = TimerSlots(0.02)
    timers.add("x", when)
    due = timers.next()
    assert due is not None
    assert when <= due <= when + 0.0200001
    assert timers.due(due) == ["x"]


def test_what_was_taken_back_does_not_go_off() -> None:
    timers: TimerSlots[str] = TimerSlots(0.02)
    slots = {name: timers.add(name, 1.0) for name in "abc"}
    timers.remove("b", slots["b"])
    timers.remove("b", slots["b"])
    assert timers.due(2.0) == ["a", "c"]
    timers.remove("a", slots["a"])
    assert timers.next() is None


def test_a_slot_that_became_empty_goes_by() -> None:
    timers: TimerSlots[str] = TimerSlots(0.02)
    timers.remove("a", timers.add("a", 1.0))
    assert timers.due(2.0) == []
    assert timers.next() is None


def test_earliest_first() -> None:
    timers: TimerSlots[str] = TimerSlots(0.02)
    for name, when in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
        timers.add(name, when)
    assert timers.due(5.0) == ["a", "b", "c"]
