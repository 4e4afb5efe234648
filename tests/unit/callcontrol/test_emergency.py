"""Emergency calls go out; hotlines and abbreviated dials dial for their user."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.callcontrol import CallSettings, PhoneCallState
from bridge.callcontrol.emergency import emergency_numbers
from bridge.callcontrol.events import ChangeForward, EmergencyCalled
from bridge.core import AbbreviatedDial, DndMode, LineFeatures, NumberRange
from bridge.errors import ConfigurationError
from bridge.sccp import SoftKeyEventType
from bridge.sip import IncomingCall
from tests.sccpbench import PBX_MEDIA, PROFILE, Bench, digits
from tests.unit.callcontrol.test_forwarding import tell

EMERGENCY = CallSettings(emergency=frozenset({"911", "9911"}))
SMALL = replace(PROFILE, lines=(replace(PROFILE.lines[0], max_calls=1, busy_trigger=1), PROFILE.lines[1]))


@pytest.mark.parametrize(
    ("country", "code", "numbers"),
    [
        ("US", "9", {"911", "9911"}),
        ("CA", "", {"911"}),
        ("GB", "9", {"999", "112", "9999", "9112"}),
        ("eu", "", {"112"}),
        ("DE", "0", {"110", "112", "0110", "0112"}),
        ("AU", "", {"000", "112"}),
        ("", "9", set()),
    ],
)
def test_numbers_of_countries(country: str, code: str, numbers: set[str]) -> None:
    assert emergency_numbers(country, code) == numbers


def test_more_numbers_and_wrong_ones() -> None:
    assert emergency_numbers("", "", ["5555"]) == {"5555"}
    with pytest.raises(ConfigurationError, match="not known"):
        emergency_numbers("XX")
    with pytest.raises(ConfigurationError, match="cannot be"):
        emergency_numbers("", "", ["91l"])


@pytest.mark.parametrize("number", ["911", "9911"])
def test_the_last_digit_sends_it_and_raises_the_alarm_once(number: str) -> None:
    bench = Bench(settings=EMERGENCY)
    bench.lift()
    bench.dial(number)
    bench.invited()
    assert bench.phone.calls[0].dialled == number
    assert [(event.number, event.dialled) for event in bench.reported(EmergencyCalled)] == [("1001", number)]
    bench.replace()
    assert len(bench.reported(EmergencyCalled)) == 1
    bench.at_rest()


def test_a_full_line_takes_it_and_nothing_else() -> None:
    bench = Bench(profile=SMALL, settings=EMERGENCY)
    bench.talk()
    bench.press(SoftKeyEventType.NEW_CALL, 1)
    bench.dial("6")
    assert bench.phone.calls[-1].state is PhoneCallState.FAILED
    bench.press(SoftKeyEventType.END_CALL)
    bench.press(SoftKeyEventType.NEW_CALL, 1)
    bench.dial("911")
    assert len(bench.reported(EmergencyCalled)) == 1
    assert [call.state for call in bench.phone.calls] == [PhoneCallState.HELD, PhoneCallState.PROCEEDING]


def test_it_is_no_target_of_a_forward() -> None:
    bench = Bench(settings=EMERGENCY)
    bench.press(SoftKeyEventType.CFWD_ALL)
    bench.dial("911")
    assert bench.reported(ChangeForward) == []
    assert len(bench.reported(EmergencyCalled)) == 1


def test_whatever_the_number_was_to_be_for_it_is_called() -> None:
    bench = Bench(settings=replace(EMERGENCY, meetme=(NumberRange("8500", "8509"),)))
    bench.lift()
    bench.press(SoftKeyEventType.MEET_ME)
    bench.dial("911")
    assert bench.invited().called == "911"
    assert [call.state for call in bench.phone.calls] == [PhoneCallState.PROCEEDING]
    bench.replace()
    bench.at_rest()


def test_a_shorter_number_that_is_its_beginning_waits_for_the_rest() -> None:
    settings = replace(EMERGENCY, digits=digits("XX"), abbreviated=(AbbreviatedDial(91, "2091"),))
    for key in (None, SoftKeyEventType.ABBREVIATED_DIAL):
        bench = Bench(settings=settings)
        bench.lift()
        if key is not None:
            bench.press(key)
        bench.dial("91")
        assert bench.take(IncomingCall) == []
        bench.dial("1")
        assert bench.invited().called == "911"
        bench.replace()
        bench.lift()
        if key is not None:
            bench.press(key)
        bench.dial("91")
        bench.advance(settings.next_digit)
        assert bench.invited().called == ("91" if key is None else "2091")
        bench.replace()
        bench.lift()
        bench.dial("60")
        assert bench.invited().called == "60"
        bench.replace()
        bench.at_rest()


def test_a_line_that_has_as_many_calls_as_it_may_makes_one_more() -> None:
    """They may be other phones' calls, which have the line, too."""
    bench = Bench(settings=EMERGENCY)
    bench.talk()
    bench.agents[0].max_calls = 1
    bench.press(SoftKeyEventType.NEW_CALL, 1)
    bench.dial("911")
    assert bench.invited().called == "911"
    bench.press(SoftKeyEventType.END_CALL, 1, bench.ref)
    bench.press(SoftKeyEventType.NEW_CALL, 1)
    bench.dial("700#")
    assert bench.phone.calls[-1].state is PhoneCallState.FAILED


def test_a_pbx_that_was_not_to_be_reached_is_tried() -> None:
    bench = Bench(settings=EMERGENCY)
    bench.phone.line_lost(1, now=bench.now)
    bench.lift()
    bench.dial("911")
    assert bench.station.prompts[bench.ref] == "PBX unreachable"
    call = bench.invited()
    assert call.called == "911"
    bench.pbxs[0].agent.answer(call.call, PBX_MEDIA, now=bench.now)
    bench.settle()
    assert bench.station.prompts[bench.ref] == "Connected"


def test_do_not_disturb_does_not_keep_it_back() -> None:
    bench = Bench(settings=EMERGENCY)
    tell(bench, LineFeatures(forward_all="1005", dnd=DndMode.REJECT))
    bench.lift()
    bench.dial("911")
    assert [call.state for call in bench.phone.calls] == [PhoneCallState.PROCEEDING]


def hot(delay: float) -> Bench:
    first = replace(PROFILE.lines[0], hotline="2000", hotline_delay=delay)
    return Bench(profile=replace(PROFILE, lines=(first, PROFILE.lines[1])))


def test_a_hotline_dials_as_soon_as_the_handset_is_lifted() -> None:
    bench = hot(0)
    bench.lift()
    assert bench.phone.calls[0].dialled == "2000"
    bench.pbxs[0].agent.answer(bench.invited().call, PBX_MEDIA, now=bench.now)
    bench.settle()
    assert bench.phone.calls[0].state is PhoneCallState.CONNECTED
    bench.replace()
    bench.at_rest()


def test_a_hotline_with_a_delay_lets_its_user_dial() -> None:
    bench = hot(4)
    bench.lift()
    bench.advance(3.9)
    assert bench.take(IncomingCall) == []
    bench.advance(0.2)
    assert bench.phone.calls[0].dialled == "2000"
    bench.replace()
    bench.lift()
    bench.dial("60")
    bench.advance(5)
    assert bench.phone.calls[0].state is PhoneCallState.DIALLING
    bench.replace()
    bench.advance(10)
    bench.at_rest()


ABBREVIATED = CallSettings(abbreviated=(AbbreviatedDial(5, "2005"), AbbreviatedDial(12, "2012")))


@pytest.mark.parametrize(("before", "after", "dialled"), [("12", "", "2012"), ("", "12", "2012"), ("", "5#", "2005")])
def test_digits_before_or_after_the_key_stand_for_a_number(before: str, after: str, dialled: str) -> None:
    bench = Bench(settings=ABBREVIATED)
    bench.lift()
    bench.dial(before)
    bench.press(SoftKeyEventType.ABBREVIATED_DIAL)
    bench.dial(after)
    assert bench.phone.calls[0].dialled == dialled


def test_an_index_that_nobody_set_is_told() -> None:
    bench = Bench(settings=ABBREVIATED)
    bench.lift()
    bench.press(SoftKeyEventType.ABBREVIATED_DIAL)
    bench.dial("77")
    assert "Number not configured" in bench.notified()
    bench.at_rest()
