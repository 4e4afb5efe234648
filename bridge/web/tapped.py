"""HTTP connections that a trace can see: those that are opened while somebody traces go through a tap."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from aiohttp import web
from aiohttp.web_server import Server

from bridge.capture import Carrier, Passage, Passed, Wire
from bridge.net.tap import Wiretap


class TappedSite(web.TCPSite):
    """A TCPSite whose new connections are tapped while somebody listens; the others are aiohttp's own, untouched."""

    __slots__ = ("_tap",)

    def __init__(self, runner: web.AppRunner, host: str, port: int, *, tap: Wiretap, **options: Any) -> None:
        super().__init__(runner, host, port, **options)
        self._tap = tap

    async def start(self) -> None:
        """Listen. Raises OSError when the address is taken."""
        await web.BaseSite.start(self)
        server = self._runner.server
        if server is None:
            raise RuntimeError("the runner was not set up")
        self._server = await asyncio.get_running_loop().create_server(
            tapped(server, self._tap), self._host, self._port, ssl=self._ssl_context, backlog=self._backlog
        )


def tapped(server: Server, tap: Wiretap) -> Callable[[], asyncio.Protocol]:
    """Makes the server's connections, tapped while somebody listens."""
    return lambda: server() if tap.heard is None else _TappedConnection(server(), tap)


class _TappedConnection(asyncio.Protocol):
    """Hands everything on, and tells of it."""

    def __init__(self, inner: asyncio.Protocol, tap: Wiretap) -> None:
        self._inner = inner
        self._tap = tap
        self._own = self._other = ("", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        own, other = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
        self._own, self._other = own[:2], other[:2]
        self._tell(passage=Passage.OPENED)
        tapped = _TappedTransport(cast("asyncio.Transport", transport), self._sent)
        self._inner.connection_made(cast("asyncio.Transport", tapped))

    def data_received(self, data: bytes) -> None:
        self._tell(data)
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._tell(passage=Passage.CLOSED)
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def _sent(self, data: bytes) -> None:
        self._tell(data, outgoing=True)

    def _tell(self, data: bytes = b"", *, outgoing: bool = False, passage: Passage = Passage.DATA) -> None:
        if self._tap.heard is not None:
            self._tap.heard(Passed(Wire.HTTP, Carrier.TCP, self._own, self._other, outgoing, data, passage))


class _TappedTransport:
    """The transport as it is, but for what is written. No subclass: event loops have transports of their own."""

    def __init__(self, inner: asyncio.Transport, sent: Callable[[bytes], None]) -> None:
        self._inner = inner
        self._sent = sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write, and tell."""
        self._sent(bytes(data))
        self._inner.write(data)

    def writelines(self, pieces: Any) -> None:
        """Write, and tell."""
        all_of_them = b"".join(pieces)
        self._sent(all_of_them)
        self._inner.write(all_of_them)
