"""A form for any object of the site, made from the same fields as the site's file and the command line. Pure."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any

from bridge.app.site.sitefields import REQUIRED, Table, plain
from bridge.app.site.sitesections import Section
from bridge.core.softkeytemplates import MANDATORY, SoftkeyState

_LABELS = {
    "css": "Calling search space",
    "autoreg_css": "Calling search space of new phones",
    "use_originator_css": "Look again in the caller’s search space",
    "forward_css": "Calling search space of forwards",
}


def label_of(name: str) -> str:
    """What a field is called."""
    return _LABELS.get(name) or name.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class FormField:
    """One field."""

    name: str
    label: str
    value: str
    kind: str = "text"
    options: Sequence[tuple[str, str]] = ()
    hint: str = ""
    placeholder: str = ""
    is_key: bool = False
    fixed: bool = False
    """It names the object that is being changed, and stays."""
    required: bool = False


def form_fields(section: Section, table: Table | None, names: Mapping[str, Sequence[str]]) -> list[FormField]:
    """The fields of an object; of a new one where ``table`` is None. ``names``: what may be named, by section.

    A field that cannot be written in one line is left out: it has a form of its own (``templatebuttons``).
    """
    found: list[FormField] = []
    for name, field in section.fields.items():
        is_key = name in section.keys
        hint = _without_none(field.hint)
        default = None if field.default is REQUIRED else plain(field.default)
        value = (table or {}).get(name, default)
        others = names.get(section.names[name], ()) if name in section.names else None
        is_list = typing.get_origin(hint) is tuple
        if is_list and _is_nested(typing.get_args(hint)[0]):
            continue
        found.append(
            FormField(
                name,
                label_of(name),
                _text(value),
                kind="number" if hint is int else "text",
                options=() if is_list else _options(hint, others, required=field.default not in (None, "")),
                hint=_hint(is_list, others, needed=_needed(name) if section.name == "softkey_template" else ""),
                placeholder="The standard ones" if is_list and field.default is None else "",
                is_key=is_key,
                fixed=is_key and table is not None,
                required=field.default is REQUIRED,
            )
        )
    return found


def changed_values(section: Section, table: Table, typed: Mapping[str, str]) -> dict[str, str]:
    """Of what was typed, what differs from what is there: the rest shall not be written down as a decision."""
    before = {each.name: each.value for each in form_fields(section, table, {})}
    return {key: text for key, text in typed.items() if text != before.get(key, "")}


def _options(hint: Any, others: Sequence[str] | None, *, required: bool) -> Sequence[tuple[str, str]]:
    """What can be chosen; with an empty choice where the field may be empty, so that a form never sets what is not."""
    none = [] if required else [("", "–")]
    if others is not None:
        return [*none, *((each, each) for each in others)]
    if hint is bool:
        return [("no", "no"), ("yes", "yes")]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return [*none, *((each.value, each.value or "–") for each in hint if each.value or required)]
    return ()


def _needed(name: str) -> str:
    """The soft key that a state cannot do without."""
    state = name.replace("_", "-")
    return MANDATORY.get(SoftkeyState(state), "") if state in list(SoftkeyState) else ""


def _hint(is_list: bool, others: Sequence[str] | None, *, needed: str = "") -> str:
    if needed:
        return f"In order, comma between them; needs {needed}"
    if is_list and others:
        return f"In order, comma between them, of: {', '.join(others)}"
    return "Comma between them" if is_list else ""


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_text(each) for each in value)
    return str(value)


def _is_nested(kind: Any) -> bool:
    return dataclasses.is_dataclass(kind)


def _without_none(hint: Any) -> Any:
    if isinstance(hint, UnionType) or typing.get_origin(hint) is typing.Union:
        return next(each for each in typing.get_args(hint) if each is not NoneType)
    return hint
