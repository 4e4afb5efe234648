"""Lines and buttons of a phone."""

from __future__ import annotations

from typing import Any

from bridge.app.site.phonetable import LINE_FIELDS, PhoneButton
from bridge.app.site.sitefields import BadValue, fields_of
from bridge.core import ButtonKind
from bridge.web.api.operations import Ask, Operations
from bridge.web.api.phones import ChangedPhone, changed_phone
from bridge.web.api.schema import Schema, Schemas

lines = Operations("Lines and buttons")
_LINE = {name: each for name, each in LINE_FIELDS.items() if name != "number"}
_BUTTON = {name: each for name, each in fields_of(PhoneButton).items() if name != "button"}


def _line_schema(schemas: Schemas) -> Schema:
    schema = schemas.of_fields(_LINE, asked=True)
    shared = {"type": "boolean", "default": False, "description": "The number may be a line of other phones, too."}
    return {**schema, "properties": {**schema["properties"], "shared": shared}}


def _button_schema(schemas: Schemas) -> Schema:
    return schemas.of_fields(_BUTTON, asked=True, required=("kind",))


@lines.add("PUT", "/phones/{phone}/lines/{number}", body=_line_schema)
async def set_line(ask: Ask, phone: str, number: str, body: dict[str, Any]) -> ChangedPhone:
    """Change what is set for a line, or give the phone a further one

    Keys that are left out stay as they are; null goes back to the default. What belongs to the number changes for all
    phones that have it.
    """
    values = dict(body)
    shared = values.pop("shared", False)
    if not isinstance(shared, bool):
        raise BadValue(f"{shared!r} is no value for shared", key="shared", fix="write true or false")
    name = await ask.phone(phone)
    device = await ask.run(ask.desks.changes.set_line_typed, name, number, values, shared=shared)
    await ask.changed()
    return changed_phone(device)


@lines.add("DELETE", "/phones/{phone}/lines/{number}")
async def remove_line(ask: Ask, phone: str, number: str) -> ChangedPhone:
    """Take a line from a phone; the last one stays"""
    device = await ask.run(ask.desks.changes.remove_line, await ask.phone(phone), number)
    await ask.changed()
    return changed_phone(device)


@lines.add("PUT", "/phones/{phone}/buttons/{button}", body=_button_schema)
async def set_button(ask: Ask, phone: str, button: int, body: dict[str, Any]) -> ChangedPhone:
    """Put a speed dial, a service or a feature on a button"""
    values = dict(body)
    word = values.pop("kind", None)
    kinds = {each.value: each for each in ButtonKind}
    if not isinstance(word, str) or word not in kinds:
        raise BadValue(f"{word!r} is no kind of button", key="kind", fix=f"choose one of {', '.join(kinds)}")
    name = await ask.phone(phone)
    device = await ask.run(ask.desks.changes.set_button_typed, name, button, kinds[word], values)
    await ask.changed()
    return changed_phone(device)


@lines.add("DELETE", "/phones/{phone}/buttons/{button}")
async def remove_button(ask: Ask, phone: str, button: int) -> ChangedPhone:
    """Leave a button unused"""
    device = await ask.run(ask.desks.changes.remove_button, await ask.phone(phone), button)
    await ask.changed()
    return changed_phone(device)
