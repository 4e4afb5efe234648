"""Claims: extensions that wait for their phones, protected numbers, wrong attempts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_EXACT: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}
_TEXTS = ("device_name", "pool", "display_name", "description", "css", "button_template", "softkey_template")


def _text(name: str, length: int = 50) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=nullable)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "claim",
        _text("number"),
        _moment("created_at"),
        _text("pin", 255),
        _text("route_partition"),
        *(_text(name) for name in _TEXTS),
        _moment("claimed_at", nullable=True),
        _text("claimed_by"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_claim")),
        **_EXACT,
    )
    op.create_table(
        "protected_number",
        _text("pattern"),
        sa.PrimaryKeyConstraint("pattern", name=op.f("pk_protected_number")),
        **_EXACT,
    )
    op.create_table(
        "claim_tries",
        _text("subject", 80),
        sa.Column("count", sa.Integer, nullable=False),
        _moment("last_at"),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_claim_tries")),
        **_EXACT,
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("claim_tries", "protected_number", "claim"):
        op.drop_table(table)
