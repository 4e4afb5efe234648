"""Who changed what."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import web

from bridge.ports import AuditEntry
from bridge.web.dashboard.house import House

SHOWN = 500
LOOKED_THROUGH = 10_000
"""Entries that a search looks through, the newest first."""


class AuditPage:
    """``/audit``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        return [web.get("/audit", self._house.viewer(self.show))]

    async def show(self, request: web.Request) -> web.Response:
        """The newest changes, or those that a search finds."""
        search = request.query.get("q", "").strip()[:60]
        entries = await asyncio.to_thread(self._read, search.lower())
        return self._house.page(request, "audit.html", here="audit", entries=entries, search=search)

    def _read(self, search: str) -> Sequence[AuditEntry]:
        with self._house.service.store.read() as work:
            entries = work.journal.audit_trail(limit=LOOKED_THROUGH if search else SHOWN)
        newest = [
            each
            for each in reversed(entries)
            if not search or any(search in text.lower() for text in (each.actor, each.action, each.detail))
        ]
        return newest[:SHOWN]
