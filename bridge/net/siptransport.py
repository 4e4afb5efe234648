"""The asyncio shell of a SIP user agent: one UDP socket or one TCP connection, one timer.

``SipLink`` moves bytes and time; what they mean is the user agent's business, and whether to connect again is the
caller's. Events go to a callback in the event loop, which must not block.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bridge.errors import RemoteProtocolError
from bridge.sip import Event, Transport, UserAgent

EventHandler = Callable[[Event], None]
LossHandler = Callable[[str], None]


class SipLink:
    """Drives one user agent. Every action of the user agent goes through ``do``, or is followed by ``flush``."""

    def __init__(self, agent: UserAgent, on_event: EventHandler, on_loss: LossHandler | None = None) -> None:
        self.agent = agent
        self._on_event = on_event
        self._on_loss = on_loss
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.DatagramTransport | asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        self._flushing = False

    @property
    def now(self) -> float:
        """The loop's clock: what every ``now`` of the user agent is."""
        return self._loop.time()

    @property
    def is_connected(self) -> bool:
        """True while there is a socket."""
        return self._transport is not None

    async def connect(self, local_host: str | None = None, *, within: float = 10.0) -> None:
        """Open the socket and tell the user agent its address. Raises OSError or TimeoutError."""
        server = self.agent.account.server
        local = None if local_host is None else (local_host, 0)
        remote = (server.host, server.port)
        transport: asyncio.DatagramTransport | asyncio.Transport
        async with asyncio.timeout(within):
            if server.transport is Transport.UDP:
                transport, _ = await self._loop.create_datagram_endpoint(
                    lambda: _Datagrams(self), local_addr=local, remote_addr=remote
                )
            else:
                transport, _ = await self._loop.create_connection(lambda: _Stream(self), *remote, local_addr=local)
        self._transport = transport
        host, port = transport.get_extra_info("sockname")[:2]
        self.agent.connected((host, port), now=self.now)
        self.flush()

    def do(self, action: Callable[[float], None]) -> None:
        """Run ``action(now)`` on the user agent, send what it led to and report what happened."""
        action(self.now)
        self.flush()

    def close(self) -> None:
        """Close the socket without a word to the server (``unregister`` and wait for Unregistered before)."""
        self._cancel_timer()
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def flush(self) -> None:
        """Send what waits, report events, arm the timer. Call it after using the user agent directly."""
        if self._flushing:
            return  # an event handler acts on the user agent: the loop below sees to it
        self._flushing = True
        try:
            while True:
                self._send()
                event = self.agent.next_event()
                if event is None:
                    break
                self._on_event(event)
        finally:
            self._flushing = False
        self._send()
        self._arm()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _send(self) -> None:
        for data, destination in self.agent.data_to_send():
            transport = self._transport
            if isinstance(transport, asyncio.DatagramTransport):
                # The socket is connected to the server: an answer to anybody else is dropped by design.
                if (destination.host, destination.port) == (self.agent.account.server.host, self._server_port):
                    transport.sendto(data)
            elif transport is not None:
                transport.write(data)

    @property
    def _server_port(self) -> int:
        return self.agent.account.server.port

    def _arm(self) -> None:
        at = self.agent.timer() if self._transport is not None else None
        if at == self._timer_at:
            return
        self._cancel_timer()
        if at is not None:
            self._timer_at = at
            self._timer = self._loop.call_at(at, self._fire)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._timer_at = None

    def _fire(self) -> None:
        self._timer = self._timer_at = None
        self.agent.handle_timer(now=self.now)
        self.flush()

    def datagram_arrived(self, data: bytes, source: tuple[str, int]) -> None:
        """From the protocol below."""
        self.agent.receive_datagram(data, source, now=self.now)
        self.flush()

    def stream_arrived(self, data: bytes) -> None:
        """From the protocol below."""
        try:
            self.agent.receive_stream(data, now=self.now)
        except RemoteProtocolError as error:
            if self._transport is not None:
                self._transport.close()
            self.lost(error.what)
            return
        self.flush()

    def unreachable(self) -> None:
        """The network says that nobody listens there (ICMP): what is under way has failed."""
        self.agent.unreachable(now=self.now)
        self.flush()

    def lost(self, why: str) -> None:
        """The connection is gone, and not by our wish."""
        if self._transport is None:
            return
        self._transport = None
        self._cancel_timer()
        self.agent.connection_lost(now=self.now)
        self.flush()
        if self._on_loss is not None:
            self._on_loss(why)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, link: SipLink) -> None:
        self._link = link

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._link.datagram_arrived(data, (addr[0], addr[1]))

    def error_received(self, exc: Exception) -> None:
        self._link.unreachable()


class _Stream(asyncio.Protocol):
    def __init__(self, link: SipLink) -> None:
        self._link = link

    def data_received(self, data: bytes) -> None:
        self._link.stream_arrived(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.lost(str(exc) if exc else "the server closed the connection")
