"""The site's objects: all in one text, or one by one, each kind with the schema of its own fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from aiohttp import web

from bridge.app.site.sitesections import SECTIONS, Section
from bridge.core import SignallingProtocol
from bridge.errors import Conflict
from bridge.web.api.answers import Changes, SiteFinding, changes_of
from bridge.web.api.operations import Ask, Operations
from bridge.web.api.reading import MalformedRequest
from bridge.web.api.schema import Schema, Schemas, Text
from bridge.web.downloads import send_octets

site = Operations("Site")
LARGEST_SITE = 8 << 20


@dataclass(frozen=True, slots=True)
class ExportQuery:
    """How much of it."""

    phones: bool = False
    """With every phone's settings, lines and buttons."""


@dataclass(frozen=True, slots=True)
class SiteText:
    """The site as TOML: only what departs from the defaults, always in the same order."""

    site: Annotated[str, Text(LARGEST_SITE)]


@dataclass(frozen=True, slots=True)
class SiteApply:
    """A site to apply."""

    site: Annotated[str, Text(LARGEST_SITE)]
    remove: bool = False
    """Objects that the text does not name may go; otherwise such a text is refused."""


@dataclass(frozen=True, slots=True)
class SiteCheck:
    """What is wrong with the site, errors first."""

    findings: tuple[SiteFinding, ...]


@site.add("GET", "/site")
async def export_site(ask: Ask, query: ExportQuery) -> SiteText:
    """Export the site as one text"""
    return SiteText(await ask.run(ask.desks.site.export, phones=query.phones))


@site.add("GET", "/site/text", media="application/toml", answer=lambda _: {"type": "string"})
async def export_site_text(ask: Ask, query: ExportQuery) -> web.StreamResponse:
    """Export the site as a file"""
    text = await ask.run(ask.desks.site.export, phones=query.phones)
    return await send_octets(ask.request, text.encode(), name="site.toml", media="application/toml")


@site.add("POST", "/site/diff")
async def diff_site(ask: Ask, body: SiteText) -> Changes:
    """Say what applying a text would change"""
    return changes_of(await ask.run(ask.desks.site.diff, body.site), applied=False)


@site.add("POST", "/site/apply")
async def apply_site(ask: Ask, body: SiteApply) -> Changes:
    """Make the site what a text says, all of it or nothing

    Phones that it does not name are left alone, and none is ever removed. Errors name their lines.
    """
    desk = ask.desks.site
    planned = await ask.run(desk.diff, body.site)
    if planned.removals and not body.remove:
        raise Conflict(
            f"{len(planned.removals)} objects would be removed",
            why=", ".join(each.shown for each in planned.removals[:10]),
            fix="say remove = true if that is meant",
        )
    done = await ask.run(desk.apply, body.site, expected=planned)
    if done.changes:
        await ask.changed()
    return changes_of(done, applied=True)


@site.add("GET", "/site/check")
async def check_site(ask: Ask) -> SiteCheck:
    """Say what is wrong with the site"""
    found = await ask.run(ask.desks.site.check)
    return SiteCheck(tuple(SiteFinding(each.code, each.severity, each.what, each.fix) for each in found))


@dataclass(frozen=True, slots=True)
class PatternKeyQuery:
    """The rest of the key."""

    partition: Annotated[str, Text(50)] = ""
    """Of the pattern; empty for none."""


@dataclass(frozen=True, slots=True)
class DefaultsKeyQuery:
    """The rest of the key."""

    protocol: SignallingProtocol


def _add_kind(section: Section) -> None:
    """List, add, show, change and remove for one kind of object."""
    words = section.word.replace("-", "_")
    one, place = section.title, f"/site/{section.word}"
    fields = {key: each for key, each in section.fields.items() if key not in section.keys}

    def shown(schemas: Schemas) -> Schema:
        name = "".join(word.title() for word in section.name.split("_"))
        schemas.components[name] = {
            **schemas.of_fields(section.fields, asked=False, required=section.keys[:1]),
            "description": f"One {one}: what departs from the defaults.",
        }
        return {"$ref": f"#/components/schemas/{name}"}

    def listed(schemas: Schemas) -> Schema:
        return {
            "type": "object",
            "properties": {"objects": {"type": "array", "items": shown(schemas)}},
            "required": ["objects"],
            "additionalProperties": False,
        }

    def wanted(schemas: Schemas) -> Schema:
        required = [key for key, each in section.fields.items() if each.default not in (None, "") and key in ("name",)]
        return schemas.of_fields(section.fields, asked=True, required=required or section.keys[:1])

    def changed(schemas: Schemas) -> Schema:
        return schemas.of_fields(fields, asked=True)

    async def list_objects(ask: Ask) -> dict[str, Any]:
        return {"objects": list(await ask.run(ask.desks.site.tables, section))}

    async def add_object(ask: Ask, body: dict[str, Any]) -> Changes:
        for key in section.keys[:1]:
            if not isinstance(body.get(key), str):
                raise MalformedRequest(f"{key} must be a text", fix="see /api/v1/openapi.json")
        return await _done(ask, await ask.run(ask.desks.site.create, section, body))

    async def show_object(ask: Ask, key: str, rest: str) -> dict[str, Any]:
        return await ask.run(ask.desks.site.table, section, _keys(key, rest))

    async def change_object(ask: Ask, key: str, rest: str, body: Mapping[str, Any]) -> Changes:
        return await _done(ask, await ask.run(ask.desks.site.change, section, _keys(key, rest), body))

    async def remove_object(ask: Ask, key: str, rest: str) -> Changes:
        return await _done(ask, await ask.run(ask.desks.site.remove, section, _keys(key, rest)))

    site.add("GET", place, name=f"list_{words}", summary=f"List: {one}", answer=listed)(list_objects)
    site.add("POST", place, status=201, name=f"add_{words}", summary=f"Add: {one}", body=wanted)(add_object)
    path = f"{place}/{{{section.keys[0]}}}"
    show: dict[str, Any] = {"name": f"show_{words}", "summary": f"Show: {one}", "answer": shown}
    change: dict[str, Any] = {"name": f"change_{words}", "summary": f"Change: {one}", "body": changed}
    remove: dict[str, Any] = {"name": f"remove_{words}", "summary": f"Remove: {one}"}
    match section.keys:
        case ("name",):

            @site.add("GET", path, **show)
            async def show_named(ask: Ask, name: str) -> dict[str, Any]:
                return await show_object(ask, name, "")

            @site.add("PATCH", path, **change)
            async def change_named(ask: Ask, name: str, body: dict[str, Any]) -> Changes:
                return await change_object(ask, name, "", body)

            @site.add("DELETE", path, **remove)
            async def remove_named(ask: Ask, name: str) -> Changes:
                return await remove_object(ask, name, "")

        case ("pattern", _):

            @site.add("GET", path, **show)
            async def show_pattern(ask: Ask, pattern: str, query: PatternKeyQuery) -> dict[str, Any]:
                return await show_object(ask, pattern, query.partition)

            @site.add("PATCH", path, **change)
            async def change_pattern(ask: Ask, pattern: str, query: PatternKeyQuery, body: dict[str, Any]) -> Changes:
                return await change_object(ask, pattern, query.partition, body)

            @site.add("DELETE", path, **remove)
            async def remove_pattern(ask: Ask, pattern: str, query: PatternKeyQuery) -> Changes:
                return await remove_object(ask, pattern, query.partition)

        case _:

            @site.add("GET", path, **show)
            async def show_row(ask: Ask, model: str, query: DefaultsKeyQuery) -> dict[str, Any]:
                return await show_object(ask, model, query.protocol.value)

            @site.add("PATCH", path, **change)
            async def change_row(ask: Ask, model: str, query: DefaultsKeyQuery, body: dict[str, Any]) -> Changes:
                return await change_object(ask, model, query.protocol.value, body)

            @site.add("DELETE", path, **remove)
            async def remove_row(ask: Ask, model: str, query: DefaultsKeyQuery) -> Changes:
                return await remove_object(ask, model, query.protocol.value)


def _keys(key: str, rest: str) -> list[str]:
    return [key, rest] if rest else [key]


async def _done(ask: Ask, changes: Any) -> Changes:
    if changes.changes:
        await ask.changed()
    return changes_of(changes, applied=True)


for _section in SECTIONS:
    _add_kind(_section)
