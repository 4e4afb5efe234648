"""Calls that come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.callcontrol import CallFinished, CallSettings, MediaTroubled, PhoneCallState
from bridge.callcontrol.network import is_elsewhere
from bridge.sccp import (
    CallHistory,
    CallHistoryDisposition,
    CallState,
    LampMode,
    MediaCodec,
    MediaStatus,
    OpenReceiveChannel,
    PhoneFeatures,
    RingMode,
    SoftKeyEventType,
    SoftKeySetIndex,
    StationCallState,
    StimulusType,
    StopTone,
    Tone,
)
from bridge.sip import CallAnswered, CallEnded, EndReason, OfferReceived
from bridge.sip import CallState as SipState
from bridge.sip.message import Header
from bridge.sip.sdp import PCMU, TELEPHONE_EVENT, AudioSession, Codec
from tests.sccpbench import PBX_ADDRESS, PBX_MEDIA, PROFILE, Bench


def test_ringing() -> None:
    bench = Bench()
    bench.station.received.clear()
    bench.ring(name="Bob Ünal", number="2002")
    ref = bench.ref
    assert bench.station.names == [
        "CallState",
        "SelectSoftKeys",
        "DisplayPromptStatus",
        "DisplayPriNotify",
        "CallInfo",
        "SetLamp",
        "SetRinger",
    ]
    assert bench.station.states == {ref: StationCallState.RING_IN}
    assert bench.station.softkeys[ref].set == SoftKeySetIndex.RING_IN
    assert bench.station.prompts[ref] == "From 2002"
    assert bench.notified() == ["From 2002"]
    assert bench.station.rings[ref] == RingMode.INSIDE
    assert bench.station.lamps[StimulusType.LINE, 1] == LampMode.BLINK
    info = bench.station.infos[ref]
    assert (info.calling_name, info.calling_number, info.called_number) == ("Bob Ünal", "2002", "1001")


def test_a_name_in_the_phones_code_page() -> None:
    bench = Bench(features=PhoneFeatures.RFC2833)
    bench.ring(name="Bob Ünal Ж")
    assert bench.station.infos[bench.ref].calling_name == "Bob Ünal ?"


def test_a_name_cannot_hold_labels() -> None:
    bench = Bench()
    bench.ring(name="Bob\x1e\x01", number="2002")
    assert bench.station.infos[bench.ref].calling_name == "Bob"


@pytest.mark.parametrize(
    "answer",
    [
        lambda bench: bench.lift(),
        lambda bench: bench.press(SoftKeyEventType.ANSWER, 1, bench.ref),
        lambda bench: bench.press(SoftKeyEventType.ANSWER),
        lambda bench: bench.push(StimulusType.LINE, 1),
    ],
    ids=["handset", "soft key", "soft key without a call", "line button"],
)
def test_answering(answer: Callable[[Bench], None]) -> None:
    bench = Bench()
    call = bench.ring()
    ref = bench.ref
    bench.station.received.clear()
    answer(bench)
    assert bench.station.names[:8] == [
        "SetRinger",
        "SetSpeakerMode",
        "SetLamp",
        "CallState",
        "ActivateCallPlane",
        "SetRinger",
        "StopTone",
        "OpenReceiveChannel",
    ]
    assert [message.state for message in bench.station.take(CallState)] == [
        StationCallState.OFF_HOOK,
        StationCallState.CONNECTED,
    ]
    (answered,) = bench.take(CallAnswered)
    assert (answered.session.address, answered.session.port) == ("192.0.2.10", bench.station.next_port)
    assert [codec.name for codec in answered.session.codecs] == ["PCMU", "telephone-event"]
    assert call.state == "confirmed"
    assert bench.station.rings[ref] == RingMode.OFF
    assert len(bench.station.sending) == 1
    bench.replace()
    (ended,) = bench.take(CallEnded)
    assert ended.reason is EndReason.REMOTE_HANGUP
    bench.at_rest()


def test_the_200_waits_for_the_channel() -> None:
    bench = Bench()
    bench.station.acknowledges = False
    bench.ring()
    bench.lift()
    assert bench.take(CallAnswered) == []
    bench.station.acknowledge()
    bench.settle()
    assert len(bench.take(CallAnswered)) == 1


def test_a_lost_acknowledgement_is_asked_for_again() -> None:
    bench = Bench()
    bench.station.acknowledges = False
    bench.ring()
    bench.lift()
    bench.advance(2.1)
    first, second = bench.station.take(OpenReceiveChannel)
    assert first.party_id != second.party_id
    bench.station.acknowledge(first)
    bench.settle()
    assert bench.take(CallAnswered) == [], "what was closed is not what is open"
    bench.station.acknowledge(second)
    bench.settle()
    assert len(bench.take(CallAnswered)) == 1
    bench.replace()
    bench.at_rest()


def test_no_acknowledgement_at_all_ends_the_call_with_words() -> None:
    bench = Bench()
    bench.station.acknowledges = False
    bench.ring()
    bench.lift()
    bench.station.received.clear()
    bench.advance(4.1)
    (ended,) = bench.take(CallEnded)
    assert ended.status == 500
    assert bench.notified() == ["Phone opened no audio channel"]
    assert len(bench.reported(MediaTroubled)) == 1
    bench.at_rest()


def test_a_phone_that_cannot_open_a_channel() -> None:
    bench = Bench()
    bench.station.status = MediaStatus.OUT_OF_SOCKETS
    bench.ring()
    bench.lift()
    (ended,) = bench.take(CallEnded)
    assert ended.status == 500
    bench.at_rest()


@pytest.mark.parametrize(("logged", "expected"), [(True, CallHistory.MISSED), (False, CallHistory.IGNORE)])
def test_a_caller_who_gives_up(logged: bool, expected: CallHistory) -> None:
    own = replace(PROFILE.lines[0], log_missed_calls=logged)
    bench = Bench(profile=replace(PROFILE, lines=(own, *PROFILE.lines[1:])))
    call = bench.ring()
    bench.pbxs[0].agent.hang_up(call, now=bench.now)
    bench.at_rest()
    (finished,) = bench.reported(CallFinished)
    assert (finished.outgoing, finished.answered) == (False, False)
    (filed,) = bench.station.take(CallHistoryDisposition)
    assert filed.disposition == expected


def test_a_caller_who_gives_up_while_the_channel_opens() -> None:
    bench = Bench()
    bench.station.acknowledges = False
    call = bench.ring()
    bench.lift()
    bench.pbxs[0].agent.hang_up(call, now=bench.now)
    bench.settle()
    bench.station.acknowledge()
    bench.settle()
    bench.at_rest()


def test_refusing() -> None:
    bench = Bench()
    bench.ring()
    bench.press(SoftKeyEventType.END_CALL, 1, bench.ref)
    (ended,) = bench.take(CallEnded)
    assert ended.status == 603
    bench.at_rest()


def test_on_hook_does_not_refuse_what_rings() -> None:
    bench = Bench()
    bench.ring()
    bench.replace()
    assert [call.state for call in bench.phone.calls] == [PhoneCallState.RINGING_IN]


def test_an_offer_in_the_answer() -> None:
    bench = Bench(settings=CallSettings())
    agent = bench.pbxs[0].agent
    call = agent.call("1001", None, now=bench.now)
    bench.settle()
    bench.lift()
    (answered,) = bench.take(OfferReceived)
    assert answered.offer.port == bench.station.next_port
    assert bench.station.sending == {}
    agent.answer_offer(call, PBX_MEDIA, now=bench.now)
    bench.settle()
    assert [media.remote_port for media in bench.station.sending.values()] == [20000]
    bench.replace()
    bench.at_rest()


def test_nothing_in_common() -> None:
    bench = Bench()
    bench.ring(media=AudioSession(PBX_ADDRESS, 20000, (Codec("opus", 96, 48000),)))
    (ended,) = bench.take(CallEnded)
    assert ended.status == 488
    bench.at_rest()


def test_call_waiting() -> None:
    bench = Bench()
    bench.talk()
    first = bench.ref
    bench.ring(name="Carol", number="3003")
    second = bench.ref
    assert bench.station.tones == {first: Tone.CALL_WAITING}
    assert bench.station.prompts[second] == "Call waiting"
    assert bench.station.rings[second] == RingMode.SILENT
    assert bench.station.lamps[StimulusType.LINE, 1] == LampMode.BLINK
    bench.press(SoftKeyEventType.ANSWER, 1, second)
    assert bench.station.states == {first: StationCallState.HOLD, second: StationCallState.CONNECTED}
    assert len(bench.station.receiving) == 1
    bench.replace()
    assert bench.station.states == {first: StationCallState.HOLD}
    assert bench.station.lamps[StimulusType.LINE, 1] == LampMode.WINK
    bench.press(SoftKeyEventType.RESUME, 1, first)
    assert bench.station.states == {first: StationCallState.CONNECTED}
    bench.replace()
    bench.at_rest()


def test_a_waiting_call_rings_when_the_other_one_ends() -> None:
    bench = Bench()
    call = bench.talk()
    bench.ring()
    waiting = bench.ref
    bench.pbxs[0].agent.hang_up(call, now=bench.now)
    bench.settle()
    assert bench.station.rings[waiting] == RingMode.INSIDE
    bench.lift()
    assert bench.station.states == {waiting: StationCallState.CONNECTED}
    bench.replace()
    bench.at_rest()


def test_a_waiting_call_stops_its_tone() -> None:
    bench = Bench()
    bench.talk()
    first = bench.ref
    call = bench.ring()
    bench.station.received.clear()
    bench.pbxs[0].agent.hang_up(call, now=bench.now)
    bench.settle()
    assert bench.ref == first
    assert [(message.line, message.call_ref) for message in bench.station.take(StopTone)] != []
    bench.replace()
    bench.at_rest()


def test_busy() -> None:
    bench = Bench()
    bench.talk()
    bench.ring()
    bench.ring(number="3003")
    assert [ended.status for ended in bench.take(CallEnded)] == [486]
    assert len(bench.phone.calls) == 2


@pytest.mark.parametrize("which", [0, 1], ids=["the older one ends", "the newer one ends"])
def test_the_other_one_still_rings(which: int) -> None:
    """A transfer to a phone that rings: the new call comes before the old one goes."""
    bench = Bench()
    calls = [bench.ring(line=line) for line in (1, 2)]
    bench.pbxs[which].agent.hang_up(calls[which], now=bench.now)
    bench.settle()
    assert len(bench.phone.calls) == 1
    assert bench.station.ringer == RingMode.INSIDE
    bench.pbxs[1 - which].agent.hang_up(calls[1 - which], now=bench.now)
    bench.settle()
    assert bench.station.ringer == RingMode.OFF
    bench.at_rest()


def test_a_call_that_was_not_taken_rings_again_when_the_user_is_done() -> None:
    bench = Bench()
    bench.ring(line=1)
    bench.ring(line=2, number="3003")
    bench.push(StimulusType.LINE, 2)
    assert bench.station.ringer == RingMode.OFF
    bench.replace()
    assert bench.station.ringer == RingMode.INSIDE
    bench.lift()
    bench.replace()
    bench.at_rest()


def test_two_lines_ring_apart() -> None:
    bench = Bench()
    bench.ring(line=1)
    bench.ring(line=2, number="3003")
    second = bench.ref
    bench.push(StimulusType.LINE, 2)
    assert bench.station.states[second] == StationCallState.CONNECTED
    assert bench.station.lamps[StimulusType.LINE, 2] == LampMode.ON
    assert bench.station.lamps[StimulusType.LINE, 1] == LampMode.BLINK
    bench.replace()
    bench.lift()
    bench.replace()
    bench.at_rest()


def test_a_withheld_number() -> None:
    bench = Bench()
    agent = bench.pbxs[0].agent
    headers = [Header("P-Asserted-Identity", '"Bob" <sip:2002@192.0.2.1>'), Header("Privacy", "id")]
    agent.call("1001", PBX_MEDIA, headers=headers, now=bench.now)
    bench.settle()
    info = bench.station.infos[bench.ref]
    assert (info.calling_name, info.calling_number) == ("Unknown", "")


def test_a_redirected_call() -> None:
    bench = Bench()
    agent = bench.pbxs[0].agent
    agent.call("1001", PBX_MEDIA, headers=[Header("Diversion", "<sip:1009@pbx>;reason=no-answer")], now=bench.now)
    bench.settle()
    assert bench.station.infos[bench.ref].original_called_number == "1009"


def test_the_other_side_is_not_heard_before_the_phone_registered() -> None:
    bench = Bench(register=False)
    bench.phone.receive_sip(1, object(), now=bench.now)  # type: ignore[arg-type]  # a stand-in, or nothing of the kind on purpose
    assert bench.phone.calls == ()


def test_the_offers_number_for_telephone_events() -> None:
    bench = Bench()
    bench.ring(media=AudioSession(PBX_ADDRESS, 20000, (PCMU, Codec("telephone-event", 96))))
    bench.lift()
    (opened,) = bench.station.take(OpenReceiveChannel)
    assert opened.rfc2833_payload == 96
    assert [media.rfc2833_payload for media in bench.station.sending.values()] == [96]


def test_codecs_the_offer_lists_first() -> None:
    bench = Bench()
    bench.ring(media=AudioSession(PBX_ADDRESS, 20000, (Codec("G722", 9), PCMU, TELEPHONE_EVENT)))
    bench.lift()
    (opened,) = bench.station.take(OpenReceiveChannel)
    assert int(opened.codec) == 6


def test_a_call_that_somebody_else_took_is_not_a_missed_one() -> None:
    assert is_elsewhere('cancelled: SIP ;cause=200;text="Call completed elsewhere"')
    assert not is_elsewhere("cancelled: Q.850;cause=16")


def test_what_is_written_of_a_call_that_somebody_else_took() -> None:
    bench = Bench()
    bench.ring()
    (sip,) = bench.agents[0].calls
    why = 'SIP;cause=200;text="Call completed elsewhere"'
    bench.phone.receive_sip(1, CallEnded(sip, EndReason.CANCELLED, 487, why), now=bench.now)
    bench.settle()
    (over,) = bench.reported(CallFinished)
    assert over.why.startswith("somebody else took it")
    assert is_elsewhere(over.why)


def test_a_phone_without_a_codec_that_may_be_used_is_not_called() -> None:
    bench = Bench(register=False)
    bench.station.capabilities = (MediaCodec.GSM_FULL_RATE,)
    bench.register()
    for media in (None, PBX_MEDIA):
        call = bench.ring(media=media)
        assert call.state is SipState.ENDED
    bench.at_rest()


def test_a_phone_that_loses_its_codecs_while_it_rings_says_so() -> None:
    bench = Bench()
    call = bench.ring()
    bench.phone.change(
        bench.profile, replace(bench.settings, codecs=(MediaCodec.GSM_FULL_RATE,)), keys_live=False, now=bench.now
    )
    bench.lift()
    assert call.state is SipState.ENDED
    assert bench.settings.texts.no_codec in bench.notified()
    bench.at_rest()
