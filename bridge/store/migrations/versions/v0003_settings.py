"""What is set for pools, models, devices, lines and appearances: only tables, so that nothing has to be copied."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
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
    _create(
        "device_pool_settings",
        _word("pool_name"),
        _perhaps("autoreg_css"),
        _perhaps("css"),
        _perhaps("softkey_template"),
        _word("user_locale"),
        _word("network_locale"),
        _word("trunk"),
        sa.ForeignKeyConstraint(
            ["autoreg_css"], ["calling_search_space.name"], name=op.f("fk_device_pool_settings_autoreg_css")
        ),
        sa.ForeignKeyConstraint(["css"], ["calling_search_space.name"], name=op.f("fk_device_pool_settings_css")),
        sa.ForeignKeyConstraint(
            ["pool_name"], ["device_pool.name"], name=op.f("fk_device_pool_settings_pool_name"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["softkey_template"], ["softkey_template.name"], name=op.f("fk_device_pool_settings_softkey_template")
        ),
        sa.PrimaryKeyConstraint("pool_name", name=op.f("pk_device_pool_settings")),
    )
    _create(
        "line_settings",
        _word("number"),
        _word("route_partition"),
        _perhaps("css"),
        _perhaps("forward_css"),
        _word("pickup_group"),
        _word("voicemail_box"),
        _word("voicemail_pilot"),
        _number("no_answer_seconds"),
        _word("auto_answer"),
        _number("hold_reversion_seconds"),
        _word("hotline"),
        _number("hotline_delay"),
        _number("max_forwards"),
        _flag("urgent"),
        _word("music_on_hold"),
        sa.ForeignKeyConstraint(["css"], ["calling_search_space.name"], name=op.f("fk_line_settings_css")),
        sa.ForeignKeyConstraint(
            ["forward_css"], ["calling_search_space.name"], name=op.f("fk_line_settings_forward_css")
        ),
        sa.ForeignKeyConstraint(
            ["number", "route_partition"],
            ["line.number", "line.route_partition"],
            name=op.f("fk_line_settings_number_route_partition"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", "route_partition", name=op.f("pk_line_settings")),
    )
    _create(
        "abbreviated_dial",
        _word("device_name"),
        _number("position"),
        _word("number"),
        _text("label"),
        sa.ForeignKeyConstraint(
            ["device_name"], ["device.name"], name=op.f("fk_abbreviated_dial_device_name"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_name", "position", name=op.f("pk_abbreviated_dial")),
    )
    _create(
        "device_button",
        _word("device_name"),
        _number("button"),
        _word("kind"),
        _text("label"),
        sa.Column("target", sa.String(255), nullable=False),
        _flag("pickup"),
        sa.CheckConstraint("button BETWEEN 1 AND 56", name=op.f("ck_device_button_button")),
        sa.ForeignKeyConstraint(
            ["device_name"], ["device.name"], name=op.f("fk_device_button_device_name"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_name", "button", name=op.f("pk_device_button")),
    )
    _create(
        "device_defaults_settings",
        _number("model_number"),
        sa.Column("protocol", sa.String(4), nullable=False),
        _perhaps("button_template"),
        _perhaps("softkey_template"),
        _word("onboarding"),
        sa.Column("version_ceiling", sa.Integer, nullable=True),
        sa.ForeignKeyConstraint(
            ["button_template"],
            ["phone_button_template.name"],
            name=op.f("fk_device_defaults_settings_button_template"),
        ),
        sa.ForeignKeyConstraint(
            ["model_number", "protocol"],
            ["device_defaults.model_number", "device_defaults.protocol"],
            name=op.f("fk_device_defaults_settings_model_number_protocol"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["softkey_template"], ["softkey_template.name"], name=op.f("fk_device_defaults_settings_softkey_template")
        ),
        sa.PrimaryKeyConstraint("model_number", "protocol", name=op.f("pk_device_defaults_settings")),
    )
    _create(
        "device_settings",
        _word("device_name"),
        _text("owner"),
        _perhaps("css"),
        _perhaps("button_template"),
        _perhaps("softkey_template"),
        _perhaps("phone_profile"),
        _text("add_ons"),
        _word("user_locale"),
        _word("dnd"),
        _word("dnd_alert"),
        _word("privacy"),
        _word("barge"),
        _text("idle_text"),
        _text("idle_url"),
        sa.Column("version_ceiling", sa.Integer, nullable=True),
        _word("early_open"),
        _flag("opens_late"),
        _word("dtmf"),
        _word("music_on_hold"),
        sa.ForeignKeyConstraint(
            ["button_template"], ["phone_button_template.name"], name=op.f("fk_device_settings_button_template")
        ),
        sa.ForeignKeyConstraint(["css"], ["calling_search_space.name"], name=op.f("fk_device_settings_css")),
        sa.ForeignKeyConstraint(
            ["device_name"], ["device.name"], name=op.f("fk_device_settings_device_name"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["phone_profile"], ["common_phone_profile.name"], name=op.f("fk_device_settings_phone_profile")
        ),
        sa.ForeignKeyConstraint(
            ["softkey_template"], ["softkey_template.name"], name=op.f("fk_device_settings_softkey_template")
        ),
        sa.PrimaryKeyConstraint("device_name", name=op.f("pk_device_settings")),
    )
    _create(
        "line_appearance_settings",
        _word("device_name"),
        _number("button"),
        _word("external_mask"),
        _number("max_calls"),
        _number("busy_trigger"),
        _word("ring_idle"),
        _word("ring_busy"),
        _word("lamp"),
        _word("audible_messages"),
        _word("recording"),
        _flag("log_missed_calls"),
        sa.ForeignKeyConstraint(
            ["device_name", "button"],
            ["line_appearance.device_name", "line_appearance.button"],
            name=op.f("fk_line_appearance_settings_device_name_button"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("device_name", "button", name=op.f("pk_line_appearance_settings")),
    )


def downgrade() -> None:
    """Drop them, and what they hold."""
    op.drop_table("line_appearance_settings")
    op.drop_table("device_settings")
    op.drop_table("device_defaults_settings")
    op.drop_table("device_button")
    op.drop_table("abbreviated_dial")
    op.drop_table("line_settings")
    op.drop_table("device_pool_settings")
