"""Privacy: others see that the line is in use, but not by whom; and how calls are filed on each phone."""

from __future__ import annotations

from dataclasses import replace

from bridge.callcontrol import CallSettings
from bridge.sccp import (
    ButtonDefinition,
    CallHistory,
    CallHistoryDisposition,
    CallState,
    CallVisibility,
    DeviceType,
    LampMode,
    SoftKeyEventType,
    StationCallState,
    StimulusType,
)
from tests.sccpfloor import Floor, Place, shared

K = SoftKeyEventType
S = StationCallState
TWO = shared((DeviceType.CISCO_7961G, 17), (DeviceType.CISCO_7975G, 22))
BUTTON = (StimulusType.FEATURE, 3)


def floor(*, privacy: bool) -> Floor:
    return Floor(*TWO, settings=CallSettings(privacy=privacy))


def with_button(place: Place) -> None:
    """The phone comes back with a Privacy button."""
    buttons = (ButtonDefinition(1, StimulusType.LINE), ButtonDefinition(3, StimulusType.FEATURE))
    place.leave()
    place.dressed = lambda profile: replace(profile, buttons=buttons)
    place.come_back()


def shown(place: Place) -> tuple[str, str]:
    info = place.station.infos[place.ref]
    return info.calling_name, info.calling_number


def visibility(place: Place) -> CallVisibility:
    return place.station.take(CallState)[-1].visibility


def test_without_privacy_the_caller_is_seen() -> None:
    on = floor(privacy=False)
    one, two = on.places
    on.ring()
    one.lift()
    assert shown(two)[1] == "600"
    assert visibility(two) == CallVisibility.DEFAULT


def test_with_privacy_nobody_sees_who_calls() -> None:
    on = floor(privacy=True)
    one, two = on.places
    on.ring()
    one.lift()
    assert two.shows == [S.IN_USE_REMOTELY]
    assert shown(two) == ("Private", "")
    assert visibility(two) == CallVisibility.HIDDEN
    assert two.phone.calls[0].remote.shown == ""
    on.agree()
    one.press(K.HOLD)
    assert shown(two)[1] == "600"  # what is on hold may be taken, so it is told
    on.agree()


def test_a_number_that_was_dialled_in_private_is_not_shown() -> None:
    on = floor(privacy=True)
    one, two = on.places
    one.dial("600#")
    info = two.station.infos[two.ref]
    assert "600" not in (info.called_number, info.original_called_number, info.called_name, info.original_called_name)


def test_the_button_hides_and_shows_what_goes_on() -> None:
    on = floor(privacy=False)
    one, two = on.places
    with_button(one)
    on.ring()
    one.lift()
    one.push(*BUTTON)
    assert one.station.lamps[BUTTON] == LampMode.ON
    assert shown(two) == ("Private", "")
    one.push(*BUTTON)
    assert one.station.lamps[BUTTON] == LampMode.OFF
    assert shown(two)[1] == "600"


def test_the_lamp_stands_from_the_start() -> None:
    on = Floor(TWO[0], settings=CallSettings(privacy=True))
    (one,) = on.places
    with_button(one)
    assert one.station.lamps[BUTTON] == LampMode.ON


def filed(place: Place) -> list[CallHistory]:
    return [message.disposition for message in place.station.take(CallHistoryDisposition)]


def test_every_call_is_filed() -> None:
    on = floor(privacy=False)
    one, two = on.places
    on.ring()
    one.lift()
    one.replace()
    assert filed(one) == [CallHistory.RECEIVED]
    assert set(filed(two)) == {CallHistory.IGNORE}
    call = on.ring()
    on.pbx.agent.hang_up(call, now=on.now)
    on.settle()
    assert filed(one) == filed(two) == [CallHistory.MISSED]
    one.dial("600#")
    on.pbx_answers()
    one.replace()
    assert filed(one) == [CallHistory.PLACED]
    assert set(filed(two)) == {CallHistory.IGNORE}
    one.lift()
    one.replace()
    assert filed(one) == filed(two) == []  # nothing was dialled


def test_who_took_a_held_call_and_who_held_it_both_received_it() -> None:
    on = floor(privacy=False)
    one, two = on.places
    on.ring()
    one.lift()
    one.press(K.HOLD)
    filed(two)
    two.press(K.RESUME)
    two.replace()
    assert filed(one) == filed(two) == [CallHistory.RECEIVED]


def test_redial_knows_the_last_number_after_the_phone_came_back() -> None:
    on = floor(privacy=False)
    one = on.places[0]
    one.dial("600#")
    one.replace()
    one.leave()
    one.come_back()
    one.press(K.REDIAL)
    assert one.shows == [S.PROCEED]
    assert one.phone.calls[0].dialled == "600"
