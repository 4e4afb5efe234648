"""The tables of the dial plan, of templates and of profiles."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Integer, String, Table, Text

from bridge.core import (
    AutoAnswer,
    ButtonKind,
    DiscardDigits,
    DndAlert,
    DndOption,
    PickupNotification,
    ReleaseCause,
    Softkey,
    SoftkeyState,
    Switch,
)
from bridge.store.columntypes import OptionalName, ProtocolName, TextList, WordOf, WordsOf
from bridge.store.tables import EXACT, NAME, NUMBER, metadata


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _text(name: str, length: int | None = None) -> Column[str]:
    return Column(name, Text if length is None else String(length), nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _key() -> Column[str]:
    return Column("name", String(NAME), primary_key=True)


def _part_of(owner: str) -> Column[str]:
    """The owner of a row that dies with it."""
    return Column(f"{owner}_name", String(NAME), ForeignKey(f"{owner}.name", ondelete="CASCADE"), primary_key=True)


def _position(name: str = "position") -> Column[int]:
    return Column(name, Integer, primary_key=True, autoincrement=False)


calling_search_space = Table("calling_search_space", metadata, _key(), _text("description"), **EXACT)

calling_search_space_member = Table(
    "calling_search_space_member",
    metadata,
    _part_of("calling_search_space"),
    _position(),
    Column("partition_name", String(NAME), ForeignKey("route_partition.name"), nullable=False),
    **EXACT,
)

dial_pattern = Table(
    "dial_pattern",
    metadata,
    Column("pattern", String(NUMBER), primary_key=True),
    Column("route_partition", String(NAME), ForeignKey("route_partition.name"), primary_key=True),
    # One table for both kinds: a pattern exists once in a partition, whatever it is.
    _text("kind", NAME),
    _text("description"),
    _flag("block"),
    Column("release_cause", WordOf(ReleaseCause), nullable=False),
    _flag("urgent"),
    Column("discard_digits", WordOf(DiscardDigits), nullable=False),
    _text("prefix_digits", NUMBER),
    _text("called_mask", NUMBER),
    _flag("use_external_mask"),
    _text("calling_mask", NUMBER),
    _text("calling_prefix", NUMBER),
    _flag("outside_dial_tone"),
    _text("numbering_plan", NAME),
    # Of route patterns.
    _text("destination", NAME),
    _flag("emergency"),
    # Of translation patterns.
    Column("css", OptionalName, ForeignKey("calling_search_space.name")),
    _flag("use_originator_css"),
    _flag("wait_after_translation"),
    CheckConstraint("kind IN ('route', 'translation')", name="kind"),
    **EXACT,
)

softkey_template = Table("softkey_template", metadata, _key(), _text("description"), **EXACT)

softkey_template_state = Table(
    "softkey_template_state",
    metadata,
    _part_of("softkey_template"),
    _position(),
    Column("state", WordOf(SoftkeyState), nullable=False),
    Column("keys", WordsOf(Softkey), nullable=False),
    **EXACT,
)

phone_button_template = Table(
    "phone_button_template",
    metadata,
    _key(),
    _text("description"),
    _text("model", 64),
    Column("protocol", ProtocolName),
    **EXACT,
)

phone_button_template_button = Table(
    "phone_button_template_button",
    metadata,
    _part_of("phone_button_template"),
    _position("button"),
    Column("kind", WordOf(ButtonKind), nullable=False),
    _text("label"),
    _text("argument", NUMBER),
    **EXACT,
)

common_phone_profile = Table(
    "common_phone_profile",
    metadata,
    _key(),
    _text("description"),
    Column("dnd", WordOf(DndOption), nullable=False),
    Column("dnd_alert", WordOf(DndAlert), nullable=False),
    Column("privacy", WordOf(Switch), nullable=False),
    _text("background_image"),
    _flag("phone_personalization"),
    _flag("always_use_prime_line"),
    _flag("always_use_prime_line_for_messages"),
    _text("feature_policy", NAME),
    **EXACT,
)

call_pickup_group = Table(
    "call_pickup_group",
    metadata,
    _key(),
    _text("description"),
    Column("associated", TextList, nullable=False),
    Column("notification", WordOf(PickupNotification), nullable=False),
    _number("notification_wait"),
    _flag("show_caller"),
    _flag("show_called"),
    **EXACT,
)

universal_line_template = Table(
    "universal_line_template",
    metadata,
    _key(),
    _text("description"),
    Column("route_partition", String(NAME), ForeignKey("route_partition.name"), nullable=False),
    Column("css", OptionalName, ForeignKey("calling_search_space.name")),
    _text("external_mask", NAME),
    _text("pickup_group", NAME),
    _text("display_name"),
    _text("label"),
    _number("no_answer_seconds"),
    _number("max_calls"),
    _number("busy_trigger"),
    Column("auto_answer", WordOf(AutoAnswer), nullable=False),
    **EXACT,
)

universal_device_template = Table(
    "universal_device_template",
    metadata,
    _key(),
    _text("description"),
    Column("pool", String(NAME), ForeignKey("device_pool.name"), nullable=False),
    Column("css", OptionalName, ForeignKey("calling_search_space.name")),
    Column("button_template", OptionalName, ForeignKey("phone_button_template.name")),
    Column("softkey_template", OptionalName, ForeignKey("softkey_template.name")),
    Column("phone_profile", OptionalName, ForeignKey("common_phone_profile.name")),
    Column("line_template", OptionalName, ForeignKey("universal_line_template.name")),
    _text("user_locale", NAME),
    _text("device_description"),
    **EXACT,
)
