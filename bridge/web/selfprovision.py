"""The Unix socket by which Asterisk's self-provisioning script asks what to say and do.

It offers nothing else, so that Asterisk's user may have it: the control socket stays the service's own. Who may connect
is decided by the directory and the socket's group, which is Asterisk's.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from aiohttp import web

from bridge.app.asjson import plain
from bridge.app.claims.selfprovisioning import SelfProvisioning, Spoken
from bridge.errors import Conflict, NotFound

log = logging.getLogger(__name__)

_LARGEST = 2048
"""Bytes of a request."""


class SelfProvisionServer:
    """Serves calls on a Unix socket."""

    def __init__(self, desk: SelfProvisioning, path: Path) -> None:
        self._desk = desk
        self._path = path
        application = web.Application(client_max_size=_LARGEST)
        application.add_routes(
            [
                web.post("/selfprovision", self._begin),
                web.post("/selfprovision/{call:[0-9a-f]{32}}", self._keyed),
                web.post("/selfprovision/{call:[0-9a-f]{32}}/over", self._over),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=5.0)

    async def start(self) -> None:
        """Listen. Where that cannot be, the service goes on without calls for self-provisioning, and says so."""
        await self._runner.setup()
        try:
            self._path.unlink(missing_ok=True)
            await web.UnixSite(self._runner, self._path).start()
            self._path.chmod(0o660)
        except OSError as error:
            log.warning(
                "self-provisioning cannot be dialled: %s cannot be used: %s; run `sepbridge setup asterisk`, or set "
                "selfprovisioning.socket",
                self._path,
                error.strerror or error,
            )

    async def close(self) -> None:
        """Stop listening and remove the socket."""
        await self._runner.cleanup()
        self._path.unlink(missing_ok=True)

    async def _begin(self, request: web.Request) -> web.Response:
        try:
            return _answer(await self._desk.begin(await _text(request, "line")))
        except Conflict as error:
            raise web.HTTPConflict(text=error.what) from error

    async def _keyed(self, request: web.Request) -> web.Response:
        try:
            return _answer(await self._desk.keyed(request.match_info["call"], await _text(request, "keys")))
        except NotFound as error:
            raise web.HTTPNotFound(text=error.what) from error

    async def _over(self, request: web.Request) -> web.Response:
        self._desk.over(request.match_info["call"])
        return web.json_response({})


async def _text(request: web.Request, key: str) -> str:
    try:
        value = (await request.json())[key]
    except (ValueError, KeyError, TypeError) as error:
        raise web.HTTPBadRequest(text=f"{key} is missing") from error
    if not isinstance(value, str):
        raise web.HTTPBadRequest(text=f"{key} is no text")
    return value


def _answer(spoken: Spoken) -> web.Response:
    return web.json_response(plain(spoken), dumps=json.dumps)
