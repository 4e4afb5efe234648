"""Server-sent events: what happens, live (the format of the HTML standard's EventSource)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from aiohttp import web

from bridge.app.admission.window import WindowDesk
from bridge.app.operations.livefeed import DROPPED, LiveFeed, LiveListener, LiveMessage
from bridge.errors import AccessDenied
from bridge.web.api.operations import Ask, Operations
from bridge.web.api.schema import Many, Schema, Text
from bridge.web.site import SERVICE, still_logged_in

events = Operations("Live")
FEED = web.AppKey("live feed", LiveFeed)
HEARTBEAT = 15.0
"""Seconds without news after which a comment is sent, so that proxies and clients know that somebody is there."""
LIFE = 3600.0
"""Seconds after which a client has to connect anew, with Last-Event-ID; every EventSource does so by itself."""


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which messages."""

    kind: Annotated[tuple[Annotated[str, Text(60, 1)], ...], Many(50)] = ()
    """``stage``, ``finding``, ``window``, or the name of an event, PhoneAdmitted for example; all when left out."""
    phone: Annotated[str, Text(50)] = ""
    """Only what is about this phone, and what is about none."""


async def live_feed(site: web.Application) -> AsyncIterator[None]:
    """Runs the feed as long as the site is served."""
    service = site[SERVICE]
    desk = WindowDesk(service.store, service.clock, "live feed")
    feed = LiveFeed(
        service.recorder.subscribe,
        service.stage_of,
        lambda: desk.status(service.known_plan),
        service.findings.subscribe,
    )

    async with feed.running():
        site[FEED] = feed
        yield


async def end_streams(site: web.Application) -> None:
    """Let go of who listens, so that stopping does not wait for them."""
    if FEED in site:
        site[FEED].end()


_MESSAGE: Schema = {
    "type": "object",
    "description": "One message of the stream, its fields by their names.",
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}, "id": {"type": "string"}},
    "required": ["event", "data"],
}


@events.add("GET", "/events", media="text/event-stream", answer=lambda _: _MESSAGE)
async def stream_events(ask: Ask, query: EventQuery) -> web.StreamResponse:
    """Listen to what happens

    Server-sent events: `event:` is the kind, `data:` JSON, `id:` for the header Last-Event-ID of a client that comes
    back. `stage`: a phone reached another stage on its way to registered; `finding`: something is found of a phone or
    is not any more, with `at`, `phone`, `turn` (`appeared`, `changed` where its title or weight did, `gone`) and the
    `finding` as a diagnosis has it; `window`: autoregistration changed; every other kind is an event of the recorder,
    with `at`, `phone`, `text` and `details`. `dropped` says with `count` that messages are missing, since the client
    was too slow or away for too long: load afresh what you show. After an hour the stream ends: come back.
    """
    feed = ask.request.app[FEED]
    device = await ask.phone(query.phone) if query.phone else None
    after = ask.request.headers.get("Last-Event-ID", "")[:60]
    with feed.listening(query.kind, device, after) as listener:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
        )
        await response.prepare(ask.request)
        if ask.request.method == "HEAD":
            return response
        await response.write(b"retry: 2000\n: hello\n\n")
        with contextlib.suppress(ConnectionError, AccessDenied):
            await _send(ask.request, response, feed, listener)
    return response


async def _send(request: web.Request, response: web.StreamResponse, feed: LiveFeed, listener: LiveListener) -> None:
    loop_time = asyncio.get_running_loop().time
    checked = loop_time()
    ends = checked + LIFE
    while not listener.is_over and loop_time() < ends:
        message = await listener.next(min(HEARTBEAT, max(0.0, ends - loop_time())))
        if loop_time() - checked > HEARTBEAT:
            await still_logged_in(request)
            checked = loop_time()
        if count := listener.take_dropped():
            await response.write(f"event: {DROPPED}\ndata: {json.dumps({'count': count})}\n\n".encode())
        if message is not None:
            await response.write(_frame(feed, message))
        elif not listener.is_over:
            await response.write(b": still here\n\n")


def _frame(feed: LiveFeed, message: LiveMessage) -> bytes:
    # JSON has no line breaks outside of texts, and none inside that are not escaped.
    return f"id: {feed.id_of(message)}\nevent: {message.kind}\ndata: {message.data}\n\n".encode()
