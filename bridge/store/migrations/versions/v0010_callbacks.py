"""Requests for callbacks, which outlive a restart."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_EXACT: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "callback_request",
        sa.Column("device_name", sa.String(50), nullable=False),
        sa.Column("number", sa.String(50), nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("until", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
        sa.Column("after_use", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(
            ["device_name"], ["device.name"], name=op.f("fk_callback_request_device_name"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_name", name=op.f("pk_callback_request")),
        **_EXACT,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("callback_request")
