"""The site as one text: fetched, compared with what is there, and applied, all of it or nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bridge.app.site.sitedesk import SiteChanges
from bridge.app.site.sitesections import BY_NAME
from bridge.app.site.sitetoml import MAX_SIZE
from bridge.errors import Conflict, InvalidInput, SepbridgeError
from bridge.web.dashboard.house import House
from bridge.web.dashboard.linemarks import marked_text, marks_of
from bridge.web.dashboard.sitepage import tabs
from bridge.web.dashboard.words import count
from bridge.web.uploads import read_upload

LARGEST = 2 * MAX_SIZE
"""Octets of the form: the text may have letters of more than one octet."""
SHOWN = 300
"""Changes that are listed."""


@dataclass(frozen=True, slots=True)
class Field:
    """One key that differs."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that differs."""

    step: str
    shown: str
    fields: Sequence[Field]


class SiteTextPage:
    """``/site/text``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        house = self._house
        return [
            web.get("/site/text", house.viewer(self.show)),
            web.post("/site/text/diff", house.upload(self._diff)),
            web.post("/site/text/apply", house.upload(self._apply)),
        ]

    async def show(
        self,
        request: web.Request,
        problem: SepbridgeError | None = None,
        text: str = "",
        plan: SiteChanges | None = None,
    ) -> web.Response:
        """The text that somebody sent, with what it would change, or with what is wrong with it."""
        marks = marks_of(problem) if problem is not None and text else ()
        if problem is not None and marks:  # what is wrong stands at the lines
            problem = InvalidInput("the text cannot be used; nothing was changed", fix="mend the lines that are marked")
        return self._house.page(
            request,
            "sitetext.html",
            here="site",
            problem=problem,
            tabs=tabs(),
            text=text,
            marks=marks,
            lines=marked_text(text, marks) if marks else (),
            plan=plan,
            differences=_differences(plan)[:SHOWN] if plan else (),
            digest=_digest(plan) if plan else "",
        )

    async def _diff(self, request: web.Request) -> web.StreamResponse:
        text = ""
        try:
            text, _, _ = await _sent(request)
            plan = await asyncio.to_thread(self._house.desks(request).site.diff, text)
        except SepbridgeError as error:
            return await self.show(request, problem=error, text=text)
        return await self.show(request, text=text, plan=plan)

    async def _apply(self, request: web.Request) -> web.StreamResponse:
        text, plan = "", None
        desk = self._house.desks(request).site
        try:
            text, digest, may_remove = await _sent(request)
            plan = await asyncio.to_thread(desk.diff, text)
            if digest != _digest(plan):
                raise Conflict(
                    "what would change is not what was shown",
                    why="the text is another one, or somebody changed the site in the meantime",
                    fix="look at the differences below once more",
                )
            if plan.removals and not may_remove:
                raise Conflict(
                    f"{count(len(plan.removals), 'object')} would be removed",
                    why=", ".join(each.shown for each in plan.removals[:10]),
                    fix="tick the box if that is meant",
                )
            done = await asyncio.to_thread(lambda: desk.apply(text, expected=plan))
            if done.changes:
                await self._house.service.refresh()
        except SepbridgeError as error:
            return await self.show(request, problem=error, text=text, plan=plan if not marks_of(error) else None)
        note = f"The site is what the text says: {count(len(done.changes), 'change')} made."
        return self._house.goes(request, "/site/text", note if done.changes else "There was nothing to change.")


async def _sent(request: web.Request) -> tuple[str, str, bool]:
    """The text, the differences that were shown with it, and whether objects may go. Raises InvalidInput."""
    sent = await read_upload(request, largest=LARGEST)
    # A browser sends the ends of lines in its own way.
    text = (sent.text() if sent.file_name else sent.fields.get("text", "")).replace("\r\n", "\n")
    if not text.strip():
        raise InvalidInput("there is no text", fix="choose a file, or paste the text")
    return text, sent.field("digest"), sent.field("remove") == "1"


def _digest(plan: SiteChanges) -> str:
    return hashlib.sha256(repr(plan.changes).encode()).hexdigest()[:32]


def _differences(plan: SiteChanges) -> list[Difference]:
    return [
        Difference(
            each.step.value,
            f"{_title(each.section)}{each.shown.removeprefix(each.section)}",
            [Field(name, _told(before), _told(after)) for name, before, after in each.fields],
        )
        for each in plan.changes
    ]


def _title(section: str) -> str:
    found = BY_NAME.get(section)
    return found.title if found else section


def _told(value: object) -> str:
    match value:
        case None:
            return "default"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_told(each) for each in value) or "none"
        case dict():
            return " ".join(f"{key} {_told(each)}" for key, each in value.items())
        case _:
            return str(value) or "empty"
