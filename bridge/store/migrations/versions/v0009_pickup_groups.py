"""Call pickup groups: associated groups, and how the others are told of calls."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
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
        "call_pickup_group",
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("associated", sa.Text, nullable=False),
        sa.Column("notification", sa.String(50), nullable=False),
        sa.Column("notification_wait", sa.Integer, nullable=False),
        sa.Column("show_caller", sa.Boolean, nullable=False),
        sa.Column("show_called", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_call_pickup_group")),
        **_EXACT,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("call_pickup_group")
