"""A station's TCP connection: the thin shell around the pure machine."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass

from bridge.lab.skinnyevents import StationEvent
from bridge.lab.skinnykeys import StationKeys
from bridge.lab.skinnystation import SkinnyStation

_MOST_BUFFERED = 1 << 20


@dataclass(frozen=True, slots=True)
class SecureTransport:
    """SCCP over TLS: whom the phone trusts, and the port, which is not the one of plain SCCP."""

    context: ssl.SSLContext
    port: int = 2443


class SkinnyLink(asyncio.Protocol):
    """One connection, with its station. ``heard`` gets the station's events, ``lost`` the news that it is over."""

    def __init__(
        self,
        station: SkinnyStation,
        *,
        heard: Callable[[StationEvent], None],
        lost: Callable[[str], None],
        changed: Callable[[], None] | None = None,
        tls: SecureTransport | None = None,
    ) -> None:
        """``changed`` is called after everything that may have changed the screen. ``tls``: None for plain TCP."""
        self._tls = tls
        self.station = station
        self.heard = heard
        self.lost = lost
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None
        self._pumping = False
        self.swallowed = False
        """The network loses everything, both ways; the connection seems to stand."""

    @property
    def connected(self) -> bool:
        """Whether the connection stands."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def now(self) -> float:
        """The event loop's clock."""
        return self._loop.time()

    async def connect(self, address: str, port: int, *, local_address: str = "", within: float) -> None:
        """Connect. Raises OSError (TimeoutError after ``within`` seconds)."""
        local = (local_address, 0) if local_address else None
        async with asyncio.timeout(within):
            await self._loop.create_connection(
                lambda: self,
                address,
                self._tls.port if self._tls else port,
                local_addr=local,
                ssl=self._tls.context if self._tls else None,
                server_hostname=address if self._tls else None,
            )

    def do(self, press: Callable[[StationKeys], None]) -> None:
        """Let a person press something. Raises what the key raises."""
        try:
            self.station.do(press, now=self.now)
        finally:
            self.pump()

    def pump(self) -> None:
        """Send what is to be sent, tell what happened, and wait for what is due. Call it after every change."""
        if self._pumping:
            return
        self._pumping = True
        try:
            while True:
                if (out := self.station.data_to_send()) and self.connected and self._transport and not self.swallowed:
                    self._transport.write(b"".join(out))
                if (event := self.station.next_event()) is None:
                    break
                self.heard(event)
        finally:
            self._pumping = False
        self._schedule()
        if self._changed:
            self._changed()

    def close(self) -> None:
        """Cut the connection at once, without a word; ``lost`` is not called."""
        self.lost = _nobody
        self.station.connection_lost()
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._transport:
            self._transport.abort()

    def reset(self) -> None:
        """Break the connection with a TCP reset; ``lost`` is not called."""
        sock = self._transport.get_extra_info("socket") if self._transport else None
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def _schedule(self) -> None:
        due = self.station.timer()
        if due == self._due and self._timer:
            return
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._due = due
        if due is not None:
            self._timer = self._loop.call_at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.station.handle_timer(now=max(self.now, self._due or 0.0))
        self.pump()

    # --- asyncio's side ----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("an SCCP connection is a stream")
        self._transport = transport
        transport.set_write_buffer_limits(_MOST_BUFFERED)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Bytes from the server."""
        if self.swallowed:
            return
        self.station.receive_stream(data, now=self.now)
        self.pump()

    def connection_lost(self, exc: Exception | None) -> None:
        """The server, or the network, closed the connection."""
        if self.swallowed:
            return  # nor does the farewell come through
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self.station.connection_lost()
        self.pump()
        self.lost(str(exc) if exc else "the server closed the connection")


def _nobody(why: str) -> None:
    del why
