"""A tap on the wire to FreePBX's API: everything that is sent to it, and refusals in the shape of 16 or of 17."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from bridge.lab.graphql import Operation, read_operation


@dataclass(frozen=True)
class Exchange:
    """One request to the API and its answer, as they stood on the wire."""

    operation: Operation
    status: int
    answer: dict[str, Any]

    @property
    def name(self) -> str:
        """Of the first thing that was asked for."""
        return self.operation.fields[0].name

    @property
    def given(self) -> dict[str, Any]:
        """Its arguments, those of a mutation without the wrapping."""
        arguments = dict(self.operation.fields[0].arguments)
        return dict(arguments["input"]) if "input" in arguments else arguments

    @property
    def was_done(self) -> bool:
        """By the body; the HTTP status says nothing."""
        value = (self.answer.get("data") or {}).get(self.name)
        return "errors" not in self.answer and isinstance(value, dict) and value.get("status") is True


@dataclass
class Tap:
    """Where to ask instead, what went through, and which mutations are refused the next time they come."""

    url: str = ""
    exchanges: list[Exchange] = field(default_factory=list)
    refuse: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda name: None
    """Is told what is asked for, before FreePBX is."""

    def mutations(self) -> list[Exchange]:
        """Those that change something."""
        return [each for each in self.exchanges if each.operation.is_mutation]


def refusal(version: int, name: str) -> tuple[int, dict[str, Any]]:
    """FreePBX has an error of its own: HTTP 400 in 16; HTTP 200 and GraphQL's shape in 17 (reference, section 4.4)."""
    message = "Internal server error"
    if version >= 17:
        errors: list[dict[str, Any]] = [{"message": message, "locations": [{"line": 1, "column": 3}], "path": [name]}]
        return 200, {"errors": errors, "data": {name: None}}
    return 400, {"errors": [{"message": message, "status": False}]}


@asynccontextmanager
async def tapped(freepbx: str, version: int) -> AsyncIterator[Tap]:
    """Pass everything on to the FreePBX at this address, and keep it."""
    tap = Tap()

    async def token(request: web.Request) -> web.Response:
        async with http.post(f"{freepbx}{request.path}", data=await request.post()) as answer:
            return web.Response(status=answer.status, body=await answer.read(), content_type="application/json")

    async def graphql(request: web.Request) -> web.Response:
        document = await request.json()
        operation = read_operation(document["query"], document.get("variables") or {})
        name = operation.fields[0].name
        tap.before(name)
        if name in tap.refuse:
            tap.refuse.remove(name)
            status, body = refusal(version, name)
        else:
            headers = {"Authorization": request.headers.get("Authorization", "")}
            async with http.post(f"{freepbx}{request.path}", json=document, headers=headers) as answer:
                status, body = answer.status, await answer.json(content_type=None)
        tap.exchanges.append(Exchange(operation, status, body))
        return web.Response(status=status, text=json.dumps(body), content_type="application/json")

    app = web.Application()
    app.router.add_post("/admin/api/api/token", token)
    app.router.add_post("/admin/api/api/gql", graphql)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    async with aiohttp.ClientSession() as http:
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            tap.url = f"http://{host}:{port}"
            yield tap
        finally:
            await runner.cleanup()
