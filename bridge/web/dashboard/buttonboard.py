"""A phone's buttons as they sit on it: the model's own, line by line, then its add-on modules. Pure.

How many a model has comes from the catalogue; where that says nothing, as many are drawn as are in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.core import (
    BlfSpeedDial,
    ButtonKind,
    Device,
    DeviceButton,
    FeatureButton,
    LineAppearance,
    ServiceUrl,
    SpeedDial,
)
from bridge.phones import Model

_KINDS = {
    ButtonKind.SPEED_DIAL: ("Speed dial", "speed"),
    ButtonKind.BLF_SPEED_DIAL: ("Speed dial with lamp", "lamp"),
    ButtonKind.SERVICE_URL: ("Service", "globe"),
    ButtonKind.DIRECTED_PARK: ("Park slot", "park"),
    ButtonKind.PARK: ("Park", "park"),
}


@dataclass(frozen=True, slots=True)
class DrawnButton:
    """One button."""

    number: int
    kind: str
    """In words; empty for a button without a use."""
    icon: str = ""
    label: str = ""
    target: str = ""
    """What it dials or opens."""
    is_line: bool = False
    has_lamp: bool = False

    @property
    def is_free(self) -> bool:
        """Whether nothing is on it."""
        return not self.kind


@dataclass(frozen=True, slots=True)
class ButtonGroup:
    """The phone itself, or one module."""

    title: str
    left: Sequence[DrawnButton]
    right: Sequence[DrawnButton]
    """Empty where the buttons stand in one column."""


def button_board(device: Device, model: Model | None) -> tuple[ButtonGroup, ...]:
    """Everything to draw."""
    drawn = {each.button: _line(each) for each in device.lines} | {each.button: _drawn(each) for each in device.buttons}
    highest = max(drawn, default=1)
    own = (model.line_keys if model else None) or 0
    modules = [(f"Module {place}: {each.value}", each.buttons) for place, each in enumerate(device.settings.add_ons, 1)]
    if model is not None and model.more_line_keys and highest > own and not modules:
        own = model.more_line_keys
    if not modules or not own:
        own = max(own, highest) if not modules else max(own, 1)
    groups = [_group(model.name if model else "Phone", drawn, 1, own)]
    first = own + 1
    for title, size in modules:
        groups.append(_group(title, drawn, first, size))
        first += size
    rest = [number for number in drawn if number >= first]
    if rest:
        groups.append(_group("Beyond the phone's buttons", drawn, first, max(rest) - first + 1))
    return tuple(groups)


def _line(appearance: LineAppearance) -> DrawnButton:
    line = appearance.line
    label = appearance.label or line.display_name or line.number
    return DrawnButton(appearance.button, "Line", "line", label, line.number, is_line=True, has_lamp=True)


def _drawn(button: DeviceButton) -> DrawnButton:
    kind, sign = _KINDS.get(button.kind, (button.kind.value.replace("-", " ").capitalize(), "star"))
    match button.assigned:
        case SpeedDial(number, label):
            return DrawnButton(button.button, kind, sign, label or number, number)
        case BlfSpeedDial(number, label, _):
            return DrawnButton(button.button, kind, sign, label or number, number, has_lamp=True)
        case ServiceUrl(url, label):
            return DrawnButton(button.button, kind, sign, label or url, url)
        case FeatureButton(_, label, argument):
            return DrawnButton(button.button, kind, sign, label or kind, argument)


def _group(title: str, drawn: dict[int, DrawnButton], first: int, size: int) -> ButtonGroup:
    buttons = [drawn.get(number, DrawnButton(number, "")) for number in range(first, first + size)]
    # Phones with up to six keys have them in one column beside the screen; larger ones on both sides.
    if size <= 6:
        return ButtonGroup(title, buttons, ())
    half = -(-size // 2)
    return ButtonGroup(title, buttons[:half], buttons[half:])
