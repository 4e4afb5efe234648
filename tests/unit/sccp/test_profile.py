"""Button layouts and soft-key plans."""

from __future__ import annotations

import pytest

from bridge.errors import ConfigurationError
from bridge.sccp import MAX_BUTTONS, DeviceType, SoftKeyEventType, SoftKeySetIndex, StimulusType
from bridge.sccp.buttonlayouts import LAYOUTS, lay_out
from bridge.sccp.softkeyplan import KEYS, KeysOfState, SoftKeyPlan
from bridge.sccp.softkeys import SoftKeyDefinition
from bridge.sccp.traits import TRAITS, traits_of

LINE, SPEED, NONE = StimulusType.LINE, StimulusType.SPEED_DIAL, StimulusType.UNDEFINED


def kinds(device_type: DeviceType, lines: int, speed_dials: int = 0, add_on: int = 0) -> list[tuple[StimulusType, int]]:
    buttons = lay_out(device_type, lines=lines, speed_dials=speed_dials, add_on_buttons=add_on)
    return [(button.type, button.instance) for button in buttons]


def test_free_buttons_take_lines_then_speed_dials() -> None:
    assert kinds(DeviceType.CISCO_7960, 2, 2) == [
        (LINE, 1),
        (LINE, 2),
        (SPEED, 1),
        (SPEED, 2),
        (NONE, 0),
        (NONE, 0),
    ]


def test_more_than_fits_is_left_out() -> None:
    assert kinds(DeviceType.CISCO_7940, 1, 5) == [(LINE, 1), (SPEED, 1)]


def test_fixed_buttons_stay_where_they_are() -> None:
    assert kinds(DeviceType.CISCO_6921, 1, 2) == [(LINE, 1), (NONE, 0), (SPEED, 1), (SPEED, 2), *[(NONE, 0)] * 4]
    assert kinds(DeviceType.CISCO_7936, 1) == [(LINE, 1), (NONE, 0)]


def test_an_unknown_model_has_one_line() -> None:
    assert kinds(DeviceType(4711), 3) == [(LINE, 1)]


@pytest.mark.parametrize("device_type", list(LAYOUTS))
def test_every_layout_counts_each_kind_from_one(device_type: DeviceType) -> None:
    buttons = lay_out(device_type, lines=12, speed_dials=30, services=4, add_on_buttons=48)
    assert 1 <= len(buttons) <= MAX_BUTTONS
    for kind in {button.type for button in buttons} - {NONE}:
        count = [button.instance for button in buttons if button.type == kind]
        assert count == list(range(1, len(count) + 1))
    assert (LINE, 1) in {(button.type, button.instance) for button in buttons}


def test_the_default_plan_shows_known_keys_only() -> None:
    plan = SoftKeyPlan()
    assert len(plan.template().keys) == len(KEYS)
    assert len(plan.set_message().sets) == SoftKeySetIndex.HOLD_CONFERENCE + 1
    empty = SoftKeyPlan(sets=(KeysOfState(SoftKeySetIndex.RING_IN, (SoftKeyEventType.ANSWER,)),)).set_message()
    assert [any(one.positions) for one in empty.sets] == [False, False, False, True]


@pytest.mark.parametrize(
    ("keys", "sets"),
    [
        (KEYS[:1], (KeysOfState(SoftKeySetIndex.ON_HOOK, (SoftKeyEventType.DIAL,)),)),
        (KEYS + KEYS[:1], ()),
        (tuple(SoftKeyDefinition(str(n), SoftKeyEventType(300 + n)) for n in range(33)), ()),
        (KEYS, (KeysOfState(SoftKeySetIndex(40), ()),)),
        (KEYS, (KeysOfState(SoftKeySetIndex.ON_HOOK, (SoftKeyEventType.REDIAL,) * 17),)),
    ],
)
def test_plans_that_cannot_be(keys: tuple[SoftKeyDefinition, ...], sets: tuple[KeysOfState, ...]) -> None:
    with pytest.raises(ConfigurationError):
        SoftKeyPlan(keys, sets)


def test_only_phones_of_the_12sp_era_know_legacy_messages() -> None:
    legacy = {device_type for device_type, traits in TRAITS.items() if traits.legacy}
    assert DeviceType.CISCO_12SP in legacy
    assert not legacy & {DeviceType.CISCO_7911G, DeviceType.CISCO_7961G, DeviceType.CISCO_7975G}
    assert not traits_of(DeviceType.CISCO_7975G).legacy
