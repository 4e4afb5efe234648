"""Calls that are answered without a hand, and those that are not; whispers; intercom buttons."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.callcontrol import CallSettings, PhoneCallState
from bridge.callcontrol.autoanswering import wants_answer
from bridge.callcontrol.events import LineFeaturesRead
from bridge.core import AutoAnswer, DndMode, LineFeatures
from bridge.sccp import (
    ButtonTemplateReq,
    CallState,
    DeviceType,
    MediaPath,
    MediaPathEvent,
    OnOff,
    OpenReceiveChannel,
    Register,
    RingMode,
    SetMicroMode,
    SetSpeakerMode,
    SoftKeyEventType,
    SoftKeySetReq,
    StationCallState,
    StimulusType,
    TimeDateReq,
    Tone,
)
from bridge.sccp.profile import SpeedDial, StationLine
from bridge.sip import Call, CallAnswered, CallEnded, IncomingCall
from bridge.sip.message import Header
from tests.sccpbench import PBX_MEDIA, PROFILE, Bench
from tests.sccpfloor import Floor, Kind

INTERCOM = (Header("Call-Info", "<sip:x@pbx>;answer-after=0"),)
PAGE = (*INTERCOM, Header("Alert-Info", "<http://pbx>;info=alert-autoanswer;info=page"))
S = StationCallState


def call(bench: Bench, *headers: Header) -> Call:
    """The PBX calls the first line."""
    made = bench.pbxs[0].agent.call("1001", PBX_MEDIA, headers=list(headers), now=bench.now)
    bench.settle()
    return made


def microphone(bench: Bench) -> list[OnOff]:
    """How the microphone was switched since the last time."""
    return [each.mode for each in bench.station.take(SetMicroMode)]


@pytest.mark.parametrize(
    ("alert", "info", "wanted"),
    [
        ("", "", False),
        ("", "<sip:x>;answer-after=0", True),
        ("", "<sip:x>; answer-after = 0", True),
        ("", "<sip:x>;answer-after=30", False),
        ("", "<http://answer-after=0/>;purpose=icon", False),
        ("<http://pbx>;info=alert-autoanswer", "", True),
        ("Auto Answer", "", True),
        ("Ring Answer", "", True),
        ("Intercom", "", True),
        ("info=intercom", "", True),
        ("Bellcore-dr3", "", False),
    ],
)
def test_how_the_pbx_asks(alert: str, info: str, *, wanted: bool) -> None:
    assert wants_answer(alert, info) is wanted


def test_it_answers_with_a_beep_and_nobody_listens_in() -> None:
    bench = Bench()
    bench.station.received.clear()
    call(bench, *INTERCOM)
    ref = bench.ref
    shown = [each.state for each in bench.station.take(CallState)]
    assert shown == [S.RING_IN, S.OFF_HOOK, S.CONNECTED]
    assert RingMode.INSIDE not in bench.station.rings.values()
    assert bench.station.take(SetSpeakerMode)[-1].mode == OnOff.ON
    assert bench.take(CallAnswered)
    assert bench.station.tones[ref] is Tone.ZIP
    assert microphone(bench) == [OnOff.OFF]
    assert bench.station.prompts[ref] == "Whisper"
    assert len(bench.station.receiving) == 1  # the caller is heard
    assert bench.station.sending == {}
    bench.push(StimulusType.LINE, 1)
    assert microphone(bench) == [OnOff.ON]
    assert len(bench.station.sending) == 1
    assert bench.station.prompts[ref] == "Connected"
    bench.push(StimulusType.LINE, 1)  # once more changes nothing
    assert microphone(bench) == []
    bench.press(SoftKeyEventType.END_CALL, 1, ref)
    assert microphone(bench) == []
    bench.at_rest()


def test_lifting_the_handset_talks_back() -> None:
    bench = Bench()
    call(bench, *INTERCOM)
    bench.lift()
    assert len(bench.station.sending) == 1
    assert [each.state for each in bench.phone.calls] == [PhoneCallState.CONNECTED]


def test_the_microphone_is_on_again_after_a_whisper() -> None:
    for ending in ("phone", "pbx", "hold"):
        bench = Bench()
        made = call(bench, *INTERCOM)
        microphone(bench)
        if ending == "phone":
            bench.replace()
        elif ending == "pbx":
            bench.pbxs[0].agent.hang_up(made, now=bench.now)
            bench.settle()
        else:
            bench.press(SoftKeyEventType.HOLD, 1, bench.ref)
            bench.press(SoftKeyEventType.RESUME, 1, bench.ref)
            assert len(bench.station.sending) == 1
            bench.press(SoftKeyEventType.END_CALL, 1, bench.ref)
        assert microphone(bench) == [OnOff.ON], ending
        bench.at_rest()


def test_both_hear_each_other_at_once_where_the_setting_says_so() -> None:
    bench = Bench(settings=CallSettings(intercom_whisper=False))
    call(bench, *INTERCOM)
    assert microphone(bench) == []
    assert len(bench.station.sending) == 1


def bench_with(auto_answer: AutoAnswer) -> Bench:
    """A phone whose first line answers by itself."""
    first = replace(PROFILE.lines[0], auto_answer=auto_answer)
    return Bench(profile=replace(PROFILE, lines=(first, *PROFILE.lines[1:])))


def test_a_line_that_always_answers_talks_at_once() -> None:
    bench = bench_with(AutoAnswer.SPEAKER)
    call(bench)
    assert bench.take(CallAnswered)
    assert microphone(bench) == []
    assert len(bench.station.sending) == 1


def test_a_headset_answers_only_where_it_is_in_use() -> None:
    bench = bench_with(AutoAnswer.HEADSET)
    made = call(bench)
    assert bench.station.rings[bench.ref] is RingMode.INSIDE
    bench.pbxs[0].agent.hang_up(made, now=bench.now)
    bench.settle()
    bench.says(MediaPathEvent(MediaPath.HEADSET, OnOff.ON))
    call(bench)
    assert bench.take(CallAnswered)


def test_a_user_in_a_call_is_not_torn_from_it() -> None:
    bench = Bench()
    bench.talk()
    talking = bench.ref
    call(bench, *INTERCOM)
    assert [each.state for each in bench.phone.calls] == [PhoneCallState.CONNECTED, PhoneCallState.RINGING_IN]
    assert bench.station.tones[talking] is Tone.CALL_WAITING
    bench.press(SoftKeyEventType.END_CALL, 1, talking)
    # It waited, and now it rings: nobody is surprised by an open line.
    assert [each.state for each in bench.phone.calls] == [PhoneCallState.RINGING_IN]
    assert bench.station.rings[bench.ref] is RingMode.INSIDE


def test_a_page_is_nothing_for_somebody_who_is_busy() -> None:
    bench = Bench()
    bench.talk()
    bench.station.received.clear()
    call(bench, *PAGE)
    assert [each.status for each in bench.take(CallEnded)] == [486]
    assert bench.station.received == []


def test_not_while_another_call_rings() -> None:
    bench = Bench()
    bench.ring()
    call(bench, *INTERCOM)
    assert [each.state for each in bench.phone.calls] == [PhoneCallState.RINGING_IN] * 2


def test_not_where_nobody_is_to_be_disturbed() -> None:
    bench = Bench()
    bench.phone.tell(LineFeaturesRead("1001", LineFeatures(dnd=DndMode.SILENT)), now=bench.now)
    call(bench, *INTERCOM)
    assert [each.state for each in bench.phone.calls] == [PhoneCallState.RINGING_IN]
    assert bench.station.rings[bench.ref] is RingMode.SILENT


def test_not_without_a_loudspeaker() -> None:
    bench = Bench(device_type=DeviceType.CISCO_7911G)
    call(bench, *INTERCOM)
    assert bench.station.rings[bench.ref] is RingMode.INSIDE


def test_a_shared_line_rings_on_all_its_phones() -> None:
    line = StationLine("1001", "Sales", "Sales", auto_answer=AutoAnswer.SPEAKER)
    floor = Floor(Kind(lines=(line,)), Kind(lines=(line,)))
    floor.ring()
    assert [place.rings for place in floor.places] == [True, True]
    floor.places[1].lift()
    floor.agree()


def test_a_call_that_ends_before_the_channel_opens_leaves_nothing() -> None:
    bench = Bench()
    bench.station.acknowledges = False
    made = call(bench, *INTERCOM)
    bench.pbxs[0].agent.hang_up(made, now=bench.now)
    bench.settle()
    assert microphone(bench) == [OnOff.OFF, OnOff.ON]
    bench.station.acknowledge()
    bench.at_rest()


def test_a_phone_that_is_still_registering_answers_as_soon_as_it_has() -> None:
    bench = Bench(register=False)
    bench.says(Register("SEP001122334455", device_type=bench.station.device_type, protocol_version=bench.offered))
    bench.phone.accept(bench.profile, bench.settings, bench.lines, now=bench.now)
    bench.says(ButtonTemplateReq(), SoftKeySetReq())
    call(bench, *INTERCOM)
    bench.advance(5)
    assert bench.station.take(OpenReceiveChannel) == []
    assert [each.state for each in bench.phone.calls] == [PhoneCallState.RINGING_IN]
    bench.says(TimeDateReq())
    assert len(bench.station.take(OpenReceiveChannel)) == 1
    assert bench.take(CallAnswered)
    assert [each.whispers for each in bench.phone.calls] == [True]


# --- the calling side ------------------------------------------------------------------------------------------------


def with_buttons(*dials: SpeedDial) -> Bench:
    """A phone with these speed dials."""
    return Bench(profile=replace(PROFILE, speed_dials=dials))


def test_an_intercom_button_calls_its_target() -> None:
    bench = with_buttons(SpeedDial("600", "Echo"), SpeedDial("1002", "Boss", intercom=True))
    bench.push(StimulusType.SPEED_DIAL, 2)
    assert bench.invited().called == "sepbridge-intercom-1002"
    assert bench.station.infos[bench.ref].called_number == "1002"
    assert bench.phone.calls[0].dialled == ""
    bench.press(SoftKeyEventType.END_CALL, 1, bench.ref)
    bench.push(StimulusType.SPEED_DIAL, 1)
    assert bench.invited().called == "600"


def test_an_intercom_button_without_a_target_asks_for_it() -> None:
    bench = with_buttons(SpeedDial("", "Intercom", intercom=True))
    bench.push(StimulusType.SPEED_DIAL, 1)
    assert bench.station.prompts[bench.ref] == "Enter number"
    bench.dial("1002#")
    assert [each.called for each in bench.take(IncomingCall)] == ["sepbridge-intercom-1002"]
    assert len(bench.phone.calls) == 1
    bench.press(SoftKeyEventType.END_CALL, 1, bench.ref)
    bench.at_rest()
