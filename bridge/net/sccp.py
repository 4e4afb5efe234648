"""The sockets of SCCP phones: one TCP connection each, one timer each. What the bytes mean the machine knows."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from bridge.capture import Carrier, Passage, Passed, Wire
from bridge.errors import ConfigurationError
from bridge.net.tap import NO_TAP, Wiretap
from bridge.net.tlsgate import Failed, TlsListener

CLOSING = 5.0
"""Seconds that connections may take to be gone when the server closes; newer Pythons wait for them."""
BACKLOG = 2048
"""Connections that wait for being taken: a whole office comes back at once after a power cut."""
MOST_UNSENT = 256 * 1024
"""Octets that may wait for a phone that does not read; then the connection is given up."""


class StationHandler(Protocol):
    """Who looks after one connection: the five verbs, and whether it is over."""

    @property
    def is_closed(self) -> bool:
        """True when the connection is to be closed, after sending what waits."""
        ...

    def receive(self, data: bytes, *, now: float) -> None:
        """Octets from the phone. Never raises for what they hold."""
        ...

    def lost(self, why: str, *, now: float) -> None:
        """The connection is gone."""
        ...

    def handle_timer(self, *, now: float) -> None:
        """Do what is due."""
        ...

    def timer(self) -> float | None:
        """When to call ``handle_timer``, or None. It is asked even after the connection is gone: calls outlive it."""
        ...

    def data_to_send(self) -> list[bytes]:
        """What is to be sent, in order."""
        ...


class StationConnection(asyncio.Protocol):
    """One phone's connection. ``flush`` it after everything that was done to its handler from outside."""

    def __init__(self, server: SccpServer) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._handler: StationHandler | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        self.peer = ("", 0)
        self.local = ("", 0)

    @property
    def now(self) -> float:
        """The loop's clock: every ``now`` of the machine."""
        return self._loop.time()

    def flush(self) -> None:
        """Send what waits, arm the timer, close if it is time."""
        if self._handler is None:
            return
        data = b"".join(self._handler.data_to_send())
        transport = self._transport
        if transport is not None:
            if data:
                transport.write(data)
                if self._server.tap.heard is not None:
                    self._tell(self._server.tap.heard, data, outgoing=True)
            if transport.get_write_buffer_size() > MOST_UNSENT:
                transport.abort()
            elif self._handler.is_closed:
                transport.close()
        self._arm(self._handler.timer())

    # --- from asyncio ------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A phone connected."""
        # Other event loops have transports of their own, which are no subclass of asyncio's.
        transport = cast("asyncio.Transport", transport)
        self.peer = transport.get_extra_info("peername")[:2]
        self.local = transport.get_extra_info("sockname")[:2]
        if not self._server.admit(self):
            transport.abort()
            return
        self._transport = transport
        if self._server.tap.heard is not None:
            self._tell(self._server.tap.heard, passage=Passage.OPENED)
        self._handler = self._server.new_handler(self)
        self.flush()

    def data_received(self, data: bytes) -> None:
        """Octets from the phone."""
        if self._server.tap.heard is not None:
            self._tell(self._server.tap.heard, data)
        if self._handler is not None:
            self._handler.receive(data, now=self.now)
            self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """The phone, or the network, ended the connection; or we did."""
        if self._server.tap.heard is not None and self._transport is not None:
            self._tell(self._server.tap.heard, passage=Passage.CLOSED)
        self._transport = None
        if self._handler is not None:
            self._handler.lost(str(exc) if exc else "", now=self.now)
            self.flush()
            self._server.dismiss(self)

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def _tell(
        self,
        heard: Callable[[Passed], None],
        data: bytes = b"",
        *,
        outgoing: bool = False,
        passage: Passage = Passage.DATA,
    ) -> None:
        heard(Passed(Wire.SCCP, Carrier.TCP, self.local, self.peer, outgoing, data, passage))

    def _arm(self, at: float | None) -> None:
        if at == self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        self._timer = None if at is None else self._loop.call_at(at, self._let_read)

    def _let_read(self) -> None:
        """Time is up; but what the phone sent meanwhile is read first, or a late loop would take it for silent."""
        self._timer = self._loop.call_later(0, self._fire)

    def _fire(self) -> None:
        self._timer = self._timer_at = None
        if self._handler is not None:
            self._handler.handle_timer(now=self.now)
            self.flush()


def _nobody_asks(peer: tuple[str, int], own: tuple[str, int], why: str) -> None:
    """What becomes of failed handshakes where nobody wants to know."""


class SccpServer:
    """Listens for SCCP phones. ``new_handler`` makes the handler of each connection; ``tls_failed`` hears of handshakes
    that came to nothing."""

    def __init__(
        self,
        new_handler: Callable[[StationConnection], StationHandler],
        *,
        listen: Sequence[tuple[str, int]],
        listen_tls: Sequence[tuple[str, int]] = (),
        tls: ssl.SSLContext | None = None,
        most: int = 5000,
        most_per_address: int = 5000,
        tap: Wiretap = NO_TAP,
        tls_failed: Failed = _nobody_asks,
    ) -> None:
        self.new_handler = new_handler
        self.tap = tap
        self._tls_failed = tls_failed
        self._listen = listen
        self._listen_tls = listen_tls
        self._tls = tls
        self._most = most
        self._most_per_address = most_per_address
        self._servers: list[asyncio.Server] = []
        self._tls_listeners: list[TlsListener] = []
        self._is_closed = False
        self._connections: set[StationConnection] = set()
        self._per_address: Counter[str] = Counter()
        self.addresses: list[tuple[str, int]] = []
        """Where it listens, after ``start``."""
        self.tls_addresses: list[tuple[str, int]] = []
        """Where it listens for phones that speak TLS."""

    @property
    def connections(self) -> int:
        """Connections at this moment."""
        return len(self._connections)

    async def start(self) -> None:
        """Listen. Raises ConfigurationError when an address is taken."""
        for host, port in self._listen:
            self.addresses.append(await self._open(host, port, None, "sccp.listen"))
        for host, port in self._listen_tls:
            self.tls_addresses.append(await self._open(host, port, self._tls, "sccp.tls_listen"))

    async def _open(self, host: str, port: int, tls: ssl.SSLContext | None, setting: str) -> tuple[str, int]:
        loop = asyncio.get_running_loop()
        try:
            if tls is not None:
                listener = TlsListener(lambda: StationConnection(self), tls, self._tls_failed)
                place = await listener.start(host, port, backlog=BACKLOG)
                self._tls_listeners.append(listener)
                return place
            server = await loop.create_server(lambda: StationConnection(self), host, port, backlog=BACKLOG)
        except OSError as error:
            await self.close()
            raise ConfigurationError(
                f"SCCP phones cannot be served on {host}:{port}",
                why=error.strerror or str(error),
                fix=f"see who has the port with `ss -tlnp`, or change {setting}",
            ) from error
        self._servers.append(server)
        address: tuple[str, int] = server.sockets[0].getsockname()[:2]
        return address

    async def close(self) -> None:
        """Stop listening and close every connection: phones go to their next server, or come back."""
        self._is_closed = True  # a connection that was just taken is not opened any more
        for server in self._servers:
            server.close()
        for listener in self._tls_listeners:
            await listener.close()
        self._tls_listeners.clear()
        for connection in list(self._connections):
            connection.abort()
        for server in self._servers:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(CLOSING):
                    await server.wait_closed()
        self._servers.clear()

    def admit(self, connection: StationConnection) -> bool:
        """Whether one more connection may be; it counts from now on."""
        host = connection.peer[0]
        if self._is_closed or len(self._connections) >= self._most or self._per_address[host] >= self._most_per_address:
            return False
        self._connections.add(connection)
        self._per_address[host] += 1
        return True

    def dismiss(self, connection: StationConnection) -> None:
        """The connection is over."""
        if connection in self._connections:
            self._connections.discard(connection)
            host = connection.peer[0]
            self._per_address[host] -= 1
            if not self._per_address[host]:
                del self._per_address[host]
