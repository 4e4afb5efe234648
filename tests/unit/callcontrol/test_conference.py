"""Conferences: Confrn, Join, the list, and what happens when the PBX does not play along."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.callcontrol import (
    CallSettings,
    ConferenceListed,
    ListConference,
    ListPurpose,
    MuteMember,
    RemoveMember,
)
from bridge.core import NumberRange
from bridge.core.conferences import ConferenceMember
from bridge.lab.screenxml import ScreenDocument, read_screen_document
from bridge.sccp import (
    DeviceToUserDataV1,
    DeviceType,
    LampMode,
    SoftKeyEventType,
    SoftKeySetIndex,
    StationCallState,
    StimulusType,
    UserToDeviceDataV1,
)
from bridge.sip import Call, CallState, Direction, SessionChanged, TransferRequested
from tests.sccpbench import PBX_MEDIA, Bench

E = SoftKeyEventType
SIX_KEYS = CallSettings(meetme=(NumberRange("8500", "8509"),))


def answer(bench: Bench, call: Call) -> None:
    bench.pbxs[0].agent.answer(call, PBX_MEDIA, now=bench.now)
    bench.settle()


def two_calls(bench: Bench) -> tuple[Call, Call]:
    """The first is held, and somebody has answered the second: Confrn is shown."""
    first = bench.talk()
    bench.press(E.CONFRN, 1, bench.ref)
    bench.dial("700#")
    second = bench.invited().call
    answer(bench, second)
    return first, second


def room_of(bench: Bench) -> Call:
    """The phone's own call to the room, which the PBX answers."""
    own = bench.invited()
    assert own.called.startswith("sepbridge-conf-host-"), own.called
    answer(bench, own.call)
    return own.call


def moved(bench: Bench, status: int = 200) -> dict[Call, str]:
    """The PBX does what the REFERs ask: whom it moved, and where to."""
    targets: dict[Call, str] = {}
    agent = bench.pbxs[0].agent
    for asked in bench.take(TransferRequested):
        targets[asked.call] = asked.target.user
        agent.accept_transfer(asked.call, now=bench.now)
        agent.report_transfer(asked.call, status, now=bench.now)
        bench.settle()
    return targets


def test_confrn_brings_both_into_a_room_of_their_own() -> None:
    bench = Bench()
    first, second = two_calls(bench)
    consultation = bench.ref
    assert bench.station.softkeys[consultation].set == SoftKeySetIndex.CONNECTED_CONFERENCEABLE
    bench.press(E.CONFRN, 1, consultation)
    assert first.state == second.state == CallState.CONFIRMED
    assert bench.take(TransferRequested) == []  # nobody is moved before there is a room
    own = room_of(bench)
    targets = moved(bench)
    assert set(targets) == {first, second}
    (target,) = set(targets.values())
    assert target.startswith("sepbridge-conf-guest-")
    (call,) = bench.phone.calls
    assert call.room == target.removeprefix("sepbridge-conf-guest-")
    assert bench.station.infos[call.call_ref].called_name == "Conference"
    assert bench.station.lamps[StimulusType.LINE, 1] == LampMode.ON
    assert [*bench.station.states.values()] == [StationCallState.CONNECTED]
    bench.pbxs[0].agent.hang_up(own, now=bench.now)
    bench.at_rest()
    assert bench.pbxs[0].agent.calls == ()


def test_rooms_are_never_the_same_twice() -> None:
    rooms = []
    bench = Bench()
    for _ in range(2):
        two_calls(bench)
        bench.press(E.CONFRN, 1, bench.ref)
        own = room_of(bench)
        moved(bench)
        rooms.append(bench.phone.calls[0].room)
        bench.pbxs[0].agent.hang_up(own, now=bench.now)
        bench.settle()
    assert len(set(rooms)) == 2


def test_the_others_may_depend_on_the_starter() -> None:
    bench = Bench(settings=CallSettings(conference_outlives_starter=False))
    two_calls(bench)
    bench.press(E.CONFRN, 1, bench.ref)
    room_of(bench)
    assert all(target.startswith("sepbridge-conf-drop-") for target in moved(bench).values())


def test_a_69xx_has_no_set_for_it() -> None:
    bench = Bench(DeviceType.CISCO_6921, 20)
    two_calls(bench)
    shown = bench.station.softkeys[bench.ref]
    assert shown.set == SoftKeySetIndex.CONNECTED
    bench.push(StimulusType.CONFERENCE)
    room_of(bench)
    assert len(moved(bench)) == 2


@pytest.mark.parametrize("status", [404, 486, 503])
def test_a_pbx_without_conferences_costs_no_call(status: int) -> None:
    bench = Bench()
    first, second = two_calls(bench)
    bench.press(E.CONFRN, 1, bench.ref)
    bench.pbxs[0].agent.reject(bench.invited().call, status, now=bench.now)
    bench.settle()
    assert "Conference is unavailable" in bench.notified()
    assert bench.take(TransferRequested) == []
    assert sorted(bench.station.states.values()) == [StationCallState.CONNECTED, StationCallState.HOLD]
    assert first.state == second.state == CallState.CONFIRMED
    assert second.remote is not None
    assert second.remote.direction is Direction.SENDRECV
    assert len(bench.station.sending) == 1


def test_one_whom_the_pbx_does_not_move_stays_on_hold() -> None:
    bench = Bench()
    first, second = two_calls(bench)
    bench.press(E.CONFRN, 1, bench.ref)
    own = room_of(bench)
    agent = bench.pbxs[0].agent
    for asked in bench.take(TransferRequested):
        if asked.call is first:
            agent.accept_transfer(first, now=bench.now)
            agent.report_transfer(first, 200, now=bench.now)
        else:
            agent.refuse_transfer(second, 603, now=bench.now)
        bench.settle()
    assert "Can not complete conference" in bench.notified()
    assert sorted(bench.station.states.values()) == [StationCallState.CONNECTED, StationCallState.HOLD]
    assert second.remote is not None
    assert second.remote.direction is Direction.SENDONLY  # it hears the music of the PBX now
    assert own.state == CallState.CONFIRMED


def test_when_nobody_can_be_moved_everything_is_as_before() -> None:
    bench = Bench()
    _, second = two_calls(bench)
    bench.press(E.CONFRN, 1, bench.ref)
    own = room_of(bench)
    for asked in bench.take(TransferRequested):
        bench.pbxs[0].agent.refuse_transfer(asked.call, 603, now=bench.now)
    bench.settle()
    assert own.state == CallState.ENDED
    assert sorted(bench.station.states.values()) == [StationCallState.CONNECTED, StationCallState.HOLD]
    assert second.remote is not None
    assert second.remote.direction is Direction.SENDRECV


def test_a_pbx_that_falls_silent_gives_the_calls_back() -> None:
    bench = Bench()
    first, second = two_calls(bench)
    bench.press(E.CONFRN, 1, bench.ref)
    room_of(bench)
    for asked in bench.take(TransferRequested):
        bench.pbxs[0].agent.accept_transfer(asked.call, now=bench.now)
    bench.settle()
    bench.advance(60)
    assert "Can not complete conference" in bench.notified()
    assert first.state == second.state == CallState.CONFIRMED
    assert all(not call.transferring for call in bench.phone.calls)


def test_ending_the_call_to_the_room_leaves_the_others_on_hold() -> None:
    bench = Bench()
    _, second = two_calls(bench)
    bench.press(E.CONFRN, 1, bench.ref)
    bench.invited()
    bench.press(E.END_CALL, 1, bench.ref)
    assert [*bench.station.states.values()] == [StationCallState.HOLD] * 2
    assert second.remote is not None
    assert second.remote.direction is Direction.SENDONLY


def test_both_hang_up_before_the_room_answers() -> None:
    bench = Bench()
    first, second = two_calls(bench)
    bench.press(E.CONFRN, 1, bench.ref)
    own = bench.invited().call
    for call in (first, second):
        bench.pbxs[0].agent.hang_up(call, now=bench.now)
    bench.settle()
    assert own.state == CallState.ENDED  # nobody to talk to
    bench.at_rest()


def test_another_party_joins_and_the_room_stays() -> None:
    bench = Bench()
    two_calls(bench)
    bench.press(E.CONFRN, 1, bench.ref)
    own = room_of(bench)
    moved(bench)
    (conference,) = bench.phone.calls
    bench.press(E.CONFRN, 1, conference.call_ref)
    bench.dial("701#")
    third = bench.invited().call
    answer(bench, third)
    bench.press(E.CONFRN, 1, bench.ref)
    assert moved(bench) == {third: f"sepbridge-conf-guest-{conference.room}"}
    assert bench.phone.calls == (conference,)
    assert own.remote is not None
    assert own.remote.direction is Direction.SENDRECV
    assert [*bench.station.states.values()] == [StationCallState.CONNECTED]


def test_join_brings_selected_calls_together() -> None:
    bench = Bench()
    calls = [bench.talk()]
    assert not shows(bench, E.JOIN)
    for number in ("700", "701"):
        bench.press(E.HOLD)
        bench.press(E.NEW_CALL)
        bench.dial(f"{number}#")
        calls.append(bench.invited().call)
        answer(bench, calls[-1])
    assert shows(bench, E.JOIN)
    first, _, third = bench.phone.calls
    bench.press(E.SELECT, 1, first.call_ref)
    bench.press(E.JOIN, 1, third.call_ref)
    room_of(bench)
    assert set(moved(bench)) == {calls[0], calls[2]}
    assert sorted(bench.station.states.values()) == [StationCallState.CONNECTED, StationCallState.HOLD]


def test_direct_transfer_joins_the_other_two() -> None:
    bench = Bench()
    first = bench.talk()
    bench.press(E.HOLD)
    bench.press(E.NEW_CALL)
    bench.dial("700#")
    second = bench.invited().call
    answer(bench, second)
    bench.press(E.DIRECT_TRANSFER, 1, bench.ref)
    (asked,) = bench.take(TransferRequested)
    assert asked.call is first
    assert asked.target.replaces is not None
    assert asked.target.replaces.call_id == second.call_id
    bench.pbxs[0].agent.accept_transfer(first, now=bench.now)
    bench.pbxs[0].agent.report_transfer(first, 200, now=bench.now)
    bench.at_rest()


def shows(bench: Bench, key: SoftKeyEventType) -> bool:
    """Whether the newest call shows the key."""
    shown = bench.station.softkeys[bench.ref]
    assert bench.session.profile is not None
    (keys,) = [keys.events for keys in bench.session.profile.softkeys.sets if keys.state == shown.set]
    return key in keys and bool(shown.valid_mask >> keys.index(key) & 1)


# --- the list --------------------------------------------------------------------------------------------------------

MEMBERS = (
    ConferenceMember("PJSIP/1001-0", "1001", "Alice", is_starter=True),
    ConferenceMember("PJSIP/600-1", "600", "Echo & <Co>"),
    ConferenceMember("PJSIP/700-2", "700", "", muted=True),
)


def in_conference(bench: Bench) -> int:
    two_calls(bench)
    bench.press(E.CONFRN, 1, bench.ref)
    room_of(bench)
    moved(bench)
    return bench.ref


def asked(bench: Bench) -> ListConference:
    """The question to the PBX that is open."""
    question = bench.reported(ListConference)[-1]
    bench.events = [event for event in bench.events if event is not question]
    return question


def tell(bench: Bench, question: ListConference, members: tuple[ConferenceMember, ...] | None) -> None:
    answer = ConferenceListed(question.call_ref, question.room, question.purpose, members, "" if members else "No AMI")
    bench.phone.tell(answer, now=bench.now)
    bench.settle()


def shown(bench: Bench) -> ScreenDocument:
    """What stands on the screen."""
    data = b"".join(message.data for message in bench.station.take(UserToDeviceDataV1)[-1:])
    document, faults = read_screen_document(data.rstrip(b"\0"))
    assert faults == ()
    return document


def choose(bench: Bench, name: str, document: ScreenDocument) -> None:
    """Press a line of the menu, as a phone reports it."""
    (url,) = [url for shown, url in document.items if name in shown]
    scheme, app, line, ref, transaction, data = url.split(":")
    assert scheme == "UserCallData"
    bench.says(DeviceToUserDataV1(int(app), int(line), int(ref), int(transaction), data=data.encode()))


def test_the_list_mutes_and_removes() -> None:
    bench = Bench()
    ref = in_conference(bench)
    bench.press(E.CONF_LIST, 1, ref)
    question = asked(bench)
    assert (question.call_ref, question.purpose) == (ref, ListPurpose.SHOW)
    tell(bench, question, MEMBERS)
    menu = shown(bench)
    assert [name for name, _ in menu.items] == ["* 1001 Alice", "600 Echo & <Co>", "- 700"]
    choose(bench, "600", menu)
    choose(bench, "Mute", shown(bench))
    assert bench.reported(MuteMember) == [MuteMember(ref, question.room, "PJSIP/600-1", muted=True)]
    tell(bench, asked(bench), MEMBERS)
    choose(bench, "700", shown(bench))
    choices = shown(bench)
    assert [name for name, _ in choices.items] == ["Unmute", "Remove", "Back"]
    choose(bench, "Remove", choices)
    assert bench.reported(RemoveMember) == [RemoveMember(ref, question.room, "PJSIP/700-2")]
    tell(bench, asked(bench), MEMBERS)  # the PBX has not quite removed it yet
    assert [name for name, _ in shown(bench).items] == ["* 1001 Alice", "600 Echo & <Co>"]


def test_a_choice_in_an_old_list_does_nothing() -> None:
    bench = Bench()
    ref = in_conference(bench)
    bench.press(E.CONF_LIST, 1, ref)
    question = asked(bench)
    tell(bench, question, MEMBERS)
    old = shown(bench)
    tell(bench, question, MEMBERS[:2])
    choose(bench, "700", old)
    assert bench.station.take(UserToDeviceDataV1)[1:] == []
    for data in (b"drop7", b"drop99", b"drop", b"\xff\0drop1", b"x" * 500):
        bench.says(DeviceToUserDataV1(9081, 1, ref, 2, data=data))
    assert bench.reported(RemoveMember) == []


def test_without_the_manager_interface_the_screen_says_so() -> None:
    bench = Bench()
    bench.press(E.CONF_LIST, 1, in_conference(bench))
    tell(bench, asked(bench), None)
    assert "No AMI" in bench.notified()


def test_remove_last_takes_the_one_who_came_last() -> None:
    bench = Bench()
    ref = in_conference(bench)
    bench.press(E.REMOVE_LAST_CONFERENCE_PARTY, 1, ref)
    question = asked(bench)
    tell(bench, question, (*MEMBERS[1:], MEMBERS[0]))
    assert bench.reported(RemoveMember) == [RemoveMember(ref, question.room, "PJSIP/700-2")]
    tell(bench, question, MEMBERS[:1])
    assert len(bench.reported(RemoveMember)) == 1


def test_keys_of_a_conference_are_shown_there_only() -> None:
    bench = Bench()
    bench.talk()
    assert not shows(bench, E.CONF_LIST)
    bench.replace()
    in_conference(bench)
    assert shows(bench, E.CONF_LIST)
    assert shows(bench, E.REMOVE_LAST_CONFERENCE_PARTY)


# --- meet-me ---------------------------------------------------------------------------------------------------------


def test_meet_me_opens_a_conference_by_its_number() -> None:
    bench = Bench(settings=SIX_KEYS)
    bench.lift()
    assert shows(bench, E.MEET_ME)
    bench.press(E.MEET_ME, 1, bench.ref)
    bench.dial("8501")
    own = bench.invited()
    assert own.called == "sepbridge-meetme-8501"
    answer(bench, own.call)
    assert bench.station.infos[bench.ref].called_number == "8501"
    assert shows(bench, E.CONF_LIST)
    bench.press(E.REDIAL)
    assert bench.phone.calls[0].state == "connected"


@pytest.mark.parametrize("digits", ["8499#", "85#", "85010#"])
def test_only_numbers_of_the_range_can_be_opened(digits: str) -> None:
    bench = Bench(
        settings=replace(SIX_KEYS, meetme=(NumberRange("85010", "85019"),)) if "85010" in digits else SIX_KEYS
    )
    bench.lift()
    bench.press(E.MEET_ME, 1, bench.ref)
    bench.dial(digits)
    if "85010" in digits:
        assert bench.invited().called == "sepbridge-meetme-85010"
        return
    assert [*bench.station.states.values()] == [StationCallState.INVALID_NUMBER]


def test_without_numbers_there_is_no_meet_me() -> None:
    bench = Bench()
    bench.lift()
    assert not shows(bench, E.MEET_ME)
    bench.press(E.MEET_ME, 1, bench.ref)
    assert "Meetme is unavailable" in bench.notified()


def test_session_changes_of_the_room_are_followed() -> None:
    bench = Bench()
    in_conference(bench)
    bench.press(E.HOLD)
    assert bench.take(SessionChanged)[-1].remote.direction is Direction.SENDONLY
    bench.press(E.RESUME)
    assert bench.take(SessionChanged)[-1].remote.direction is Direction.SENDRECV


@pytest.mark.parametrize("taken", [True, False])
def test_a_third_party_goes_into_the_conference_by_its_door(taken: bool) -> None:
    bench = Bench()
    in_conference(bench)
    (conference,) = bench.phone.calls
    bench.press(E.TRANSFER, 1, conference.call_ref)
    bench.dial("701#")
    third = bench.invited().call
    answer(bench, third)
    bench.press(E.TRANSFER, 1, bench.ref)
    if taken:
        assert moved(bench) == {third: f"sepbridge-conf-guest-{conference.room}"}
        bench.at_rest()
        return
    (asked_for,) = bench.take(TransferRequested)
    bench.pbxs[0].agent.refuse_transfer(asked_for.call, 603, now=bench.now)
    bench.settle()
    assert "Can not complete transfer" in bench.notified()
    assert sorted(bench.station.states.values()) == [StationCallState.HOLD, StationCallState.HOLD_REVERT]
    assert third.remote is not None
    assert third.remote.direction is Direction.SENDONLY
