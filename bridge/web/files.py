"""The HTTP file server on ports 6970 and 6971 (TLS): the same files as over TFTP, asked for here first.

Phone boot reference, section 4: 78xx, 88xx, 8821, 8831, 8832 and 8961/99xx try port 6970 of the TFTP address before
TFTP, and some of them 6971 for their own file; the names are the same, with a leading slash; a missing file must be
answered at once. Nothing is ever compressed: phones check lengths and signatures of what they get.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Container, Sequence
from urllib.parse import unquote

from aiohttp import web

from bridge.app.files.guard import plain_address
from bridge.core import FileDenied, FileFound, FileMissing, FileRequest, TransferUnderWay, Via
from bridge.core.events import FileDelivered, FileNotFound, FileRefused, FileRequested, TlsFailed, TransferAborted
from bridge.net.tap import NO_TAP, Wiretap
from bridge.net.tlsgate import TlsListener
from bridge.ports import Clock, EventSink, FileProvider
from bridge.web.conditions import (
    Slice,
    Unsatisfiable,
    entity_tag,
    is_another,
    is_unchanged,
    last_modified,
    wanted_slice,
)
from bridge.web.tapped import TappedSite, tapped

MAX_NAME = 512
PIECE = 256 << 10
"""Octets handed to the network at a time: however large a file is, no more of it waits in memory for a slow client."""


class HttpFileServer:
    """Serves phones' files over HTTP, or with ``tls`` over HTTPS, on the given addresses."""

    def __init__(
        self,
        provider: FileProvider,
        sink: EventSink,
        clock: Clock,
        *,
        listen: Sequence[tuple[str, int]],
        routes: Sequence[web.RouteDef] = (),
        tls: ssl.SSLContext | None = None,
        tap: Wiretap = NO_TAP,
    ) -> None:
        """``routes``: pages that stand on the same port and go before files of the same name."""
        self._provider = provider
        self._sink = sink
        self._clock = clock
        self._listen = listen
        self._tls = tls
        self._tap = tap
        self._via = Via.HTTP if tls is None else Via.HTTPS
        self._under_way: dict[int, TransferUnderWay] = {}
        application = web.Application(client_max_size=0)
        application.add_routes(routes)
        application.router.add_route("GET", "/{name:.*}", self._answer)
        application.router.add_route("HEAD", "/{name:.*}", self._answer)
        # A phone that stopped reading must not keep the node from ending for the minute that is usual.
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=5.0)
        self._secure: list[TlsListener] = []
        self._secure_addresses: list[tuple[str, int]] = []
        self.own_probes: Container[tuple[str, int]] = frozenset()
        """Where the self test comes from: it hangs up, and no handshake failed."""

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Host and port of every listener, after ``start``."""
        return [*((address[0], address[1]) for address in self._runner.addresses), *self._secure_addresses]

    def transfers(self) -> list[TransferUnderWay]:
        """What is on its way."""
        return list(self._under_way.values())

    async def start(self) -> None:
        """Listen. Raises OSError when an address is taken or not ours."""
        await self._runner.setup()
        server = self._runner.server
        for host, port in self._listen:
            if self._tls is None or server is None:
                await TappedSite(self._runner, host, port, tap=self._tap).start()
                continue
            listener = TlsListener(tapped(server, self._tap), self._tls, self._tls_failed)
            self._secure.append(listener)
            self._secure_addresses.append(await listener.start(host, port))

    async def close(self) -> None:
        """Stop listening and end what is under way."""
        for listener in self._secure:
            await listener.close()
        await self._runner.cleanup()

    def _tls_failed(self, peer: tuple[str, int], own: tuple[str, int], why: str) -> None:
        if peer not in self.own_probes:
            client = plain_address(peer[0])
            self._sink.record(TlsFailed(at=self._clock.now(), client=client, server_port=own[1], why=why))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        client, via = plain_address(request.remote or ""), self._via
        name = unquote(request.raw_path.partition("?")[0])[:MAX_NAME]
        agent = request.headers.get("User-Agent", "")[:200]
        asked = FileRequest(name=name, client=client, via=via, at=self._clock.now(), user_agent=agent)
        server = request.transport.get_extra_info("sockname")[0] if request.transport is not None else ""
        self._sink.record(
            FileRequested(
                at=asked.at, name=name, client=client, via=via, user_agent=agent, server=plain_address(server)
            )
        )
        match await self._provider.provide(asked):
            case FileMissing(why):
                self._sink.record(FileNotFound(at=self._clock.now(), name=name, client=client, via=via, why=why))
                return web.Response(status=404, text="File not found\n")
            case FileDenied(why):
                self._sink.record(FileRefused(at=self._clock.now(), name=name, client=client, via=via, why=why))
                return web.Response(status=403, text="Not for this address\n")
            case FileFound() as found:
                return await self._found(request, asked, found)

    async def _found(self, request: web.Request, asked: FileRequest, found: FileFound) -> web.StreamResponse:
        size, tag = len(found.content), entity_tag(found)
        headers = {"Accept-Ranges": "bytes"}
        if tag:
            headers["ETag"] = tag
        if modified := last_modified(found):
            headers["Last-Modified"] = modified
        if is_another(request.headers, tag, found.modified):
            return web.Response(status=412, headers=headers)
        if is_unchanged(request.headers, tag, found.modified):
            self._delivered(asked, found, 0, 0.0)
            return web.Response(status=304, headers=headers)
        headers["Content-Type"] = _content_type(found.name)
        part = None
        if request.method == "GET":
            try:
                part = wanted_slice(request.headers, size, tag, found.modified)
            except Unsatisfiable:
                headers["Content-Range"] = f"bytes */{size}"
                return web.Response(status=416, headers=headers)
        if part is not None:
            headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size}"
        whole = part or Slice(0, size)
        headers["Content-Length"] = str(whole.end - whole.start)
        response = web.StreamResponse(status=200 if part is None else 206, headers=headers)
        return await self._send(request, response, asked, found, whole)

    async def _send(
        self, request: web.Request, response: web.StreamResponse, asked: FileRequest, found: FileFound, part: Slice
    ) -> web.StreamResponse:
        started = time.monotonic()
        content = memoryview(found.content)
        at = part.start
        try:
            await response.prepare(request)
            if request.method == "GET":
                while at < part.end:
                    self._under_way[id(request)] = TransferUnderWay(
                        asked.name, asked.client, asked.via, at, len(content)
                    )
                    await response.write(content[at : min(at + PIECE, part.end)])
                    at = min(at + PIECE, part.end)
            await response.write_eof()
        except (ConnectionError, TimeoutError) as error:
            self._sink.record(
                TransferAborted(
                    at=self._clock.now(),
                    name=asked.name,
                    client=asked.client,
                    via=asked.via,
                    size=len(content),
                    acknowledged=at,
                    why=str(error) or "the client closed the connection",
                )
            )
            return response
        finally:
            self._under_way.pop(id(request), None)
        if request.method == "GET":
            self._delivered(asked, found, part.end - part.start, time.monotonic() - started)
        return response

    def _delivered(self, asked: FileRequest, found: FileFound, size: int, seconds: float) -> None:
        self._sink.record(
            FileDelivered(
                at=self._clock.now(),
                name=asked.name,
                client=asked.client,
                via=asked.via,
                size=size,
                seconds=seconds,
                secret=size > 0 and found.secret_of is not None,
                digest=found.digest if size == len(found.content) else "",
                version=found.version,
            )
        )


def _content_type(name: str) -> str:
    return "text/xml" if name.lower().endswith(".xml") else "application/octet-stream"
