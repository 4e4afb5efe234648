"""Elements of phones' files that an admin sets."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_EXACT: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def _text(name: str, length: int = 50) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "file_element",
        _text("scope"),
        _text("path", 200),
        _text("value", 255),
        sa.PrimaryKeyConstraint("scope", "path", name=op.f("pk_file_element")),
        **_EXACT,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("file_element")
