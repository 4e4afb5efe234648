"""How the service itself is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web

from bridge.app.status import ServiceStatus
from bridge.web.dashboard import words
from bridge.web.dashboard.house import House

MOST_PENDING = 5
"""Endpoints that are named when Asterisk has not confirmed them."""


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the service."""

    name: str
    tone: str
    state: str
    detail: str


class HealthPage:
    """``/health``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        return [web.get("/health", self._house.viewer(self.show))]

    async def show(self, request: web.Request) -> web.Response:
        """Part by part."""
        service = self._house.service
        status = await service.status()
        findings = await asyncio.to_thread(self._house.desks(request).site.check)
        checks = list(health_checks(status))
        now = service.clock.now()
        facts = [
            ("Version", status.version),
            ("Running for", words.span((now - status.started_at).total_seconds())),
            ("SCCP phones", str(status.sccp_phones)),
            ("Calls on them", str(status.sccp_calls)),
            ("Files under way", str(status.transfers)),
            ("Reloads of Asterisk", str(status.pbx.reloads)),
            ("Tasks", str(status.tasks)),
        ]
        doors = [
            ("TFTP", ", ".join(status.tftp)),
            ("HTTP", ", ".join(status.http)),
            ("Doorway", ", ".join(status.doorway)),
            ("SCCP", ", ".join(status.sccp)),
            ("Dashboard", ", ".join(status.web)),
        ]
        return self._house.page(
            request,
            "health.html",
            here="health",
            checks=checks,
            troubles=sum(each.tone == "bad" for each in checks),
            findings=findings,
            facts=facts,
            doors=doors,
        )


def health_checks(status: ServiceStatus) -> Iterator[Check]:
    """What works and what does not."""
    pbx = status.pbx
    since = f" since {words.stamp(pbx.since)}" if pbx.since else ""
    if pbx.connected and not pbx.trouble:
        yield Check("Asterisk", "ok", "connected", f"{pbx.version}{since}")
    else:
        detail = pbx.trouble or "phones get their files, and changes are applied when it is back"
        yield Check("Asterisk", "bad", "connected" if pbx.connected else "away", detail)
    if pbx.pending:
        named = ", ".join(pbx.pending[:MOST_PENDING])
        more = f" and {len(pbx.pending) - MOST_PENDING} more" if len(pbx.pending) > MOST_PENDING else ""
        yield Check("Changes for Asterisk", "busy", "under way", f"not confirmed yet: {named}{more}")
    if status.database:
        yield Check("Database", "bad", "trouble", status.database)
    else:
        yield Check("Database", "ok", "works", "it can be read and written")
    if status.events_dropped:
        detail = f"{status.events_dropped} were dropped while the database was away; journeys have gaps"
        yield Check("Events", "warn", "dropped", detail)
    else:
        yield Check("Events", "ok", "all kept", "every step of every phone is written down")
    for each in status.beside:
        yield Check("Beside the other TFTP server", "bad", "trouble", each)
