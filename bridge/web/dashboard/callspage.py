"""Records of calls, newest first, and how they sounded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from aiohttp import web

from bridge.core import CallRecord, DeviceName
from bridge.errors import InvalidInput, SepbridgeError
from bridge.web.dashboard.callquality import Sound, sound_of
from bridge.web.dashboard.house import House

SIZE = 50
"""Calls of a page."""
_LAST_PAGE = 40_000
"""The database keeps two million calls."""


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call of the list."""

    call: CallRecord
    sound: Sound | None


@dataclass(frozen=True, slots=True)
class _Wanted:
    phone: str
    since: datetime | None
    until: datetime | None
    page: int


class CallsPage:
    """``/calls``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        return [web.get("/calls", self._house.viewer(self.show))]

    async def show(self, request: web.Request) -> web.Response:
        """The calls that the address asks for."""
        asked = {key: request.query.get(key, "").strip()[:60] for key in ("phone", "since", "until")}
        calls: Sequence[CallRecord] = ()
        problem: SepbridgeError | None = None
        wanted = _Wanted(asked["phone"], None, None, 1)
        try:
            wanted = _Wanted(
                asked["phone"], moment(asked["since"]), moment(asked["until"]), _page(request.query.get("page", ""))
            )
            calls = await asyncio.to_thread(self._read, request, wanted)
        except SepbridgeError as error:
            problem = error
        exact = {
            "phone": wanted.phone,
            "since": wanted.since.isoformat() if wanted.since else "",
            "until": wanted.until.isoformat() if wanted.until else "",
        }
        return self._house.page(
            request,
            "calls.html",
            here="calls",
            problem=problem,
            rows=[CallRow(each, sound_of(each.quality)) for each in calls[:SIZE]],
            more=len(calls) > SIZE,
            page=wanted.page,
            asked=asked,
            filtered=any(asked.values()),
            query=lambda page: "?" + _encoded({**asked, "page": str(page) if page > 1 else ""}),
            exact=_encoded(exact),
        )

    def _read(self, request: web.Request, wanted: _Wanted) -> Sequence[CallRecord]:
        names: list[DeviceName] = [self._house.desks(request).phones.find(wanted.phone)] if wanted.phone else []
        with self._house.service.store.read() as work:
            found = work.calls.newest(
                devices=names,
                since=wanted.since,
                until=wanted.until,
                skip=(wanted.page - 1) * SIZE,
                most=SIZE + 1,
            )
        return found[::-1]


def moment(text: str) -> datetime | None:
    """What a field for a moment says, in the server's own time zone; None for an empty one. Raises InvalidInput."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidInput(f"{text[:40]!r} is no moment", fix="write 2026-01-31T08:00") from None


def _page(text: str) -> int:
    fine = text.isascii() and text.isdigit() and len(text) < 6
    return min(max(1, int(text)), _LAST_PAGE) if fine else 1


def _encoded(values: dict[str, str]) -> str:
    return urlencode({key: text for key, text in values.items() if text})
