"""Listening with TLS, and saying whose handshakes fail.

Asyncio's own servers end a failed handshake without a word, and what was wrong is what an admin has to know: so the
connection is taken plain, and the handshake is done here.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import cast

HANDSHAKE = 10.0
"""Seconds that a TLS handshake may take."""
MOST_WAITING = 1024
"""Handshakes at a time; who comes then is sent away."""

Failed = Callable[[tuple[str, int], tuple[str, int], str], None]
"""Takes the peer's address and port, ours, and why its handshake came to nothing."""


class TlsListener:
    """One listening socket. ``protocol`` makes what serves a connection once its handshake is done."""

    def __init__(
        self,
        protocol: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext,
        failed: Failed,
    ) -> None:
        self._protocol = protocol
        self._context = context
        self._failed = failed
        self._server: asyncio.Server | None = None
        self._handshakes: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int, *, backlog: int = 128) -> tuple[str, int]:
        """Listen; the address and the port. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Plain(self), host, port, backlog=backlog)
        address: tuple[str, int] = self._server.sockets[0].getsockname()[:2]
        return address

    async def close(self) -> None:
        """Take no more connections, and end the handshakes; connections that are served are left alone."""
        if self._server is not None:
            self._server.close()
        for handshake in list(self._handshakes):
            handshake.cancel()
        await asyncio.gather(*self._handshakes, return_exceptions=True)
        await asyncio.sleep(0)  # what was aborted is closed in the loop's next round

    def begin(self, transport: asyncio.Transport) -> None:
        """A connection came in."""
        if len(self._handshakes) >= MOST_WAITING:
            transport.abort()
            return
        task = asyncio.create_task(self._shake_hands(transport))
        self._handshakes.add(task)
        task.add_done_callback(self._handshakes.discard)

    async def _shake_hands(self, plain: asyncio.Transport) -> None:
        peer, own = plain.get_extra_info("peername")[:2], plain.get_extra_info("sockname")[:2]
        early = _Early()
        try:
            secure = await asyncio.get_running_loop().start_tls(
                plain,
                early,
                self._context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE,
                # Phones drop the connection without the farewell of TLS; nobody is to wait for it.
                ssl_shutdown_timeout=1.0,
            )
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            plain.abort()
            self._failed(peer, own, _reason(error))
            return
        except asyncio.CancelledError:
            plain.abort()
            raise
        if secure is not None:
            early.hand_over(secure, self._protocol())


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        said = (error.reason or str(error)).lower().replace("_", " ")
        return f"the phone says {said}" if "alert" in said else said
    if isinstance(error, ConnectionError) and "handshake" in str(error) and "longer" in str(error):
        return "it did not end the handshake in time"
    return "the phone closed the connection during the handshake"


class _Plain(asyncio.Protocol):
    """A connection before its handshake."""

    def __init__(self, listener: TlsListener) -> None:
        self._listener = listener

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Other event loops have transports of their own, which are no subclass of asyncio's.
        self._listener.begin(cast("asyncio.Transport", transport))


class _Early(asyncio.Protocol):
    """Takes what comes with the last packet of the handshake, before anybody serves the connection."""

    def __init__(self) -> None:
        self._data: list[bytes] = []
        self._lost: list[Exception | None] = []

    def data_received(self, data: bytes) -> None:
        self._data.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost.append(exc)

    def hand_over(self, transport: asyncio.Transport, protocol: asyncio.Protocol) -> None:
        """From now on ``protocol`` serves the connection; it hears what came before."""
        with contextlib.suppress(RuntimeError):
            transport.set_protocol(protocol)
        protocol.connection_made(transport)
        for data in self._data:
            protocol.data_received(data)
        for error in self._lost:
            protocol.connection_lost(error)
