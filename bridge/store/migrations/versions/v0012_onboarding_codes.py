"""Onboarding codes: with which a phone outside of the house fetches its first profile."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_EXACT: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def _text(name: str, length: int = 50) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=nullable)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "onboarding_code",
        _text("digest", 64),
        _text("last_digits", 4),
        _moment("created_at"),
        _moment("expires_at"),
        _text("number"),
        _text("display_name"),
        _text("pool"),
        _moment("used_at", nullable=True),
        _text("used_by"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_onboarding_code")),
        **_EXACT,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("onboarding_code")
