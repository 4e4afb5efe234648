"""The first tables, and the objects that every site has: partition <None>, and pool, region and groups "Default".

Autoregistration is off: range 1000-1000, no window (requirement AR-03).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_EXACT: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _long_text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    kind = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    return sa.Column(name, kind, nullable=nullable)


def _counter() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("id", kind, primary_key=True, nullable=False, autoincrement=True)


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, autoincrement=False)


def _create(name: str, *parts: sa.Column[Any] | sa.Constraint) -> sa.Table:
    return op.create_table(name, *parts, **_EXACT)


def _points_at(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def upgrade() -> None:
    """Create and fill."""
    _create(
        "server",
        _text("name", 50),
        _text("address", 255),
        sa.Column("sip_port", sa.Integer, nullable=False),
        sa.Column("sccp_port", sa.Integer, nullable=False),
        _long_text("description"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_server")),
    )
    group = _create(
        "callmanager_group",
        _text("name", 50),
        sa.Column("autoregistration", sa.Boolean, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_callmanager_group")),
        sa.UniqueConstraint("autoregistration", name=op.f("uq_callmanager_group_autoregistration")),
    )
    member = "callmanager_group_member"
    _create(
        member,
        _text("group_name", 50),
        _key("position"),
        _text("server_name", 50),
        sa.CheckConstraint("position BETWEEN 0 AND 2", name=op.f("ck_callmanager_group_member_three_members")),
        _points_at(member, "group_name", "callmanager_group.name", ondelete="CASCADE"),
        _points_at(member, "server_name", "server.name"),
        sa.PrimaryKeyConstraint("group_name", "position", name=op.f("pk_callmanager_group_member")),
        sa.UniqueConstraint(
            "group_name", "server_name", name=op.f("uq_callmanager_group_member_group_name_server_name")
        ),
    )
    region = _create(
        "region",
        _text("name", 50),
        _long_text("codecs"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_region")),
    )
    date_time_group = _create(
        "date_time_group",
        _text("name", 50),
        _text("time_zone", 50),
        _text("date_template", 50),
        _long_text("ntp_servers"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_date_time_group")),
    )
    pool = _create(
        "device_pool",
        _text("name", 50),
        _text("group_name", 50),
        _text("region_name", 50),
        _text("date_time_group_name", 50),
        _points_at("device_pool", "group_name", "callmanager_group.name"),
        _points_at("device_pool", "region_name", "region.name"),
        _points_at("device_pool", "date_time_group_name", "date_time_group.name"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_device_pool")),
    )
    _create(
        "device_defaults",
        _key("model_number"),
        _text("protocol", 4),
        _text("load", 255),
        _text("pool", 50),
        _points_at("device_defaults", "pool", "device_pool.name"),
        sa.PrimaryKeyConstraint("model_number", "protocol", name=op.f("pk_device_defaults")),
    )
    partition = _create(
        "route_partition",
        _text("name", 50),
        _long_text("description"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_route_partition")),
    )
    settings = _create(
        "autoregistration_settings",
        _key("id"),
        _text("range_start", 50),
        _text("range_end", 50),
        _text("next_number", 50),
        sa.Column("server_disabled", sa.Boolean, nullable=False),
        _moment("window_opens_at", nullable=True),
        _moment("window_closes_at", nullable=True),
        _text("protocol", 4),
        _text("route_partition", 50),
        _text("pool", 50),
        _long_text("allowed_networks"),
        sa.CheckConstraint("id = 1", name=op.f("ck_autoregistration_settings_one_row")),
        _points_at("autoregistration_settings", "route_partition", "route_partition.name"),
        _points_at("autoregistration_settings", "pool", "device_pool.name"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_autoregistration_settings")),
    )
    _create_devices()
    _create_records()

    op.bulk_insert(partition, [{"name": "", "description": "<None>"}])
    op.bulk_insert(region, [{"name": "Default", "codecs": '["g722", "ulaw", "alaw"]'}])
    op.bulk_insert(
        date_time_group,
        [{"name": "Default", "time_zone": "Etc/UTC", "date_template": "D/M/Y", "ntp_servers": "[]"}],
    )
    op.bulk_insert(group, [{"name": "Default", "autoregistration": True}])
    op.bulk_insert(
        pool,
        [
            {
                "name": "Default",
                "group_name": "Default",
                "region_name": "Default",
                "date_time_group_name": "Default",
            }
        ],
    )
    op.bulk_insert(
        settings,
        [
            {
                "id": 1,
                "range_start": "1000",
                "range_end": "1000",
                "next_number": "1000",
                "server_disabled": False,
                "protocol": "SCCP",
                "route_partition": "",
                "pool": "Default",
                "allowed_networks": "[]",
            }
        ],
    )


def _create_devices() -> None:
    _create(
        "device",
        _text("name", 50),
        _text("desired_protocol", 4),
        _moment("created_at"),
        _text("version_stamp", 64),
        _text("secret", 64),
        sa.Column("model_number", sa.Integer, nullable=True),
        _text("model", 64),
        sa.Column("observed_protocol", sa.String(4), nullable=True),
        _long_text("description"),
        _text("pool", 50),
        _text("load", 255),
        _text("address", 64),
        sa.Column("registered", sa.Boolean, nullable=False),
        _moment("last_seen", nullable=True),
        sa.Column("temporary", sa.Boolean, nullable=False),
        _points_at("device", "pool", "device_pool.name"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_device")),
    )
    _create(
        "line",
        _text("number", 50),
        _text("route_partition", 50),
        _long_text("display_name"),
        _points_at("line", "route_partition", "route_partition.name"),
        sa.PrimaryKeyConstraint("number", "route_partition", name=op.f("pk_line")),
    )
    _create(
        "line_appearance",
        _text("device_name", 50),
        _key("button"),
        _text("number", 50),
        _text("route_partition", 50),
        _long_text("label"),
        _points_at("line_appearance", "device_name", "device.name", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["number", "route_partition"],
            ["line.number", "line.route_partition"],
            name=op.f("fk_line_appearance_number_route_partition"),
        ),
        sa.PrimaryKeyConstraint("device_name", "button", name=op.f("pk_line_appearance")),
    )
    op.create_index(op.f("ix_line_appearance_number_route_partition"), "line_appearance", ["number", "route_partition"])


def _create_records() -> None:
    _create(
        "journey_event",
        _counter(),
        _text("device_name", 50),
        _moment("at"),
        _text("kind", 50),
        _long_text("detail"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journey_event")),
    )
    op.create_index(op.f("ix_journey_event_device_name_id"), "journey_event", ["device_name", "id"])
    _create(
        "refused_phone",
        _text("device_name", 50),
        _text("client", 64),
        _text("reason", 50),
        _long_text("text"),
        _moment("first_at"),
        _moment("last_at"),
        sa.Column("times", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("device_name", name=op.f("pk_refused_phone")),
    )
    op.create_index(op.f("ix_refused_phone_last_at"), "refused_phone", ["last_at"])
    _create(
        "audit_event",
        _counter(),
        _moment("at"),
        _text("actor", 255),
        _text("action", 255),
        _long_text("detail"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
