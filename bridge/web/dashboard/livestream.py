"""Which phones something happened to, told to open pages as server-sent events, gathered twice a second.

A page needs to know *that* a phone changed, and asks for its row then: so a boot storm of thousands of events costs
each page two messages a second, and one request for the rows that it shows. Whole events are the API's business.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time

from aiohttp import web

from bridge.app.service import Service
from bridge.core import DeviceName
from bridge.core.events import Event
from bridge.errors import AccessDenied
from bridge.journey import FindingTurned
from bridge.web.site import still_logged_in

EVERY = 0.5
"""Seconds between two messages to one page."""
MOST_PAGES = 200
"""Pages that are live at a time; the others ask again later."""
MOST_NAMES = 2000
"""Phones in one message; beyond that the page is told to look at everything again."""
LIFE = 300.0
"""Seconds after which a page has to connect anew, with whatever rights it has then."""
QUIET = 15.0
"""Seconds after which a silent connection gets a sign of life, so that proxies leave it alone."""


class LiveStream:
    """Serves ``/live``."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._pages: set[_OpenPage] = set()
        self._leave = service.recorder.subscribe(self._heard), service.findings.subscribe(self._turned)

    def close(self) -> None:
        """End every stream."""
        for leave in self._leave:
            leave()
        for page in self._pages:
            page.over.set()

    @property
    def pages(self) -> int:
        """How many are live."""
        return len(self._pages)

    def _heard(self, event: Event) -> None:
        if event.device is not None:
            for page in self._pages:
                page.heard(event.device)

    def _turned(self, turned: FindingTurned) -> None:
        for page in self._pages:
            page.heard(turned.device)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The stream, until the page goes or its time is over."""
        if len(self._pages) >= MOST_PAGES:
            return web.Response(status=503, text="Too many pages are live\n", headers={"Retry-After": "30"})
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        page = _OpenPage()
        self._pages.add(page)
        try:
            await response.prepare(request)
            if request.method == "HEAD":
                return response
            await response.write(b"retry: 3000\n\n")
            await self._serve(request, response, page)
        except (ConnectionError, TimeoutError, AccessDenied):
            pass  # the page is gone, or whoever looked at it has logged out
        finally:
            self._pages.discard(page)
        return response

    async def _serve(self, request: web.Request, response: web.StreamResponse, page: _OpenPage) -> None:
        checked = time.monotonic()
        ends = checked + LIFE
        while not page.over.is_set() and time.monotonic() < ends:
            if time.monotonic() - checked > QUIET:
                await still_logged_in(request)
                checked = time.monotonic()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(page.news.wait(), QUIET)
            await response.write(page.message())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(page.over.wait(), EVERY)


class _OpenPage:
    """One page that is live."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.over = asyncio.Event()
        self._names: set[DeviceName] = set()
        self._too_many = False

    def heard(self, name: DeviceName) -> None:
        if len(self._names) < MOST_NAMES:
            self._names.add(name)
        else:
            self._too_many = True
        self.news.set()

    def message(self) -> bytes:
        """What happened since the last one; a comment where nothing did."""
        if not self.news.is_set():
            return b": still here\n\n"
        self.news.clear()
        told = {"phones": sorted(each.value for each in self._names), "all": self._too_many}
        self._names, self._too_many = set(), False
        return b"data: " + json.dumps(told).encode() + b"\n\n"
