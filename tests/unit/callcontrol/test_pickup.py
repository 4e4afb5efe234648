"""Taking calls that ring elsewhere."""

from __future__ import annotations

import pytest

from bridge.callcontrol import CallFinished, CallSettings, House, PhoneCallState, ProxiedPhone
from bridge.callcontrol.outgoing import Outgoing
from bridge.callcontrol.parties import Party
from bridge.errors import InvalidInput
from bridge.sccp import (
    CallHistory,
    CallHistoryDisposition,
    CallType,
    Label,
    SoftKeyEventType,
    StimulusType,
    readable,
)
from tests.sccpbench import PBX_MEDIA, Bench

K = SoftKeyEventType
S = PhoneCallState


@pytest.mark.parametrize("lifted", [False, True])
@pytest.mark.parametrize(("key", "target"), [(K.PICK_UP, "sepbridge-gpickup"), (K.OTHER_PICK_UP, "sepbridge-opickup")])
def test_a_key_asks_the_pbx(key: SoftKeyEventType, target: str, lifted: bool) -> None:
    bench = Bench()
    if lifted:
        bench.lift()
    bench.press(key)
    call = bench.invited()
    assert call.called == target
    assert len(bench.phone.calls) == 1
    bench.pbxs[0].agent.answer(call.call, PBX_MEDIA, now=bench.now)
    bench.settle()
    assert bench.phone.calls[0].state is S.CONNECTED
    bench.press(K.END_CALL, 1, bench.ref)
    bench.at_rest()
    assert bench.phone.agents[0].calls == ()


@pytest.mark.parametrize(
    ("key", "group", "shown"),
    [(K.PICK_UP, "42", "2002"), (K.PICK_UP, "7", ""), (K.OTHER_PICK_UP, "7", "2002"), (K.OTHER_PICK_UP, "42", "")],
)
def test_who_calls_is_shown_before_the_pbx_answers(key: SoftKeyEventType, group: str, shown: str) -> None:
    house: House[ProxiedPhone] = House()
    rings = Bench(house=house, settings=CallSettings(pickup_groups=("42",)))
    taker = Bench(house=house, settings=CallSettings(pickup_groups=(group,)))
    rings.ring()
    taker.press(key)
    assert taker.invited().call is not None
    info = taker.station.infos[taker.ref]
    assert info.called_number == shown
    assert info.called_name == ("Bob" if shown else "PickUp")  # a name, not a built-in label: only prompts take those


def test_a_call_that_was_taken_is_one_that_came_in() -> None:
    house: House[ProxiedPhone] = House()
    rings = Bench(house=house, settings=CallSettings(pickup_groups=("42",)))
    taker = Bench(house=house, settings=CallSettings(pickup_groups=("42",)))
    rings.ring()
    taker.press(K.PICK_UP)
    taker.pbxs[0].agent.answer(taker.invited().call, PBX_MEDIA, now=taker.now)
    taker.settle()
    info = taker.station.infos[taker.ref]
    assert (info.call_type, info.calling_number, info.called_number) == (CallType.INBOUND, "2002", "1001")
    taker.press(K.END_CALL, 1, taker.ref)
    assert [each.disposition for each in taker.station.take(CallHistoryDisposition)] == [CallHistory.RECEIVED]
    (over,) = taker.reported(CallFinished)
    assert (over.outgoing, over.answered, over.number, over.listed) == (False, True, "2002", "2002")


def test_nothing_rings_there() -> None:
    bench = Bench()
    bench.press(K.PICK_UP)
    bench.pbxs[0].agent.reject(bench.invited().call, 480, now=bench.now)
    bench.settle()
    assert bench.station.prompts[bench.ref] == readable(Label.NO_CALL_AVAILABLE_FOR_PICKUP)
    bench.advance(20)
    bench.at_rest()


def test_a_group_by_its_number() -> None:
    bench = Bench()
    bench.press(K.GROUP_PICK_UP)
    assert bench.phone.calls[0].state is S.OFF_HOOK
    bench.dial("42")
    assert bench.phone.calls[0].state is S.DIALLING
    bench.advance(9)
    assert bench.invited().called == "sepbridge-gpickup-42"
    bench.press(K.END_CALL, 1, bench.ref)
    bench.press(K.REDIAL)
    assert bench.phone.calls == ()  # a group is no number that was dialled
    bench.at_rest()


def test_buttons() -> None:
    bench = Bench(settings=CallSettings(group_pickups=("sales", "")))
    for button, instance, target in (
        (StimulusType.CALL_PICKUP, 1, "sepbridge-gpickup"),
        (StimulusType.OTHER_PICKUP, 1, "sepbridge-opickup"),
        (StimulusType.GROUP_PICKUP, 1, "sepbridge-gpickup-sales"),
    ):
        bench.push(button, instance)
        assert bench.invited().called == target
        bench.press(K.END_CALL, 1, bench.ref)
    bench.push(StimulusType.GROUP_PICKUP, 2)
    assert bench.phone.calls[0].state is S.OFF_HOOK
    bench.replace(1, bench.ref)
    bench.at_rest()


def test_a_call_that_stands_is_put_on_hold() -> None:
    bench = Bench()
    bench.talk()
    bench.press(K.PICK_UP)
    assert [call.state for call in bench.phone.calls] == [S.HELD, S.PROCEEDING]


def test_a_line_without_room() -> None:
    bench = Bench()
    for _ in range(4):
        bench.talk()
        bench.press(K.HOLD, 1, bench.ref)
    bench.notified()
    bench.press(K.PICK_UP)
    assert bench.notified() == [readable(Label.NO_LINE_AVAILABLE_FOR_PICKUP)]
    assert len(bench.phone.calls) == 4


def test_only_names_of_services_can_be_asked_for() -> None:
    bench = Bench()
    outgoing: Outgoing = bench.phone._outgoing
    for name in ("sepbridge-pickup-1@evil", "sepbridge-", "600", "sepbridge-pickup-+49", "sepbridge-pickup-1\r\nX: y"):
        with pytest.raises(InvalidInput):
            outgoing.ask(1, name, Party(), now=bench.now)
    assert bench.phone.calls == ()
