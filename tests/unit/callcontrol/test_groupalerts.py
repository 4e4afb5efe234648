"""A call rings at another phone of the pickup group: who is told, when, how, and when it is taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.callcontrol import CallSettings, GroupAlert
from bridge.callcontrol.events import LineFeaturesRead
from bridge.core import DndMode, LineFeatures, RingSetting
from bridge.sccp import (
    ClearPriNotify,
    DisplayPriNotify,
    RingDuration,
    RingMode,
    SetRinger,
    SoftKeyEventType,
    StartTone,
    Tone,
    readable,
)
from tests.sccpbench import PROFILE, Bench
from tests.sipwatch import CONFIRMED, EARLY, IDLE, document

ALERT = GroupAlert(("1001", "2002", "2003"), 6.0, seen=True, heard=True, caller=True, called=True)
_VERSIONS = {"number": 0}


def hint(bench: Bench, number: str, state: str) -> None:
    """The PBX says what a number of the group does."""
    _VERSIONS["number"] += 1
    text = document(state, _VERSIONS["number"], number=number, caller="3003", name="Ann" if state == EARLY else "")
    bench.phone.house.watching.notified(number, "application/dialog-info+xml", text.encode(), now=bench.now)
    bench.settle()


def told(bench: Bench) -> list[str]:
    """Texts since the last time; an empty one for a text that was taken away."""
    found = [each for each in bench.station.received if isinstance(each, DisplayPriNotify | ClearPriNotify)]
    bench.station.received.clear()
    return [readable(each.text) if isinstance(each, DisplayPriNotify) else "" for each in found]


def rung(bench: Bench) -> list[RingMode]:
    return [each.mode for each in bench.station.take(SetRinger)]


def bench_with(**changes: object) -> Bench:
    bench = Bench(settings=CallSettings(group_alerts=(replace(ALERT, **changes),)))  # type: ignore[arg-type]  # given by name: the call itself checks
    bench.station.received.clear()
    return bench


def test_a_call_that_rings_long_enough_is_told_until_it_rings_no_more() -> None:
    bench = bench_with()
    assert bench.phone.house.watching.numbers == {"2002", "2003"}  # not the own one
    hint(bench, "2002", EARLY)
    bench.advance(5.9)
    assert told(bench) == []
    bench.advance(0.2)
    assert rung(bench) == [RingMode.INSIDE]
    assert told(bench) == ["From 3003 > 2002"]
    bench.advance(10)
    assert rung(bench) == [RingMode.OFF]
    hint(bench, "2002", CONFIRMED)
    assert told(bench) == [""]
    bench.advance(60)
    assert told(bench) == []


def test_a_short_ring_is_not_told_and_the_next_one_waits_anew() -> None:
    bench = bench_with()
    hint(bench, "2002", EARLY)
    bench.advance(5)
    hint(bench, "2002", IDLE)
    hint(bench, "2002", EARLY)
    bench.advance(5)
    assert told(bench) == []
    bench.advance(2)
    assert told(bench) == ["From 3003 > 2002"]


def test_two_ring_and_one_is_told_after_the_other() -> None:
    bench = bench_with(wait=0.0, heard=False)
    hint(bench, "2003", EARLY)
    hint(bench, "2002", EARLY)
    assert told(bench) == ["From 3003 > 2003"]
    hint(bench, "2003", IDLE)
    assert told(bench) == ["", "From 3003 > 2002"]
    assert rung(bench) == []


@pytest.mark.parametrize(
    ("caller", "called", "text"), [(True, False, "From 3003"), (False, True, "2002"), (False, False, "PickUp")]
)
def test_the_group_says_what_is_shown(caller: bool, called: bool, text: str) -> None:
    bench = bench_with(wait=0.0, caller=caller, called=called)
    hint(bench, "2002", EARLY)
    assert told(bench) == [text]


def test_by_ear_alone() -> None:
    bench = bench_with(wait=0.0, seen=False)
    hint(bench, "2002", EARLY)
    assert rung(bench) == [RingMode.INSIDE]
    assert told(bench) == []


def test_a_busy_user_is_left_alone_until_he_is_free() -> None:
    bench = bench_with(wait=0.0)
    bench.lift()
    bench.station.received.clear()
    hint(bench, "2002", EARLY)
    assert told(bench) == []
    bench.replace()
    assert "From 3003 > 2002" in told(bench)
    bench.lift()
    assert told(bench)[0] == ""


@pytest.mark.parametrize(
    ("setting", "ring", "beeps"),
    [
        (RingSetting.BEEP, [], 1),
        (RingSetting.RING_ONCE, [RingMode.INSIDE, RingMode.OFF], 0),
        (RingSetting.RING, [RingMode.INSIDE, RingMode.OFF], 0),
        (RingSetting.FLASH, [], 0),
        (RingSetting.DISABLED, [], 0),
    ],
)
def test_who_talks_hears_what_the_line_wants_once_a_call(
    setting: RingSetting, ring: list[RingMode], beeps: int
) -> None:
    bench = bench_with(ring_busy=setting)
    bench.talk()
    bench.station.received.clear()
    hint(bench, "2002", EARLY)
    bench.advance(5.9)
    assert not bench.station.take(StartTone)
    bench.advance(30)
    assert [each.tone for each in bench.station.take(StartTone)] == [Tone.CALL_WAITING] * beeps
    assert rung(bench) == ring
    assert told(bench) == []
    hint(bench, "2002", IDLE)
    hint(bench, "2002", EARLY)  # another call
    bench.advance(30)
    assert len(bench.station.take(StartTone)) == beeps


@pytest.mark.parametrize(
    ("setting", "sent"),
    [
        (RingSetting.RING, [(RingMode.INSIDE, RingDuration.NORMAL)]),
        (RingSetting.RING_ONCE, [(RingMode.INSIDE, RingDuration.SINGLE), (RingMode.OFF, RingDuration.NORMAL)]),
        (RingSetting.FLASH, []),
        (RingSetting.DISABLED, []),
    ],
)
def test_who_is_idle_hears_what_the_line_wants(setting: RingSetting, sent: list[tuple[RingMode, RingDuration]]) -> None:
    bench = bench_with(ring_idle=setting, wait=0.0)
    hint(bench, "2002", EARLY)
    bench.advance(60)
    assert [(each.mode, each.duration) for each in bench.station.take(SetRinger)] == sent
    hint(bench, "2002", CONFIRMED)
    assert rung(bench) == ([RingMode.OFF] if setting is RingSetting.RING else [])


def test_the_group_of_every_line_is_told_of_and_pickup_takes_from_the_line_of_the_alert() -> None:
    second = replace(ALERT, numbers=("2003",), wait=0.0, line=2, heard=False)
    bench = Bench(
        settings=CallSettings(group_alerts=(replace(ALERT, numbers=("2002",)), second), pickup_groups=("42", "7"))
    )
    bench.station.received.clear()
    hint(bench, "2003", EARLY)
    assert told(bench) == ["From 3003 > 2003"]
    bench.press(SoftKeyEventType.PICK_UP)
    (call,) = bench.phone.calls
    assert (call.line, call.target) == (2, "sepbridge-gpickup")


def test_do_not_disturb_is_shown_and_not_heard() -> None:
    bench = bench_with(wait=0.0)
    bench.phone.tell(LineFeaturesRead("1001", LineFeatures(dnd=DndMode.SILENT)), now=bench.now)
    bench.settle()
    bench.station.received.clear()
    hint(bench, "2002", EARLY)
    assert rung(bench) == []
    assert told(bench) == ["From 3003 > 2002"]


def test_other_members_count_at_once_and_a_phone_that_left_watches_nobody() -> None:
    bench = bench_with(wait=0.0)
    hint(bench, "2002", EARLY)
    bench.station.received.clear()
    bench.phone.change(
        PROFILE, CallSettings(group_alerts=(replace(ALERT, numbers=("2003",)),)), keys_live=False, now=bench.now
    )
    bench.settle()
    assert told(bench)[0] == ""
    hint(bench, "2003", EARLY)
    bench.phone.station_lost(now=bench.now)
    bench.settle()
    assert bench.phone.timer() is None or bench.phone.timer() > bench.now  # type: ignore[operator]  # a number here: asked just before
    bench.phone.house.watching.next_order(now=bench.now + 10_000)
    assert bench.phone.house.watching.numbers == frozenset()
