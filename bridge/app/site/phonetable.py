"""A phone as a table of a site description: what an admin sets for it, not what became of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass, replace
from typing import Any

from bridge.app.site.sitefields import REQUIRED, BadValue, Field, Table, fields_of, read, sparse, values_of
from bridge.core import (
    AbbreviatedDial,
    AppearanceSettings,
    BlfSpeedDial,
    ButtonKind,
    Device,
    DeviceButton,
    DeviceSettings,
    FeatureButton,
    Line,
    LineAppearance,
    LineSettings,
    ServiceUrl,
    SpeedDial,
    check_directory_number,
)
from bridge.core.phonebuttons import Assignment
from bridge.core.texts import check_shown
from bridge.errors import InvalidInput

MAX_NAME = 30
"""Characters that phones show of a name or label (SEP file reference, section 4.5)."""

_SETTINGS = fields_of(DeviceSettings, without=frozenset({"opens_late"}))
_OF_LINE = fields_of(LineSettings)
_OF_APPEARANCE = fields_of(AppearanceSettings)
_OWN_LINE: dict[str, Field] = {
    "button": Field(int),
    "number": Field(str),
    "partition": Field(str, ""),
    "display_name": Field(str, ""),
    "label": Field(str, ""),
}
LINE_FIELDS: dict[str, Field] = {**_OWN_LINE, **_OF_LINE, **_OF_APPEARANCE}
"""A line of a phone: what is set for the number, and what is set for it on this phone, in one flat table."""

# Made from the fields, so that a new setting of a line needs no second list of names.
_PhoneLine: Any = make_dataclass(
    "PhoneLine",
    [
        (name, each.hint, dataclasses.field(**({} if each.default is REQUIRED else {"default": each.default})))
        for name, each in LINE_FIELDS.items()
    ],
    frozen=True,
)


@dataclass(frozen=True, slots=True)
class PhoneButton:
    """A button of a phone as one flat table."""

    button: int
    kind: ButtonKind
    number: str = ""
    url: str = ""
    label: str = ""
    argument: str = ""
    pickup: bool = True


PHONE_FIELDS: dict[str, Field] = {
    "name": Field(str),
    "description": Field(str, ""),
    "pool": Field(str, "Default"),
    **_SETTINGS,
    "lines": Field(tuple[_PhoneLine, ...], ()),
    "buttons": Field(tuple[PhoneButton, ...], ()),
    "abbreviated_dials": Field(tuple[AbbreviatedDial, ...], ()),
}

NAMES = {
    "pool": "device_pool",
    "css": "calling_search_space",
    "button_template": "phone_button_template",
    "softkey_template": "softkey_template",
    "phone_profile": "common_phone_profile",
}
"""Keys that name records of a section."""


def phone_table(device: Device) -> Table:
    """The table of a phone: name, then what departs from the defaults."""
    return sparse(
        PHONE_FIELDS,
        {
            "name": device.name.value,
            "description": device.description,
            "pool": device.pool,
            **values_of(device.settings, _SETTINGS),
            "lines": tuple(_PhoneLine(**line_values(each)) for each in device.lines),
            "buttons": tuple(_button(each) for each in device.buttons),
            "abbreviated_dials": device.abbreviated_dials,
        },
    )


def line_values(appearance: LineAppearance) -> Table:
    """The values of a line's table."""
    return {
        "button": appearance.button,
        "number": appearance.line.number,
        "partition": appearance.line.partition,
        "display_name": appearance.line.display_name,
        "label": appearance.label,
        **values_of(appearance.line.settings, _OF_LINE),
        **values_of(appearance.settings, _OF_APPEARANCE),
    }


def change_phone(device: Device, table: Mapping[str, Any]) -> Device:
    """The device as the table wants it. Raises InvalidInput (BadValue where a key is to blame)."""
    values = read(PHONE_FIELDS, table, "phone")
    check_shown(values["description"], "description", most=MAX_NAME)
    changed = replace(
        device,
        description=values["description"],
        pool=values["pool"],
        settings=DeviceSettings(
            **{name: values[name] for name in _SETTINGS},
            # What was found out under another setting may not hold under this one.
            opens_late=device.settings.opens_late and values["early_open"] is device.settings.early_open,
        ),
        lines=tuple(sorted((_line(each) for each in values["lines"]), key=lambda each: each.button)),
        buttons=tuple(sorted((_assigned(each) for each in values["buttons"]), key=lambda each: each.button)),
        abbreviated_dials=tuple(sorted(values["abbreviated_dials"], key=lambda each: each.index)),
    )
    _check_numbers(changed)
    return changed


def line_of(values: Mapping[str, Any]) -> LineAppearance:
    """The appearance that a line's typed values describe. Raises InvalidInput."""
    check_directory_number(values["number"])
    for text in (values["display_name"], values["label"]):
        check_shown(text, "name or label", most=MAX_NAME)
    settings = LineSettings(**{name: values[name] for name in _OF_LINE})
    return LineAppearance(
        values["button"],
        Line(values["number"], values["partition"], values["display_name"], settings),
        values["label"],
        AppearanceSettings(**{name: values[name] for name in _OF_APPEARANCE}),
    )


def _line(record: Any) -> LineAppearance:
    try:
        return line_of({name: getattr(record, name) for name in LINE_FIELDS})
    except InvalidInput as error:
        raise BadValue(error.what, key="lines", why=error.why, fix=error.fix) from None


def _check_numbers(device: Device) -> None:
    taken: set[int] = set()
    for key, numbers in (
        ("lines", [each.button for each in device.lines]),
        ("buttons", [each.button for each in device.buttons]),
    ):
        for number in numbers:
            if number in taken or number < 1:
                raise BadValue(
                    f"button {number} of {device.name} has two uses, or is no button",
                    key=key,
                    fix="give every line and button a number of its own, from 1 on",
                )
            taken.add(number)
    indices = [each.index for each in device.abbreviated_dials]
    if len(set(indices)) < len(indices):
        raise BadValue("an index has two abbreviated dials", key="abbreviated_dials", fix="give each its own index")


def _button(button: DeviceButton) -> PhoneButton:
    match button.assigned:
        case SpeedDial(number, label):
            return PhoneButton(button.button, button.kind, number=number, label=label)
        case BlfSpeedDial(number, label, pickup):
            return PhoneButton(button.button, button.kind, number=number, label=label, pickup=pickup)
        case ServiceUrl(url, label):
            return PhoneButton(button.button, button.kind, url=url, label=label)
        case FeatureButton(_, label, argument):
            return PhoneButton(button.button, button.kind, label=label, argument=argument)


def _assigned(button: PhoneButton) -> DeviceButton:
    try:
        assigned = _assignment(button)
        device_button = DeviceButton(button.button, assigned)
    except InvalidInput as error:
        raise BadValue(error.what, key="buttons", why=error.why, fix=error.fix) from None
    if _button(device_button) != button:
        raise BadValue(
            f"button {button.button} has a key that a {button.kind} button does not take",
            key="buttons",
            fix="speed dials have a number, service URLs a url, features an argument",
        )
    return device_button


def _assignment(button: PhoneButton) -> Assignment:
    match button.kind:
        case ButtonKind.SPEED_DIAL:
            return SpeedDial(button.number, button.label)
        case ButtonKind.BLF_SPEED_DIAL:
            return BlfSpeedDial(button.number, button.label, button.pickup)
        case ButtonKind.SERVICE_URL:
            return ServiceUrl(button.url, button.label)
        case _:
            return FeatureButton(button.kind, button.label, button.argument)
