"""Recorded answers of FreePBX, served again byte for byte, in the shape of 16 or of 17."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

DIRECTORY = Path(__file__).parent / "recordings" / "freepbx"


@dataclass(frozen=True)
class Recorded:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def recorded(name: str, version: int = 16) -> Recorded:
    """The answer of a recording. 17 builds an error of GraphQL itself otherwise: HTTP 200, and the standard's shape."""
    response = json.loads((DIRECTORY / f"{name}.json").read_text(encoding="utf-8"))["response"]
    status, body = response["status"], response["body"]
    if version >= 17 and "errors" in body:
        status = 200
        errors = [
            {"message": each["message"], "locations": [{"line": 1, "column": 3}], "path": ["x"]}
            for each in body["errors"]
        ]
        body = {"errors": errors, "data": {"x": None}}
    return Recorded(status, response["headers"], on_the_wire(body))


def on_the_wire(body: object) -> bytes:
    """JSON as PHP writes it."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


@dataclass
class Replay:
    """A server that gives the recorded answers in turn, and the token's for each token request."""

    url: str
    answers: list[Recorded]
    asked: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[dict[str, str]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)


@asynccontextmanager
async def replaying(*names: str, version: int = 16, tokens: Sequence[str] = ("token-ok",)) -> AsyncIterator[Replay]:
    """Serve these recordings in this order; the last of ``tokens`` again and again."""
    replay = Replay("", [recorded(name, version) for name in names])
    left = list(tokens)

    async def token(request: web.Request) -> web.Response:
        replay.tokens.append({key: str(value) for key, value in (await request.post()).items()})
        return _response(recorded(left.pop(0) if len(left) > 1 else left[0]))

    async def graphql(request: web.Request) -> web.Response:
        replay.asked.append(await request.json())
        replay.authorizations.append(request.headers.get("Authorization", ""))
        return _response(replay.answers.pop(0))

    app = web.Application()
    app.router.add_post("/admin/api/api/token", token)
    app.router.add_post("/admin/api/api/gql", graphql)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        replay.url = f"http://{host}:{port}"
        yield replay
    finally:
        await runner.cleanup()


def _response(answer: Recorded) -> web.Response:
    return web.Response(status=answer.status, headers=answer.headers, body=answer.body)
