"""What programs that watch over the node ask of it: ``/metrics``, ``/healthz`` and ``/readyz``."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web
from aiohttp.typedefs import Handler

from bridge.app.operations.metrics import CONTENT_TYPE
from bridge.app.service import Service
from bridge.app.settings import MetricsAccess
from bridge.web.access import for_everybody, for_viewer

FRESH = 1.0
"""Seconds for which an answer is good for the next who asks: nobody shall wear the database out by asking."""


class MetricsPage:
    """``/metrics``."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = asyncio.Lock()
        self._made_at = 0.0
        self._page = b""

    async def answer(self, _: web.Request) -> web.Response:
        """The page for Prometheus."""
        async with self._lock:
            if not self._page or time.monotonic() - self._made_at > FRESH:
                self._page = self._service.metrics.page(await self._service.figures())
                self._made_at = time.monotonic()
        return web.Response(body=self._page, headers={"Content-Type": CONTENT_TYPE})


class Readiness:
    """``/readyz``: whether phones can be served. It names the parts, and no reasons, since it needs no login."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = asyncio.Lock()
        self._looked_at = 0.0
        self._parts: dict[str, bool] = {}

    @for_everybody
    async def answer(self, _: web.Request) -> web.Response:
        """200 when every part works, else 503."""
        async with self._lock:
            if not self._parts or time.monotonic() - self._looked_at > FRESH:
                self._parts = await self._service.readiness()
                self._looked_at = time.monotonic()
        ready = all(self._parts.values())
        words = {part: "ok" if works else "down" for part, works in self._parts.items()}
        return web.json_response({"status": "ok" if ready else "down", **words}, status=200 if ready else 503)


@for_everybody
async def alive(_: web.Request) -> web.Response:
    """``/healthz``: the event loop turns. What is broken elsewhere is no reason to start us again."""
    return web.json_response({"status": "ok"})


def operations_routes(service: Service) -> list[web.RouteDef]:
    """For the application. ``/metrics`` is guarded as the settings say."""
    routes = [web.get("/healthz", alive), web.get("/readyz", Readiness(service).answer)]
    access = service.settings.web.metrics
    if access is MetricsAccess.OFF:
        return routes
    page = MetricsPage(service)

    async def metrics(request: web.Request) -> web.StreamResponse:
        return await page.answer(request)

    guarded: Handler = (for_everybody if access is MetricsAccess.OPEN else for_viewer)(metrics)
    return [*routes, web.get("/metrics", guarded)]
