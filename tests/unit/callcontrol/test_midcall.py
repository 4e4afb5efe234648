"""Hold, resume, digits, transfers, and changes of the session in a standing call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.callcontrol import (
    CallFinished,
    CallMeasured,
    CallSettings,
    DtmfMode,
    EarlyOpen,
    MediaTroubled,
    TransferFinished,
)
from bridge.sccp import (
    CloseReceiveChannel,
    ConnectionStatisticsReq,
    ConnectionStatisticsRes,
    DeviceType,
    HookFlash,
    LampMode,
    OpenReceiveChannel,
    PhoneFeatures,
    PortHandling,
    SoftKeyEventType,
    SoftKeySetIndex,
    StationCallState,
    StimulusType,
    Tone,
)
from bridge.sip import (
    Call,
    ChangeAccepted,
    Direction,
    IdentityHeaders,
    InfoReceived,
    Replaces,
    SessionChanged,
    TransferEnded,
    TransferRequested,
)
from bridge.sip.message import Header
from bridge.sip.sdp import PCMA, PCMU, TELEPHONE_EVENT, AudioSession
from tests.sccpbench import PBX_ADDRESS, PBX_MEDIA, Bench


def send_in_dialog(bench: Bench, call: Call, method: str, headers: list[Header], body: bytes = b"") -> None:
    """A request that the PBX's user agent itself has no verb for."""
    record = call._record
    assert record.dialog is not None
    request = record.dialog.request(method)
    for header in headers:
        request.headers.add(header.name, header.value)
    request.headers.set("Contact", record.line.contact)
    request.body = body
    record.line.send(request, None, now=bench.now)
    bench.settle()


@pytest.mark.parametrize("how", ["soft key", "button"])
def test_hold_and_resume(how: str) -> None:
    bench = Bench()
    call = bench.talk()
    ref = bench.ref
    bench.station.received.clear()
    if how == "soft key":
        bench.press(SoftKeyEventType.HOLD, 1, ref)
    else:
        bench.push(StimulusType.HOLD)
    assert bench.station.names == [
        "CloseReceiveChannel",
        "StopMediaTransmission",
        "DefineTimeDate",
        "SetLamp",
        "CallState",
        "DisplayPromptStatus",
        "CallInfo",
        "SetSpeakerMode",
        "SelectSoftKeys",
    ]
    assert bench.station.states == {ref: StationCallState.HOLD}
    assert bench.station.lamps[StimulusType.LINE, 1] == LampMode.WINK
    assert bench.station.softkeys[ref].set == SoftKeySetIndex.ON_HOLD
    (changed,) = bench.take(SessionChanged)
    assert changed.remote.direction is Direction.SENDONLY
    bench.replace()  # a handset put down leaves the held call alone
    assert bench.station.states == {ref: StationCallState.HOLD}
    if how == "soft key":
        bench.press(SoftKeyEventType.RESUME, 1, ref)
    else:
        bench.push(StimulusType.HOLD)
    (changed,) = bench.take(SessionChanged)
    assert changed.remote.direction is Direction.SENDRECV
    assert changed.remote.port == bench.station.next_port
    assert bench.station.states == {ref: StationCallState.CONNECTED}
    assert len(bench.station.sending) == 1
    assert len(bench.station.receiving) == 1
    bench.pbxs[0].agent.hang_up(call, now=bench.now)
    bench.at_rest()


def test_the_line_button_resumes() -> None:
    bench = Bench()
    bench.talk()
    ref = bench.ref
    bench.press(SoftKeyEventType.HOLD, 1, ref)
    bench.push(StimulusType.LINE, 1)
    assert bench.station.states == {ref: StationCallState.CONNECTED}


def test_a_resume_without_a_channel_stays_on_hold() -> None:
    bench = Bench()
    bench.talk()
    ref = bench.ref
    bench.press(SoftKeyEventType.HOLD, 1, ref)
    bench.station.acknowledges = False
    bench.press(SoftKeyEventType.RESUME, 1, ref)
    bench.advance(4.1)
    assert bench.station.states == {ref: StationCallState.HOLD}
    assert len(bench.reported(MediaTroubled)) == 1
    bench.press(SoftKeyEventType.END_CALL, 1, ref)
    bench.at_rest()


def test_a_new_call_holds_the_other_one() -> None:
    bench = Bench()
    bench.talk()
    first = bench.ref
    bench.press(SoftKeyEventType.NEW_CALL)
    assert bench.station.states == {first: StationCallState.HOLD, bench.ref: StationCallState.OFF_HOOK}
    bench.dial("700#")
    bench.invited()
    bench.press(SoftKeyEventType.END_CALL)
    bench.press(SoftKeyEventType.RESUME)
    assert bench.station.states == {first: StationCallState.CONNECTED}


def test_hanging_up_a_held_call_from_there() -> None:
    bench = Bench()
    call = bench.talk()
    bench.press(SoftKeyEventType.HOLD, 1, bench.ref)
    bench.pbxs[0].agent.hang_up(call, now=bench.now)
    bench.at_rest()


def test_the_other_side_holds() -> None:
    bench = Bench()
    call = bench.talk()
    bench.pbxs[0].agent.hold(call, now=bench.now)
    bench.settle()
    assert len(bench.station.receiving) == 1, "music is heard"
    assert len(bench.station.sending) == 1, "a 7961 that stops sending would stop listening"
    bench.pbxs[0].agent.resume(call, now=bench.now)
    bench.settle()
    assert len(bench.station.sending) == 1


def test_the_other_side_holds_a_phone_that_may_stop() -> None:
    bench = Bench(DeviceType.CISCO_7960, 11)
    call = bench.talk()
    bench.pbxs[0].agent.hold(call, now=bench.now)
    bench.settle()
    assert bench.station.sending == {}
    bench.pbxs[0].agent.resume(call, now=bench.now)
    bench.settle()
    assert len(bench.station.sending) == 1


def test_the_far_address_moves() -> None:
    bench = Bench()
    call = bench.talk()
    bench.station.received.clear()
    moved = AudioSession("192.0.2.99", 40000, (PCMU, TELEPHONE_EVENT))
    bench.pbxs[0].agent.reoffer(call, moved, now=bench.now)
    bench.settle()
    assert bench.station.take(OpenReceiveChannel) == []
    ((media),) = bench.station.sending.values()
    assert (str(media.remote_ip.ip), media.remote_port) == ("192.0.2.99", 40000)


def test_another_codec_by_re_invite() -> None:
    bench = Bench()
    call = bench.talk()
    bench.station.received.clear()
    bench.pbxs[0].agent.reoffer(call, AudioSession(PBX_ADDRESS, 20000, (PCMA, TELEPHONE_EVENT)), now=bench.now)
    bench.settle()
    (closed,) = bench.station.take(CloseReceiveChannel)
    assert closed.port_handling == PortHandling.KEEP
    (opened,) = bench.station.take(OpenReceiveChannel)
    assert int(opened.codec) == 2
    assert [int(media.codec) for media in bench.station.sending.values()] == [2]
    assert call.remote is not None
    assert call.remote.port == bench.station.next_port
    bench.replace()
    bench.at_rest()


def test_another_codec_that_the_phone_does_not_open() -> None:
    bench = Bench()
    call = bench.talk()
    bench.station.acknowledges = False
    bench.pbxs[0].agent.reoffer(call, AudioSession(PBX_ADDRESS, 20000, (PCMA, TELEPHONE_EVENT)), now=bench.now)
    bench.advance(4.1)
    assert "Phone opened no audio channel" in bench.notified()
    bench.at_rest()


def test_re_invites_that_collide() -> None:
    bench = Bench()
    call = bench.talk()
    ref = bench.ref
    agent = bench.pbxs[0].agent
    agent.reoffer(call, PBX_MEDIA.with_direction(Direction.SENDONLY), now=bench.now)
    bench.press(SoftKeyEventType.HOLD, 1, ref)
    bench.advance(10)
    assert bench.station.states == {ref: StationCallState.HOLD}
    bench.press(SoftKeyEventType.RESUME, 1, ref)
    bench.advance(10)
    assert bench.station.states == {ref: StationCallState.CONNECTED}
    bench.replace()
    bench.at_rest()


# --- digits ----------------------------------------------------------------------------------------------------------


def test_digits_in_the_media() -> None:
    bench = Bench()
    bench.talk()
    assert [media.rfc2833_payload for media in bench.station.sending.values()] == [101]
    bench.dial("5")
    assert bench.take(InfoReceived) == []


@pytest.mark.parametrize("why", ["phone", "setting", "peer"])
def test_digits_by_info(why: str) -> None:
    features = PhoneFeatures.NONE if why == "phone" else PhoneFeatures.RFC2833
    mode = DtmfMode.INFO if why == "setting" else DtmfMode.AUTO
    bench = Bench(features=features, settings=CallSettings(dtmf=mode))
    bench.talk(media=AudioSession(PBX_ADDRESS, 20000, (PCMU,)) if why == "peer" else PBX_MEDIA)
    bench.dial("5#")
    assert [info.body for info in bench.take(InfoReceived)] == [
        "Signal=5\r\nDuration=160\r\n",
        "Signal=#\r\nDuration=160\r\n",
    ]
    assert [media.rfc2833_payload for media in bench.station.sending.values()] == [0]


# --- who is there ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
@pytest.mark.parametrize("header", ["P-Asserted-Identity", "Remote-Party-ID"])
def test_somebody_else_is_there(method: str, header: str) -> None:
    bench = Bench()
    call = bench.talk()
    headers = [Header(header, '"Dora" <sip:4004@192.0.2.1>;party=calling;privacy=off')]
    send_in_dialog(bench, call, method, headers)
    info = bench.station.infos[bench.ref]
    assert (info.called_name, info.called_number) == ("Dora", "4004")


@pytest.mark.parametrize("incoming", [False, True])
@pytest.mark.parametrize(("there", "number"), [("4004", "4004"), ("Conference", "2002")])
def test_a_list_of_calls_has_the_number_that_was_dialled_or_that_called(
    there: str, number: str, *, incoming: bool
) -> None:
    bench = Bench()
    call = bench.ring(number="2002") if incoming else bench.talk("2002")
    if incoming:
        bench.lift()
    send_in_dialog(bench, call, "UPDATE", [Header("P-Asserted-Identity", f"<sip:{there}@192.0.2.1>")])
    bench.replace()
    (over,) = bench.reported(CallFinished)
    assert (over.number, over.listed) == (number, "2002")


@pytest.mark.parametrize("early_open", [EarlyOpen.ALWAYS, EarlyOpen.NEVER])
def test_who_is_called_and_who_answers_is_shown(early_open: EarlyOpen) -> None:
    bench = Bench(settings=CallSettings(early_open=early_open))
    call = bench.outgoing_call()
    record, agent = call._record, bench.pbxs[0].agent
    assert record.incoming is not None
    response = record.answer_to(record.incoming, 180, b"")
    response.headers.add("P-Asserted-Identity", '"Echo" <sip:600@192.0.2.1>')
    record.line.respond(record.incoming, response, now=bench.now)
    bench.settle()
    assert bench.station.infos[bench.ref].called_name == "Echo"
    record.line.account = replace(record.line.account, display_name="Agent 7", identity=IdentityHeaders.PAI)
    agent.answer(call, PBX_MEDIA, now=bench.now)
    bench.settle()
    assert bench.station.infos[bench.ref].called_name == "Agent 7"


# --- transfer --------------------------------------------------------------------------------------------------------


def consult(bench: Bench) -> tuple[Call, Call]:
    first = bench.talk()
    bench.press(SoftKeyEventType.TRANSFER, 1, bench.ref)
    assert bench.station.softkeys[bench.ref].set == SoftKeySetIndex.OFF_HOOK_WITH_FEATURE
    bench.dial("700#")
    return first, bench.invited().call


def test_attended_transfer() -> None:
    bench = Bench()
    first, second = consult(bench)
    bench.pbxs[0].agent.answer(second, PBX_MEDIA, now=bench.now)
    bench.settle()
    assert bench.station.softkeys[bench.ref].set == SoftKeySetIndex.CONNECTED_TRANSFERABLE
    bench.press(SoftKeyEventType.TRANSFER, 1, bench.ref)
    (asked,) = bench.take(TransferRequested)
    dialog = second._record.dialog
    assert asked.call is first
    assert dialog is not None
    assert asked.target.replaces == Replaces(second.call_id, dialog.local_tag, dialog.remote_tag)
    agent = bench.pbxs[0].agent
    agent.accept_transfer(first, now=bench.now)
    bench.settle()
    assert len(bench.phone.calls) == 2
    agent.report_transfer(first, 200, now=bench.now)
    bench.at_rest()
    (finished,) = bench.reported(TransferFinished)
    assert (finished.target, finished.succeeded) == ("700", True)


def test_a_transfer_that_the_pbx_refuses() -> None:
    bench = Bench()
    first, second = consult(bench)
    bench.pbxs[0].agent.answer(second, PBX_MEDIA, now=bench.now)
    bench.settle()
    bench.press(SoftKeyEventType.TRANSFER, 1, bench.ref)
    bench.pbxs[0].agent.refuse_transfer(first, 405, now=bench.now)
    bench.settle()
    assert "Can not complete transfer" in bench.notified()
    (finished,) = bench.reported(TransferFinished)
    assert (finished.succeeded, finished.status) == (False, 405)
    assert len(bench.phone.calls) == 2
    bench.press(SoftKeyEventType.END_CALL, 1, bench.ref)
    bench.press(SoftKeyEventType.RESUME)
    assert list(bench.station.states.values()) == [StationCallState.CONNECTED]
    bench.replace()
    bench.at_rest()
    assert first.state == "ended"


def test_blind_transfer() -> None:
    bench = Bench()
    first, second = consult(bench)
    bench.pbxs[0].agent.ring(second, now=bench.now)
    bench.settle()
    bench.press(SoftKeyEventType.TRANSFER, 1, bench.ref)
    assert second.state == "ended"
    (asked,) = bench.take(TransferRequested)
    assert (asked.call, asked.target.address, asked.target.replaces) == (first, "sip:700@192.0.2.1", None)
    assert first.state == "confirmed"


def test_a_transfer_of_which_nothing_is_heard_can_be_tried_again() -> None:
    bench = Bench()
    first, second = consult(bench)
    agent = bench.pbxs[0].agent
    agent.answer(second, PBX_MEDIA, now=bench.now)
    bench.settle()
    bench.press(SoftKeyEventType.TRANSFER, 1, bench.ref)
    agent.accept_transfer(first, now=bench.now)
    bench.settle()
    send_in_dialog(bench, first, "NOTIFY", [Header("Event", "refer"), Header("Subscription-State", "terminated")])
    assert "Can not complete transfer" in bench.notified()
    assert len(bench.phone.calls) == 2
    bench.take(TransferRequested)
    agent.report_transfer(first, 503, now=bench.now)
    bench.settle()
    bench.press(SoftKeyEventType.TRANSFER, 1, bench.ref)
    assert len(bench.take(TransferRequested)) == 1


def test_the_pbx_cannot_make_the_phone_dial() -> None:
    bench = Bench()
    call = bench.talk()
    bench.pbxs[0].agent.transfer(call, "700", now=bench.now)
    bench.settle()
    (ended,) = bench.take(TransferEnded)
    assert ended.status == 603
    assert bench.station.states == {bench.ref: StationCallState.CONNECTED}


def test_a_call_that_takes_the_place_of_another() -> None:
    bench = Bench()
    call = bench.talk()
    first, agent = bench.ref, bench.pbxs[0].agent
    other = agent.call("1001", PBX_MEDIA, replaces=call.dialog_name, now=bench.now)
    bench.settle()
    second = bench.ref
    assert second != first
    bench.press(SoftKeyEventType.ANSWER, 1, second)
    bench.settle()
    assert bench.station.states == {second: StationCallState.CONNECTED}
    assert (call.state, other.state) == ("ended", "confirmed")
    bench.replace()
    bench.at_rest()


def test_a_hook_flash_on_an_analog_phone() -> None:
    bench = Bench(DeviceType.ATA_186, 3, features=PhoneFeatures.NONE)
    bench.talk()
    held = bench.ref
    bench.says(HookFlash())
    assert bench.station.states[held] == StationCallState.HOLD
    bench.dial("700#")
    second = bench.invited().call
    bench.pbxs[0].agent.answer(second, PBX_MEDIA, now=bench.now)
    bench.settle()
    bench.says(HookFlash())
    assert bench.station.states[held] == StationCallState.CONNECTED


# --- statistics ------------------------------------------------------------------------------------------------------


def test_statistics_after_a_call() -> None:
    bench = Bench()
    bench.talk()
    ref = bench.ref
    bench.replace()
    (asked,) = bench.station.take(ConnectionStatisticsReq)
    assert (asked.number, asked.call_ref) == ("1001", ref)
    bench.says(ConnectionStatisticsRes("1001", ref, packets_sent=250, packets_received=249, packets_lost=1, jitter=3))
    (measured,) = bench.reported(CallMeasured)
    assert (measured.measured.packets_sent, measured.measured.packets_lost) == (250, 1)


def test_change_events_reach_only_their_call() -> None:
    bench = Bench()
    bench.talk()
    bench.press(SoftKeyEventType.HOLD)
    assert bench.take(ChangeAccepted) == []


def test_hanging_up_an_analog_phone_hands_over() -> None:
    bench = Bench(DeviceType.ATA_186, 3, features=PhoneFeatures.NONE)
    bench.talk()
    bench.says(HookFlash())
    bench.dial("700#")
    bench.pbxs[0].agent.answer(bench.invited().call, PBX_MEDIA, now=bench.now)
    bench.settle()
    bench.replace()
    assert len(bench.take(TransferRequested)) == 1


def test_an_analog_phone_keeps_no_held_call() -> None:
    bench = Bench(DeviceType.ATA_186, 3, features=PhoneFeatures.NONE)
    bench.talk()
    bench.says(HookFlash())
    bench.replace()
    bench.at_rest()


def test_the_waiting_tone_stops_with_the_waiting_call() -> None:
    bench = Bench()
    bench.talk()
    waiting = bench.ring()
    assert list(bench.station.tones.values()) == [Tone.CALL_WAITING]
    bench.pbxs[0].agent.hang_up(waiting, now=bench.now)
    bench.settle()
    assert bench.station.tones == {}
    bench.ring()
    bench.press(SoftKeyEventType.ANSWER, 1, bench.ref)
    assert bench.station.tones == {}
