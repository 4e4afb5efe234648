"""Buttons that stand where somebody put them: each on its own number, if the model has such a button there.

Source: SCCP enumerations reference, section 7.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat

from bridge.sccp.buttonlayouts import MULTI, layout_of
from bridge.sccp.buttons import MAX_BUTTONS, ButtonDefinition
from bridge.sccp.devicetypes import DeviceType
from bridge.sccp.stimuli import StimulusType

COUNTED_AFTER: dict[StimulusType, frozenset[StimulusType]] = {
    StimulusType.DIRECTED_PARK: frozenset({StimulusType.BLF_SPEED_DIAL}),
    StimulusType.FEATURE: frozenset({StimulusType.BLF_SPEED_DIAL, StimulusType.DIRECTED_PARK}),
}
"""Kinds whose first instance comes after the last one of these."""


def place(
    device_type: DeviceType, wanted: Iterable[tuple[int, StimulusType]], *, add_on_buttons: int = 0
) -> tuple[ButtonDefinition, ...]:
    """The button template of a phone on which every thing wanted has a button number, counted from 1.

    Things of one kind count their instances in the order given; kinds whose label and icon the phone gets by
    FeatureStat, which tells them apart by this number alone, count on from those in ``COUNTED_AFTER``. Where the model
    has a fixed button of another kind, or two things want the same button, the next free one that fits is taken; what
    finds none is left out.
    """
    layout = (*layout_of(device_type), *repeat(MULTI, max(add_on_buttons, 0)))[:MAX_BUTTONS]
    placed: dict[int, ButtonDefinition] = {}
    wanted = tuple(wanted)
    count = {kind: sum(each in before for _, each in wanted) for kind, before in COUNTED_AFTER.items()}
    for button, kind in wanted:
        count[kind] = count.get(kind, 0) + 1
        fitting = [at for at, slot in enumerate(layout, start=1) if slot in {MULTI, kind} and at not in placed]
        at = next((each for each in fitting if each >= button), fitting[0] if fitting else 0)
        if at:
            placed[at] = ButtonDefinition(count[kind], kind)
    for at, slot in enumerate(layout, start=1):
        if at in placed:
            continue
        if slot is MULTI or slot in _FILLED or slot == StimulusType.UNDEFINED:
            placed[at] = ButtonDefinition(0, StimulusType.UNDEFINED)
        else:
            count[slot] = count.get(slot, 0) + 1
            placed[at] = ButtonDefinition(count[slot], slot)
    return tuple(placed[at] for at in sorted(placed))


_FILLED = {StimulusType.LINE, StimulusType.SPEED_DIAL}
"""Fixed buttons that are nothing without a line or a speed dial."""
