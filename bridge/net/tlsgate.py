"""Listening with TLS, and saying whose handshakes fail.

Asyncio's own servers end a failed handshake without a word, and what was wrong is what an admin has to know: so
connections are taken here, each with a handshake of its own that is waited for.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable

log = logging.getLogger(__name__)

HANDSHAKE = 10.0
"""Seconds that a TLS handshake may take."""
MOST_WAITING = 1024
"""Handshakes at a time; who comes then is sent away."""

PAUSE = 0.1
"""Seconds until the next attempt after a connection that could not be taken."""

Failed = Callable[[tuple[str, int], tuple[str, int], str], None]
"""Takes the peer's address and port, ours, and why its handshake came to nothing."""


class TlsListener:
    """One listening socket. ``protocol`` makes what serves a connection; it hears of it once its handshake is done."""

    def __init__(
        self,
        protocol: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext,
        failed: Failed,
    ) -> None:
        self._protocol = protocol
        self._context = context
        self._failed = failed
        self._socket: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._handshakes: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int, *, backlog: int = 128) -> tuple[str, int]:
        """Listen; the address and the port. Raises OSError."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        self._socket = socket.create_server(address[:2], family=family, backlog=backlog)
        self._socket.setblocking(False)
        self._accepting = asyncio.create_task(self._accept(self._socket))
        own: tuple[str, int] = self._socket.getsockname()[:2]
        return own

    async def close(self) -> None:
        """Take no more connections, and end the handshakes; connections that are served are left alone."""
        tasks = [*self._handshakes, *([self._accepting] if self._accepting is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._socket is not None:
            self._socket.close()
        await asyncio.sleep(0)  # what was aborted is closed in the loop's next round

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, peer = await loop.sock_accept(listening)
            except OSError as error:  # out of descriptors, or the peer is gone already
                log.warning("a connection could not be taken: %s", error.strerror or error)
                await asyncio.sleep(PAUSE)
                continue
            if len(self._handshakes) >= MOST_WAITING:
                connection.close()
                continue
            task = asyncio.create_task(self._shake_hands(connection, peer[:2]))
            self._handshakes.add(task)
            task.add_done_callback(self._handshakes.discard)

    async def _shake_hands(self, connection: socket.socket, peer: tuple[str, int]) -> None:
        # Not by starting TLS on a plain transport: uvloop reads from one before anybody can tell it not to, and what a
        # quick phone says first is lost.
        own = connection.getsockname()[:2]
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._protocol,
                connection,
                ssl=self._context,
                ssl_handshake_timeout=HANDSHAKE,
                # Phones drop the connection without the farewell of TLS; nobody is to wait for it.
                ssl_shutdown_timeout=1.0,
            )
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            connection.close()
            self._failed(peer, own, _reason(error))
        except asyncio.CancelledError:
            connection.close()
            raise


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        said = (error.reason or str(error)).lower().replace("_", " ")
        return f"the phone says {said}" if "alert" in said else said
    if isinstance(error, ConnectionError) and "handshake" in str(error) and "longer" in str(error):
        return "it did not end the handshake in time"
    return "the phone closed the connection during the handshake"
