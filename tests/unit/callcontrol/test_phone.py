"""The phone as a whole: its lines' state in words, messages waiting, restarts, connections that break."""

from __future__ import annotations

import pytest
from sipmessage import Request

from bridge.callcontrol import (
    CallFinished,
    CallSettings,
    House,
    LineChanged,
    LineState,
    MessagesWaiting,
    PhoneCallState,
    ProxiedPhone,
    Restarted,
)
from bridge.errors import LocalProtocolError
from bridge.sccp import (
    DeviceType,
    DisplayPromptStatus,
    LampMode,
    PhoneFeatures,
    Register,
    RegisterAck,
    RegisterReject,
    Reset,
    ResetType,
    RingMode,
    SoftKeyEventType,
    StationCallState,
    StimulusType,
    Tone,
    Unregister,
)
from bridge.sccp.session import StationSession
from bridge.sccp.stationevents import RegisterRequested, StationRegistered, StationUnregistered, UnregisterCause
from bridge.sip import CallState, Destination, NotifyReceived
from bridge.sip.message import reply_to, to_bytes
from bridge.sip.normalise import read_message
from tests.sccpbench import PBX_MEDIA, PROFILE, Bench, Pbx

MESSAGES = "Messages-Waiting: yes\r\nMessage-Account: sip:*97@pbx\r\nVoice-Message: 2/8 (0/0)\r\n"
NO_MESSAGES = "Messages-Waiting: no\r\nVoice-Message: 0/8 (0/0)\r\n"


def notify(bench: Bench, body: str, line: int = 1, package: str = "message-summary") -> None:
    event = NotifyReceived(package, "application/simple-message-summary", body)
    bench.phone.receive_sip(line, event, now=bench.now)
    bench.settle()


# --- registration ----------------------------------------------------------------------------------------------------


def test_the_lines_register_once_the_phone_has() -> None:
    bench = Bench(register=False)
    for line in (1, 2):
        bench.phone.line_connected(line, now=bench.now)
    assert [request.method for pbx in bench.pbxs for request in pbx.requests] == []
    bench.register()
    bench.settle()
    assert [request.method for pbx in bench.pbxs for request in pbx.requests] == ["REGISTER", "REGISTER"]
    assert [bench.phone.line_state(line) for line in (1, 2)] == [LineState.REGISTERED] * 2
    assert [type(event) for event in bench.events[:1]] == [RegisterRequested]
    assert len(bench.reported(StationRegistered)) == 1


def test_a_phone_that_left_registers_once_more_on_the_same_connection() -> None:
    bench = Bench()
    bench.says(Unregister())
    assert bench.phone.line_state(1) is LineState.GONE
    bench.register()
    assert [bench.phone.line_state(line) for line in (1, 2)] == [LineState.REGISTERED] * 2
    assert [len(line.appearances) for line in bench.lines] == [1, 1], "each event of a line once, and no more"
    call = bench.talk()
    assert call.state is CallState.CONFIRMED
    bench.replace()
    bench.at_rest()


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        (403, LineState.BAD_CREDENTIALS, "1001: Wrong secret"),
        (404, LineState.UNKNOWN, "1001: Not known at the PBX"),
        (503, LineState.UNREACHABLE, "1001: PBX unreachable"),
        (420, LineState.REFUSED, "1001: PBX refuses the line"),
    ],
)
def test_a_registration_that_fails_is_shown_in_words(status: int, state: LineState, words: str) -> None:
    bench = Bench(register=False)
    bench.pbxs[0].register_status = status
    bench.register()
    bench.settle()
    assert bench.phone.line_state(1) is state
    assert bench.station.prompts[0] == words
    assert bench.reported(LineChanged)[-2].status in (0, status)
    bench.pbxs[0].register_status = 200
    bench.advance(130)
    assert bench.station.prompts[0] == "Your current options"


def test_a_silent_pbx_is_shown_in_words() -> None:
    bench = Bench(register=False)
    bench.lose = lambda data: b"REGISTER" in data
    bench.register()
    bench.settle()
    assert bench.station.prompts[0] == "1001: Connecting to the PBX"
    bench.advance(33)
    assert bench.station.prompts[0] == "1001: PBX unreachable"


def test_a_broken_link_is_shown_in_words() -> None:
    bench = Bench()
    bench.phone.line_lost(2, "reset by peer", now=bench.now)
    bench.settle()
    assert bench.station.prompts[0] == "1002: PBX unreachable"
    bench.phone.line_connected(2, now=bench.now)
    bench.settle()
    assert bench.station.prompts[0] == "Your current options"


def test_the_words_wait_for_the_end_of_a_call() -> None:
    bench = Bench()
    bench.lift()
    bench.station.received.clear()
    bench.phone.line_lost(1, now=bench.now)
    bench.settle()
    assert [message.call_ref for message in bench.station.take(DisplayPromptStatus)] == []
    bench.replace()
    assert bench.station.prompts[0] == "1001: PBX unreachable"


def test_a_rejection_with_a_text() -> None:
    bench = Bench(register=False)
    bench.says(Register("SEP001122334455", device_type=DeviceType.CISCO_7961G, protocol_version=17))
    bench.phone.reject("Not allowed", now=bench.now)
    bench.settle()
    assert [reject.text for reject in bench.station.take(RegisterReject)] == ["Not allowed"]
    assert bench.station.take(RegisterAck) == []
    bench.lift()
    bench.at_rest()


def test_accept_wants_an_agent_for_each_line() -> None:
    bench = Bench()
    with pytest.raises(LocalProtocolError):
        bench.phone.accept(PROFILE, CallSettings(), bench.lines[:1], now=bench.now)


# --- messages --------------------------------------------------------------------------------------------------------


def test_messages_waiting() -> None:
    bench = Bench()
    notify(bench, MESSAGES, line=2)
    assert bench.station.lamps[StimulusType.VOICEMAIL, 0] == LampMode.ON
    assert bench.station.lamps[StimulusType.VOICEMAIL, 2] == LampMode.ON
    assert bench.station.prompts[0] == "You have voicemail (2)"
    assert bench.notified() == ["You have voicemail"]
    (event,) = bench.reported(MessagesWaiting)
    assert event == MessagesWaiting(2, waiting=True, new=2, old=8)
    notify(bench, MESSAGES, line=2)
    assert bench.notified() == []
    notify(bench, NO_MESSAGES, line=2)
    assert bench.station.prompts[0] == "Your current options"
    bench.at_rest()


def test_messages_on_a_phone_without_lamp() -> None:
    bench = Bench(DeviceType.ATA_186, 3, features=PhoneFeatures.NONE)
    notify(bench, MESSAGES)
    assert (StimulusType.VOICEMAIL, 0) not in bench.station.lamps
    bench.lift()
    assert bench.station.tones == {bench.ref: Tone.MESSAGE_WAITING}


@pytest.mark.parametrize("body", ["", "Messages-Waiting: perhaps", "\x00" * 50, "Voice-Message: 99999999999/1"])
def test_a_summary_that_says_nothing(body: str) -> None:
    bench = Bench()
    notify(bench, body)
    notify(bench, MESSAGES, package="presence")
    assert bench.reported(MessagesWaiting) == []


def test_the_message_lamp_is_sent_after_every_registration() -> None:
    bench = Bench()
    assert bench.station.lamps[StimulusType.VOICEMAIL, 0] == LampMode.OFF


# --- restarts and breaks ---------------------------------------------------------------------------------------------


def test_a_restart_waits_for_the_end_of_the_call() -> None:
    bench = Bench()
    call = bench.talk()
    bench.phone.restart(ResetType.RESTART, now=bench.now)
    bench.settle()
    assert bench.station.take(Reset) == []
    bench.pbxs[0].agent.hang_up(call, now=bench.now)
    bench.settle()
    assert [reset.type for reset in bench.station.take(Reset)] == [ResetType.RESTART]
    assert len(bench.reported(Restarted)) == 1
    bench.phone.restart(ResetType.APPLY_CONFIG, now=bench.now)
    bench.settle()
    assert [reset.type for reset in bench.station.take(Reset)] == [ResetType.APPLY_CONFIG]


def test_a_call_outlives_the_phones_connection_for_a_while() -> None:
    bench = Bench()
    call = bench.talk()
    bench.phone.station_lost("reset by peer", now=bench.now)
    bench.station.keeps_alive = False
    bench.settle()
    (gone,) = bench.reported(StationUnregistered)
    assert gone.why is UnregisterCause.CONNECTION_LOST
    assert call.state == "confirmed"
    assert not bench.phone.is_finished
    bench.advance(29)
    assert call.state == "confirmed"
    bench.advance(2)
    assert call.state == "ended"
    bench.settle()
    assert [pbx.requests[-1].headers["Expires"] for pbx in bench.pbxs][1] == "0"
    assert bench.phone.is_finished
    assert len(bench.reported(CallFinished)) == 1


@pytest.mark.parametrize("state", ["off hook", "dialling", "ringing", "ringing in", "held"])
def test_other_calls_end_with_the_connection(state: str) -> None:
    bench = Bench()
    if state == "off hook":
        bench.lift()
    elif state == "dialling":
        bench.lift()
        bench.dial("6")
    elif state == "ringing":
        bench.pbxs[0].agent.ring(bench.outgoing_call(), now=bench.now)
    elif state == "ringing in":
        bench.ring()
    else:
        bench.talk()
        bench.push(StimulusType.HOLD)
    bench.settle()
    bench.phone.station_lost(now=bench.now)
    bench.station.keeps_alive = False
    bench.advance(40)
    assert bench.phone.calls == ()
    assert bench.pbxs[0].agent.calls == ()
    assert bench.phone.is_finished


def test_a_silent_phone() -> None:
    bench = Bench()
    bench.station.keeps_alive = False
    bench.advance(31.4)
    assert bench.reported(StationUnregistered) == []
    bench.advance(0.2)
    (gone,) = bench.reported(StationUnregistered)
    assert gone.why is UnregisterCause.SILENT
    assert bench.session.is_closed


def test_lines_taken_over_by_the_next_connection() -> None:
    bench = Bench()
    bench.phone.close(keep_lines=True, now=bench.now)
    bench.settle()
    assert bench.phone.is_finished
    sent = [len(pbx.requests) for pbx in bench.pbxs]
    bench.session = StationSession(("192.0.2.10", 50001), now=bench.now)
    bench.phone = ProxiedPhone(bench.session, House(100))
    bench.register()
    bench.settle()
    assert [len(pbx.requests) for pbx in bench.pbxs] == sent, "they are registered already"
    assert bench.phone.line_state(1) is LineState.REGISTERED
    bench.talk()
    assert bench.ref == 100
    bench.replace()
    bench.at_rest()


def test_close_leaves_the_pbx() -> None:
    bench = Bench()
    call = bench.talk()
    bench.phone.close(now=bench.now)
    bench.settle()
    assert call.state == "ended"
    assert [pbx.requests[-1].headers["Expires"] for pbx in bench.pbxs][1] == "0"
    assert bench.phone.is_finished


def test_what_comes_after_the_end_does_no_harm() -> None:
    bench = Bench()
    bench.talk()
    bench.phone.close(now=bench.now)
    bench.phone.receive_from_station(b"garbage", now=bench.now)
    bench.phone.station_lost(now=bench.now)
    bench.phone.handle_timer(now=bench.now + 1000)
    bench.settle()
    assert bench.phone.calls == ()


def test_every_old_and_new_phone_makes_a_call() -> None:
    for device_type, version, features in (
        (DeviceType.ATA_186, 3, PhoneFeatures.NONE),
        (DeviceType.CISCO_7912G, 5, PhoneFeatures.NONE),
        (DeviceType.CISCO_7910, 8, PhoneFeatures.NONE),
        (DeviceType.CISCO_7960, 11, PhoneFeatures.RFC2833),
        (DeviceType.CISCO_7911G, 16, PhoneFeatures.RFC2833),
        (DeviceType.CISCO_7962G, 20, PhoneFeatures.RFC2833 | PhoneFeatures.UTF_8),
        (DeviceType.CISCO_7975G, 22, PhoneFeatures.RFC2833 | PhoneFeatures.UTF_8),
        (DeviceType.CISCO_8945, 22, PhoneFeatures.RFC2833 | PhoneFeatures.UTF_8),
        (DeviceType.SPA504G, 8, PhoneFeatures.RFC2833),
    ):
        bench = Bench(device_type, version, features=features)
        bench.talk()
        assert list(bench.station.states.values()) == [StationCallState.CONNECTED]
        bench.replace()
        bench.at_rest()
        bench.ring()
        bench.lift()
        assert list(bench.station.states.values()) == [StationCallState.CONNECTED]
        bench.replace()
        bench.at_rest()


@pytest.mark.parametrize("held", [False, True])
def test_a_call_that_the_pbx_still_knows_is_not_touched_by_asking(held: bool) -> None:
    bench = Bench()
    bench.talk()
    if held:
        bench.press(SoftKeyEventType.HOLD)
    before = (dict(bench.station.states), dict(bench.station.sending), dict(bench.station.receiving))
    asked = bench.pbxs[0].methods().count("INVITE")
    bench.phone.check_calls(now=bench.now)
    bench.settle()
    assert bench.pbxs[0].methods().count("INVITE") == asked + 1
    assert (bench.station.states, bench.station.sending, bench.station.receiving) == before
    if held:
        bench.press(SoftKeyEventType.RESUME)
    bench.replace()
    bench.at_rest()


@pytest.mark.parametrize("held", [False, True])
def test_a_call_that_a_new_pbx_does_not_know_ends(held: bool) -> None:
    bench = Bench()
    bench.talk()
    if held:
        bench.press(SoftKeyEventType.HOLD)
    bench.pbxs[0] = Pbx(1)
    bench.phone.check_calls(now=bench.now)
    bench.settle()
    (finished,) = bench.reported(CallFinished)
    assert finished.answered
    bench.at_rest()


def test_a_call_in_the_making_is_not_asked_after() -> None:
    bench = Bench()
    bench.outgoing_call()
    asked = bench.pbxs[0].methods()
    bench.phone.check_calls(now=bench.now)
    bench.settle()
    assert bench.pbxs[0].methods() == asked
    bench.replace()
    bench.at_rest()


# --- a PBX that has forgotten ----------------------------------------------------------------------------------------


def forget(bench: Bench) -> None:
    """Another Asterisk is there: it knows of no call, and says so to whoever asks."""
    pbx = bench.pbxs[0]

    def receive(data: bytes, source: tuple[str, int], *, now: float) -> None:
        message = read_message(data)
        if isinstance(message, Request) and message.method != "ACK":
            pbx.requests.append(message)
            pbx._replies.append((to_bytes(reply_to(message, 481, tag="new")), Destination(*source)))

    pbx.receive_datagram = receive  # type: ignore[method-assign]  # for this bench
    bench.phone.check_calls(now=bench.now)
    bench.settle()


def test_what_rings_and_is_forgotten_by_the_pbx_rings_no_longer() -> None:
    bench = Bench()
    bench.ring()
    forget(bench)
    assert bench.pbxs[0].methods()[-1] == "OPTIONS"
    assert bench.phone.calls == ()
    assert bench.station.ringer is RingMode.OFF
    bench.advance(60)
    bench.at_rest()


def test_who_waits_for_an_answer_of_a_pbx_that_has_forgotten_hears_so() -> None:
    bench = Bench()
    bench.pbxs[0].agent.ring(bench.outgoing_call(), now=bench.now)
    bench.settle()
    assert bench.station.tones[bench.ref] is Tone.ALERTING
    forget(bench)
    assert bench.station.tones[bench.ref] is Tone.REORDER
    assert bench.station.prompts[bench.ref] == "PBX unreachable"
    bench.replace()
    bench.advance(60)
    bench.at_rest()


@pytest.mark.parametrize("outgoing", [False, True])
def test_what_the_pbx_still_knows_rings_on_when_it_is_asked(outgoing: bool) -> None:
    bench = Bench()
    if outgoing:
        call = bench.outgoing_call()
        bench.pbxs[0].agent.ring(call, now=bench.now)
    else:
        call = bench.ring()
    bench.settle()
    for _ in range(2):
        bench.phone.check_calls(now=bench.now)
        bench.settle()
    assert bench.pbxs[0].methods().count("OPTIONS") == 2
    if outgoing:
        bench.pbxs[0].agent.answer(call, PBX_MEDIA, now=bench.now)
        bench.settle()
    else:
        bench.lift()
    assert call.state is CallState.CONFIRMED
    bench.press(SoftKeyEventType.HOLD, 1, bench.ref)
    bench.press(SoftKeyEventType.RESUME, 1, bench.ref)
    assert bench.phone.calls[0].state is PhoneCallState.CONNECTED
    bench.replace()
    bench.at_rest()
