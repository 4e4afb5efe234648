"""Which universal template new phones are made from: by model, for autoregistration as a whole, and by claim."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_BY_NAME = {"device_defaults_settings": "fk_device_defaults_settings_device_template"}
_BY_NAME["autoregistration_policy"] = "fk_autoregistration_policy_device_template"


def upgrade() -> None:
    """Add the columns."""
    for table, key in _BY_NAME.items():
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("device_template", sa.String(50)))
            batch.create_foreign_key(op.f(key), "universal_device_template", ["device_template"], ["name"])
    with op.batch_alter_table("claim") as batch:
        batch.add_column(sa.Column("device_template", sa.String(50), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("claim") as batch:
        batch.drop_column("device_template")
    for table, key in _BY_NAME.items():
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(key), type_="foreignkey")
            batch.drop_column("device_template")
