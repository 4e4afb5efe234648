"""Calls that the user makes: the first of everything."""

from __future__ import annotations

import pytest

from bridge.callcontrol import (
    CallConnected,
    CallFinished,
    CallSettings,
    CallStarted,
    EarlyOpen,
    EarlyOpenFailed,
)
from bridge.sccp import (
    BackSpaceRes,
    CallInfo,
    CallState,
    DialedNumber,
    DisplayPromptStatus,
    EnblocCall,
    LampMode,
    OpenReceiveChannel,
    SoftKeyEventType,
    StartMediaTransmission,
    StationCallState,
    StimulusType,
    Tone,
)
from bridge.sip import CallEnded
from bridge.sip.sdp import PCMA, PCMU, TELEPHONE_EVENT, AudioSession, parse_session
from tests.sccpbench import PBX_MEDIA, Bench, digits


def test_off_hook_gives_dial_tone() -> None:
    bench = Bench()
    bench.station.received.clear()
    bench.lift()
    assert bench.station.states == {bench.ref: StationCallState.OFF_HOOK}
    assert bench.station.tones == {bench.ref: Tone.INSIDE_DIAL}
    assert bench.station.prompts[bench.ref] == "Enter number"
    assert bench.station.lamps[StimulusType.LINE, 1] == LampMode.ON
    bench.replace()
    bench.at_rest()


def test_digit_by_digit_to_an_answer_and_back() -> None:
    bench = Bench()
    bench.lift()
    ref = bench.ref
    bench.dial("6")
    assert bench.station.tones == {}
    bench.dial("00")
    assert bench.station.names.count("OpenReceiveChannel") == 0
    bench.dial("#")
    assert [message.number for message in bench.station.take(DialedNumber)] == ["600"]
    (opened,) = bench.station.take(OpenReceiveChannel)
    assert (opened.call_ref, opened.rfc2833_payload, opened.source_ip.unspecified) == (ref, 101, True)
    incoming = bench.invited()
    assert incoming.called == "600"
    assert incoming.offer is not None
    assert (incoming.offer.address, incoming.offer.port) == ("192.0.2.10", bench.station.next_port)
    pbx = bench.pbxs[0].agent
    pbx.ring(incoming.call, now=bench.now)
    bench.settle()
    assert bench.station.states[ref] == StationCallState.RING_OUT
    assert bench.station.tones == {ref: Tone.ALERTING}
    pbx.answer(incoming.call, PBX_MEDIA, now=bench.now)
    bench.settle()
    assert bench.station.states[ref] == StationCallState.CONNECTED
    assert bench.station.tones == {}
    (media,) = bench.station.take(StartMediaTransmission)
    assert (str(media.remote_ip.ip), media.remote_port, media.precedence) == ("192.0.2.1", 20000, 0xB8)
    assert media.party_id == opened.party_id
    bench.advance(5)
    bench.replace()
    assert [type(event) for event in bench.take(CallEnded)] == [CallEnded]
    bench.at_rest()
    assert [type(event) for event in bench.events[-3:]] == [CallStarted, CallConnected, CallFinished]
    finished = bench.events[-1]
    assert isinstance(finished, CallFinished)
    assert (finished.number, finished.outgoing, finished.answered, finished.seconds) == ("600", True, True, 5.0)


def test_no_digit_at_all() -> None:
    bench = Bench()
    bench.lift()
    bench.advance(15.9)
    assert bench.station.tones == {bench.ref: Tone.INSIDE_DIAL}
    bench.advance(0.2)
    assert bench.station.tones == {bench.ref: Tone.REORDER}
    bench.advance(15)
    bench.at_rest()


def test_the_digit_timer_dials() -> None:
    bench = Bench()
    bench.lift()
    bench.dial("600")
    bench.advance(7.9)
    assert bench.pbxs[0].methods() == []
    bench.advance(0.2)
    assert bench.invited().called == "600"


def test_backspace() -> None:
    bench = Bench()
    bench.lift()
    bench.dial("609")
    bench.press(SoftKeyEventType.BACKSPACE, 1, bench.ref)
    assert len(bench.station.take(BackSpaceRes)) == 1
    bench.dial("0#")
    assert bench.invited().called == "600"


def test_backspace_to_nothing_starts_over() -> None:
    bench = Bench()
    bench.lift()
    bench.dial("6")
    bench.press(SoftKeyEventType.BACKSPACE, 1, bench.ref)
    bench.press(SoftKeyEventType.BACKSPACE, 1, bench.ref)
    bench.dial("700#")
    assert bench.invited().called == "700"


def test_the_dial_soft_key() -> None:
    bench = Bench()
    bench.press(SoftKeyEventType.NEW_CALL)
    bench.dial("600")
    bench.press(SoftKeyEventType.DIAL, 1, bench.ref)
    assert bench.invited().called == "600"


def test_a_rule_ends_the_number() -> None:
    bench = Bench(settings=CallSettings(digits=digits("6XX", "0.!", tones=["0"])))
    bench.lift()
    bench.dial("60")
    assert bench.pbxs[0].methods() == []
    bench.dial("0")
    assert bench.invited().called == "600"


def test_an_open_rule_waits_and_gives_the_secondary_dial_tone() -> None:
    bench = Bench(settings=CallSettings(digits=digits("6XX", "0.!", tones=["0"])))
    bench.lift()
    bench.dial("0")
    assert bench.station.tones == {bench.ref: Tone.OUTSIDE_DIAL}
    bench.dial("31")
    assert bench.station.tones == {}
    bench.advance(8.1)
    assert bench.invited().called == "031"


def test_en_bloc() -> None:
    bench = Bench()
    bench.lift()
    bench.says(EnblocCall("600"))
    assert bench.invited().called == "600"
    assert len(bench.phone.calls) == 1


def test_en_bloc_without_off_hook_and_redial() -> None:
    bench = Bench()
    bench.says(EnblocCall("600"))
    bench.invited()
    bench.replace()
    bench.at_rest()
    bench.press(SoftKeyEventType.REDIAL)
    assert bench.invited().called == "600"
    bench.press(SoftKeyEventType.END_CALL)
    bench.at_rest()


def test_redial_without_a_number() -> None:
    bench = Bench()
    bench.press(SoftKeyEventType.REDIAL)
    assert bench.notified() == ["Number not configured"]
    bench.at_rest()


def test_speed_dial_and_the_messages_button() -> None:
    bench = Bench(settings=CallSettings(voicemail="*97"))
    bench.push(StimulusType.SPEED_DIAL, 2)
    assert bench.invited().called == "700"
    bench.replace()
    bench.push(StimulusType.VOICEMAIL)
    assert bench.invited().called == "*97"


def test_a_second_line() -> None:
    bench = Bench()
    bench.push(StimulusType.LINE, 2)
    bench.dial("600#")
    assert bench.pbxs[1].methods() == ["INVITE"]
    assert bench.pbxs[0].methods() == []
    assert bench.station.lamps[StimulusType.LINE, 2] == LampMode.BLINK
    info = bench.station.infos[bench.ref]
    assert (info.calling_number, info.calling_name, info.called_number) == ("1002", "Office", "600")


@pytest.mark.parametrize(
    ("status", "state", "tone", "text"),
    [
        (486, StationCallState.BUSY, Tone.LINE_BUSY, "Busy"),
        (600, StationCallState.BUSY, Tone.LINE_BUSY, "Busy"),
        (603, StationCallState.BUSY, Tone.LINE_BUSY, "Busy"),
        (404, StationCallState.INVALID_NUMBER, Tone.REORDER, "Unknown number"),
        (484, StationCallState.INVALID_NUMBER, Tone.REORDER, "Unknown number"),
        (604, StationCallState.INVALID_NUMBER, Tone.REORDER, "Unknown number"),
        (480, StationCallState.CONGESTION, Tone.REORDER, "Temp fail"),
        (503, StationCallState.CONGESTION, Tone.REORDER, "Temp fail"),
        (408, StationCallState.CONGESTION, Tone.REORDER, "Temp fail"),
        (403, StationCallState.CONGESTION, Tone.REORDER, "Temp fail"),
    ],
)
def test_a_refusal(status: int, state: StationCallState, tone: Tone, text: str) -> None:
    bench = Bench()
    call = bench.outgoing_call()
    ref = bench.ref
    bench.pbxs[0].agent.reject(call, status, now=bench.now)
    bench.settle()
    assert bench.station.states[ref] == state
    assert bench.station.tones == {ref: tone}
    assert bench.station.prompts[ref] == text
    assert bench.station.receiving == {}
    bench.advance(15.1)
    bench.at_rest()
    (finished,) = bench.reported(CallFinished)
    assert (finished.status, finished.answered) == (status, False)


def test_on_hook_ends_the_tone_of_a_refusal() -> None:
    bench = Bench()
    bench.pbxs[0].agent.reject(bench.outgoing_call(), 486, now=bench.now)
    bench.settle()
    bench.replace()
    bench.at_rest()


def test_early_media() -> None:
    bench = Bench()
    call = bench.outgoing_call()
    ref = bench.ref
    bench.pbxs[0].agent.ring(call, status=183, session=PBX_MEDIA, now=bench.now)
    bench.settle()
    assert bench.station.states[ref] == StationCallState.RING_OUT
    assert bench.station.tones == {}
    assert len(bench.station.take(StartMediaTransmission)) == 1
    bench.pbxs[0].agent.ring(call, status=180, now=bench.now)
    bench.settle()
    assert bench.station.tones == {}
    bench.pbxs[0].agent.answer(call, PBX_MEDIA, now=bench.now)
    bench.settle()
    assert bench.station.take(StartMediaTransmission) == []
    assert len(bench.station.sending) == 1
    bench.replace()
    bench.at_rest()


@pytest.mark.parametrize("when", ["dialling", "proceeding", "ringing", "connected"])
@pytest.mark.parametrize("how", ["hook", "soft key"])
def test_hanging_up(when: str, how: str) -> None:
    bench = Bench()
    if when == "dialling":
        bench.lift()
        bench.dial("60")
    else:
        call = bench.outgoing_call()
        if when == "ringing":
            bench.pbxs[0].agent.ring(call, now=bench.now)
        elif when == "connected":
            bench.pbxs[0].agent.answer(call, PBX_MEDIA, now=bench.now)
        bench.settle()
    if how == "hook":
        bench.replace()
    else:
        bench.press(SoftKeyEventType.END_CALL, 1, bench.ref)
    bench.at_rest()
    bench.advance(40)
    assert bench.pbxs[0].agent.calls == ()


def test_a_hang_up_before_the_channel_is_acknowledged() -> None:
    bench = Bench()
    bench.station.acknowledges = False
    bench.lift()
    bench.dial("600#")
    bench.replace()
    bench.station.acknowledge()
    bench.settle()
    bench.at_rest()
    assert bench.pbxs[0].methods() == []


def test_remote_hang_up() -> None:
    bench = Bench()
    call = bench.talk()
    bench.pbxs[0].agent.hang_up(call, now=bench.now)
    bench.at_rest()
    assert bench.station.prompts[0] == "Your current options"


def test_an_unacknowledged_channel_falls_back_to_a_late_offer() -> None:
    bench = Bench()
    bench.station.acknowledges = False
    bench.lift()
    bench.dial("600#")
    bench.advance(2.1)
    assert len(bench.station.take(OpenReceiveChannel)) == 2
    bench.advance(2.0)
    incoming = bench.invited()
    assert incoming.offer is None
    assert len(bench.reported(EarlyOpenFailed)) == 1
    bench.station.acknowledges = True
    bench.station.opening.clear()
    bench.pbxs[0].agent.answer(incoming.call, PBX_MEDIA, now=bench.now)
    bench.settle()
    assert bench.station.states[bench.ref] == StationCallState.CONNECTED
    assert len(bench.station.sending) == 1
    assert incoming.call.remote is not None
    assert incoming.call.remote.port == bench.station.next_port
    bench.replace()
    bench.at_rest()
    bench.outgoing_call()
    assert len(bench.station.take(OpenReceiveChannel)) == 1, "the next call does not try again"


def test_never_open_early_and_the_late_answer_is_lost() -> None:
    bench = Bench(settings=CallSettings(early_open=EarlyOpen.NEVER))
    call = bench.outgoing_call()
    bench.station.acknowledges = False
    bench.pbxs[0].agent.answer(call, PBX_MEDIA, now=bench.now)
    bench.settle()
    bench.advance(4.1)
    bench.at_rest()
    assert "Phone opened no audio channel" in bench.notified()
    assert bench.pbxs[0].agent.calls == ()


def test_the_answer_takes_another_codec() -> None:
    bench = Bench()
    call = bench.outgoing_call()
    (first,) = bench.station.take(OpenReceiveChannel)
    other = AudioSession("192.0.2.1", 20000, (PCMA, TELEPHONE_EVENT))
    bench.pbxs[0].agent.answer(call, other, now=bench.now)
    bench.settle()
    (second,) = bench.station.take(OpenReceiveChannel)
    assert (int(first.codec), int(second.codec)) == (4, 2)
    assert [int(sent.codec) for sent in bench.station.sending.values()] == [2]
    assert len(bench.station.receiving) == 1
    # the phone took another port: the PBX was told by a re-INVITE
    assert bench.pbxs[0].methods().count("INVITE") == 2
    assert call.remote is not None
    assert call.remote.port == bench.station.next_port
    bench.replace()
    bench.at_rest()


def test_what_goes_out_names_the_codecs_in_order() -> None:
    bench = Bench()
    bench.outgoing_call()
    invite = next(request for request in bench.pbxs[0].requests if request.method == "INVITE")
    session = parse_session(invite.body)
    assert [codec.name for codec in session.codecs] == ["PCMU", "PCMA", "G722", "G729", "telephone-event"]
    assert session.codecs[0] == PCMU


def test_the_order_of_the_start() -> None:
    bench = Bench()
    bench.station.received.clear()
    bench.lift()
    assert bench.station.names == [
        "SetRinger",
        "SetSpeakerMode",
        "SetLamp",
        "CallState",
        "SelectSoftKeys",
        "DisplayPromptStatus",
        "ActivateCallPlane",
        "StartTone",
    ]
    assert isinstance(bench.station.received[3], CallState)
    assert isinstance(bench.station.received[5], DisplayPromptStatus)
    bench.station.received.clear()
    bench.says(EnblocCall("600"))
    assert bench.station.names[:5] == ["StopTone", "SetLamp", "CallInfo", "DialedNumber", "CallState"]
    assert isinstance(bench.station.received[2], CallInfo)


def test_early_media_in_another_codec() -> None:
    bench = Bench()
    call = bench.outgoing_call()
    other = AudioSession("192.0.2.1", 20000, (PCMA, TELEPHONE_EVENT))
    bench.pbxs[0].agent.ring(call, status=183, session=other, now=bench.now)
    bench.settle()
    assert [int(opened.codec) for opened in bench.station.receiving.values()] == [2]
    assert [int(media.codec) for media in bench.station.sending.values()] == [2]
    bench.pbxs[0].agent.answer(call, other, now=bench.now)
    bench.settle()
    assert call.remote is not None
    assert call.remote.port == bench.station.next_port, "the PBX was told of the phone's new port"
    bench.replace()
    bench.at_rest()


def test_an_unreachable_pbx_is_said_at_once() -> None:
    bench = Bench(register=False)
    bench.pbxs[0].register_status = 503
    bench.register()
    bench.lose = lambda data: b"REGISTER" in data
    bench.lift()
    bench.dial("600#")
    assert bench.station.prompts[bench.ref] == "PBX unreachable"
    assert bench.station.tones == {bench.ref: Tone.REORDER}
    bench.replace()
    bench.at_rest()


def test_lifting_the_handset_tries_a_failed_line_again() -> None:
    bench = Bench(register=False)
    bench.pbxs[0].register_status = 403
    bench.register()
    bench.pbxs[0].register_status = 200
    bench.lift()
    bench.dial("600#")
    assert bench.invited().called == "600"


def failed_and_free(bench: Bench) -> None:
    """Reorder and words, then nothing of it; and the phone can call again."""
    assert list(bench.station.tones.values()) == [Tone.REORDER]
    assert bench.station.prompts[bench.ref] == "Temp fail"
    bench.advance(15.1)
    (finished,) = bench.reported(CallFinished)
    assert finished.status == 408
    bench.at_rest()


def test_an_invite_that_nobody_answers_ends_by_timer_b() -> None:
    bench = Bench()
    bench.lose = lambda data: b"INVITE" in data
    bench.lift()
    bench.dial("600#")
    bench.advance(31.5)
    assert bench.station.tones == {}
    bench.advance(1.0)
    failed_and_free(bench)
    bench.lose = lambda _: False
    bench.replace()
    bench.outgoing_call()


def test_a_peer_that_only_says_100_trying() -> None:
    bench = Bench()
    bench.lift()
    bench.dial("600#")
    assert bench.invited()
    bench.advance(59.0)
    assert bench.station.tones == {}
    bench.advance(1.5)
    failed_and_free(bench)
    assert bench.pbxs[0].agent.calls == ()
    bench.replace()
    bench.outgoing_call()
