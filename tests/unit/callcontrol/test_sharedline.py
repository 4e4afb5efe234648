"""One line on several phones: all ring, one talks, the others watch, and any of them resumes."""

from __future__ import annotations

import pytest

from bridge.callcontrol import CallFinished, LineState
from bridge.sccp import (
    CallHistory,
    CallHistoryDisposition,
    DeviceType,
    LampMode,
    MediaStatus,
    SoftKeyEventType,
    SoftKeySetIndex,
    StationCallState,
    StimulusType,
    Tone,
)
from bridge.sccp.profile import StationLine
from bridge.sip import CallState as SipState
from bridge.sip import RegistrationState
from tests.sccpbench import PBX_MEDIA
from tests.sccpfloor import Floor, Kind, shared

K = SoftKeyEventType
S = StationCallState
THREE = shared((DeviceType.CISCO_7961G, 17), (DeviceType.CISCO_7960, 11), (DeviceType.CISCO_7975G, 22))


def floor() -> Floor:
    return Floor(*THREE)


def states(on: Floor) -> list[list[StationCallState]]:
    return [place.shows for place in on.places]


def test_the_line_registers_once() -> None:
    on = floor()
    assert [request.method for request in on.pbx.requests] == ["REGISTER"]
    assert [place.phone.line_state(1) for place in on.places] == [LineState.REGISTERED] * 3


def test_the_line_stays_while_one_phone_has_it() -> None:
    on = floor()
    one, two, three = on.places
    one.leave()
    two.leave()
    assert one.phone.is_finished
    assert len(on.pbx.requests) == 1
    three.leave()
    assert on.pbx.requests[-1].headers["Expires"] == "0"
    assert three.phone.is_finished


@pytest.mark.parametrize("under_way", [RegistrationState.REGISTERING, RegistrationState.REFRESHING])
def test_a_phone_that_restarts_while_its_line_registers_keeps_the_line(under_way: RegistrationState) -> None:
    on = Floor(*shared((DeviceType.CISCO_7961G, 17)))
    (one,) = on.places
    if under_way is RegistrationState.REGISTERING:
        one.leave()
        on.deaf = True
        one.come_back()
    else:
        on.deaf = True
        on.line.agent.register(now=on.now)
    assert on.line.agent.registration_state is under_way
    one.leave()
    one.come_back()
    on.deaf = False
    on.advance(60)
    assert on.line.agent.registration_state is RegistrationState.REGISTERED
    assert on.pbx.requests[-1].headers["Expires"] != "0"
    assert one.phone.line_state(1) is LineState.REGISTERED


def test_all_ring_with_one_reference_and_one_answers() -> None:
    on = floor()
    one, two, three = on.places
    call = on.ring()
    assert all(place.rings for place in on.places)
    assert len({place.ref for place in on.places}) == 1
    assert [place.lamp() for place in on.places] == [LampMode.BLINK] * 3
    two.lift()
    assert call.state is SipState.CONFIRMED
    assert states(on) == [[S.IN_USE_REMOTELY], [S.CONNECTED], [S.IN_USE_REMOTELY]]
    assert [place.lamp() for place in on.places] == [LampMode.ON] * 3
    assert not one.rings
    assert one.station.softkeys[one.ref].set == SoftKeySetIndex.IN_USE_HINT
    assert one.station.prompts[one.ref] == "In use remote"
    assert one.station.infos[one.ref].calling_number == two.station.infos[one.ref].calling_number
    assert len(two.station.sending) == 1
    assert len(one.station.sending) == len(three.station.sending) == 0
    on.agree()
    two.replace()
    on.at_rest()


def test_who_did_not_answer_lists_no_missed_call() -> None:
    on = floor()
    one, two, three = on.places
    on.ring()
    two.lift()
    for place in (one, three):
        (filed,) = place.station.take(CallHistoryDisposition)
        assert filed.disposition == CallHistory.IGNORE
    assert two.station.take(CallHistoryDisposition) == []  # version 11 does not know the message
    names = [name for name in one.station.names if name in ("CallState", "ClearPromptStatus", "SetRinger")]
    assert names[-4:] == ["SetRinger", "ClearPromptStatus", "CallState", "CallState"]


def test_the_caller_gives_up_and_all_fall_silent() -> None:
    on = floor()
    call = on.ring()
    on.pbx.agent.hang_up(call, now=on.now)
    on.at_rest()


def test_one_refusal_leaves_the_others_ringing_and_the_last_one_ends_it() -> None:
    on = floor()
    one, two, three = on.places
    call = on.ring()
    one.press(K.END_CALL)
    two.press(K.END_CALL)
    assert states(on) == [[], [], [S.RING_IN]]
    assert call.state is SipState.RINGING
    three.press(K.END_CALL)
    assert call.state is SipState.ENDED
    on.at_rest()


def test_the_caller_hears_busy_only_when_all_phones_are_busy() -> None:
    on = Floor(*shared((DeviceType.CISCO_7961G, 17), (DeviceType.CISCO_7960, 11), busy_trigger=1))
    one, two = on.places
    on.ring()
    one.lift()
    second = on.ring()
    assert states(on) == [[S.CONNECTED], [S.IN_USE_REMOTELY, S.RING_IN]]
    two.press(K.ANSWER, two.ref)
    third = on.ring()
    assert second.state is SipState.CONFIRMED
    assert third.state is SipState.ENDED
    on.agree()


def test_who_talks_hears_the_waiting_tone_which_stops_when_another_phone_answers() -> None:
    on = floor()
    one, two, _three = on.places
    on.ring()
    one.lift()
    on.ring()
    assert one.station.tones
    assert not one.rings
    assert two.rings
    two.press(K.ANSWER, two.ref)
    assert one.station.tones == {}
    assert states(on) == [[S.CONNECTED, S.IN_USE_REMOTELY], [S.IN_USE_REMOTELY, S.CONNECTED], [S.IN_USE_REMOTELY] * 2]
    on.agree()


def test_an_outgoing_call_is_seen_on_the_others() -> None:
    on = floor()
    one, two, _ = on.places
    one.dial("600#")
    assert two.shows == [S.IN_USE_REMOTELY]
    assert two.station.infos[two.ref].called_number == "600"
    on.pbx_answers()
    on.agree()
    one.replace()
    on.at_rest()


def test_a_failed_call_is_no_longer_seen() -> None:
    on = floor()
    one, two, _ = on.places
    one.dial("600#")
    (call,) = on.pbx.agent.calls
    on.pbx.agent.reject(call, 486, now=on.now)
    on.settle()
    assert one.shows == [S.BUSY]
    assert two.shows == []
    on.agree()


def talking(on: Floor) -> None:
    on.ring()
    on.places[0].lift()


def test_hold_on_one_resume_on_another() -> None:
    on = floor()
    one, two, _three = on.places
    talking(on)
    (sip,) = on.line.agent.calls
    one.press(K.HOLD)
    assert states(on) == [[S.HOLD], [S.HOLD], [S.REMOTE_HOLD]]
    assert [place.lamp() for place in on.places] == [LampMode.WINK] * 3
    assert two.station.softkeys[two.ref].set == SoftKeySetIndex.ON_HOOK_STEALABLE
    two.press(K.RESUME)
    assert states(on) == [[S.IN_USE_REMOTELY], [S.CONNECTED], [S.IN_USE_REMOTELY]]
    assert on.line.agent.calls == (sip,)
    assert sip.local is not None
    assert (sip.local.address, sip.local.port) == (two.address, two.station.next_port)
    assert len(two.station.sending) == len(two.station.receiving) == 1
    assert len(one.station.sending) == len(one.station.receiving) == 0
    assert S.OFF_HOOK in [message.state for message in two.station.received if type(message).__name__ == "CallState"]
    on.agree()
    two.replace()
    on.at_rest()
    assert [type(event) for event in two.events].count(CallFinished) == 1
    assert CallFinished not in [type(event) for event in one.events]


def test_hold_and_resume_wander_through_all_phones() -> None:
    on = floor()
    talking(on)
    for place, following in ((0, 1), (1, 2), (2, 0)):
        on.places[place].press(K.HOLD)
        on.places[following].push(StimulusType.LINE)
        assert on.places[following].shows == [S.CONNECTED]
        on.agree()
    (call,) = on.pbx.agent.calls
    on.pbx.agent.hang_up(call, now=on.now)
    on.at_rest()


def test_two_resume_at_once_and_one_gets_it() -> None:
    on = floor()
    one, two, three = on.places
    talking(on)
    one.press(K.HOLD)
    ref = one.ref
    for place in (two, three):
        place.notified()
    two.press(K.RESUME, ref)
    three.press(K.RESUME, ref)
    one.press(K.RESUME, ref)
    assert states(on) == [[S.IN_USE_REMOTELY], [S.CONNECTED], [S.IN_USE_REMOTELY]]
    assert three.notified() == ["In use remote"]
    assert one.notified()[-1:] == ["In use remote"]
    assert two.notified() == []
    on.agree()


def test_two_answer_at_once_and_one_gets_it() -> None:
    on = floor()
    one, two, _ = on.places
    on.ring()
    ref = one.ref
    one.station.acknowledges = False
    one.press(K.ANSWER, ref)
    two.press(K.ANSWER, ref)
    assert two.shows == [S.IN_USE_REMOTELY]
    assert "In use remote" in two.notified()
    one.station.acknowledge()
    on.settle()
    assert one.shows == [S.CONNECTED]
    on.agree()


def test_a_phone_that_cannot_open_its_channel_gives_the_held_call_back() -> None:
    on = floor()
    one, two, _ = on.places
    talking(on)
    one.press(K.HOLD)
    two.station.status = MediaStatus.OUT_OF_SOCKETS
    two.press(K.RESUME)
    on.advance(5)
    assert states(on) == [[S.REMOTE_HOLD], [S.HOLD], [S.REMOTE_HOLD]]
    on.agree()
    one.press(K.RESUME)
    assert one.shows == [S.CONNECTED]
    on.agree()


def test_a_phone_that_opens_no_channel_for_its_answer_leaves_the_call_to_the_others() -> None:
    on = floor()
    one, two, three = on.places
    call = on.ring()
    ref = two.ref
    three.press(K.END_CALL)  # its user does not want it
    two.station.status = MediaStatus.OUT_OF_SOCKETS
    two.lift()
    on.advance(5)
    assert "Phone opened no audio channel" in two.notified()
    assert call.state is SipState.RINGING
    assert states(on) == [[S.RING_IN], [], []]
    assert (one.rings, one.ref, one.lamp()) == (True, ref, LampMode.BLINK)
    on.agree()
    one.lift()
    assert call.state is SipState.CONFIRMED
    assert states(on) == [[S.CONNECTED], [S.IN_USE_REMOTELY], [S.IN_USE_REMOTELY]]
    on.agree()


def test_the_call_ends_when_no_phone_of_the_line_opens_a_channel() -> None:
    on = floor()
    call = on.ring()
    for place in on.places:
        place.station.status = MediaStatus.OUT_OF_SOCKETS
    for place in on.places:
        assert call.state is SipState.RINGING
        place.replace()
        place.lift()
        on.advance(5)
    assert call.state is SipState.ENDED
    assert states(on) == [[], [], []]
    on.agree()


def test_whoever_talks_hears_that_the_call_waits_again() -> None:
    on = floor()
    one, two, _ = on.places
    one.dial("600#")
    on.pbx_answers()
    on.ring()
    two.station.acknowledges = False
    two.lift()
    assert (one.shows, one.station.tones) == ([S.CONNECTED, S.IN_USE_REMOTELY], {})
    on.advance(5)
    assert one.shows == [S.CONNECTED, S.RING_IN]
    assert list(one.station.tones.values()) == [Tone.CALL_WAITING]
    on.agree()


def test_what_is_being_transferred_is_not_to_be_had() -> None:
    on = floor()
    one, two, _ = on.places
    talking(on)
    ref = one.ref
    one.press(K.TRANSFER)
    two.notified()
    two.press(K.RESUME, ref)
    assert two.shows == [S.HOLD]
    assert two.notified() == ["In use remote"]
    on.agree()


def test_taking_a_call_puts_the_own_one_on_hold() -> None:
    on = floor()
    one, two, _ = on.places
    talking(on)
    one.press(K.HOLD)
    ref = one.ref
    on.ring()
    two.press(K.ANSWER)
    two.press(K.RESUME, ref)
    assert two.shows == [S.CONNECTED, S.HOLD]
    on.agree()


@pytest.mark.parametrize("how", ["leave", "lose"])
def test_a_phone_that_goes_while_it_rings_takes_nothing_from_the_others(how: str) -> None:
    on = floor()
    one, two, _ = on.places
    call = on.ring()
    getattr(one, how)()
    assert call.state is SipState.RINGING
    two.lift()
    assert call.state is SipState.CONFIRMED
    on.agree()


def test_a_phone_that_leaves_in_mid_call_is_cleared_from_the_others() -> None:
    on = floor()
    one, two, _ = on.places
    talking(on)
    one.lose()
    assert two.shows == [S.IN_USE_REMOTELY]  # its sound goes on, for a while
    on.advance(40)
    on.at_rest()


def test_a_phone_that_comes_later_sees_what_goes_on() -> None:
    on = floor()
    one, two, three = on.places
    three.leave()
    on.line.detach(three.phone)
    talking(on)
    three.connect()
    three.register()
    assert three.shows == [S.IN_USE_REMOTELY]
    on.agree()
    one.press(K.HOLD)
    on.line.detach(two.phone)
    three.press(K.RESUME)
    assert three.shows == [S.CONNECTED]


def test_lines_of_one_phone_have_nothing_to_do_with_each_other() -> None:
    both = Kind(lines=(StationLine("1001"), StationLine("1002")))
    on = Floor(both, Kind(lines=(StationLine("1002"),)))
    one, two = on.places
    on.ring(number="1002")
    assert one.lamp(2) == LampMode.BLINK
    two.lift()
    assert (one.lamp(1), one.lamp(2)) == (LampMode.OFF, LampMode.ON)
    on.ring(number="1001")
    assert one.rings
    one.lift()
    assert two.shows == [S.CONNECTED]
    assert one.shows == [S.IN_USE_REMOTELY, S.CONNECTED]
    on.agree()


def test_a_late_offer_rings_at_all_too() -> None:
    on = floor()
    call = on.ring(None)
    on.places[2].lift()
    assert call.state in (SipState.ACCEPTING, SipState.CONFIRMED)
    if call.state is SipState.ACCEPTING:
        on.pbx.agent.answer_offer(call, PBX_MEDIA, now=on.now)
        on.settle()
    on.agree()
    assert states(on) == [[S.IN_USE_REMOTELY], [S.IN_USE_REMOTELY], [S.CONNECTED]]
