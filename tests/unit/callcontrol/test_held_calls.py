"""Held calls that remind of themselves, and what the phone at the other end is told."""

from __future__ import annotations

from dataclasses import replace

from bridge.callcontrol import CallSettings, House, ProxiedPhone
from bridge.sccp import (
    LampMode,
    OffHook,
    RingMode,
    SetRinger,
    SoftKeyEventType,
    StartTone,
    StationCallState,
    StimulusType,
    Tone,
)
from bridge.sccp.profile import StationLine
from bridge.sip import Direction, TransferRequested
from bridge.sip.message import Header
from tests.sccpbench import PBX_MEDIA, PROFILE, Bench
from tests.unit.callcontrol.test_midcall import send_in_dialog

E = SoftKeyEventType
REMINDING = replace(PROFILE, lines=tuple(replace(line, hold_reversion=30.0) for line in PROFILE.lines))


def held(bench: Bench) -> None:
    bench.talk()
    bench.press(E.HOLD)
    bench.station.take(SetRinger)


def rings(bench: Bench) -> list[RingMode]:
    return [message.mode for message in bench.station.take(SetRinger)]


def test_a_held_call_rings_once_and_again_after_a_while() -> None:
    bench = Bench(profile=REMINDING, settings=CallSettings(hold_reminder=20.0))
    held(bench)
    bench.advance(29)
    assert rings(bench) == []
    bench.advance(2)
    assert rings(bench) == [RingMode.INSIDE]
    assert bench.station.states[bench.ref] == StationCallState.HOLD_REVERT
    assert bench.station.prompts[bench.ref] == "Hold reversion"
    bench.advance(20)
    assert rings(bench) == [RingMode.INSIDE]


def test_lifting_the_handset_takes_it_back() -> None:
    bench = Bench(profile=REMINDING)
    held(bench)
    bench.advance(31)
    bench.says(OffHook())
    assert [*bench.station.states.values()] == [StationCallState.CONNECTED]
    assert bench.station.rings[bench.ref] == RingMode.OFF
    bench.advance(200)
    assert bench.station.prompts[bench.ref] == "Connected"
    bench.replace()
    bench.at_rest()


def test_a_user_who_talks_hears_a_beep() -> None:
    bench = Bench(profile=REMINDING)
    held(bench)
    bench.press(E.NEW_CALL)
    bench.dial("700#")
    bench.pbxs[0].agent.answer(bench.invited().call, PBX_MEDIA, now=bench.now)
    bench.settle()
    bench.station.take(SetRinger)
    bench.station.take(StartTone)
    bench.advance(31)
    assert rings(bench) == []
    assert [message.tone for message in bench.station.take(StartTone)] == [Tone.ZIP_ZIP]


def test_lines_remind_only_where_that_is_set() -> None:
    bench = Bench()
    held(bench)
    bench.advance(600)
    assert rings(bench) == []
    assert bench.station.states[bench.ref] == StationCallState.HOLD


def test_what_the_pbx_gives_back_asks_for_attention_at_once() -> None:
    bench = Bench()
    bench.talk()
    bench.press(E.TRANSFER, 1, bench.ref)
    bench.dial("700#")
    second = bench.invited().call
    bench.pbxs[0].agent.ring(second, now=bench.now)
    bench.settle()
    bench.press(E.TRANSFER, 1, bench.ref)
    bench.station.take(SetRinger)
    (asked,) = bench.take(TransferRequested)
    bench.pbxs[0].agent.refuse_transfer(asked.call, 404, now=bench.now)
    bench.settle()
    bench.advance(0.1)
    assert "Can not complete transfer" in bench.notified()
    assert rings(bench) == [RingMode.INSIDE]
    bench.says(OffHook())
    assert [*bench.station.states.values()] == [StationCallState.CONNECTED]


def test_a_pbx_that_let_go_of_the_call_leaves_none_behind() -> None:
    """Asterisk sends no BYE after a blind transfer that came to nothing: it is found out by asking."""
    bench = Bench()
    first = bench.talk()
    bench.press(E.TRANSFER, 1, bench.ref)
    bench.dial("700#")
    bench.pbxs[0].agent.ring(bench.invited().call, now=bench.now)
    bench.settle()
    bench.press(E.TRANSFER, 1, bench.ref)
    agent = bench.pbxs[0].agent
    agent.accept_transfer(first, now=bench.now)
    bench.settle()
    agent.report_transfer(first, 486, now=bench.now)
    agent._line._dialogs.clear()  # forgotten without a word
    bench.settle()
    bench.advance(1)
    bench.at_rest()


# --- the phone at the other end --------------------------------------------------------------------------------------


def two_phones() -> tuple[Bench, Bench]:
    """Two phones of one node that talk to each other, each by its own call to the PBX."""
    house: House[ProxiedPhone] = House()
    lines = (StationLine("2002", "Bob", "Bob"), StationLine("2003", "Bob 2", "Bob"))
    one, other = Bench(house=house), Bench(profile=replace(PROFILE, lines=lines), house=house)
    one.talk("2002")
    other.ring(name="Alice", number="1001")
    other.lift()
    other.settle()
    return one, other


def test_the_other_phone_reads_that_it_is_on_hold() -> None:
    one, other = two_phones()
    one.press(E.HOLD)
    assert other.phone in one.phone.house.take_touched()
    other.settle()
    assert other.station.prompts[other.ref] == "Call on hold"
    assert one.station.lamps[StimulusType.LINE, 1] == LampMode.WINK
    one.press(E.RESUME)
    other.settle()
    assert other.station.prompts[other.ref] == "Connected"


def test_who_has_been_transferred_is_not_on_hold_any_more() -> None:
    """Whether the PBX says first who is there now, or ends the call of the one who held."""
    for told_first in (True, False):
        one, other = two_phones()
        (held,), (theirs,) = one.pbxs[0].agent.calls, other.pbxs[0].agent.calls
        one.press(E.HOLD)
        other.settle()
        assert other.station.prompts[other.ref] == "Call on hold"
        carol = [Header("P-Asserted-Identity", '"Carol" <sip:3003@192.0.2.1>')]
        if told_first:
            send_in_dialog(other, theirs, "UPDATE", carol)
        one.pbxs[0].agent.hang_up(held, now=one.now)
        one.settle()
        if not told_first:
            send_in_dialog(other, theirs, "UPDATE", carol)
        other.settle()
        assert other.station.infos[other.ref].calling_number == "3003"
        assert other.station.prompts[other.ref] == "Connected"


def test_who_holds_may_have_another_name_meanwhile() -> None:
    one, other = two_phones()
    (theirs,) = other.pbxs[0].agent.calls
    one.press(E.HOLD)
    other.settle()
    send_in_dialog(other, theirs, "UPDATE", [Header("P-Asserted-Identity", '"Alice B" <sip:1001@192.0.2.1>')])
    assert other.station.infos[other.ref].calling_name == "Alice B"
    assert other.station.prompts[other.ref] == "Call on hold"


def test_nobody_else_reads_it() -> None:
    one, other = two_phones()
    other.replace()
    other.ring(name="Carol", number="3003")
    other.lift()
    one.press(E.HOLD)
    other.settle()
    assert other.station.prompts[other.ref] == "Connected"


def test_two_calls_between_the_same_numbers_are_not_told_apart() -> None:
    one, other = two_phones()
    other.press(E.HOLD)
    other.ring(name="Alice", number="1001")
    other.press(E.ANSWER, 1, other.ref)
    one.press(E.HOLD)
    other.settle()
    assert other.station.prompts[other.ref] == "Connected"


def test_a_pbx_that_passes_the_hold_on_is_believed() -> None:
    bench = Bench()
    call = bench.talk()
    agent = bench.pbxs[0].agent
    for direction, words in ((Direction.SENDONLY, "Call on hold"), (Direction.SENDRECV, "Connected")):
        agent.reoffer(call, PBX_MEDIA.with_direction(direction), now=bench.now)
        bench.settle()
        assert bench.station.prompts[bench.ref] == words
    agent.hang_up(call, now=bench.now)
    bench.at_rest()
