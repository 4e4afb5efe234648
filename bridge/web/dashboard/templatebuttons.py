"""The buttons of a phone button template as rows of a form: what each is, its label, and what it needs. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.app.site.sitefields import Table
from bridge.core import ButtonKind
from bridge.core.phonebuttons import MAX_BUTTONS
from bridge.errors import InvalidInput

FIELD = "buttons"
SPARE = 4
"""Empty rows below those in use."""
LEAST = 6
LONGEST = 255
_WORDS = {
    ButtonKind.NONE: "Nothing",
    ButtonKind.BLF_SPEED_DIAL: "Speed dial with lamp",
    ButtonKind.SERVICE_URL: "Service",
    ButtonKind.DIRECTED_PARK: "Park slot",
    ButtonKind.DND: "Do not disturb",
}
KINDS: Sequence[tuple[str, str]] = [
    ("", "–"),
    *((each.value, _WORDS.get(each) or each.value.replace("-", " ").capitalize()) for each in ButtonKind),
]


@dataclass(frozen=True, slots=True)
class ButtonRow:
    """One button."""

    place: int
    """From 1 on."""
    kind: str = ""
    label: str = ""
    argument: str = ""


def button_rows(value: Any) -> list[ButtonRow]:
    """The rows of a template's buttons as its table has them, with some to spare."""
    rows = []
    for place, each in enumerate(value or (), 1):
        table = {"kind": each} if isinstance(each, str) else each
        rows.append(ButtonRow(place, *(str(table.get(key, "")) for key in ("kind", "label", "argument"))))
    wanted = min(MAX_BUTTONS, max(LEAST, len(rows) + SPARE))
    return rows + [ButtonRow(place) for place in range(len(rows) + 1, wanted + 1)]


def typed_rows(form: Mapping[str, Any]) -> list[ButtonRow]:
    """The rows as they were typed. Raises InvalidInput for what no page of ours sends."""
    rows = []
    for place in range(1, MAX_BUTTONS + 1):
        texts = [form.get(f"b{place}.{key}", "") for key in ("kind", "label", "argument")]
        if any(not isinstance(each, str) or len(each) > LONGEST for each in texts):
            raise InvalidInput(f"button {place} cannot be read", fix="shorten its label")
        if f"b{place}.kind" in form:
            rows.append(ButtonRow(place, *(str(each).strip() for each in texts)))
    return rows


def buttons_of(rows: Sequence[ButtonRow]) -> list[str | Table]:
    """The value for the template's table: rows after the last one in use are left away, a gap is a button of no use.

    Raises InvalidInput for a label or an argument without a kind.
    """
    for row in rows:
        if not row.kind and (row.label or row.argument):
            raise InvalidInput(f"button {row.place} has a label and is nothing", fix="choose what it is")
    last = max((row.place for row in rows if row.kind), default=0)
    found: list[str | Table] = []
    for row in rows:
        if row.place > last:
            break
        kind = row.kind or ButtonKind.NONE.value
        more = {key: text for key, text in (("label", row.label), ("argument", row.argument)) if text}
        found.append({"kind": kind, **more} if more else kind)
    return found
