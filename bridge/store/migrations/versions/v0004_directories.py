"""Directories, their PINs, and the calls that phones had."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_EXACT: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "contact",
        _text("owner", 50),
        _text("name", 100),
        _text("number", 50),
        sa.PrimaryKeyConstraint("owner", "name", "number", name=op.f("pk_contact")),
        **_EXACT,
    )
    op.create_table(
        "directory_pin",
        _text("owner", 50),
        _text("hashed", 255),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_directory_pin")),
        **_EXACT,
    )
    op.create_table(
        "past_call",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        _text("device_name", 50),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
        _text("kind", 16),
        _text("number", 50),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_call")),
        **_EXACT,
    )
    op.create_index(op.f("ix_past_call_device_name_kind_id"), "past_call", ["device_name", "kind", "id"])


def downgrade() -> None:
    """Drop them."""
    for table in ("past_call", "directory_pin", "contact"):
        op.drop_table(table)
