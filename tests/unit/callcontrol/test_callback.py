"""CallBack: when the phone is told, and what one more press does."""

from __future__ import annotations

import pytest

from bridge.callcontrol import CallSettings, House, ProxiedPhone
from bridge.callcontrol.events import NumberStands, UnwatchNumber, WatchNumber
from bridge.core.numberstate import NumberState
from bridge.sccp import RingMode, SoftKeyEventType
from tests.sccpbench import Bench

KEY = SoftKeyEventType.CALL_BACK
N = NumberState


def stands(bench: Bench, state: NumberState, number: str = "2002") -> None:
    bench.phone.tell(NumberStands(number, state), now=bench.now)
    bench.settle()


def busy(bench: Bench, number: str = "2002") -> None:
    """A call that hears busy."""
    call = bench.outgoing_call(number)
    bench.pbxs[0].agent.reject(call, 486, now=bench.now)
    bench.settle()


def watched(bench: Bench) -> set[str]:
    """The numbers that are watched for the phone."""
    numbers: set[str] = set()
    for event in bench.events:
        match event:
            case WatchNumber(number):
                numbers.add(number)
            case UnwatchNumber(number):
                numbers.discard(number)
    return numbers


def is_told(bench: Bench) -> bool:
    return bench.station.prompts[0] == "2002 is free: CallBack"


def test_busy_then_free_then_one_key() -> None:
    bench = Bench()
    busy(bench)
    bench.press(KEY, 1, bench.ref)
    assert bench.phone.calls == ()
    assert bench.notified() == ["Will call back 2002"]
    assert watched(bench) == {"2002"}
    stands(bench, N.IN_USE)
    assert not is_told(bench)
    stands(bench, N.FREE)
    assert is_told(bench)
    assert bench.station.rings[0] == RingMode.INSIDE
    bench.advance(5)
    assert bench.station.rings[0] == RingMode.OFF
    bench.press(KEY)
    assert bench.invited().called == "2002"
    assert watched(bench) == set()
    bench.replace()
    assert bench.station.prompts[0] == "Your current options"
    bench.at_rest()


def test_no_answer_waits_for_its_next_activity() -> None:
    bench = Bench()
    call = bench.outgoing_call("2002")
    bench.pbxs[0].agent.ring(call, now=bench.now)
    bench.settle()
    bench.press(KEY, 1, bench.ref)
    assert len(bench.phone.calls) == 1, "it goes on ringing"
    stands(bench, N.RINGING)
    bench.replace()
    stands(bench, N.FREE)
    assert not is_told(bench)
    stands(bench, N.IN_USE)
    stands(bench, N.FREE)
    assert is_told(bench)


def test_after_hanging_up_the_idle_phone_can_still_ask() -> None:
    bench = Bench()
    busy(bench)
    bench.replace()
    bench.press(KEY)
    assert watched(bench) == {"2002"}
    stands(bench, N.FREE)
    assert is_told(bench)


def test_whoever_a_call_was_handed_over_to_while_it_rang_is_not_called_back() -> None:
    bench = Bench()
    bench.talk("600")
    bench.press(SoftKeyEventType.TRANSFER)
    bench.dial("2002#")
    bench.pbxs[0].agent.ring(bench.invited().call, now=bench.now)
    bench.settle()
    bench.press(SoftKeyEventType.TRANSFER)
    (held,) = bench.phone.calls
    bench.press(SoftKeyEventType.END_CALL, 1, held.call_ref)
    bench.press(KEY)
    assert "Key is not active" in bench.notified()
    assert watched(bench) == set()


def test_another_press_cancels() -> None:
    bench = Bench()
    busy(bench)
    bench.press(KEY)
    bench.notified()
    bench.press(KEY)
    assert bench.notified() == ["No callback to 2002"]
    assert watched(bench) == set()
    stands(bench, N.FREE)
    assert not is_told(bench)


def test_a_later_request_replaces_the_first() -> None:
    bench = Bench()
    busy(bench)
    bench.press(KEY)
    busy(bench, "2003")
    bench.press(KEY)
    assert watched(bench) == {"2003"}
    stands(bench, N.FREE)
    assert not is_told(bench)
    stands(bench, N.FREE, "2003")
    assert bench.station.prompts[0] == "2003 is free: CallBack"


def test_the_news_waits_until_the_user_is_out_of_other_calls() -> None:
    bench = Bench()
    busy(bench)
    bench.press(KEY)
    bench.talk()
    bench.notified()
    stands(bench, N.FREE)
    assert bench.notified() == []
    bench.replace()
    assert is_told(bench)
    assert bench.notified() == ["2002 is free: CallBack"]


def test_busy_again_before_the_press_takes_the_news_back() -> None:
    bench = Bench()
    busy(bench)
    bench.press(KEY)
    stands(bench, N.FREE)
    stands(bench, N.IN_USE)
    assert bench.station.prompts[0] == "Your current options"
    assert bench.station.rings[0] == RingMode.OFF
    stands(bench, N.FREE)
    assert is_told(bench)


def test_the_request_ends_with_its_time() -> None:
    bench = Bench(settings=CallSettings(callback_wait=60))
    busy(bench)
    bench.press(KEY)
    bench.notified()
    bench.advance(61)
    assert bench.notified() == ["No callback to 2002"]
    assert watched(bench) == set()
    assert bench.phone.house.callbacks == {}


def test_a_number_that_the_pbx_does_not_watch() -> None:
    bench = Bench()
    busy(bench)
    bench.press(KEY)
    bench.notified()
    stands(bench, N.UNKNOWN)
    assert bench.notified() == ["No callback to this number"]
    assert watched(bench) == set()


def test_a_number_that_the_pbx_forgets_for_a_moment_is_waited_for() -> None:
    bench = Bench()
    busy(bench)
    bench.press(KEY)
    stands(bench, N.IN_USE)
    stands(bench, N.UNKNOWN)
    assert watched(bench) == {"2002"}
    stands(bench, N.FREE)
    assert is_told(bench)


@pytest.mark.parametrize("incoming", [False, True])
def test_whoever_is_reached_meanwhile_needs_no_callback(incoming: bool) -> None:
    bench = Bench()
    busy(bench)
    bench.press(KEY)
    if incoming:
        bench.ring(number="2002")
        bench.lift()
    else:
        bench.talk("2002")
    assert watched(bench) == set()
    bench.replace()
    stands(bench, N.FREE)
    assert not is_told(bench)


def test_a_call_that_rings_during_the_news_goes_on_ringing() -> None:
    bench = Bench()
    busy(bench)
    bench.press(KEY)
    stands(bench, N.FREE)
    bench.ring(number="2009")
    bench.advance(6)
    assert bench.station.rings[bench.ref] == RingMode.INSIDE


def test_without_anybody_to_call_back_the_key_is_hidden_and_does_nothing() -> None:
    bench = Bench()
    bench.press(KEY)
    assert bench.notified() == ["Key is not active"]
    bench.talk()
    bench.press(KEY, 1, bench.ref)
    assert bench.notified() == ["Key is not active"]
    assert watched(bench) == set()


def test_the_request_outlives_the_phones_connection() -> None:
    bench = Bench()
    busy(bench)
    bench.press(KEY)
    bench.phone.station_lost(now=bench.now)
    bench.settle()
    assert watched(bench) == set()
    again = Bench(register=False)
    again.phone.house.callbacks.update(bench.phone.house.callbacks)
    again.register()
    assert watched(again) == {"2002"}
    stands(again, N.FREE)
    assert is_told(again)


def test_a_connection_that_broke_does_not_tell_in_the_place_of_the_one_that_stands() -> None:
    """The phone is back while the call of its former connection goes on; that call's end is not the new one's."""
    house: House[ProxiedPhone] = House()
    before = Bench(house=house)
    busy(before)
    before.press(KEY, 1, before.ref)
    call = before.talk("600")
    before.phone.station_lost("reset", now=before.now)
    before.settle()
    assert len(before.phone.calls) == 1, "its sound goes on"
    bench = Bench(house=house)
    bench.talk("601")
    stands(bench, N.FREE)
    before.pbxs[0].agent.hang_up(call, now=before.now)
    before.settle()
    assert before.phone.calls == ()
    assert not is_told(bench)
    bench.replace()
    assert is_told(bench)
    before.advance(1000)
    assert is_told(bench), "nor does its end take anything away"
