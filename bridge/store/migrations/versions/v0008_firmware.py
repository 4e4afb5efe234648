"""Loads that are wanted for single phones, and roll-outs of firmware."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_EXACT: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def _text(name: str, length: int | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(length) if length else sa.Text, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    kind = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    return sa.Column(name, kind, nullable=nullable)


def _counter(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False)


def _device(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["device_name"], ["device.name"], name=op.f(f"fk_{table}_device_name"), ondelete="CASCADE"
    )


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "wanted_load",
        _text("device_name", 50),
        _text("load", 80),
        _device("wanted_load"),
        sa.PrimaryKeyConstraint("device_name", name=op.f("pk_wanted_load")),
        **_EXACT,
    )
    op.create_table(
        "firmware_rollout",
        _counter("id"),
        _text("load", 80),
        sa.Column("at_a_time", sa.Integer, nullable=False),
        _text("state", 50),
        _text("actor", 100),
        _moment("started_at"),
        _text("detail"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firmware_rollout")),
        **_EXACT,
    )
    op.create_table(
        "firmware_rollout_phone",
        _counter("rollout_id"),
        _text("device_name", 50),
        sa.Column("position", sa.Integer, nullable=False),
        _text("stage", 50),
        _text("before", 255),
        _text("wanted_before", 80),
        _text("detail"),
        _moment("told_at", nullable=True),
        _moment("ended_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["rollout_id"],
            ["firmware_rollout.id"],
            name=op.f("fk_firmware_rollout_phone_rollout_id"),
            ondelete="CASCADE",
        ),
        _device("firmware_rollout_phone"),
        sa.PrimaryKeyConstraint("rollout_id", "device_name", name=op.f("pk_firmware_rollout_phone")),
        **_EXACT,
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("firmware_rollout_phone", "firmware_rollout", "wanted_load"):
        op.drop_table(table)
