"""A call's sound on real sockets: one UDP socket per call, one clock for all calls of the process.

Every 20 ms one timer makes every running call send its packet. So twenty calls cost one wake-up, not forty, and a lab
of two cores has time left for Asterisk.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import ClassVar, Protocol
from weakref import WeakKeyDictionary

from bridge.errors import SepbridgeError
from bridge.lab.g711 import ToneHeard
from bridge.lab.rtp import RtpReceiver, RtpSender

PACKET_TIME = 0.02
"""Seconds between two packets."""
_BEHIND = 0.2
"""Seconds by which the clock may lag before it forgets what it missed instead of sending it all at once."""
_LARGEST = 2048
_TRIES = 64
_SILENT_TICKS = 15
"""Packet times without any packet after which a phone hears silence: 300 ms."""
_AT_ONCE = 32
"""Packets read from one socket before the others get their turn."""


class Ticking(Protocol):
    """What the clock drives."""

    def tick(self) -> None:
        """Another packet time went by."""


class MediaClock:
    """Ticks every 20 ms as long as there is a call. One per event loop: ``MediaClock.of_loop()``."""

    _clocks: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, MediaClock]] = WeakKeyDictionary()

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ports: set[Ticking] = set()
        self._next = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def of_loop(cls) -> MediaClock:
        """The clock of the running loop."""
        loop = asyncio.get_running_loop()
        if (clock := cls._clocks.get(loop)) is None:
            clock = cls._clocks[loop] = cls(loop)
        return clock

    def add(self, port: Ticking) -> None:
        """Let ``port`` tick from now on."""
        self._ports.add(port)
        if self._timer is None:
            self._next = self._loop.time()
            self._tick()

    def remove(self, port: Ticking) -> None:
        """Let it tick no more."""
        self._ports.discard(port)

    def _tick(self) -> None:
        if not self._ports:
            self._timer = None
            return
        for port in tuple(self._ports):
            port.tick()
        self._next += PACKET_TIME
        if (now := self._loop.time()) - self._next > _BEHIND:
            self._next = now + PACKET_TIME
        self._timer = self._loop.call_at(self._next, self._tick)


class MediaPort:
    """The RTP port of one call. It listens from the start, and sends between ``send_to`` and ``pause``."""

    def __init__(
        self,
        address: str,
        *,
        ports: range = range(16384, 32766),
        start: int = 0,
        sender: RtpSender,
        receiver: RtpReceiver,
        heard: Callable[[ToneHeard], None] | None = None,
    ) -> None:
        """Open an even port of ``ports`` on ``address``, beginning at its ``start``-th. Raises SepbridgeError.

        ``heard`` is called when the tone that is heard changes.
        """
        self.sender = sender
        self.receiver = receiver
        self._heard = heard
        self._peer: tuple[str, int] | None = None
        self._clock = MediaClock.of_loop()
        self._loop = asyncio.get_running_loop()
        self._socket = _open(address, ports, start)
        self.port: int = self._socket.getsockname()[1]
        self._quiet_ticks = 0
        self._loop.add_reader(self._socket.fileno(), self._readable)
        self._clock.add(self)

    def send_to(self, address: str, port: int) -> None:
        """Send what the sender makes to this address from now on."""
        self._peer = (address, port)

    def pause(self) -> None:
        """Send nothing until the next ``send_to``."""
        self._peer = None

    def close(self) -> None:
        """The call is over."""
        self._clock.remove(self)
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def tick(self) -> None:
        """Send the packet that is due, and notice silence; called by the clock."""
        self._quiet_ticks += 1
        if self._quiet_ticks == _SILENT_TICKS and (tone := self.receiver.nothing_came()) and self._heard:
            self._heard(tone)
        if self._peer:
            with contextlib.suppress(OSError):  # nobody listens there (any more): RTP does not care
                self._socket.sendto(self.sender.next_packet(), self._peer)

    def _readable(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                data = self._socket.recv(_LARGEST)
            except BlockingIOError:
                return
            except OSError:
                continue  # the report of a packet that nobody wanted
            self._quiet_ticks = 0
            if (tone := self.receiver.receive(data)) is not None and self._heard:
                self._heard(tone)


def free_media_port(address: str, ports: range, start: int) -> int:
    """An even port that is free at this moment. Raises SepbridgeError when there is none."""
    with _open(address, ports, start) as sock:
        port: int = sock.getsockname()[1]
        return port


def _open(address: str, ports: range, start: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    even = range(ports.start + ports.start % 2, ports.stop, 2)
    for number in range(min(_TRIES, len(even))):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.bind((address, even[(start + number) % len(even)]))
        except OSError:
            sock.close()
            continue
        sock.setblocking(False)
        return sock
    raise SepbridgeError(
        f"no RTP port is free on {address}",
        why=f"{_TRIES} ports of {ports.start} to {ports.stop} were tried",
        fix="let the phones have addresses of their own, or end other calls",
    )
