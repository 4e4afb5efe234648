"""Settings, buttons and abbreviated dials of devices in the database: rows exist only where there is need of them."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, delete, func, insert, select

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
    LineSettings,
    ServiceUrl,
    SpeedDial,
)
from bridge.core.phonebuttons import Assignment
from bridge.core.phonesettings import DEFAULT_APPEARANCE_SETTINGS, DEFAULT_DEVICE_SETTINGS, DEFAULT_LINE_SETTINGS
from bridge.errors import NotFound
from bridge.store import tables
from bridge.store.routingtables import (
    calling_search_space,
    common_phone_profile,
    phone_button_template,
    softkey_template,
)
from bridge.store.settingstables import (
    abbreviated_dial,
    device_button,
    device_settings,
    line_appearance_settings,
    line_settings,
)

_Settings = TypeVar("_Settings", DeviceSettings, LineSettings, AppearanceSettings)


class SettingsColumns:
    """The columns of one settings table in a query, and the settings made of their values.

    ``span`` says where in the row they stand; the first of them is a key, NULL where there is no row.
    """

    def __init__(self, table: Table, key: str, kind: type[Any], start: int) -> None:
        names = [each.name for each in dataclasses.fields(kind)]
        self.columns: list[Column[Any]] = [table.c[key], *(table.c[name] for name in names)]
        self.span = slice(start + 1, start + len(self.columns))
        self.key = start

    def read(self, row: Sequence[Any], kind: type[_Settings], default: _Settings) -> _Settings:
        """The settings of a row."""
        return default if row[self.key] is None else kind(*row[self.span])


def counted(table: Table) -> ColumnElement[int]:
    """How many rows of ``table`` a device has: mostly none, and then nobody asks for them."""
    mine = table.c.device_name == tables.device.c.name
    return select(func.count()).where(mine).correlate(tables.device).scalar_subquery()


def read_buttons(connection: Connection, names: Collection[str]) -> Mapping[str, list[DeviceButton]]:
    """The buttons of the named devices, in order."""
    rows = device_button
    query = select(rows.c.device_name, rows.c.button, rows.c.kind, rows.c.label, rows.c.target, rows.c.pickup)
    found: defaultdict[str, list[DeviceButton]] = defaultdict(list)
    for name, button, kind, label, target, pickup in connection.execute(
        query.where(rows.c.device_name.in_(names)).order_by(rows.c.device_name, rows.c.button)
    ):
        found[name].append(DeviceButton(button, _assignment(kind, label, target, pickup=pickup)))
    return found


def read_abbreviated(connection: Connection, names: Collection[str]) -> Mapping[str, list[AbbreviatedDial]]:
    """The abbreviated dials of the named devices, in order."""
    rows = abbreviated_dial
    query = select(rows.c.device_name, rows.c.position, rows.c.number, rows.c.label)
    found: defaultdict[str, list[AbbreviatedDial]] = defaultdict(list)
    for name, *values in connection.execute(
        query.where(rows.c.device_name.in_(names)).order_by(rows.c.device_name, rows.c.position)
    ):
        found[name].append(AbbreviatedDial(*values))
    return found


def write_device(connection: Connection, before: Device | None, after: Device) -> None:
    """Write what changed in settings, buttons and abbreviated dials."""
    name = {"device_name": after.name.value}
    old = before.settings if before else DEFAULT_DEVICE_SETTINGS
    if old != after.settings:
        _replace(
            connection, device_settings, name, [] if after.settings == DEFAULT_DEVICE_SETTINGS else [after.settings]
        )
    if (before.buttons if before else ()) != after.buttons:
        clear(connection, device_button, name)
        _insert(connection, device_button, [{**name, **_button_columns(each)} for each in after.buttons])
    if (before.abbreviated_dials if before else ()) != after.abbreviated_dials:
        clear(connection, abbreviated_dial, name)
        rows = [
            {**name, "position": each.index, "number": each.number, "label": each.label}
            for each in after.abbreviated_dials
        ]
        _insert(connection, abbreviated_dial, rows)


def write_lines(connection: Connection, lines: Iterable[Line]) -> None:
    """Write the settings of lines that are new or changed."""
    for each in lines:
        key = {"number": each.number, "route_partition": each.partition}
        _replace(connection, line_settings, key, [] if each.settings == DEFAULT_LINE_SETTINGS else [each.settings])


def add_appearances(connection: Connection, device: Device) -> None:
    """Write the settings of a device's appearances, which have just been inserted."""
    rows = [
        {"device_name": device.name.value, "button": each.button, **_fields(each.settings)}
        for each in device.lines
        if each.settings != DEFAULT_APPEARANCE_SETTINGS
    ]
    _insert(connection, line_appearance_settings, rows)


def missing_object(connection: Connection, device: Device) -> NotFound | None:
    """Which object that a device or its lines name does not exist, if there is one."""
    named = [
        (calling_search_space, "calling search space", device.settings.css),
        (phone_button_template, "phone button template", device.settings.button_template),
        (softkey_template, "softkey template", device.settings.softkey_template),
        (common_phone_profile, "common phone profile", device.settings.phone_profile),
    ]
    for each in device.lines:
        spaces = (each.line.settings.css, each.line.settings.forward_css)
        named.extend((calling_search_space, "calling search space", css) for css in spaces)
    for table, kind, name in named:
        if name and connection.execute(select(table.c.name).where(table.c.name == name)).first() is None:
            return NotFound(f"there is no {kind} {name!r}", fix="create it first, or choose another one")
    return None


def clear(connection: Connection, table: Table, key: Mapping[str, Any]) -> None:
    """Delete the rows that belong to ``key``."""
    connection.execute(delete(table).where(and_(*(table.c[name] == value for name, value in key.items()))))


def _replace(connection: Connection, table: Table, key: Mapping[str, Any], settings: Sequence[Any]) -> None:
    clear(connection, table, key)
    _insert(connection, table, [{**key, **_fields(each)} for each in settings])


def _insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _fields(settings: Any) -> dict[str, Any]:
    return {each.name: getattr(settings, each.name) for each in dataclasses.fields(settings)}


def _assignment(kind: ButtonKind, label: str, target: str, *, pickup: bool) -> Assignment:
    match kind:
        case ButtonKind.SPEED_DIAL:
            return SpeedDial(target, label)
        case ButtonKind.BLF_SPEED_DIAL:
            return BlfSpeedDial(target, label, pickup)
        case ButtonKind.SERVICE_URL:
            return ServiceUrl(target, label)
        case _:
            return FeatureButton(kind, label, target)


def _button_columns(button: DeviceButton) -> dict[str, Any]:
    match button.assigned:
        case SpeedDial(number=target) | BlfSpeedDial(number=target) | ServiceUrl(url=target):
            pass
        case FeatureButton(argument=target):
            pass
    pickup = isinstance(button.assigned, BlfSpeedDial) and button.assigned.pickup
    return {
        "button": button.button,
        "kind": button.kind,
        "label": button.label,
        "target": target,
        "pickup": pickup,
    }
