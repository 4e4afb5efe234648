"""Which model a phone that was turned away said it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of phones that were turned away before, nobody knows."""
    op.add_column("refused_phone", sa.Column("model", sa.String(64), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("refused_phone", "model")
