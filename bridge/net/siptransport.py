"""The asyncio shell of a SIP user agent: one UDP socket or one TCP connection, one timer.

``SipLink`` moves bytes and time; what they mean is the user agent's business, and whether to connect again is the
caller's. Events go to a callback in the event loop, which must not block.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bridge.capture import Carrier, Passed, Wire
from bridge.errors import RemoteProtocolError
from bridge.net.tap import NO_TAP, Wiretap
from bridge.sip import Event, Transport, UserAgent

EventHandler = Callable[[Event], None]
LossHandler = Callable[[str], None]


class SipLink:
    """Drives one user agent. Every action of the user agent goes through ``do``, or is followed by ``flush``."""

    def __init__(
        self,
        agent: UserAgent,
        on_event: EventHandler,
        on_loss: LossHandler | None = None,
        *,
        tap: Wiretap = NO_TAP,
    ) -> None:
        self.agent = agent
        self._tap = tap
        self._own = ("", 0)
        self._on_event = on_event
        self._on_loss = on_loss
        self._loop = asyncio.get_running_loop()
        self._datagrams: asyncio.DatagramTransport | None = None
        self._stream: asyncio.Transport | None = None
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
        return self._datagrams is not None or self._stream is not None

    async def connect(self, local_host: str | None = None, *, within: float = 10.0) -> None:
        """Open the socket and tell the user agent its address. Raises OSError or TimeoutError."""
        server = self.agent.account.server
        local = None if local_host is None else (local_host, 0)
        remote = (server.host, server.port)
        async with asyncio.timeout(within):
            if server.transport is Transport.UDP:
                self._datagrams, _ = await self._loop.create_datagram_endpoint(
                    lambda: _Datagrams(self), local_addr=local, remote_addr=remote
                )
                name = self._datagrams.get_extra_info("sockname")
            else:
                self._stream, _ = await self._loop.create_connection(lambda: _Stream(self), *remote, local_addr=local)
                name = self._stream.get_extra_info("sockname")
        self._own = (name[0], name[1])
        self.agent.connected(self._own, now=self.now)
        self.flush()

    def do(self, action: Callable[[float], None]) -> None:
        """Run ``action(now)`` on the user agent, send what it led to and report what happened."""
        action(self.now)
        self.flush()

    def close(self) -> None:
        """Close the socket without a word to the server (``unregister`` and wait for Unregistered before)."""
        self._cancel_timer()
        transport = self._datagrams or self._stream
        self._datagrams = self._stream = None
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
        # The socket is connected to the server: nothing can come from, or go to, anybody else.
        for data, _ in self.agent.data_to_send():
            if self._tap.heard is not None:
                self._tell(self._tap.heard, data, outgoing=True)
            if self._stream is not None:
                self._stream.write(data)
            elif self._datagrams is not None:
                self._datagrams.sendto(data)

    def _tell(self, heard: Callable[[Passed], None], data: bytes, *, outgoing: bool) -> None:
        account = self.agent.account
        carrier = Carrier.UDP if account.server.transport is Transport.UDP else Carrier.TCP
        server = account.server.host, account.server.port
        heard(Passed(Wire.SIP, carrier, self._own, server, outgoing, data, number=account.user))

    def _arm(self) -> None:
        at = self.agent.timer() if self.is_connected else None
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
        if self._tap.heard is not None:
            self._tell(self._tap.heard, data, outgoing=False)
        self.agent.receive_datagram(data, source, now=self.now)
        self.flush()

    def stream_arrived(self, data: bytes) -> None:
        """From the protocol below."""
        if self._tap.heard is not None:
            self._tell(self._tap.heard, data, outgoing=False)
        try:
            self.agent.receive_stream(data, now=self.now)
        except RemoteProtocolError as error:
            if self._stream is not None:
                self._stream.close()
            self.lost(error.what)
            return
        self.flush()

    def unreachable(self) -> None:
        """The network says that nobody listens there (ICMP): what is under way has failed."""
        self.agent.unreachable(now=self.now)
        self.flush()

    def lost(self, why: str) -> None:
        """The connection is gone, and not by our wish."""
        if self._stream is None:
            return
        self._stream = None
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
