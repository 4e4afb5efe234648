"""Accounts, sessions, API tokens, wrong logins."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0013"
down_revision = "0012"
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
    """Make the tables."""
    op.create_table(
        "account",
        _text("name"),
        _text("role"),
        _moment("created_at"),
        _text("password", 255),
        sa.Column("one_time", sa.Boolean, nullable=False),
        _moment("last_login_at", nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_account")),
        **_EXACT,
    )
    op.create_table(
        "login_session",
        _text("digest", 64),
        _text("account_name"),
        _moment("created_at"),
        _moment("seen_at"),
        _moment("expires_at"),
        sa.ForeignKeyConstraint(
            ["account_name"], ["account.name"], name=op.f("fk_login_session_account_name"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_login_session")),
        **_EXACT,
    )
    op.create_index(op.f("ix_login_session_account_name"), "login_session", ["account_name"])
    op.create_table(
        "api_token",
        _text("name"),
        _text("role"),
        _text("digest", 64),
        _moment("created_at"),
        _text("created_by", 255),
        _moment("last_used_at", nullable=True),
        _moment("expires_at", nullable=True),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_api_token")),
        **_EXACT,
    )
    op.create_table(
        "login_tries",
        _text("subject", 120),
        sa.Column("count", sa.Integer, nullable=False),
        _moment("last_at"),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_login_tries")),
        **_EXACT,
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("login_tries", "api_token", "login_session", "account"):
        op.drop_table(table)
