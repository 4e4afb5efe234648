"""The tables, under CUCM's names (design, section 3).

Natural keys throughout: a device is its name, a line is its number in its partition. So uniqueness needs no second
index, and admitting a phone costs three inserts and no key fetched back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from bridge.core import SignallingProtocol
from bridge.store.columntypes import Moment, OptionalName, ProtocolName, TextList

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# MariaDB compares text without regard to case unless told otherwise; names here are exact.
EXACT: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}

NAME = 50
"""Longest name of anything, in characters; also CUCM's limit."""
NUMBER = 50
"""Longest directory number or pattern."""

# A 64-bit key that also counts up by itself on SQLite, where only INTEGER does.
COUNTER = BigInteger().with_variant(Integer, "sqlite")


class _ServerColumns(TypedColumns):
    name = Column(String(NAME), primary_key=True)
    address: Named[str] = Column(String(255))
    sip_port: Named[int]
    sccp_port: Named[int]
    description: Named[str] = Column(Text)
    autoregistration_disabled: Named[bool]


server = Table("server", metadata, _ServerColumns, **EXACT)


class _GroupColumns(TypedColumns):
    name = Column(String(NAME), primary_key=True)
    # True or NULL, never false: the unique constraint then allows one group only (requirement AR-16).
    autoregistration: Named[bool | None] = Column(Boolean, unique=True)


callmanager_group = Table("callmanager_group", metadata, _GroupColumns, **EXACT)


class _MemberColumns(TypedColumns):
    group_name = Column(String(NAME), ForeignKey("callmanager_group.name", ondelete="CASCADE"), primary_key=True)
    position = Column(Integer, primary_key=True, autoincrement=False)
    server_name: Named[str] = Column(String(NAME), ForeignKey("server.name"))


callmanager_group_member = Table(
    "callmanager_group_member",
    metadata,
    _MemberColumns,
    CheckConstraint("position BETWEEN 0 AND 2", name="three_members"),
    UniqueConstraint("group_name", "server_name"),
    **EXACT,
)


class _RegionColumns(TypedColumns):
    name = Column(String(NAME), primary_key=True)
    codecs: Named[tuple[str, ...]] = Column(TextList)


region = Table("region", metadata, _RegionColumns, **EXACT)


class _DateTimeGroupColumns(TypedColumns):
    name = Column(String(NAME), primary_key=True)
    time_zone: Named[str] = Column(String(NAME))
    date_template: Named[str] = Column(String(NAME))
    ntp_servers: Named[tuple[str, ...]] = Column(TextList)


date_time_group = Table("date_time_group", metadata, _DateTimeGroupColumns, **EXACT)


class _PoolColumns(TypedColumns):
    name = Column(String(NAME), primary_key=True)
    group_name: Named[str] = Column(String(NAME), ForeignKey("callmanager_group.name"))
    region_name: Named[str] = Column(String(NAME), ForeignKey("region.name"))
    date_time_group_name: Named[str] = Column(String(NAME), ForeignKey("date_time_group.name"))


device_pool = Table("device_pool", metadata, _PoolColumns, **EXACT)


class _DeviceDefaultsColumns(TypedColumns):
    model_number = Column(Integer, primary_key=True, autoincrement=False)
    protocol: Named[SignallingProtocol] = Column(ProtocolName, primary_key=True)
    load: Named[str] = Column(String(255))
    pool: Named[str] = Column(String(NAME), ForeignKey("device_pool.name"))


device_defaults = Table("device_defaults", metadata, _DeviceDefaultsColumns, **EXACT)


class _PartitionColumns(TypedColumns):
    name = Column(String(NAME), primary_key=True)
    description: Named[str] = Column(Text)


route_partition = Table("route_partition", metadata, _PartitionColumns, **EXACT)


class _AutoregistrationColumns(TypedColumns):
    id = Column(Integer, primary_key=True, autoincrement=False)
    range_start: Named[str] = Column(String(NUMBER))
    range_end: Named[str] = Column(String(NUMBER))
    next_number: Named[str] = Column(String(NUMBER))
    server_disabled: Named[bool]
    window_opens_at: Named[datetime | None] = Column(Moment)
    window_closes_at: Named[datetime | None] = Column(Moment)
    protocol: Named[SignallingProtocol] = Column(ProtocolName)
    route_partition: Named[str] = Column(String(NAME), ForeignKey("route_partition.name"))
    pool: Named[str] = Column(String(NAME), ForeignKey("device_pool.name"))
    allowed_networks: Named[tuple[str, ...]] = Column(TextList)


autoregistration_settings = Table(
    "autoregistration_settings",
    metadata,
    _AutoregistrationColumns,
    CheckConstraint("id = 1", name="one_row"),
    **EXACT,
)


class _PolicyColumns(TypedColumns):
    id = Column(Integer, primary_key=True, autoincrement=False)
    allowed: Named[tuple[str, ...]] = Column(TextList)
    denied: Named[tuple[str, ...]] = Column(TextList)
    unknown_phones: Named[str] = Column(String(NAME))
    phones_left: Named[int | None]
    warn_after: Named[int]
    approval: Named[bool]
    secure: Named[bool]
    security: Named[str] = Column(String(NAME))
    backup: Named[bool]
    protocol_chosen: Named[bool]
    without_space: Named[bool]
    checked_range: Named[str] = Column(String(NAME))
    rogue_start: Named[str] = Column(String(NUMBER))
    rogue_end: Named[str] = Column(String(NUMBER))
    rogue_next: Named[str] = Column(String(NUMBER))
    rogue_inbound: Named[bool]
    rogue_operator: Named[str] = Column(String(NUMBER))
    rogue_operator_number: Named[str] = Column(String(NUMBER))
    device_template: Named[str | None] = Column(OptionalName, ForeignKey("universal_device_template.name"))


# A system that never changed any of it has no row.
autoregistration_policy = Table(
    "autoregistration_policy", metadata, _PolicyColumns, CheckConstraint("id = 1", name="one_row"), **EXACT
)


class _VerdictColumns(TypedColumns):
    device_name = Column(String(NAME), primary_key=True)
    approved: Named[bool]
    at: Named[datetime] = Column(Moment)


phone_verdict = Table("phone_verdict", metadata, _VerdictColumns, **EXACT)


class _DeviceColumns(TypedColumns):
    name = Column(String(NAME), primary_key=True)
    desired_protocol: Named[SignallingProtocol] = Column(ProtocolName)
    created_at: Named[datetime] = Column(Moment)
    version_stamp: Named[str] = Column(String(64))
    secret: Named[str] = Column(String(64))
    model_number: Named[int | None]
    model: Named[str] = Column(String(64))
    observed_protocol: Named[SignallingProtocol | None] = Column(ProtocolName)
    description: Named[str] = Column(Text)
    pool: Named[str] = Column(String(NAME), ForeignKey("device_pool.name"))
    load: Named[str] = Column(String(255))
    address: Named[str] = Column(String(64))
    registered: Named[bool]
    last_seen: Named[datetime | None] = Column(Moment)
    temporary: Named[bool]


device = Table("device", metadata, _DeviceColumns, **EXACT)


class _LineColumns(TypedColumns):
    number = Column(String(NUMBER), primary_key=True)
    route_partition = Column(String(NAME), ForeignKey("route_partition.name"), primary_key=True)
    display_name: Named[str] = Column(Text)


line = Table("line", metadata, _LineColumns, **EXACT)


class _LineAppearanceColumns(TypedColumns):
    device_name = Column(String(NAME), ForeignKey("device.name", ondelete="CASCADE"), primary_key=True)
    button = Column(Integer, primary_key=True, autoincrement=False)
    number: Named[str] = Column(String(NUMBER))
    route_partition: Named[str] = Column(String(NAME))
    label: Named[str] = Column(Text)


line_appearance = Table(
    "line_appearance",
    metadata,
    _LineAppearanceColumns,
    ForeignKeyConstraint(["number", "route_partition"], ["line.number", "line.route_partition"]),
    Index(None, "number", "route_partition"),
    **EXACT,
)


class _JourneyColumns(TypedColumns):
    id = Column(COUNTER, primary_key=True)
    # No foreign key: phones that were turned away have a journey too.
    device_name: Named[str] = Column(String(NAME))
    at: Named[datetime] = Column(Moment)
    kind: Named[str] = Column(String(NAME))
    detail: Named[str] = Column(Text)


journey_event = Table("journey_event", metadata, _JourneyColumns, Index(None, "device_name", "id"), **EXACT)


class _RefusedColumns(TypedColumns):
    device_name = Column(String(NAME), primary_key=True)
    client: Named[str] = Column(String(64))
    reason: Named[str] = Column(String(NAME))
    text: Named[str] = Column(Text)
    first_at: Named[datetime] = Column(Moment)
    last_at: Named[datetime] = Column(Moment)
    times: Named[int]
    model: Named[str] = Column(String(64), server_default="")


refused_phone = Table("refused_phone", metadata, _RefusedColumns, Index(None, "last_at"), **EXACT)


class _AuditColumns(TypedColumns):
    id = Column(COUNTER, primary_key=True)
    at: Named[datetime] = Column(Moment)
    actor: Named[str] = Column(String(255))
    action: Named[str] = Column(String(255))
    detail: Named[str] = Column(Text)


audit_event = Table("audit_event", metadata, _AuditColumns, **EXACT)
