"""The dial plan, softkey and button templates, universal templates, profiles; and which server may autoregister."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_EXACT: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def _create(name: str, *parts: sa.Column[Any] | sa.Constraint) -> None:
    op.create_table(name, *parts, **_EXACT)


def _word(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(50), nullable=False)


def _perhaps(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(50), nullable=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, autoincrement=False)


def upgrade() -> None:
    """Add the tables."""
    _add_plan()
    _add_templates()
    # Servers that exist may admit phones, as before.
    disabled = sa.Column("autoregistration_disabled", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("server", disabled)


def downgrade() -> None:
    """Drop them, and what they hold."""
    op.drop_column("server", "autoregistration_disabled")
    op.drop_table("universal_device_template")
    op.drop_table("universal_line_template")
    op.drop_table("common_phone_profile")
    op.drop_table("softkey_template_state")
    op.drop_table("phone_button_template_button")
    op.drop_table("dial_pattern")
    op.drop_table("calling_search_space_member")
    op.drop_table("softkey_template")
    op.drop_table("phone_button_template")
    op.drop_table("calling_search_space")


def _add_plan() -> None:
    _create(
        "calling_search_space",
        _word("name"),
        _text("description"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_calling_search_space")),
    )
    _create(
        "phone_button_template",
        _word("name"),
        _text("description"),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("protocol", sa.String(4), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_phone_button_template")),
    )
    _create(
        "softkey_template",
        _word("name"),
        _text("description"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_softkey_template")),
    )
    _create(
        "calling_search_space_member",
        _word("calling_search_space_name"),
        _number("position"),
        _word("partition_name"),
        sa.ForeignKeyConstraint(
            ["calling_search_space_name"],
            ["calling_search_space.name"],
            name=op.f("fk_calling_search_space_member_calling_search_space_name"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["partition_name"], ["route_partition.name"], name=op.f("fk_calling_search_space_member_partition_name")
        ),
        sa.PrimaryKeyConstraint("calling_search_space_name", "position", name=op.f("pk_calling_search_space_member")),
    )
    _create(
        "dial_pattern",
        _word("pattern"),
        _word("route_partition"),
        _word("kind"),
        _text("description"),
        _flag("block"),
        _word("release_cause"),
        _flag("urgent"),
        _word("discard_digits"),
        _word("prefix_digits"),
        _word("called_mask"),
        _flag("use_external_mask"),
        _word("calling_mask"),
        _word("calling_prefix"),
        _flag("outside_dial_tone"),
        _word("numbering_plan"),
        _word("destination"),
        _flag("emergency"),
        _perhaps("css"),
        _flag("use_originator_css"),
        _flag("wait_after_translation"),
        sa.CheckConstraint("kind IN ('route', 'translation')", name=op.f("ck_dial_pattern_kind")),
        sa.ForeignKeyConstraint(["css"], ["calling_search_space.name"], name=op.f("fk_dial_pattern_css")),
        sa.ForeignKeyConstraint(
            ["route_partition"], ["route_partition.name"], name=op.f("fk_dial_pattern_route_partition")
        ),
        sa.PrimaryKeyConstraint("pattern", "route_partition", name=op.f("pk_dial_pattern")),
    )
    _create(
        "phone_button_template_button",
        _word("phone_button_template_name"),
        _number("button"),
        _word("kind"),
        _text("label"),
        _word("argument"),
        sa.ForeignKeyConstraint(
            ["phone_button_template_name"],
            ["phone_button_template.name"],
            name=op.f("fk_phone_button_template_button_phone_button_template_name"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("phone_button_template_name", "button", name=op.f("pk_phone_button_template_button")),
    )
    _create(
        "softkey_template_state",
        _word("softkey_template_name"),
        _number("position"),
        _word("state"),
        _text("keys"),
        sa.ForeignKeyConstraint(
            ["softkey_template_name"],
            ["softkey_template.name"],
            name=op.f("fk_softkey_template_state_softkey_template_name"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("softkey_template_name", "position", name=op.f("pk_softkey_template_state")),
    )


def _add_templates() -> None:
    _create(
        "common_phone_profile",
        _word("name"),
        _text("description"),
        _word("dnd"),
        _word("dnd_alert"),
        _word("privacy"),
        _text("background_image"),
        _flag("phone_personalization"),
        _flag("always_use_prime_line"),
        _flag("always_use_prime_line_for_messages"),
        _word("feature_policy"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_common_phone_profile")),
    )
    _create(
        "universal_line_template",
        _word("name"),
        _text("description"),
        _word("route_partition"),
        _perhaps("css"),
        _word("external_mask"),
        _word("pickup_group"),
        _text("display_name"),
        _text("label"),
        _number("no_answer_seconds"),
        _number("max_calls"),
        _number("busy_trigger"),
        _word("auto_answer"),
        sa.ForeignKeyConstraint(["css"], ["calling_search_space.name"], name=op.f("fk_universal_line_template_css")),
        sa.ForeignKeyConstraint(
            ["route_partition"], ["route_partition.name"], name=op.f("fk_universal_line_template_route_partition")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_universal_line_template")),
    )
    _create(
        "universal_device_template",
        _word("name"),
        _text("description"),
        _word("pool"),
        _perhaps("css"),
        _perhaps("button_template"),
        _perhaps("softkey_template"),
        _perhaps("phone_profile"),
        _perhaps("line_template"),
        _word("user_locale"),
        _text("device_description"),
        sa.ForeignKeyConstraint(
            ["button_template"],
            ["phone_button_template.name"],
            name=op.f("fk_universal_device_template_button_template"),
        ),
        sa.ForeignKeyConstraint(["css"], ["calling_search_space.name"], name=op.f("fk_universal_device_template_css")),
        sa.ForeignKeyConstraint(
            ["line_template"], ["universal_line_template.name"], name=op.f("fk_universal_device_template_line_template")
        ),
        sa.ForeignKeyConstraint(
            ["phone_profile"], ["common_phone_profile.name"], name=op.f("fk_universal_device_template_phone_profile")
        ),
        sa.ForeignKeyConstraint(["pool"], ["device_pool.name"], name=op.f("fk_universal_device_template_pool")),
        sa.ForeignKeyConstraint(
            ["softkey_template"], ["softkey_template.name"], name=op.f("fk_universal_device_template_softkey_template")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_universal_device_template")),
    )
