"""Autoregistration beyond the window: the rogue pool, lists, approval, security mode; and who may in by name."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_EXACT: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def _word(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(50), nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "autoregistration_policy",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("allowed", sa.Text, nullable=False),
        sa.Column("denied", sa.Text, nullable=False),
        _word("unknown_phones"),
        sa.Column("phones_left", sa.Integer, nullable=True),
        sa.Column("warn_after", sa.Integer, nullable=False),
        _flag("approval"),
        _flag("secure"),
        _word("security"),
        _flag("backup"),
        _flag("protocol_chosen"),
        _flag("without_space"),
        _word("checked_range"),
        _word("rogue_start"),
        _word("rogue_end"),
        _word("rogue_next"),
        _flag("rogue_inbound"),
        _word("rogue_operator"),
        _word("rogue_operator_number"),
        sa.CheckConstraint("id = 1", name=op.f("ck_autoregistration_policy_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_autoregistration_policy")),
        **_EXACT,
    )
    op.create_table(
        "phone_verdict",
        _word("device_name"),
        _flag("approved"),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
        sa.PrimaryKeyConstraint("device_name", name=op.f("pk_phone_verdict")),
        **_EXACT,
    )


def downgrade() -> None:
    """Drop them, and what they hold."""
    op.drop_table("phone_verdict")
    op.drop_table("autoregistration_policy")
