"""The dashboard's own files: style sheet, scripts, mark. Read once; nothing else can be asked for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from aiohttp import web

from bridge.web.access import for_everybody

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file."""

    content: bytes
    kind: str
    digest: str


@lru_cache(maxsize=1)
def static_files() -> dict[str, StaticFile]:
    """All of them, by name."""
    found = {}
    for each in (resources.files("bridge.web.dashboard") / "static").iterdir():
        kind = _TYPES.get(each.name.rpartition(".")[2])
        if kind is not None:
            content = each.read_bytes()
            found[each.name] = StaticFile(content, kind, hashlib.sha256(content).hexdigest()[:12])
    return found


def static_address(name: str) -> str:
    """Where a file is. What is in it is in the address, so that browsers may keep it for ever."""
    return f"/static/{static_files()[name].digest}/{name}"


@for_everybody
async def serve_static(request: web.Request) -> web.Response:
    """A file, whatever version the address names."""
    found = static_files().get(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    fresh = request.match_info["digest"] == found.digest
    return web.Response(
        body=found.content,
        content_type=found.kind,
        charset="utf-8",
        headers={"Cache-Control": _FOR_EVER if fresh else "no-cache"},
    )


def static_routes() -> list[web.RouteDef]:
    """Where they are."""
    return [web.get("/static/{digest:[0-9a-f]{12}}/{name:[a-z0-9.-]{1,40}}", serve_static)]
