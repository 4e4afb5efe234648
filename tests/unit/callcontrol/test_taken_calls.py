"""What happens to what a phone had under way with a call when another phone of the line takes it, or is there too."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from bridge.callcontrol import CallSettings, ListConference, PhoneCallState
from bridge.callcontrol.events import RecordingChanged, StartRecording, StopRecording
from bridge.callcontrol.parties import Party
from bridge.core import CallParked, ParkedCall, RecordingOption
from bridge.sccp import (
    ButtonTemplateReq,
    DeviceType,
    LampMode,
    Register,
    SoftKeyEventType,
    StationCallState,
    TimeDateReq,
)
from tests.sccpfloor import Floor, Place, shared

K = SoftKeyEventType
S = StationCallState
TWO = ((DeviceType.CISCO_7961G, 17), (DeviceType.CISCO_7975G, 22))


def floor(settings: CallSettings | None = None, **of_line: object) -> Floor:
    """Two phones of one line."""
    return Floor(*shared(*TWO, **of_line), settings=settings)  # type: ignore[arg-type]  # settings of a line


def talking(on: Floor) -> int:
    """The first phone talks; the reference of the call."""
    on.ring()
    on.places[0].lift()
    return on.places[0].ref


def recorded(place: Place, ref: int, *, on: bool) -> None:
    """The application's answer."""
    place.phone.tell(RecordingChanged(ref, on=on, file="x/1.wav" if on else ""), now=place.floor.now)
    place.floor.settle()


def asked(place: Place, kind: type[object]) -> int:
    return sum(isinstance(event, kind) for event in place.events)


# --- recording -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told_late", [False, True])
def test_nobody_is_recorded_because_of_who_had_the_call_before(told_late: bool) -> None:
    on = floor(recording=RecordingOption.ON_DEMAND)
    one, two = on.places
    ref = talking(on)
    one.press(K.RECORD, ref)
    assert asked(one, StartRecording) == 1
    if not told_late:
        recorded(one, ref, on=True)
    one.press(K.HOLD, ref)
    two.press(K.RESUME, ref)
    assert two.shows == [S.CONNECTED]
    if told_late:
        assert asked(one, StopRecording) == 0
        recorded(one, ref, on=True)
    assert asked(one, StopRecording) == 1
    recorded(one, ref, on=False)
    assert two.station.prompts[ref] == "Connected"
    two.press(K.RECORD, ref)  # the other user may want it, too
    assert asked(two, StartRecording) == 1
    on.agree()


def test_a_line_that_is_always_recorded_is_so_on_each_phone_anew() -> None:
    on = floor(recording=RecordingOption.AUTOMATIC)
    one, two = on.places
    ref = talking(on)
    recorded(one, ref, on=True)
    for holds, takes in ((one, two), (two, one)):
        before = asked(takes, StartRecording)
        holds.press(K.HOLD, ref)
        takes.press(K.RESUME, ref)
        assert asked(holds, StopRecording) == 1
        recorded(holds, ref, on=False)
        assert asked(takes, StartRecording) == before + 1
        recorded(takes, ref, on=True)
        assert takes.station.prompts[ref] == "Recording"
    one.replace()
    on.at_rest()


# --- reminders, conferences ------------------------------------------------------------------------------------------


def test_nobody_is_reminded_of_a_call_that_another_phone_takes_just_now() -> None:
    on = floor(hold_reversion=30.0)
    one, two = on.places
    ref = talking(on)
    one.press(K.HOLD, ref)
    on.advance(29.9)
    two.station.acknowledges = False
    two.press(K.RESUME, ref)
    on._pass(on.now + 0.5)  # it is due before the PBX has heard of the other phone, and this one says nothing
    assert one.shows == [S.IN_USE_REMOTELY]
    assert not one.rings
    two.station.acknowledge()
    on.settle()
    on.advance(40)
    assert one.shows == [S.IN_USE_REMOTELY]
    assert one.station.prompts[ref] == "In use remote"
    on.agree()
    two.replace()
    on.at_rest()


def test_a_conference_that_another_phone_takes_is_one_there() -> None:
    on = floor()
    one, two = on.places
    ref = talking(on)
    one.phone.calls[0].room = "abc"
    one.press(K.HOLD, ref)
    two.press(K.RESUME, ref)
    two.press(K.CONF_LIST, ref)
    assert [event.room for event in two.events if isinstance(event, ListConference)] == ["abc"]


def test_who_is_asked_about_for_a_conference_is_not_to_be_had() -> None:
    on = floor()
    one, two = on.places
    ref = talking(on)
    one.press(K.CONFRN, ref)
    two.notified()
    two.press(K.RESUME, ref)
    assert two.notified() == ["In use remote"]
    assert one.phone.calls[0].state is PhoneCallState.HELD
    on.agree()


def test_who_is_being_joined_with_another_is_not_to_be_had() -> None:
    on = floor()
    one, two = on.places
    first = talking(on)
    one.press(K.HOLD, first)
    on.ring()
    one.press(K.ANSWER, one.ref)
    second = one.ref
    one.press(K.HOLD, second)
    one.press(K.SELECT, first)
    one.press(K.DIRECT_TRANSFER, second)
    assert [call.transferring != "" for call in one.phone.calls].count(True) == 1
    two.notified()
    for ref in (first, second):
        two.press(K.RESUME, ref)
        assert two.notified() == ["In use remote"]
    on.agree()


# --- park ------------------------------------------------------------------------------------------------------------


def test_each_of_two_phones_of_a_line_is_told_its_own_slot() -> None:
    """They park at once, each another call; the PBX names the line alone, and the callers."""
    on = floor()
    one, two = on.places
    talking(on)
    on.ring()
    two.press(K.ANSWER, two.ref)
    for place, number in ((one, "2002"), (two, "2003")):
        (own,) = [call for call in place.phone.calls if not call.is_remote]
        own.remote = Party(number)
        place.press(K.PARK, own.call_ref)
        place.notified()
    for slot, number, tells, silent in (("71", "2003", two, one), ("72", "2002", one, two)):
        change = CallParked(ParkedCall(slot, number, "", "1001"))
        on.house.parking.change(change)
        for place in on.places:
            place.phone.tell(change, now=on.now)
        on.settle()
        assert tells.notified() == [f"Park number {slot}"]
        assert silent.notified() == []
    assert on.house.parking.on_their_way == []


# --- a phone that has not finished registering -----------------------------------------------------------------------


def accepted(on: Floor, place: Place) -> None:
    """The phone comes back; it is served, and still asks its questions."""
    place.connect()
    place.says(
        Register(
            place.device, station_ip=IPv4Address(place.address), device_type=place.kind.device_type, protocol_version=17
        )
    )
    place.phone.accept(place.profile, place.settings, [on.line], now=on.now)
    on.settle()


def forgets(place: Place) -> None:
    """What it was sent before it has registered it has not shown."""
    station = place.station
    for shown in (station.lamps, station.states, station.prompts, station.softkeys, station.rings):
        shown.clear()


def registered(place: Place) -> None:
    place.says(ButtonTemplateReq(), TimeDateReq())
    place.phone.line_connected(1, now=place.floor.now)
    place.floor.settle()


def test_what_begins_while_a_phone_registers_is_shown_when_it_has() -> None:
    on = floor()
    one, two = on.places
    two.leave()
    on.line.detach(two.phone)
    accepted(on, two)
    ref = talking(on)
    forgets(two)
    registered(two)
    assert two.station.states == {ref: S.IN_USE_REMOTELY}
    assert two.lamp() == LampMode.ON
    on.agree()
    one.replace()
    on.at_rest()


def test_what_rings_while_a_phone_registers_rings_when_it_has() -> None:
    on = floor()
    one, two = on.places
    two.leave()
    on.line.detach(two.phone)
    accepted(on, two)
    on.ring()
    forgets(two)
    registered(two)
    assert two.shows == [S.RING_IN]
    assert two.lamp() == LampMode.BLINK
    assert two.rings
    on.agree()
    one.lift()
    assert not two.rings
    one.replace()
    on.at_rest()


def test_a_phone_that_may_barge_from_now_on_shows_the_key() -> None:
    on = floor()
    _, two = on.places
    ref = talking(on)
    before = two.station.softkeys[ref].valid_mask
    two.phone.change(two.profile, replace(two.settings, barge=True), keys_live=False, now=on.now)
    on.settle()
    assert two.station.softkeys[ref].valid_mask != before
    on.agree()
