"""Which soft keys stand on the screen in which state, and what hides them."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from bridge.callcontrol import phone as phone_module
from bridge.callcontrol.feature import Feature
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.user import PLAIN_KEYS
from bridge.sccp import ALL_KEYS, DeviceType, SelectSoftKeys, SoftKeyEventType, SoftKeySetIndex
from bridge.sccp.softkeyplan import DEFAULT_SETS, KEYS, SoftKeyPlan
from tests.sccpbench import Bench

E = SoftKeyEventType
S = SoftKeySetIndex


class Parking(Feature):
    """Can park a call that talks, and nothing else."""

    SOFT_KEYS = frozenset({E.PARK, E.CONF_LIST})

    def keys(self, call: PhoneCall | None) -> Collection[SoftKeyEventType]:
        return {E.PARK} if call is not None and call.state is PhoneCallState.CONNECTED else ()


def shown(bench: Bench, call_ref: int) -> list[SoftKeyEventType]:
    """The keys that the phone shows for a call."""
    chosen = bench.station.softkeys[call_ref]
    assert bench.session.profile is not None
    plan = bench.session.profile.softkeys
    events = next(each.events for each in plan.sets if each.state == chosen.set)
    return [event for place, event in enumerate(events) if chosen.valid_mask >> place & 1]


def test_a_phone_has_the_keys_of_its_services_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phone_module, "FEATURES", ())
    bench = Bench()
    assert bench.session.profile is not None
    plan = bench.session.profile.softkeys
    assert {key.event for key in plan.keys} == PLAIN_KEYS
    assert shown(bench, 0) == [E.REDIAL, E.NEW_CALL]
    bench.talk()
    (call,) = bench.phone.calls
    assert shown(bench, call.call_ref) == [E.HOLD, E.END_CALL, E.TRANSFER]


def test_what_a_call_cannot_use_is_hidden_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phone_module, "FEATURES", (Parking,))
    bench = Bench()
    bench.talk()
    (call,) = bench.phone.calls
    chosen = bench.station.softkeys[call.call_ref]
    assert shown(bench, call.call_ref) == [E.HOLD, E.END_CALL, E.TRANSFER, E.PARK]
    assert chosen.valid_mask == ALL_KEYS & ~(1 << 4)  # the place of ConfList
    assert bench.station.softkeys[0].valid_mask == ALL_KEYS


@pytest.mark.parametrize(("device", "expected"), [(DeviceType.CISCO_6941, S.CONNECTED), (DeviceType.CISCO_7961G, 7)])
def test_a_69xx_has_no_keys_of_its_own_for_the_second_step_of_a_conference(device: DeviceType, expected: int) -> None:
    bench = Bench(device)
    bench.talk()
    (call,) = bench.phone.calls
    bench.phone._desk.screen.send(SelectSoftKeys(1, call.call_ref, S.CONNECTED_CONFERENCEABLE, ALL_KEYS))
    bench.settle()
    assert bench.station.softkeys[call.call_ref].set == expected


def test_the_standard_sets_hold_the_mandatory_keys() -> None:
    mandatory = {
        S.ON_HOOK: E.NEW_CALL,
        S.CONNECTED: E.END_CALL,
        S.ON_HOLD: E.RESUME,
        S.OFF_HOOK: E.END_CALL,
        S.CONNECTED_TRANSFERABLE: E.TRANSFER,
        S.DIGITS_AFTER_DIALING_FIRST: E.BACKSPACE,
        S.CONNECTED_CONFERENCEABLE: E.CONFRN,
        S.RING_OUT: E.END_CALL,
        S.OFF_HOOK_WITH_FEATURE: E.END_CALL,
    }
    sets = {each.state: each.events for each in DEFAULT_SETS}
    assert all(key in sets[state] for state, key in mandatory.items())
    assert len(KEYS) <= 32


def test_a_blank_key_keeps_its_place() -> None:
    plan = SoftKeyPlan().only({E.END_CALL, E.TRANSFER})
    (events,) = (each.events for each in plan.sets if each.state == S.CONNECTED_TRANSFERABLE)
    assert events == (E.NONE, E.END_CALL, E.TRANSFER)
    assert plan.mask(S.CONNECTED_TRANSFERABLE, {E.TRANSFER}) == ALL_KEYS & ~2
    assert plan.mask(SoftKeySetIndex(14), ()) == ALL_KEYS
