"""Records of calls, and the ring that a line has on a phone."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_EXACT: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=nullable)


def upgrade() -> None:
    """Make the table, and the column."""
    op.add_column(
        "line_appearance_settings", sa.Column("ring_kind", sa.String(50), nullable=False, server_default="inside")
    )
    op.create_table(
        "call_record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        _text("device_name", 50),
        _text("line", 50),
        _text("number", 50),
        _text("name", 100),
        sa.Column("outgoing", sa.Boolean, nullable=False),
        _moment("started"),
        _moment("answered", nullable=True),
        _moment("ended"),
        _text("why", 200),
        _number("status"),
        _text("codec", 50),
        sa.Column("measured", sa.Boolean, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("sent", "received", "lost")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("jitter", "latency")),
        sa.Column("malicious", sa.Boolean, nullable=False),
        _text("recording", 255),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_record")),
        **_EXACT,
    )
    op.create_index(op.f("ix_call_record_device_name_id"), "call_record", ["device_name", "id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("call_record")
    op.drop_column("line_appearance_settings", "ring_kind")
