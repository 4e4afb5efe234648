"""Server-sent events: what happens reaches those who listen, in time; what a slow client loses is said."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.app.operations import livefeed
from bridge.app.operations.livefeed import MOST_LISTENERS, MOST_WAITING, LiveFeed, TooManyListeners
from bridge.app.status import WindowStatus
from bridge.core import DeviceName
from bridge.core.events import CallStarted, DhcpLeaseSeen, Event, FileRequested, PhoneRefused
from bridge.core.files import Via
from bridge.web.api import events
from tests.unit.app.conftest import NOON
from tests.webnode import WebNode, running_web_node, web_settings

PHONE = DeviceName("SEP001122334455")
WITHIN = 2.0
"""Seconds in which a live view must have it."""


@dataclass
class Message:
    """One message as a browser sees it."""

    kind: str = "message"
    id: str = ""
    data: Any = None
    comment: str = field(default="", compare=False)


async def messages(response: aiohttp.ClientResponse) -> AsyncIterator[Message]:
    message, text = Message(), ""
    async for line in response.content:
        word, _, value = line.decode().rstrip("\n").partition(": ")
        match word:
            case "event":
                message.kind = value
            case "id":
                message.id = value
            case "data":
                text += value
            case "" if value:
                yield Message(comment=value)
            case "" if text:
                message.data = json.loads(text)
                yield message
                message, text = Message(), ""


async def first(stream: AsyncIterator[Message], kind: str) -> Message:
    async def look() -> Message:
        async for each in stream:
            if each.kind == kind:
                return each
        raise AssertionError("the stream ended")

    return await asyncio.wait_for(look(), WITHIN)


def asked(name: DeviceName = PHONE) -> FileRequested:
    return FileRequested(at=NOON, device=name, name=f"{name}.cnf.xml", client="192.0.2.1", via=Via.TFTP)


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[WebNode]:
    async with running_web_node(web_settings(tmp_path)) as node:
        yield node


async def test_what_happens_is_told_at_once(node: WebNode) -> None:
    async with node.client(await node.token()) as session, session.get("/api/v1/events") as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        stream = messages(response)
        assert (await anext(stream)).comment == "hello"
        node.service.recorder.record(asked())
        told = await first(stream, "FileRequested")
        assert (told.data["phone"], told.data["details"]["client"]) == (str(PHONE), "192.0.2.1")
        stage = await first(stream, "stage")
        assert (stage.data["device"], stage.data["stage"]) == (str(PHONE), "tftp")
        node.service.recorder.record(
            PhoneRefused(at=NOON, device=PHONE, client="192.0.2.1", reason="window_closed", text="it is closed")
        )
        assert (await first(stream, "PhoneRefused")).data["details"]["reason"] == "window_closed"
        assert (await first(stream, "stage")).data["stage"] == "rejected"
        node.service.recorder.record(CallStarted(at=NOON, device=PHONE, call=1, line="1001", outgoing=True, number="2"))
        assert (await first(stream, "CallStarted")).data["details"]["number"] == "2"
        answer = await session.put("/api/v1/autoregistration/range", json={"range": "2000-2099"})
        assert answer.status == 200
        window = await first(stream, "window")
        while window.data["range"] != "2000-2099":
            window = await first(stream, "window")
        assert window.data["is_open"]


async def test_a_client_that_comes_back_gets_what_it_missed(node: WebNode) -> None:
    async with node.client(await node.token()) as session:
        async with session.get("/api/v1/events?kind=FileRequested") as response:
            stream = messages(response)
            await anext(stream)
            node.service.recorder.record(asked())
            last = (await first(stream, "FileRequested")).id
        other = DeviceName("SEP00112233AAAA")
        node.service.recorder.record(asked(other))
        headers = {"Last-Event-ID": last}
        async with session.get("/api/v1/events?kind=FileRequested", headers=headers) as response:
            assert (await first(messages(response), "FileRequested")).data["phone"] == str(other)
        async with session.get("/api/v1/events", headers={"Last-Event-ID": "0badcafe-7"}) as response:
            assert (await first(messages(response), "dropped")).data["count"] >= 1


async def test_only_what_is_asked_for(node: WebNode) -> None:
    node.service.recorder.record(asked())
    async with node.client(await node.token()) as session:
        assert (await session.get("/api/v1/events?phone=SEP00112233FFFF")).status == 404
        for name in (PHONE, DeviceName("SEP00112233AAAA")):
            with node.service.store.write() as work:
                work.journal.refuse(name, "192.0.2.1", "window_closed", "closed", NOON)
                work.commit()
        async with session.get(f"/api/v1/events?phone={PHONE}&kind=FileRequested") as response:
            stream = messages(response)
            await anext(stream)
            node.service.recorder.record(asked(DeviceName("SEP00112233AAAA")))
            node.service.recorder.record(asked())
            assert (await first(stream, "FileRequested")).data["phone"] == str(PHONE)


async def test_findings_are_told_when_they_appear_and_when_they_are_gone(node: WebNode) -> None:
    recorder, now = node.service.recorder, node.service.clock.now()
    async with (
        node.client(await node.token()) as session,
        session.get("/api/v1/events?kind=finding") as response,
    ):
        stream = messages(response)
        await anext(stream)
        recorder.record(DhcpLeaseSeen(at=now - timedelta(minutes=5), device=PHONE, address="192.0.2.9"))
        appeared = (await first(stream, "finding")).data
        assert (appeared["phone"], appeared["turn"]) == (str(PHONE), "appeared")
        assert (appeared["finding"]["code"], appeared["finding"]["severity"]) == ("missing_tftp_option", "problem")
        assert appeared["finding"]["fixes"]
        assert (await first(stream, "finding")).data["finding"]["code"] == "no_tftp_request"
        recorder.record(replace(asked(), at=now))
        gone = (await first(stream, "finding")).data
        assert (gone["turn"], gone["finding"]["code"]) == ("gone", "missing_tftp_option")


async def test_silence_is_filled_and_ends_with_the_login(node: WebNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.05)
    token = await node.token()
    async with node.client(token) as session, session.get("/api/v1/events?kind=stage") as response:
        stream = messages(response)
        assert [(await anext(stream)).comment for _ in range(3)] == ["hello", "still here", "still here"]
        await asyncio.to_thread(node.accounts.remove_token, "admin-token", "tester")

        async def rest() -> None:
            async for _ in stream:
                pass

        await asyncio.wait_for(rest(), 5)  # it ends


async def test_the_service_stops_though_somebody_listens(tmp_path: Path) -> None:
    async with running_web_node(web_settings(tmp_path)) as node:
        session = node.client(await node.token())
        response = await session.get("/api/v1/events")
        await anext(messages(response))
        began = time.monotonic()
    assert time.monotonic() - began < 5
    await session.close()


# --- the feed alone --------------------------------------------------------------------------------------------------


def closed_window() -> WindowStatus:
    return WindowStatus(False, None, None, None, "1000-1000", "1000", 0, 0, "SIP")


def made_feed() -> LiveFeed:
    return LiveFeed(lambda _: lambda: None, lambda _: None, closed_window, lambda _: lambda: None)


def happen(feed: LiveFeed, event: Event) -> None:
    feed._heard(event)


async def test_a_slow_listener_loses_the_oldest_and_is_told_how_many() -> None:
    feed = made_feed()
    with feed.listening() as slow, feed.listening() as quick:
        for _ in range(MOST_WAITING + 7):
            happen(feed, asked())
            assert (await quick.next(1)) is not None
        assert (slow.take_dropped(), quick.take_dropped()) == (7, 0)
        message = await slow.next(1)
        assert message is not None
        assert message.number == 8
        assert slow.take_dropped() == 0


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(livefeed, "REMEMBERED", 10)
    feed = made_feed()
    for _ in range(30):
        happen(feed, asked())
    with feed.listening(after=f"{feed.run_id}-5") as listener:
        assert listener.take_dropped() == 15
        message = await listener.next(1)
        assert message is not None
        assert message.number == 21


async def test_listeners_are_bounded_and_leave() -> None:
    feed = made_feed()
    contexts = [feed.listening() for _ in range(MOST_LISTENERS)]
    for each in contexts:
        each.__enter__()
    with pytest.raises(TooManyListeners), feed.listening():
        pass
    contexts[0].__exit__(None, None, None)
    with feed.listening():
        pass
    for each in contexts[1:]:
        each.__exit__(None, None, None)
