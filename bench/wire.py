"""What went over loopback, and when: the kernel's own time stamps, which a busy machine does not spoil.

Time stamps are taken when a packet arrives, not when a program gets round to reading it; so the time between a packet
into a process and the packet that answers it is the time of that process, whoever looks on.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.errors import RemoteProtocolError
from bridge.sccp import Frame, Framer
from bridge.sip.framing import StreamFramer

_SO_TIMESTAMPNS = 35
_SO_RCVBUFFORCE = 33
_BUFFER = 64 << 20
_ALL_IP = 0x0800
"""A socket for one protocol sees packets as they come in only, and so each once (packet(7))."""
_TCP, _UDP = 6, 17

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """One SCCP frame or one SIP message. ``at``: seconds of the wall clock, as the kernel stamped it."""

    at: float
    source: Address
    target: Address
    frame: Frame | None = None
    text: str = ""
    """Of a SIP message; empty for a frame."""

    @property
    def start(self) -> str:
        """The first line of a SIP message."""
        return self.text.partition("\r\n")[0]


@dataclass(slots=True)
class _Flow:
    """One direction of a TCP connection. Loopback neither loses nor reorders; what comes twice is left out."""

    sccp: Framer = field(default_factory=Framer)
    sip: StreamFramer = field(default_factory=StreamFramer)
    next: int | None = None


class Wire:
    """Listens on loopback for SCCP and SIP. Needs to be root, of a namespace of its own at least."""

    def __init__(self, sccp_port: int, sip_port: int) -> None:
        self._sccp_port = sccp_port
        self._sip_port = sip_port
        self._flows: dict[tuple[Address, Address], _Flow] = {}
        self.seen: list[Seen] = []

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Listen while the block runs; the event loop must run, too."""
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ALL_IP)) as tap:
            tap.bind(("lo", _ALL_IP))
            tap.setblocking(False)
            tap.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            with contextlib.suppress(PermissionError):
                tap.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
            loop.add_reader(tap, self._read, tap)
            try:
                yield
            finally:
                loop.remove_reader(tap)
                self._read(tap)

    def _read(self, tap: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                packet, ancillary, _, _ = tap.recvmsg(1 << 17, 128)
                seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
                self._packet(packet, seconds + nanoseconds / 1e9)

    def _packet(self, packet: bytes, at: float) -> None:
        header, protocol = (packet[0] & 15) * 4, packet[9]
        if protocol not in (_TCP, _UDP):
            return
        source_port, target_port = struct.unpack_from(">HH", packet, header)
        if not {self._sccp_port, self._sip_port} & {source_port, target_port}:
            return
        source = (socket.inet_ntoa(packet[12:16]), source_port)
        target = (socket.inet_ntoa(packet[16:20]), target_port)
        length = struct.unpack_from(">H", packet, 2)[0] or len(packet)
        if protocol == _UDP:
            text = packet[header + 8 : length].decode("utf-8", "replace")
            self.seen.append(Seen(at, source, target, text=text))
        else:
            offset = header + (packet[header + 12] >> 4) * 4
            self._segment(at, source, target, struct.unpack_from(">I", packet, header + 4)[0], packet[offset:length])

    def _segment(self, at: float, source: Address, target: Address, sequence: int, data: bytes) -> None:
        if not data:
            return
        flow = self._flows.setdefault((source, target), _Flow())
        if flow.next is not None and sequence != flow.next:
            return
        flow.next = (sequence + len(data)) & 0xFFFFFFFF
        # A connection whose beginning was not heard may start in the middle of a frame; phones at rest do not.
        with contextlib.suppress(RemoteProtocolError):
            if self._sip_port in (source[1], target[1]):
                for message in flow.sip.receive(data).messages:
                    self.seen.append(Seen(at, source, target, text=message.decode("utf-8", "replace")))
                return
            flow.sccp.receive_data(data)
            while (frame := flow.sccp.next_frame()) is not None:
                self.seen.append(Seen(at, source, target, frame=frame))
