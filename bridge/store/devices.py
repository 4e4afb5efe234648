"""Devices and their lines in the database."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, exists, func, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from bridge.core import (
    AppearanceSettings,
    Device,
    DeviceName,
    DeviceSettings,
    Line,
    LineAppearance,
    LineSettings,
)
from bridge.core.phonesettings import DEFAULT_APPEARANCE_SETTINGS, DEFAULT_DEVICE_SETTINGS, DEFAULT_LINE_SETTINGS
from bridge.errors import Conflict, NotFound, SepbridgeError, StoreError
from bridge.store import tables
from bridge.store.devicesettings import (
    SettingsColumns,
    add_appearances,
    counted,
    missing_object,
    read_abbreviated,
    read_buttons,
    write_device,
    write_lines,
)
from bridge.store.phonefiletables import file_element
from bridge.store.settingstables import (
    abbreviated_dial,
    device_button,
    device_settings,
    line_appearance_settings,
    line_settings,
)
from bridge.store.tables import line, line_appearance

_device = tables.device
_SAME_LINE = and_(
    line.c.number == line_appearance.c.number, line.c.route_partition == line_appearance.c.route_partition
)

_DEVICE = (
    _device.c.name,
    _device.c.desired_protocol,
    _device.c.created_at,
    _device.c.version_stamp,
    _device.c.secret,
    _device.c.model_number,
    _device.c.model,
    _device.c.observed_protocol,
    _device.c.description,
    _device.c.pool,
    _device.c.load,
    _device.c.address,
    _device.c.registered,
    _device.c.last_seen,
    _device.c.temporary,
    counted(device_button),
    counted(abbreviated_dial),
)
_BUTTONS, _ABBREVIATED = 15, 16
_LINE = (
    line_appearance.c.button,
    line_appearance.c.label,
    line.c.number,
    line.c.route_partition,
    line.c.display_name,
)
_LINE_AT = slice(len(_DEVICE), len(_DEVICE) + len(_LINE))
_SETTINGS = SettingsColumns(device_settings, "device_name", DeviceSettings, _LINE_AT.stop)
_OF_LINE = SettingsColumns(line_settings, "number", LineSettings, _SETTINGS.span.stop)
_OF_APPEARANCE = SettingsColumns(line_appearance_settings, "device_name", AppearanceSettings, _OF_LINE.span.stop)

_SAME_SETTINGS = and_(
    line_settings.c.number == line.c.number, line_settings.c.route_partition == line.c.route_partition
)
_SELECT = select(*_DEVICE, *_LINE, *_SETTINGS.columns, *_OF_LINE.columns, *_OF_APPEARANCE.columns).select_from(
    _device.outerjoin(line_appearance, line_appearance.c.device_name == _device.c.name)
    .outerjoin(line, _SAME_LINE)
    .outerjoin(device_settings, device_settings.c.device_name == _device.c.name)
    .outerjoin(line_settings, _SAME_SETTINGS)
    .outerjoin(
        line_appearance_settings,
        and_(
            line_appearance_settings.c.device_name == line_appearance.c.device_name,
            line_appearance_settings.c.button == line_appearance.c.button,
        ),
    )
)

# Made once: SQLAlchemy finds a statement that it has seen much faster than one that is built anew and looks the same.
_ONE = _SELECT.where(_device.c.name == bindparam("wanted"))
_SOME = _SELECT.where(_device.c.name.in_(bindparam("wanted", expanding=True)))
_STATES = select(*_DEVICE[:_BUTTONS])
_UPDATE = update(_device).where(_device.c.name == bindparam("wanted"))

_AT_ONCE = 500
"""Names in one query; databases limit the number of parameters."""


class SqlDeviceRepository:
    """The DeviceRepository of one transaction."""

    def __init__(self, connection: Connection, *, locks: bool = False) -> None:
        """``locks``: devices that are asked for by name or endpoint are kept from other writers until the transaction
        ends. A device is written as a whole: one change would undo another that came in between."""
        self._connection = connection
        self._locks = locks
        self._locked: set[str] = set()

    def get(self, name: DeviceName) -> Device | None:
        """The device of that name, or None."""
        self._lock([name.value])
        return self._find(_ONE, {"wanted": name.value}).get(name.value)

    def require(self, name: DeviceName) -> Device:
        """The device of that name. Raises NotFound."""
        device = self.get(name)
        if device is None:
            raise _no_phone(name)
        return device

    def lines(self) -> Sequence[Line]:
        """Every line that some device has, ordered by number and partition."""
        settings = SettingsColumns(line_settings, "number", LineSettings, 3)
        query = (
            select(line.c.number, line.c.route_partition, line.c.display_name, *settings.columns)
            .select_from(line.outerjoin(line_settings, _SAME_SETTINGS))
            .order_by(line.c.number, line.c.route_partition)
        )
        return [
            Line(row[0], row[1], row[2], settings.read(row, LineSettings, DEFAULT_LINE_SETTINGS))
            for row in self._connection.execute(query)
        ]

    def get_many(self, names: Collection[DeviceName]) -> dict[DeviceName, Device]:
        """Those of the named devices that exist."""
        values = [name.value for name in names]
        found: dict[DeviceName, Device] = {}
        for start in range(0, len(values), _AT_ONCE):
            self._lock(values[start : start + _AT_ONCE])
            part = self._find(_SOME, {"wanted": values[start : start + _AT_ONCE]})
            found |= {device.name: device for device in part.values()}
        return found

    def all(self) -> Sequence[Device]:
        """Every device, ordered by name."""
        # Ordered here: each database has its own idea of the alphabet.
        return [device for _, device in sorted(self._find(_SELECT).items())]

    def states(self) -> Mapping[str, Hashable]:
        """What stands in each device's own row, by its name: cheap, and equal as long as the row was not changed."""
        return {str(row[0]): tuple(row) for row in self._connection.execute(_STATES)}

    def by_endpoint(self, endpoint: str) -> Device | None:
        """The device whose primary number is the name of this SIP endpoint, or None."""
        found = self._having(endpoint)
        if found is not None and self._lock([found.name.value]):
            return self._having(endpoint)  # as it is now that nobody else changes it
        return found

    def _having(self, endpoint: str) -> Device | None:
        having = select(line_appearance.c.device_name).where(line_appearance.c.number == endpoint)
        found = self._find(_SELECT.where(_device.c.name.in_(having)))
        return next((device for _, device in sorted(found.items()) if device.number == endpoint), None)

    def _lock(self, names: Collection[str]) -> bool:
        """Keep others from writing these until the transaction ends; whether that had to be asked for."""
        new = set(names) - self._locked if self._locks else set()
        if new:
            rows = select(_device.c.name).where(_device.c.name.in_(sorted(new))).order_by(_device.c.name)
            self._connection.execute(rows.with_for_update()).all()
            self._locked |= new
        return bool(new)

    def count(self, *, temporary: bool = False) -> int:
        """How many devices there are; only those that autoregistered and were not assigned yet, if asked for."""
        query = select(func.count()).select_from(_device)
        if temporary:
            query = query.where(_device.c.temporary.is_(True))
        return self._connection.execute(query).scalar_one()

    def add(self, device: Device, *, sharing: bool = False) -> None:
        """Add a device with its lines; ``sharing`` lets it have lines that other devices have, too.

        Raises Conflict when the name, or a number in its partition, is taken; NotFound for its pool, a partition, or
        another object that it names. The transaction can go on after either.
        """
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(_device), {"name": device.name.value, **_columns(device)})
                self._add_lines({each.line for each in device.lines}, sharing=sharing)
                self._add_appearances(device)
                write_device(self._connection, None, device)
        except IntegrityError as error:
            raise self._reason(device, error, is_new=True) from None

    def update(self, device: Device, *, sharing: bool = False) -> None:
        """Replace a device that exists, lines included. Raises NotFound or Conflict, as ``add`` does.

        What is set for a line that other devices have, too, changes for them all.
        """
        before = self.get(device.name)
        if before is None:
            raise _no_phone(device.name)
        try:
            with self._connection.begin_nested():
                self._connection.execute(_UPDATE, {"wanted": device.name.value, **_columns(device)})
                if before.lines != device.lines:
                    self._replace_lines(before, device, sharing=sharing)
                write_device(self._connection, before, device)
        except IntegrityError as error:
            raise self._reason(device, error, is_new=False) from None

    def remove(self, name: DeviceName) -> None:
        """Remove a device; its numbers become free. Raises NotFound."""
        before = self.get(name)
        if before is None:
            raise _no_phone(name)
        self._remove_appearances(name)
        self._remove_unused({_key(each) for each in before.lines})
        self._connection.execute(delete(file_element).where(file_element.c.scope == name.value))
        self._connection.execute(delete(_device).where(_device.c.name == name.value))

    def numbers_in_use(self, partition: str | None = None) -> frozenset[str]:
        """Every directory number, or those of one partition."""
        query = select(line.c.number)
        if partition is not None:
            query = query.where(line.c.route_partition == partition)
        return frozenset(self._connection.execute(query).scalars())

    def sharing(self, line_of: Line) -> Sequence[DeviceName]:
        """The devices that have this line, ordered by name."""
        rows = line_appearance
        query = select(rows.c.device_name).where(
            rows.c.number == line_of.number, rows.c.route_partition == line_of.partition
        )
        return [DeviceName(each) for each in sorted(set(self._connection.execute(query).scalars()))]

    def _find(self, query: Select[*tuple[Any, ...]], wanted: Mapping[str, Any] | None = None) -> dict[str, Device]:
        rows: dict[str, Sequence[Any]] = {}
        lines: dict[str, list[LineAppearance]] = {}
        for row in self._connection.execute(query, wanted or {}):
            name = row[0]
            if name not in rows:
                rows[name] = row
                lines[name] = []
            button, label, number, partition, display_name = row[_LINE_AT]
            if button is not None:
                of_line = _OF_LINE.read(row, LineSettings, DEFAULT_LINE_SETTINGS)
                here = _OF_APPEARANCE.read(row, AppearanceSettings, DEFAULT_APPEARANCE_SETTINGS)
                shown = Line(number, partition, display_name, of_line)
                lines[name].append(LineAppearance(button, shown, label, here))
        found = {name: _build(row, lines[name]) for name, row in rows.items()}
        self._complete(found, rows)
        return found

    def _complete(self, found: dict[str, Device], rows: Mapping[str, Sequence[Any]]) -> None:
        """Add buttons and abbreviated dials to the devices that have some."""
        names = [name for name, row in rows.items() if row[_BUTTONS]]
        for start in range(0, len(names), _AT_ONCE):
            for name, buttons in read_buttons(self._connection, names[start : start + _AT_ONCE]).items():
                found[name] = replace(found[name], buttons=tuple(buttons))
        names = [name for name, row in rows.items() if row[_ABBREVIATED]]
        for start in range(0, len(names), _AT_ONCE):
            for name, dials in read_abbreviated(self._connection, names[start : start + _AT_ONCE]).items():
                found[name] = replace(found[name], abbreviated_dials=tuple(dials))

    def _add_lines(self, new: Collection[Line], *, sharing: bool) -> None:
        if sharing:
            new = [each for each in new if not self._share(each)]
        if new:
            rows = [
                {"number": each.number, "route_partition": each.partition, "display_name": each.display_name}
                for each in new
            ]
            self._connection.execute(insert(line), rows)
            write_lines(self._connection, [each for each in new if each.settings != DEFAULT_LINE_SETTINGS])

    def _share(self, wanted: Line) -> bool:
        """Join a line that exists, which then is what ``wanted`` says; False when there is none."""
        where = and_(line.c.number == wanted.number, line.c.route_partition == wanted.partition)
        if self._connection.execute(select(line.c.number).where(where)).first() is None:
            return False
        self._connection.execute(update(line).where(where).values(display_name=wanted.display_name))
        write_lines(self._connection, [wanted])
        return True

    def _add_appearances(self, device: Device) -> None:
        if device.lines:
            rows = [
                {
                    "device_name": device.name.value,
                    "button": each.button,
                    "number": each.line.number,
                    "route_partition": each.line.partition,
                    "label": each.label,
                }
                for each in device.lines
            ]
            self._connection.execute(insert(line_appearance), rows)
            add_appearances(self._connection, device)

    def _replace_lines(self, before: Device, after: Device, *, sharing: bool) -> None:
        old = {_key(each): each.line for each in before.lines}
        new = {_key(each): each.line for each in after.lines}
        self._remove_appearances(before.name)
        self._remove_unused(old.keys() - new.keys())
        self._add_lines([each for key, each in new.items() if key not in old], sharing=sharing)
        for key, each in new.items():
            if key in old and old[key] != each:
                where = and_(line.c.number == key[0], line.c.route_partition == key[1])
                self._connection.execute(update(line).where(where).values(display_name=each.display_name))
                if old[key].settings != each.settings:
                    write_lines(self._connection, [each])
        self._add_appearances(after)

    def _remove_appearances(self, name: DeviceName) -> None:
        self._connection.execute(delete(line_appearance).where(line_appearance.c.device_name == name.value))

    def _remove_unused(self, keys: Collection[tuple[str, str]]) -> None:
        """Remove those of the lines that appear on no device any more."""
        for number, partition in keys:
            where = and_(line.c.number == number, line.c.route_partition == partition)
            self._connection.execute(delete(line).where(where, ~exists().where(_SAME_LINE).correlate(line)))

    def _reason(self, device: Device, error: IntegrityError, *, is_new: bool) -> SepbridgeError:
        """Which rule was violated, found out by asking: drivers tell it each in their own words."""
        if is_new and self.get(device.name) is not None:
            return Conflict(
                f"there is a device {device.name} already", fix="change it, or remove it first, with `sepbridge phones`"
            )
        keys = [_key(each) for each in device.lines]
        query = (
            select(line_appearance.c.number, line_appearance.c.route_partition, line_appearance.c.device_name)
            .where(tuple_(line_appearance.c.number, line_appearance.c.route_partition).in_(keys))
            .where(line_appearance.c.device_name != device.name.value)
        )
        for number, partition, owner in self._connection.execute(query):
            where = f" in partition {partition}" if partition else ""
            return Conflict(f"the number {number}{where} belongs to {owner} already", fix="choose a free number")
        pools = select(tables.device_pool.c.name).where(tables.device_pool.c.name == device.pool)
        if self._connection.execute(pools).first() is None:
            return NotFound(f"there is no device pool {device.pool!r}", fix="create it first, or choose another one")
        partitions = frozenset(self._connection.execute(select(tables.route_partition.c.name)).scalars())
        for _, partition in keys:
            if partition not in partitions:
                return NotFound(f"there is no partition {partition!r}", fix="create it first, or choose another one")
        buttons = [each.button for each in device.lines]
        if len(set(buttons)) < len(buttons):
            return Conflict(f"{device.name} has two lines on one button", fix="give every line a button of its own")
        if missing := missing_object(self._connection, device):
            return missing
        return StoreError(
            f"{device.name} cannot be stored", why=type(error.orig).__name__, fix="report this as a fault"
        )


def _key(appearance: LineAppearance) -> tuple[str, str]:
    return appearance.line.number, appearance.line.partition


def _no_phone(name: DeviceName) -> NotFound:
    return NotFound(f"there is no phone {name}", fix="`sepbridge phones list` shows those that exist")


def _columns(device: Device) -> dict[str, Any]:
    return {
        "desired_protocol": device.desired_protocol,
        "created_at": device.created_at,
        "version_stamp": device.version_stamp,
        "secret": device.secret,
        "model_number": device.model_number,
        "model": device.model,
        "observed_protocol": device.observed_protocol,
        "description": device.description,
        "pool": device.pool,
        "load": device.load,
        "address": device.address,
        "registered": device.registered,
        "last_seen": device.last_seen,
        "temporary": device.temporary,
    }


def _build(row: Sequence[Any], lines: list[LineAppearance]) -> Device:
    lines.sort(key=lambda each: each.button)
    return Device(
        name=DeviceName(row[0]),
        desired_protocol=row[1],
        created_at=row[2],
        version_stamp=row[3],
        secret=row[4],
        lines=tuple(lines),
        model_number=row[5],
        model=row[6],
        observed_protocol=row[7],
        description=row[8],
        pool=row[9],
        load=row[10],
        address=row[11],
        registered=row[12],
        last_seen=row[13],
        temporary=row[14],
        settings=_SETTINGS.read(row, DeviceSettings, DEFAULT_DEVICE_SETTINGS),
    )
