"""The site's objects in the database, kind by kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Table, delete

from bridge.core import (
    CallingSearchSpace,
    CallManagerGroup,
    CallPickupGroup,
    CommonPhoneProfile,
    DateTimeGroup,
    DeviceDefaults,
    DevicePool,
    Partition,
    PatternKey,
    PhoneButtonTemplate,
    Region,
    RoutePattern,
    Server,
    SignallingProtocol,
    SoftkeyTemplate,
    StateKeys,
    TemplateButton,
    TranslationPattern,
    UniversalDeviceTemplate,
    UniversalLineTemplate,
)
from bridge.errors import Conflict, NotFound
from bridge.ports import Records
from bridge.store import routingtables, tables
from bridge.store.records import Row, Shape, SqlRecords, flat, kind_of, user_of
from bridge.store.site import SqlSiteRepository

Key = TypeVar("Key")
Record = TypeVar("Record")

_PATTERN_FIELDS = {
    each.name: "route_partition" if each.name == "partition" else each.name
    for kind in (RoutePattern, TranslationPattern)
    for each in dataclasses.fields(kind)
}
_OF_OTHER_KIND: dict[str, Any] = {
    "destination": "",
    "emergency": False,
    "css": "",
    "use_originator_css": False,
    "wait_after_translation": True,
}


def _pattern_row(record: RoutePattern | TranslationPattern) -> Row:
    row = {
        column: getattr(record, name, _OF_OTHER_KIND.get(name))
        for name, column in _PATTERN_FIELDS.items()
        if name not in {"pattern", "partition"}
    }
    return {**row, "kind": "route" if isinstance(record, RoutePattern) else "translation"}


def _build_pattern(row: Row, _: Sequence[Row]) -> RoutePattern | TranslationPattern:
    kind = RoutePattern if row["kind"] == "route" else TranslationPattern
    return kind(**{each.name: row[_PATTERN_FIELDS[each.name]] for each in dataclasses.fields(kind)})


_PATTERNS: Shape[PatternKey, RoutePattern | TranslationPattern] = Shape(
    routingtables.dial_pattern,
    key=lambda key: {"pattern": key.pattern, "route_partition": key.partition},
    key_of=lambda record: record.key,
    row=_pattern_row,
    build=_build_pattern,
)


def _named(name: str) -> Row:
    return {"name": name}


_SPACES: Shape[str, CallingSearchSpace] = Shape(
    routingtables.calling_search_space,
    key=_named,
    key_of=lambda record: record.name,
    row=lambda record: {"description": record.description},
    build=lambda row, parts: CallingSearchSpace(
        row["name"], tuple(part["partition_name"] for part in parts), row["description"]
    ),
    parts=routingtables.calling_search_space_member,
    parts_of=lambda record: [
        {"position": position, "partition_name": name} for position, name in enumerate(record.partitions)
    ],
)

_SOFTKEYS: Shape[str, SoftkeyTemplate] = Shape(
    routingtables.softkey_template,
    key=_named,
    key_of=lambda record: record.name,
    row=lambda record: {"description": record.description},
    build=lambda row, parts: SoftkeyTemplate(
        row["name"], tuple(StateKeys(part["state"], part["keys"]) for part in parts), row["description"]
    ),
    parts=routingtables.softkey_template_state,
    parts_of=lambda record: [
        {"position": position, "state": each.state, "keys": each.keys} for position, each in enumerate(record.states)
    ],
)

_BUTTONS: Shape[str, PhoneButtonTemplate] = Shape(
    routingtables.phone_button_template,
    key=_named,
    key_of=lambda record: record.name,
    row=lambda record: {"description": record.description, "model": record.model, "protocol": record.protocol},
    build=lambda row, parts: PhoneButtonTemplate(
        row["name"],
        tuple(TemplateButton(part["kind"], part["label"], part["argument"]) for part in parts),
        row["model"],
        row["protocol"],
        row["description"],
    ),
    parts=routingtables.phone_button_template_button,
    parts_of=lambda record: [
        {"button": button, "kind": each.kind, "label": each.label, "argument": each.argument}
        for button, each in enumerate(record.buttons, start=1)
    ],
)

_SERVERS = flat(Server, tables.server)
_REGIONS = flat(Region, tables.region)
_TIMES = flat(DateTimeGroup, tables.date_time_group)
_PARTITIONS = flat(Partition, tables.route_partition)
_PROFILES = flat(CommonPhoneProfile, routingtables.common_phone_profile)
_PICKUP_GROUPS = flat(CallPickupGroup, routingtables.call_pickup_group)
_LINES = flat(UniversalLineTemplate, routingtables.universal_line_template, columns={"partition": "route_partition"})
_DEVICES = flat(UniversalDeviceTemplate, routingtables.universal_device_template)


class _Composed(Generic[Key, Record]):
    """Records that the site's repository reads and writes with what belongs to them."""

    def __init__(
        self,
        connection: Connection,
        table: Table,
        key: Callable[[Key], Row],
        key_of: Callable[[Record], Key],
        everything: Callable[[], Sequence[Record]],
        save: Callable[[Record], None],
    ) -> None:
        self._connection = connection
        self._table = table
        self._key = key
        self._key_of = key_of
        self._everything = everything
        self._save = save

    def all(self) -> Sequence[Record]:
        """Every one of them, ordered by its key."""
        return self._everything()

    def get(self, key: Key) -> Record | None:
        """The one with this key, or None."""
        return next((each for each in self._everything() if self._key_of(each) == key), None)

    def save(self, record: Record) -> None:
        """Write one."""
        self._save(record)

    def remove(self, key: Key) -> None:
        """Remove one. Raises NotFound, or Conflict while another object names it."""
        columns = self._key(key)
        kind, shown = kind_of(self._table), " ".join(str(each) for each in columns.values())
        if self.get(key) is None:
            raise NotFound(f"there is no {kind} {shown!r}", fix="`sepbridge site export` shows those there are")
        if (user := user_of(self._connection, self._table, columns)) is not None:
            raise Conflict(
                f"the {kind} {shown!r} is in use", why=f"{user} names it", fix="let that name another one first"
            )
        where = [self._table.c[name] == value for name, value in columns.items()]
        self._connection.execute(delete(self._table).where(*where))


class SqlSiteObjects:
    """The SiteObjects of one transaction."""

    def __init__(self, connection: Connection, site: SqlSiteRepository) -> None:
        self.servers: Records[str, Server] = SqlRecords(connection, _SERVERS)
        self.regions: Records[str, Region] = SqlRecords(connection, _REGIONS)
        self.date_time_groups: Records[str, DateTimeGroup] = SqlRecords(connection, _TIMES)
        self.partitions: Records[str, Partition] = SqlRecords(connection, _PARTITIONS)
        self.calling_search_spaces: Records[str, CallingSearchSpace] = SqlRecords(connection, _SPACES)
        self.patterns: Records[PatternKey, RoutePattern | TranslationPattern] = SqlRecords(connection, _PATTERNS)
        self.softkey_templates: Records[str, SoftkeyTemplate] = SqlRecords(connection, _SOFTKEYS)
        self.button_templates: Records[str, PhoneButtonTemplate] = SqlRecords(connection, _BUTTONS)
        self.phone_profiles: Records[str, CommonPhoneProfile] = SqlRecords(connection, _PROFILES)
        self.pickup_groups: Records[str, CallPickupGroup] = SqlRecords(connection, _PICKUP_GROUPS)
        self.line_templates: Records[str, UniversalLineTemplate] = SqlRecords(connection, _LINES)
        self.device_templates: Records[str, UniversalDeviceTemplate] = SqlRecords(connection, _DEVICES)
        self.groups: Records[str, CallManagerGroup] = _Composed(
            connection, tables.callmanager_group, _named, lambda each: each.name, site.groups, site.save_group
        )
        self.pools: Records[str, DevicePool] = _Composed(
            connection, tables.device_pool, _named, lambda each: each.name, site.pools, site.save_pool
        )
        self.device_defaults: Records[tuple[int, SignallingProtocol], DeviceDefaults] = _Composed(
            connection,
            tables.device_defaults,
            lambda key: {"model_number": key[0], "protocol": key[1]},
            lambda each: (each.model_number, each.protocol),
            site.device_defaults,
            site.save_device_defaults,
        )
