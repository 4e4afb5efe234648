"""What is set for pools, models, devices, lines and appearances: rows exist only where something departs from the
defaults.

So admitting a phone costs nothing here, and the migration only had to add tables.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    String,
    Table,
    Text,
)

from bridge.core import (
    AddOnModule,
    AutoAnswer,
    BargeOption,
    ButtonKind,
    DndAlert,
    DndOption,
    DtmfMode,
    EarlyOpen,
    LampPolicy,
    OnboardingMethod,
    RecordingOption,
    RingKind,
    RingSetting,
    Switch,
)
from bridge.store.columntypes import OptionalName, ProtocolName, WordOf, WordsOf
from bridge.store.tables import EXACT, NAME, NUMBER, metadata


def _text(name: str, length: int | None = None) -> Column[str]:
    return Column(name, Text if length is None else String(length), nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _css(name: str = "css") -> Column[str]:
    return Column(name, OptionalName, ForeignKey("calling_search_space.name"))


def _softkeys() -> Column[str]:
    return Column("softkey_template", OptionalName, ForeignKey("softkey_template.name"))


def _buttons() -> Column[str]:
    return Column("button_template", OptionalName, ForeignKey("phone_button_template.name"))


device_pool_settings = Table(
    "device_pool_settings",
    metadata,
    Column("pool_name", String(NAME), ForeignKey("device_pool.name", ondelete="CASCADE"), primary_key=True),
    _css("autoreg_css"),
    _css(),
    _softkeys(),
    _text("user_locale", NAME),
    _text("network_locale", NAME),
    _text("trunk", NAME),
    **EXACT,
)

device_defaults_settings = Table(
    "device_defaults_settings",
    metadata,
    Column("model_number", Integer, primary_key=True, autoincrement=False),
    Column("protocol", ProtocolName, primary_key=True),
    _buttons(),
    _softkeys(),
    Column("onboarding", WordOf(OnboardingMethod), nullable=False),
    Column("version_ceiling", Integer),
    Column("device_template", OptionalName, ForeignKey("universal_device_template.name")),
    ForeignKeyConstraint(
        ["model_number", "protocol"], ["device_defaults.model_number", "device_defaults.protocol"], ondelete="CASCADE"
    ),
    **EXACT,
)

device_settings = Table(
    "device_settings",
    metadata,
    Column("device_name", String(NAME), ForeignKey("device.name", ondelete="CASCADE"), primary_key=True),
    _text("owner"),
    _css(),
    _buttons(),
    _softkeys(),
    Column("phone_profile", OptionalName, ForeignKey("common_phone_profile.name")),
    Column("add_ons", WordsOf(AddOnModule), nullable=False),
    _text("user_locale", NAME),
    Column("dnd", WordOf(DndOption), nullable=False),
    Column("dnd_alert", WordOf(DndAlert), nullable=False),
    Column("privacy", WordOf(Switch), nullable=False),
    Column("barge", WordOf(BargeOption), nullable=False),
    _text("idle_text"),
    _text("idle_url"),
    Column("version_ceiling", Integer),
    Column("early_open", WordOf(EarlyOpen), nullable=False),
    _flag("opens_late"),
    Column("dtmf", WordOf(DtmfMode), nullable=False),
    _text("music_on_hold", NAME),
    **EXACT,
)

line_settings = Table(
    "line_settings",
    metadata,
    Column("number", String(NUMBER), primary_key=True),
    Column("route_partition", String(NAME), primary_key=True),
    _css(),
    _css("forward_css"),
    _text("pickup_group", NAME),
    _text("voicemail_box", NAME),
    _text("voicemail_pilot", NUMBER),
    Column("no_answer_seconds", Integer, nullable=False),
    Column("auto_answer", WordOf(AutoAnswer), nullable=False),
    Column("hold_reversion_seconds", Integer, nullable=False),
    _text("hotline", NUMBER),
    Column("hotline_delay", Integer, nullable=False),
    Column("max_forwards", Integer, nullable=False),
    _flag("urgent"),
    _text("music_on_hold", NAME),
    ForeignKeyConstraint(["number", "route_partition"], ["line.number", "line.route_partition"], ondelete="CASCADE"),
    **EXACT,
)

line_appearance_settings = Table(
    "line_appearance_settings",
    metadata,
    Column("device_name", String(NAME), primary_key=True),
    Column("button", Integer, primary_key=True, autoincrement=False),
    _text("external_mask", NAME),
    Column("max_calls", Integer, nullable=False),
    Column("busy_trigger", Integer, nullable=False),
    Column("ring_idle", WordOf(RingSetting), nullable=False),
    Column("ring_busy", WordOf(RingSetting), nullable=False),
    Column("ring_kind", WordOf(RingKind), nullable=False, server_default=RingKind.INSIDE.value),
    Column("pickup_ring_idle", WordOf(RingSetting), nullable=False, server_default=RingSetting.RING_ONCE.value),
    Column("pickup_ring_busy", WordOf(RingSetting), nullable=False, server_default=RingSetting.BEEP.value),
    Column("lamp", WordOf(LampPolicy), nullable=False),
    Column("audible_messages", WordOf(Switch), nullable=False),
    Column("recording", WordOf(RecordingOption), nullable=False),
    _flag("log_missed_calls"),
    ForeignKeyConstraint(
        ["device_name", "button"], ["line_appearance.device_name", "line_appearance.button"], ondelete="CASCADE"
    ),
    **EXACT,
)

device_button = Table(
    "device_button",
    metadata,
    Column("device_name", String(NAME), ForeignKey("device.name", ondelete="CASCADE"), primary_key=True),
    Column("button", Integer, primary_key=True, autoincrement=False),
    Column("kind", WordOf(ButtonKind), nullable=False),
    _text("label"),
    # What a press leads to: a number, a URL, or a feature's argument.
    _text("target", 255),
    _flag("pickup"),
    CheckConstraint("button BETWEEN 1 AND 56", name="button"),
    **EXACT,
)

abbreviated_dial = Table(
    "abbreviated_dial",
    metadata,
    Column("device_name", String(NAME), ForeignKey("device.name", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _text("number", NUMBER),
    _text("label"),
    **EXACT,
)
