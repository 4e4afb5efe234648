"""The doorway's sockets: UDP and TCP on one port (see ``bridge.sip.doorway`` for what it says)."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self, cast

from bridge.capture import Carrier, Passage, Passed, Wire
from bridge.errors import RemoteProtocolError
from bridge.net.tap import NO_TAP, Wiretap
from bridge.sip.destination import Destination, Transport
from bridge.sip.doorway import Doorway, DoorwayEvent
from bridge.sip.framing import PONG, StreamFramer

DoorwayHandler = Callable[[DoorwayEvent], None]
MAX_CONNECTIONS = 1024
MAX_CONNECTIONS_PER_ADDRESS = 32
CLOSING = 5.0
"""Seconds that connections may take to be gone when the server closes; newer Pythons wait for them."""
IDLE = 300.0
"""Seconds after which a silent TCP connection is closed."""


class DoorwayServer:
    """Drives one doorway. ``on_event`` is called in the event loop and must not block.

    Answer with ``accept`` and ``refuse`` of this class, from the event loop.
    """

    def __init__(self, doorway: Doorway, on_event: DoorwayHandler, *, tap: Wiretap = NO_TAP) -> None:
        self.doorway = doorway
        self.tap = tap
        self._own = ("", 0)
        self._on_event = on_event
        self._datagrams: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._connections: dict[Destination, _Connection] = {}
        self._per_address: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        self._flushing = False
        self._loop = asyncio.get_running_loop()

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (chosen by the kernel for 0). Raises OSError."""
        for attempt in range(8):
            self._server = await self._loop.create_server(lambda: _Connection(self), host, port)
            chosen: int = self._server.sockets[0].getsockname()[1]
            try:
                self._datagrams, _ = await self._loop.create_datagram_endpoint(
                    lambda: _Datagrams(self), local_addr=(host, chosen)
                )
            except OSError:
                self._server.close()
                if port or attempt == 7:
                    raise
            else:
                self._own = (host, chosen)
                return chosen
        raise AssertionError

    async def stop(self) -> None:
        """Close everything."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._timer_at = None
        if self._datagrams is not None:
            self._datagrams.close()
            self._datagrams = None
        # From here on a connection that was just taken is not opened any more.
        server, self._server = self._server, None
        for connection in list(self._connections.values()):
            connection.close()
        if server is not None:
            server.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(CLOSING):
                    await server.wait_closed()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def accept(self, request_id: int, *, expires: int = 120, restart: bool = True) -> None:
        """See ``Doorway.accept``."""
        self.doorway.accept(request_id, expires=expires, restart=restart, now=self._loop.time())
        self.flush()

    def refuse(
        self,
        request_id: int,
        *,
        status: int = 403,
        reason: str = "Forbidden",
        warning: str = "",
        retry_after: int = 35,
    ) -> None:
        """See ``Doorway.refuse``."""
        self.doorway.refuse(
            request_id, status=status, reason=reason, warning=warning, retry_after=retry_after, now=self._loop.time()
        )
        self.flush()

    def flush(self) -> None:
        """Send what waits, report events, arm the timer."""
        if self._flushing:
            return
        self._flushing = True
        try:
            while True:
                self._send()
                event = self.doorway.next_event()
                if event is None:
                    break
                self._on_event(event)
        finally:
            self._flushing = False
        at = self.doorway.timer()
        if at != self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer_at = at
            self._timer = None if at is None else self._loop.call_at(at, self._fire)

    # --- from the sockets --------------------------------------------------------------------------------------------

    def arrived(self, data: bytes, source: Destination) -> None:
        """One message."""
        if self.tap.heard is not None and source.transport is Transport.UDP:
            self.tell(source, data)
        self.doorway.receive(data, source, now=self._loop.time())
        self.flush()

    def opened(self, connection: _Connection, source: Destination) -> bool:
        """A connection came in; False when there are too many."""
        if self._server is None:
            return False
        if len(self._connections) >= MAX_CONNECTIONS or self._per_address[source.host] >= MAX_CONNECTIONS_PER_ADDRESS:
            return False
        self._connections[source] = connection
        self._per_address[source.host] += 1
        return True

    def closed(self, source: Destination) -> None:
        """A connection is gone."""
        if self._connections.pop(source, None) is not None:
            self._per_address[source.host] -= 1
            if not self._per_address[source.host]:
                del self._per_address[source.host]
            self.doorway.connection_closed(source, now=self._loop.time())
            self.flush()

    def tell(
        self, other: Destination, data: bytes = b"", *, outgoing: bool = False, passage: Passage = Passage.DATA
    ) -> None:
        """Tell the tap, if anybody listens."""
        if self.tap.heard is not None:
            carrier = Carrier.UDP if other.transport is Transport.UDP else Carrier.TCP
            place = other.host, other.port
            self.tap.heard(Passed(Wire.SIP, carrier, self._own, place, outgoing, data, passage))

    # --- inside ------------------------------------------------------------------------------------------------------

    def _send(self) -> None:
        for data, destination in self.doorway.data_to_send():
            if destination.transport is Transport.UDP:
                if self._datagrams is not None:
                    self._datagrams.sendto(data, (destination.host, destination.port))
                    if self.tap.heard is not None:
                        self.tell(destination, data, outgoing=True)
            elif connection := self._connections.get(destination):
                connection.write(data)

    def _fire(self) -> None:
        self._timer = self._timer_at = None
        self.doorway.handle_timer(now=self._loop.time())
        self.flush()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: DoorwayServer) -> None:
        self._server = server

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._server.arrived(data, Destination(addr[0], addr[1], Transport.UDP))


class _Connection(asyncio.Protocol):
    def __init__(self, server: DoorwayServer) -> None:
        self._server = server
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self._source = Destination("", 0, Transport.TCP)
        self._idle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Other event loops have transports of their own, which are no subclass of asyncio's.
        transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._source = Destination(peer[0], peer[1], Transport.TCP)
        if not self._server.opened(self, self._source):
            transport.abort()
            return
        self._transport = transport
        self._server.tell(self._source, passage=Passage.OPENED)
        self._wait()

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        self._server.tell(self._source, data)
        self._wait()
        try:
            frames = self._framer.receive(data)
        except RemoteProtocolError:
            self.close()
            return
        for _ in range(frames.pings):
            self.write(PONG)
        for message in frames.messages:
            self._server.arrived(message, self._source)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._idle is not None:
            self._idle.cancel()
        if self._transport is not None:
            self._server.tell(self._source, passage=Passage.CLOSED)
        self._transport = None
        self._server.closed(self._source)

    def write(self, data: bytes) -> None:
        """Send, unless the peer lets everything pile up."""
        if self._transport is None:
            return
        if self._transport.get_write_buffer_size() > 65_536:
            self._transport.abort()
            return
        self._transport.write(data)
        self._server.tell(self._source, data, outgoing=True)

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    def _wait(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE, self.close)
