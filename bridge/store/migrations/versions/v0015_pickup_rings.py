"""How a line's phone is heard when a call rings in its pickup group."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TABLE = "line_appearance_settings"


def upgrade() -> None:
    """Add the columns."""
    for name, default in (("pickup_ring_idle", "ring-once"), ("pickup_ring_busy", "beep")):
        op.add_column(_TABLE, sa.Column(name, sa.String(50), nullable=False, server_default=default))


def downgrade() -> None:
    """Drop them."""
    for name in ("pickup_ring_idle", "pickup_ring_busy"):
        op.drop_column(_TABLE, name)
