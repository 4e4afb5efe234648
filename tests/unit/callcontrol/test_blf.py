"""Buttons and lists that show what other numbers do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.callcontrol.watching import LampState
from bridge.sccp import (
    BlfStatus,
    ButtonDefinition,
    ClearPriNotify,
    FeatureStat,
    FeatureStatReq,
    Label,
    LampMode,
    LineStat,
    LineStatReq,
    Notification,
    SelectSoftKeys,
    SoftKeyEventType,
    SoftKeySetIndex,
    StimulusType,
    SubscribeCause,
    SubscriptionFeature,
    SubscriptionStat,
    SubscriptionStatReq,
    readable,
)
from bridge.sccp.profile import BusyLamp
from bridge.sip.dialoginfo import MEDIA_TYPE
from tests.sccpbench import PROFILE, Bench
from tests.sipwatch import CONFIRMED, EARLY, IDLE, document

B = StimulusType
LAMPS = replace(
    PROFILE,
    lamps=(BusyLamp("2001", "Reception"), BusyLamp("2002", "", pickup=False)),
    buttons=(
        ButtonDefinition(1, B.LINE),
        ButtonDefinition(2, B.LINE),
        ButtonDefinition(1, B.SPEED_DIAL),
        ButtonDefinition(1, B.BLF_SPEED_DIAL),
        ButtonDefinition(2, B.BLF_SPEED_DIAL),
    ),
)


def bench(version: int = 17) -> Bench:
    made = Bench(version=version, profile=LAMPS)
    made.station.received.clear()
    return made


def tell(bench: Bench, number: str, state: str, *, caller: str = "", name: str = "") -> None:
    body = document(state, 0, number=number, caller=caller, name=name).encode()
    assert bench.phone.house.watching.notified(number, MEDIA_TYPE, body, now=bench.now) == ""
    bench.settle()


def icons(bench: Bench) -> list[tuple[int, BlfStatus]]:
    return [(stat.index, BlfStatus(stat.status)) for stat in bench.station.take(FeatureStat)]


def test_icons_from_version_15_on() -> None:
    made = Bench(version=17, profile=LAMPS)
    assert icons(made) == [(1, BlfStatus.UNKNOWN), (2, BlfStatus.UNKNOWN)]
    for state, status in ((CONFIRMED, 2), (EARLY, 4), (IDLE, 1)):
        tell(made, "2001", state)
        assert made.station.take(FeatureStat) == [FeatureStat(1, B.BLF_SPEED_DIAL, status, "Reception")]
        assert made.phone in made.phone.house.take_touched()
    tell(made, "2002", CONFIRMED)
    assert made.station.take(FeatureStat) == [FeatureStat(2, B.BLF_SPEED_DIAL, BlfStatus.IN_USE, "2002")]
    made.phone.house.watching.lost("2002", now=made.now)
    made.settle()
    assert icons(made) == [(2, BlfStatus.UNKNOWN)]
    made.says(FeatureStatReq(1))
    assert made.station.take(FeatureStat)[0].label == "Reception"


def test_lamps_of_line_buttons_before_version_15() -> None:
    made = bench(11)
    assert made.station.buttons is not None
    assert [(each.type, each.instance) for each in made.station.buttons.buttons[:5]] == [
        (B.LINE, 1),
        (B.LINE, 2),
        (B.SPEED_DIAL, 1),
        (B.LINE, 3),
        (B.LINE, 4),
    ]
    made.says(LineStatReq(3))
    assert made.station.take(LineStat)[-1] == LineStat(3, "2001", "Reception", "Reception")
    lamps = made.station.lamps
    tell(made, "2001", CONFIRMED)
    assert lamps[B.LINE, 3] == LampMode.ON
    assert (3, SoftKeySetIndex.IN_USE_HINT) in [
        (each.line, each.set) for each in made.station.take(SelectSoftKeys) if each.call_ref == 0
    ]
    assert made.station.softkeys[0].set == SoftKeySetIndex.ON_HOOK
    tell(made, "2001", EARLY)
    assert lamps[B.LINE, 3] == LampMode.BLINK
    tell(made, "2001", IDLE)
    assert lamps[B.LINE, 3] == LampMode.OFF
    assert icons(made) == []
    made.at_rest()


@pytest.mark.parametrize(("version", "button", "instance"), [(17, B.BLF_SPEED_DIAL, 1), (11, B.LINE, 3)])
def test_a_press_calls_or_picks_up(version: int, button: StimulusType, instance: int) -> None:
    made = bench(version)
    for state, dialled in ((IDLE, "2001"), (CONFIRMED, "2001"), (EARLY, "sepbridge-pickup-2001")):
        tell(made, "2001", state, caller="1003" if state == EARLY else "", name="Carol")
        made.push(button, instance)
        call = made.invited()
        assert call.called == dialled
        shown = made.station.infos[made.ref]
        assert shown.called_number == ("1003" if state == EARLY else "2001")
        made.pbxs[0].agent.reject(call.call, 486, now=made.now)
        made.press(SoftKeyEventType.END_CALL, 1, made.ref)
    tell(made, "2001", IDLE)
    made.at_rest()


def test_a_button_that_does_not_pick_up_and_one_that_is_none() -> None:
    made = bench()
    tell(made, "2002", EARLY)
    made.push(B.BLF_SPEED_DIAL, 2)
    assert made.invited().called == "2002"
    made.press(SoftKeyEventType.END_CALL, 1, made.ref)
    made.push(B.BLF_SPEED_DIAL, 3)
    assert made.notified()[-1] == readable(Label.KEY_IS_NOT_ACTIVE)
    made.push(B.LINE, 2)
    assert made.phone.calls[0].line == 2


def test_who_calls_is_shown_to_those_who_may_pick_up() -> None:
    made = bench()
    tell(made, "2001", EARLY, caller="1003", name="Carol")
    tell(made, "2002", EARLY, caller="1003", name="Carol")
    assert made.notified() == ["From 1003 > Reception"]
    assert made.station.take(ClearPriNotify) == []
    tell(made, "2001", CONFIRMED)
    assert len(made.station.take(ClearPriNotify)) == 1
    tell(made, "2001", IDLE)
    assert made.station.take(ClearPriNotify) == []


def test_nothing_is_watched_after_the_phone_left() -> None:
    made = bench()
    watching = made.phone.house.watching
    assert watching.numbers == {"2001", "2002"}
    made.phone.close(now=made.now)
    tell(made, "2001", CONFIRMED)
    while (at := watching.timer()) is not None and at <= made.now + 1000:
        watching.next_order(now=at)
    assert watching.numbers == frozenset()


def test_lists_of_the_phone() -> None:
    made = bench()
    made.says(SubscriptionStatReq(7, timer=60, subscription_id="2005"))
    assert made.station.take(SubscriptionStat) == [SubscriptionStat(7, SubscriptionFeature.BLF, 60)]
    assert made.station.take(Notification) == [Notification(7, status=BlfStatus.UNKNOWN)]
    tell(made, "2005", CONFIRMED)
    assert made.station.take(Notification) == [Notification(7, status=BlfStatus.IN_USE)]
    made.says(SubscriptionStatReq(8, subscription_id="nobody"))
    assert made.station.take(SubscriptionStat)[0].cause == SubscribeCause.ROUTE_FAILED
    for number in range(200):
        made.says(SubscriptionStatReq(number, subscription_id=str(3000 + number)))
    made.station.received.clear()
    tell(made, "2005", IDLE)
    assert made.station.take(Notification) == []
    tell(made, "3199", IDLE)
    assert [each.transaction_id for each in made.station.take(Notification)] == [199]
    assert made.phone.house.watching.state("2005").state is LampState.IDLE
