"""A phone's own web server, as far as a screenshot needs it."""

from __future__ import annotations

import contextlib
import io
from base64 import b64decode
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web
from PIL import Image


def picture(kind: str = "BMP", size: tuple[int, int] = (298, 168)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (20, 90, 160)).save(out, kind)
    return out.getvalue()


class PhoneWebPage:
    """A phone's own web server (diagnosis reference, sections 4 and 6): it asks its authentication URL who may look."""

    def __init__(self, content: bytes, authentication: str = "") -> None:
        self.content = content
        self.authentication = authentication
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if self.authentication and not await self._is_allowed(request):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="phone"'})
        return web.Response(body=self.content, content_type="image/bmp")

    async def _is_allowed(self, request: web.Request) -> bool:
        kind, _, coded = request.headers.get("Authorization", "").partition(" ")
        if kind != "Basic":
            return False
        user, _, password = b64decode(coded).decode().partition(":")
        parameters = {"UserID": user, "Password": password, "devicename": "SEP001122300000"}
        async with aiohttp.ClientSession() as session, session.get(self.authentication, params=parameters) as told:
            return await told.text() == "AUTHORIZED"

    @contextlib.asynccontextmanager
    async def served(self) -> AsyncIterator[int]:
        """On loopback; the port."""
        application = web.Application()
        application.router.add_get("/{path:.*}", self.answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
        await runner.cleanup()
