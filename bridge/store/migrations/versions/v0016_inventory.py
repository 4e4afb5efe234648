"""What phones were seen to be: family, firmware kind, security mode, VLAN, switch port, call manager."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_EXACT: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}
_TEXTS = ("neighbour", "neighbour_port", "manager")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "device_inventory",
        sa.Column("device_name", sa.String(50), nullable=False),
        *(sa.Column(name, sa.String(64), nullable=False) for name in ("family", "firmware", "security")),
        sa.Column("voice_vlan", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(64), nullable=False) for name in _TEXTS),
        sa.ForeignKeyConstraint(
            ["device_name"], ["device.name"], name=op.f("fk_device_inventory_device_name"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_name", name=op.f("pk_device_inventory")),
        **_EXACT,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("device_inventory")
