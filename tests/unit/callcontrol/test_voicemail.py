"""The messages key, iDivert, and what a line wants to be told of messages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.callcontrol import CallSettings, PhoneCallState
from bridge.callcontrol.voicemail import box_extension
from bridge.core import LampPolicy, Switch
from bridge.sccp import DeviceType, LampMode, SoftKeyEventType, StationCallState, StimulusType, Tone
from bridge.sccp.profile import StationLine
from bridge.sip import NotifyReceived, TransferRequested
from tests.sccpbench import PROFILE, Bench

LAMP = StimulusType.VOICEMAIL


def office(one: StationLine | None = None, two: StationLine | None = None, *, ata: bool = False) -> Bench:
    """A phone with two lines."""
    lines = (one or StationLine("1001", mailbox="1001"), two or StationLine("1002", mailbox="1002@sales"))
    kind = DeviceType.ATA_186 if ata else DeviceType.CISCO_7961G
    settings = CallSettings(voicemail="*97")
    return Bench(kind, 17 if not ata else 5, profile=replace(PROFILE, lines=lines), settings=settings)


def messages(bench: Bench, line: int, new: int) -> None:
    """The PBX tells how many messages wait."""
    body = f"Messages-Waiting: {'yes' if new else 'no'}\r\nVoice-Message: {new}/0 (0/0)\r\n"
    event = NotifyReceived("message-summary", "application/simple-message-summary", body)
    bench.phone.receive_sip(line, event, now=bench.now)
    bench.settle()


def lit(bench: Bench) -> set[int]:
    return {place for (kind, place), mode in bench.station.lamps.items() if kind == LAMP and mode == LampMode.ON}


@pytest.mark.parametrize(
    ("policy", "lamps", "prompt"),
    [
        (LampPolicy.LIGHT_AND_PROMPT, {0, 2}, True),
        (LampPolicy.LIGHT, {0, 2}, False),
        (LampPolicy.PROMPT, set(), True),
        (LampPolicy.NONE, set(), False),
    ],
)
def test_each_line_is_shown_as_it_wants(policy: LampPolicy, lamps: set[int], prompt: bool) -> None:
    bench = office(two=StationLine("1002", lamp=policy))
    messages(bench, 2, 3)
    assert lit(bench) == lamps
    assert bench.station.prompts[0] == ("You have voicemail (3)" if prompt else "Your current options")
    assert bench.notified() == (["You have voicemail"] if prompt else [])
    messages(bench, 2, 0)
    assert lit(bench) == set()
    assert bench.station.prompts[0] == "Your current options"


def test_the_phones_lamp_is_lit_while_one_line_wants_it() -> None:
    bench = office(two=StationLine("1002", lamp=LampPolicy.PROMPT))
    messages(bench, 1, 1)
    messages(bench, 2, 2)
    assert lit(bench) == {0, 1}
    assert bench.station.prompts[0] == "You have voicemail (3)"
    messages(bench, 1, 0)
    assert lit(bench) == set()
    assert bench.station.prompts[0] == "You have voicemail (2)"


def test_a_phone_that_comes_to_a_line_with_messages_shows_them() -> None:
    bench = Bench(register=False)
    body = "Messages-Waiting: yes\r\nVoice-Message: 4/0 (0/0)\r\n"
    event = NotifyReceived("message-summary", "application/simple-message-summary", body)
    bench.lines[1].receive(event, now=bench.now)
    bench.register()
    assert lit(bench) == {0, 2}
    assert bench.station.prompts[0] == "You have voicemail (4)"


@pytest.mark.parametrize(
    ("ata", "audible", "heard"),
    [
        (False, Switch.DEFAULT, False),
        (True, Switch.DEFAULT, True),
        (False, Switch.ON, True),
        (True, Switch.OFF, False),
    ],
)
def test_a_dial_tone_tells_where_no_lamp_does_or_where_it_shall(ata: bool, audible: Switch, heard: bool) -> None:
    bench = office(StationLine("1001", audible_messages=audible), ata=ata)
    messages(bench, 1, 1)
    bench.lift()
    assert bench.station.tones[bench.ref] == (Tone.MESSAGE_WAITING if heard else Tone.INSIDE_DIAL)


def test_only_the_line_with_messages_stutters() -> None:
    bench = office(StationLine("1001", audible_messages=Switch.ON), StationLine("1002", audible_messages=Switch.ON))
    messages(bench, 2, 1)
    bench.lift(1)
    assert bench.station.tones[bench.ref] == Tone.INSIDE_DIAL
    bench.replace()
    bench.lift(2)
    assert bench.station.tones[bench.ref] == Tone.MESSAGE_WAITING


def test_the_messages_key_dials_the_pilot_of_the_line_with_messages() -> None:
    bench = office(two=StationLine("1002", voicemail_pilot="8500"))
    bench.push(LAMP, 0)
    assert bench.invited().called == "*97"
    bench.replace()
    messages(bench, 2, 1)
    bench.push(LAMP, 0)
    (call,) = bench.phone.calls
    assert (call.line, call.dialled) == (2, "8500")
    bench.replace()
    bench.lift(1)
    bench.push(StimulusType.MESSAGES, 0)
    assert [(call.line, call.dialled) for call in bench.phone.calls] == [(1, "*97")]


def redirections(bench: Bench) -> list[bytes]:
    """The 302 that the phone's lines send from now on; the bench's PBX would follow them to the phone itself."""
    sent: list[bytes] = []

    def keep(data: bytes) -> bool:
        if is_one := data.startswith(b"SIP/2.0 302 "):
            sent.append(data)
        return is_one

    bench.lose = keep
    return sent


def test_a_ringing_call_is_redirected_into_the_box() -> None:
    bench = office()
    sent = redirections(bench)
    bench.ring(2)
    bench.press(SoftKeyEventType.IDIVERT, 2, bench.ref)
    assert b"\r\nContact: <sip:sepbridge-vm-1002-sales@192.0.2.1>\r\n" in sent[0]
    bench.at_rest()


def test_idivert_without_a_reference_means_what_rings() -> None:
    bench = office()
    sent = redirections(bench)
    bench.talk()
    bench.ring(1)
    bench.press(SoftKeyEventType.IDIVERT)
    assert list(bench.station.states.values()) == [StationCallState.CONNECTED]
    assert bench.take(TransferRequested) == []
    assert b"<sip:sepbridge-vm-1001@192.0.2.1>" in sent[0]


@pytest.mark.parametrize("held", [False, True])
def test_a_call_that_stands_goes_there_by_refer(held: bool) -> None:
    bench = office()
    call = bench.talk()
    if held:
        bench.press(SoftKeyEventType.HOLD)
    bench.press(SoftKeyEventType.IDIVERT)
    (asked,) = bench.take(TransferRequested)
    assert asked.target.address == "sip:sepbridge-vm-1001@192.0.2.1"
    bench.pbxs[0].agent.accept_transfer(call, now=bench.now)
    bench.pbxs[0].agent.report_transfer(call, 200, now=bench.now)
    bench.at_rest()


def test_without_a_box_or_a_call_the_key_does_nothing() -> None:
    bench = office(StationLine("1001"))
    bench.press(SoftKeyEventType.IDIVERT)
    bench.talk()
    bench.press(SoftKeyEventType.IDIVERT)
    assert bench.notified() == ["Key is not active"] * 2
    assert list(bench.station.states.values()) == [StationCallState.CONNECTED]


def test_a_call_that_is_not_diverted_is_on_hold() -> None:
    bench = office()
    call = bench.talk()
    bench.press(SoftKeyEventType.IDIVERT)
    bench.pbxs[0].agent.refuse_transfer(call, 603, now=bench.now)
    bench.settle()
    assert [each.state for each in bench.phone.calls] == [PhoneCallState.HELD]
    assert call.remote is not None
    assert call.remote.on_hold


@pytest.mark.parametrize(
    ("mailbox", "extension"),
    [
        ("1001", "sepbridge-vm-1001"),
        ("1001@default", "sepbridge-vm-1001"),
        ("1001@sales", "sepbridge-vm-1001-sales"),
        ("", ""),
        ("1001@", ""),
        ("10;01", ""),
        ("1001@a-b", ""),
        ("1001&1002", ""),
    ],
)
def test_a_box_as_an_extension(mailbox: str, extension: str) -> None:
    assert box_extension(mailbox) == extension
