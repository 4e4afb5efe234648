"""A second phone of a line joins a call of the first, by a call of its own to the PBX."""

from __future__ import annotations

import pytest

from bridge.callcontrol import CallSettings
from bridge.sccp import ALL_KEYS, DeviceType, SoftKeyEventType, StationCallState
from tests.sccpfloor import Floor, shared

K = SoftKeyEventType
S = StationCallState
THREE = shared((DeviceType.CISCO_7961G, 17), (DeviceType.CISCO_7960, 11), (DeviceType.CISCO_7975G, 22))


def talking(*, barge: bool = True, privacy: bool = False) -> Floor:
    on = Floor(*THREE, settings=CallSettings(barge=barge, privacy=privacy))
    on.ring()
    on.places[0].lift()
    return on


def test_who_joins_calls_the_pbx_and_names_the_call_that_is_joined() -> None:
    on = talking()
    one, two, three = on.places
    (sip,) = on.line.agent.calls
    assert int(two.station.softkeys[two.ref].valid_mask) == int(ALL_KEYS)
    two.press(K.BARGE)
    invite = [request for request in on.pbx.requests if request.method == "INVITE"][-1]
    assert invite.uri.user == "sepbridge-barge"
    assert invite.headers["X-Sepbridge-Call"] == sip.call_id
    on.pbx_answers()
    assert two.shows == [S.IN_USE_REMOTELY, S.CONNECTED]
    assert one.shows == [S.CONNECTED]
    assert three.shows == [S.IN_USE_REMOTELY]  # the others see one call, not two
    on.agree()


def test_who_joined_leaves_and_the_others_talk_on() -> None:
    on = talking()
    one, two, _ = on.places
    two.press(K.BARGE)
    on.pbx_answers()
    two.replace()
    assert (one.shows, two.shows) == ([S.CONNECTED], [S.IN_USE_REMOTELY])
    assert len(on.line.agent.calls) == 1
    on.agree()


def test_the_call_ends_for_who_joined_it_too() -> None:
    on = talking()
    one, two, _ = on.places
    two.press(K.BARGE)
    on.pbx_answers()
    one.replace()
    on.at_rest()
    assert two.shows == []


def test_only_one_may_join() -> None:
    on = talking()
    _, two, three = on.places
    two.press(K.BARGE)
    three.notified()
    three.press(K.BARGE)
    assert three.notified() == ["Another barge exists"]
    assert three.shows == [S.IN_USE_REMOTELY]


@pytest.mark.parametrize(("barge", "privacy"), [(False, False), (True, True)])
def test_what_is_private_or_switched_off_is_not_joined(barge: bool, privacy: bool) -> None:
    on = talking(barge=barge, privacy=privacy)
    two = on.places[1]
    assert not int(two.station.softkeys[two.ref].valid_mask) & 1
    two.press(K.BARGE)
    assert two.shows == [S.IN_USE_REMOTELY]
    assert len(on.line.agent.calls) == 1


def test_a_call_that_is_not_answered_yet_cannot_be_joined() -> None:
    on = Floor(*THREE, settings=CallSettings(barge=True))
    one, two, _ = on.places
    one.dial("600#")
    two.notified()
    two.press(K.BARGE)
    assert two.notified() == ["Failed to setup barge"]
    assert len(on.line.agent.calls) == 1
