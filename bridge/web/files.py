"""The HTTP file server on port 6970: the same files as over TFTP, which newer phones ask for here first.

Phone boot reference, section 4: 78xx, 88xx, 8821, 8831, 8832 and 8961/99xx try port 6970 of the TFTP address before
TFTP; the names are the same, with a leading slash; a missing file must be answered at once.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from urllib.parse import unquote

from aiohttp import web

from bridge.app.guard import plain_address
from bridge.core import FileDenied, FileFound, FileMissing, FileRequest, Via
from bridge.core.events import FileDelivered, FileNotFound, FileRefused, FileRequested, TransferAborted
from bridge.ports import Clock, EventSink, FileProvider

MAX_NAME = 512


class HttpFileServer:
    """Serves phones' files over HTTP on the given addresses."""

    def __init__(
        self,
        provider: FileProvider,
        sink: EventSink,
        clock: Clock,
        *,
        listen: Sequence[tuple[str, int]],
        routes: Sequence[web.RouteDef] = (),
    ) -> None:
        """``routes``: pages that stand on the same port and go before files of the same name."""
        self._provider = provider
        self._sink = sink
        self._clock = clock
        self._listen = listen
        application = web.Application(client_max_size=0)
        application.add_routes(routes)
        application.router.add_route("GET", "/{name:.*}", self._answer)
        application.router.add_route("HEAD", "/{name:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False)

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Host and port of every listener, after ``start``."""
        return [(address[0], address[1]) for address in self._runner.addresses]

    async def start(self) -> None:
        """Listen. Raises OSError when an address is taken or not ours."""
        await self._runner.setup()
        for host, port in self._listen:
            await web.TCPSite(self._runner, host, port).start()

    async def close(self) -> None:
        """Stop listening and end what is under way."""
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        client = plain_address(request.remote or "")
        name = unquote(request.raw_path.partition("?")[0])[:MAX_NAME]
        agent = request.headers.get("User-Agent", "")[:200]
        asked = FileRequest(name=name, client=client, via=Via.HTTP, at=self._clock.now(), user_agent=agent)
        self._sink.record(FileRequested(at=asked.at, name=name, client=client, via=Via.HTTP, user_agent=agent))
        started = time.monotonic()
        match await self._provider.provide(asked):
            case FileMissing(why):
                self._sink.record(FileNotFound(at=self._clock.now(), name=name, client=client, via=Via.HTTP, why=why))
                return web.Response(status=404, text="File not found\n")
            case FileDenied(why):
                self._sink.record(FileRefused(at=self._clock.now(), name=name, client=client, via=Via.HTTP, why=why))
                return web.Response(status=403, text="Not for this address\n")
            case FileFound() as found:
                return await self._send(request, asked, found, started)

    async def _send(
        self, request: web.Request, asked: FileRequest, found: FileFound, started: float
    ) -> web.StreamResponse:
        size = len(found.content)
        response = web.StreamResponse(headers={"Content-Length": str(size), "Content-Type": _content_type(found.name)})
        if found.version:
            response.headers["ETag"] = f'"{found.version}"'
        try:
            await response.prepare(request)
            if request.method == "GET":
                await response.write(found.content)
            await response.write_eof()
        except (ConnectionError, TimeoutError) as error:
            self._sink.record(
                TransferAborted(
                    at=self._clock.now(),
                    name=asked.name,
                    client=asked.client,
                    via=Via.HTTP,
                    size=size,
                    acknowledged=0,
                    why=str(error) or "the client closed the connection",
                )
            )
            return response
        if request.method == "GET":
            self._sink.record(
                FileDelivered(
                    at=self._clock.now(),
                    name=asked.name,
                    client=asked.client,
                    via=Via.HTTP,
                    size=size,
                    seconds=time.monotonic() - started,
                    secret=found.secret_of is not None,
                )
            )
        return response


def _content_type(name: str) -> str:
    return "text/xml" if name.lower().endswith(".xml") else "application/octet-stream"
