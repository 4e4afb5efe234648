"""Until when a one-time password lets somebody in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. One-time passwords that there are already wait for their first use, as they did."""
    moment = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    op.add_column("account", sa.Column("logs_in_until", moment, nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("account", "logs_in_until")
