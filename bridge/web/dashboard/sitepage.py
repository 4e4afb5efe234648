"""The site's objects: groups, pools, device defaults, the dial plan's objects, templates."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bridge.app.site.sitefields import Table, from_text
from bridge.app.site.sitesections import BY_WORD, SECTIONS, Section
from bridge.autoregistration.checks import Finding
from bridge.core.softkeytemplates import Softkey
from bridge.errors import InvalidInput, SepbridgeError
from bridge.web.dashboard.house import Form, House, change, text_of
from bridge.web.dashboard.siteform import changed_values, form_fields, label_of
from bridge.web.dashboard.templatebuttons import FIELD, KINDS, button_rows, buttons_of, typed_rows

_ABOUT = {
    "servers": "Where phones register. Only one of them admits phones that nobody knows.",
    "groups": "One to three servers in order: the first that works is the phone’s.",
    "regions": "Which codecs phones may use, the best first.",
    "date-time-groups": "Time zone and the look of the date.",
    "partitions": "Name spaces for numbers and patterns.",
    "css": "What a caller may reach: partitions in order.",
    "patterns": "Numbers that leave by a trunk, or are blocked.",
    "translations": "Numbers that are rewritten, and looked up again.",
    "softkey-templates": "Which soft keys phones show.",
    "button-templates": "What each button of a phone is.",
    "phone-profiles": "Rules that many phones share.",
    "pickup-groups": "Whose calls a group may take, and how its phones are told of them.",
    "pools": "What phones of one place have in common.",
    "defaults": "What a phone of a model gets when it is new: load, pool, templates.",
    "line-templates": "What a line gets when it is made for a user.",
    "device-templates": "What a phone gets when it is made for a user.",
}
DIAL_PLAN = ("partitions", "css", "patterns", "translations")


@dataclass(frozen=True, slots=True)
class Tab:
    """A kind of object in the row of kinds."""

    word: str
    title: str


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One object of the list."""

    name: str
    query: str
    rest: Sequence[tuple[str, str]]
    chosen: bool


def tabs(words: Sequence[str] = ()) -> list[Tab]:
    """The kinds, or those named."""
    return [Tab(each.word, _title(each)) for each in SECTIONS if not words or each.word in words]


class SitePage:
    """``/site/{word}``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        house, at = self._house, "/site/{word:[a-z-]{1,30}}"
        changes = {"add": self._add, "set": self._set, "remove": self._remove}
        return [
            web.get(at, house.viewer(self.show)),
            *(web.post(f"{at}/{word}", house.admin(change(house, do, self.show))) for word, do in changes.items()),
        ]

    async def show(self, request: web.Request, problem: SepbridgeError | None = None) -> web.Response:
        """The objects of one kind, and a form for one of them, or for a new one."""
        section = _section(request)
        tables, findings, names = await asyncio.to_thread(self._read, request, section)
        wanted = {key: request.query.get(key, "") for key in section.keys}
        chosen = next((each for each in tables if _keys(section, each) == wanted), None)
        fields = form_fields(section, chosen, names)
        buttons = button_rows((chosen or {}).get(FIELD)) if FIELD in section.fields else []
        if problem is not None and request.method == "POST":
            form = await request.post()
            fields = _typed_again(form, fields)
            if any(key.startswith("b1.") for key in form):
                with contextlib.suppress(InvalidInput):
                    buttons = typed_rows(form)
        return self._house.page(
            request,
            "site.html",
            here="dialplan" if section.word in DIAL_PLAN else "site",
            problem=problem,
            title=_title(section),
            about=_ABOUT.get(section.word, ""),
            word=section.word,
            tabs=tabs(),
            keys=section.keys,
            findings=findings,
            tables=[_row(section, each, chosen=each is chosen) for each in tables],
            chosen=_shown(section, chosen) if chosen is not None else "",
            chosen_keys={f"key.{key}": text for key, text in _keys(section, chosen or {}).items()},
            fields=fields,
            buttons=buttons,
            button_kinds=KINDS,
            softkeys=[each.value for each in Softkey if each] if section.name == "softkey_template" else [],
        )

    def _read(
        self, request: web.Request, section: Section
    ) -> tuple[Sequence[Table], Sequence[Finding], Mapping[str, Sequence[str]]]:
        desk = self._house.desks(request).site
        named = set(section.names.values())
        names = {
            each.name: [str(table["name"]) for table in desk.tables(each)] for each in SECTIONS if each.name in named
        }
        return desk.tables(section), desk.check(), names

    # --- changes -----------------------------------------------------------------------------------------------------

    async def _add(self, request: web.Request) -> tuple[str, str]:
        section, form = _section(request), await request.post()
        keys, values = _posted(section, form)
        defaults = {each.name: each.value for each in form_fields(section, None, {})}
        wanted = {key: text for key, text in values.items() if text and text != defaults.get(key, "")}
        table = {**dict(zip(section.keys, keys, strict=True)), **_table(section, wanted), **_buttons(section, form)}
        await asyncio.to_thread(self._house.desks(request).site.create, section, table)
        await self._house.service.refresh()
        return _address(section, keys), f"{_title(section)}: {' '.join(keys)} was added."

    async def _set(self, request: web.Request) -> tuple[str, str]:
        section, form = _section(request), await request.post()
        keys, values = _posted(section, form)
        desk = self._house.desks(request).site
        tables = await asyncio.to_thread(desk.tables, section)
        named = dict(zip(section.keys, keys, strict=True))
        table = next((each for each in tables if _keys(section, each) == named), {})
        wanted = {**_table(section, changed_values(section, table, values)), **_buttons(section, form)}
        done = await asyncio.to_thread(desk.change, section, keys, wanted)
        await self._house.service.refresh()
        return _address(section, keys), "Saved." if done.changes else "Nothing was changed."

    async def _remove(self, request: web.Request) -> tuple[str, str]:
        section, form = _section(request), await request.post()
        keys, _ = _posted(section, form)
        await asyncio.to_thread(self._house.desks(request).site.remove, section, keys)
        await self._house.service.refresh()
        return f"/site/{section.word}", f"{' '.join(each for each in keys if each)} is gone."


def _section(request: web.Request) -> Section:
    found = BY_WORD.get(request.match_info["word"])
    if found is None:
        raise web.HTTPNotFound
    return found


def _posted(section: Section, form: Form) -> tuple[list[str], dict[str, str]]:
    keys = [text_of(form, f"key.{key}") for key in section.keys]
    if not keys[0]:
        raise InvalidInput(f"the {section.keys[0]} is missing", fix="give it")
    values = {
        name: text_of(form, f"v.{name}") for name in section.fields if name not in section.keys and f"v.{name}" in form
    }
    return keys, values


def _table(section: Section, typed: Mapping[str, str]) -> Table:
    """What was typed, as values of a table."""
    return {key: from_text(section.fields, key, text, section.title) for key, text in typed.items()}


def _buttons(section: Section, form: Form) -> Table:
    """The buttons of a template, where the form has rows for them; none is the default."""
    rows = typed_rows(form) if FIELD in section.fields else []
    return {FIELD: buttons_of(rows) or None} if rows else {}


def _typed_again(form: Form, fields: Sequence[Any]) -> list[Any]:
    """What was typed stays in the form that is shown with what is wrong with it."""
    again = []
    for each in fields:
        typed = form.get(f"{'key' if each.is_key else 'v'}.{each.name}")
        again.append(each if not isinstance(typed, str) else _with_value(each, typed))
    return again


def _with_value(field: Any, value: str) -> Any:
    return replace(field, value=value)


def _title(section: Section) -> str:
    words = section.title[0].upper() + section.title[1:]
    return words if words.endswith("s") else f"{words}s"


def _keys(section: Section, table: Table) -> dict[str, str]:
    return {key: str(table.get(key, "")) for key in section.keys}


def _shown(section: Section, table: Table) -> str:
    return " in ".join(each for each in _keys(section, table).values() if each)


def _row(section: Section, table: Table, *, chosen: bool) -> ObjectRow:
    rest = [(label_of(key), _told(value)) for key, value in table.items() if key not in section.keys]
    return ObjectRow(_shown(section, table), urlencode(_keys(section, table)), rest, chosen)


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_told(each) for each in value)
    if isinstance(value, dict):
        return " ".join(_told(each) for each in value.values())
    return str(value)


def _address(section: Section, keys: Sequence[str]) -> str:
    return f"/site/{section.word}?{urlencode(dict(zip(section.keys, keys, strict=True)))}"
