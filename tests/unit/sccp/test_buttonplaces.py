"""Buttons with numbers of their own."""

from __future__ import annotations

from bridge.sccp.buttonplaces import place
from bridge.sccp.buttons import ButtonDefinition
from bridge.sccp.devicetypes import DeviceType
from bridge.sccp.stimuli import StimulusType

LINE, SPEED, DND = StimulusType.LINE, StimulusType.SPEED_DIAL, StimulusType.DO_NOT_DISTURB
NONE = ButtonDefinition(0, StimulusType.UNDEFINED)


def test_each_on_its_number() -> None:
    template = place(DeviceType.CISCO_7961G, [(1, LINE), (3, SPEED), (4, DND), (6, SPEED)])
    assert template == (
        ButtonDefinition(1, LINE),
        NONE,
        ButtonDefinition(1, SPEED),
        ButtonDefinition(1, DND),
        NONE,
        ButtonDefinition(2, SPEED),
    )


def test_fixed_buttons_stay_and_what_does_not_fit_moves_on() -> None:
    """The 7912 has a line, a hold button and nine speed dials, and no button for DND."""
    template = place(DeviceType.CISCO_7912G, [(1, LINE), (2, SPEED), (2, SPEED), (5, DND)])
    assert template[:5] == (
        ButtonDefinition(1, LINE),
        ButtonDefinition(1, StimulusType.HOLD),
        ButtonDefinition(1, SPEED),
        ButtonDefinition(2, SPEED),
        NONE,
    )
    assert DND not in {each.type for each in template}


def test_add_on_modules_continue_the_numbering_up_to_56() -> None:
    template = place(DeviceType.CISCO_7975G, [(1, LINE), (56, SPEED), (99, SPEED)], add_on_buttons=72)
    assert len(template) == 56
    assert template[55] == ButtonDefinition(1, SPEED)
    assert template[1] == ButtonDefinition(2, SPEED)


def test_a_feature_is_told_by_its_number_alone() -> None:
    blf, park, privacy = StimulusType.BLF_SPEED_DIAL, StimulusType.DIRECTED_PARK, StimulusType.FEATURE
    wanted = [(1, LINE), (2, privacy), (3, park), (4, blf), (5, park), (6, blf), (7, DND)]
    template = place(DeviceType.CISCO_7970G, wanted)
    assert [(each.type, each.instance) for each in template[1:7]] == [
        (privacy, 5),
        (park, 3),
        (blf, 1),
        (park, 4),
        (blf, 2),
        (DND, 1),
    ]
