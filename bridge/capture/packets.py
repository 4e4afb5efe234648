"""Ethernet, IP, UDP and TCP around what our sockets saw, as it would have been on the wire.

Above the network layer all of it is true: addresses, ports, octets, order. Made up is what a socket does not see:
hardware addresses (but the phone's own), TCP's first sequence numbers, the cut into segments, who acknowledged when.
Sequence and acknowledgement numbers agree with each other, so that readers put streams together.
Source: RFC 791, 768, 8200, 9293.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from zlib import crc32

from bridge.capture.traffic import Carrier, Passage, Passed, Place

SEGMENT = 1400
"""Octets of a TCP segment."""
_UDP, _TCP = 17, 6
_FIN, _SYN, _PSH, _ACK = 1, 2, 8, 16
_HOPS = 64
_SPAN = 1 << 32


@dataclass(slots=True)
class _Side:
    """One direction of a connection: the next sequence number."""

    place: Place
    next: int


@dataclass(slots=True)
class _Connection:
    own: _Side
    other: _Side

    def sides(self, *, outgoing: bool) -> tuple[_Side, _Side]:
        """Sender and receiver."""
        return (self.own, self.other) if outgoing else (self.other, self.own)


class PacketMaker:
    """Makes frames, in the order in which things passed. ``hardware``: known MAC addresses of hosts, six octets."""

    def __init__(self, hardware: Mapping[str, bytes] | None = None) -> None:
        self._hardware = dict(hardware or {})
        self._connections: dict[tuple[Place, Place], _Connection] = {}
        self._serial = 0

    def frames(self, passed: Passed) -> list[bytes]:
        """The frames that carried it. Raises ValueError for an address that is not numeric."""
        if passed.carrier is Carrier.UDP:
            source, target = (passed.own, passed.other) if passed.outgoing else (passed.other, passed.own)
            return [self._datagram(source, target, passed.data)]
        match passed.passage:
            case Passage.OPENED:
                return self._opening(passed)
            case Passage.CLOSED:
                return self._closing(passed)
            case Passage.DATA:
                sender, receiver = self._connection(passed).sides(outgoing=passed.outgoing)
                pieces = [passed.data[at : at + SEGMENT] for at in range(0, len(passed.data), SEGMENT)]
                return [self._segment(sender, receiver, _PSH | _ACK, piece) for piece in pieces]

    # --- TCP ---------------------------------------------------------------------------------------------------------

    def _opening(self, passed: Passed) -> list[bytes]:
        self._connections.pop((passed.own, passed.other), None)
        caller, called = self._connection(passed).sides(outgoing=passed.outgoing)
        return [
            self._segment(caller, called, _SYN, acknowledges=False),
            self._segment(called, caller, _SYN | _ACK),
            self._segment(caller, called, _ACK),
        ]

    def _closing(self, passed: Passed) -> list[bytes]:
        if (passed.own, passed.other) not in self._connections:
            return []  # nothing of it was seen
        first, second = self._connection(passed).sides(outgoing=passed.outgoing)
        frames = [
            self._segment(first, second, _FIN | _ACK),
            self._segment(second, first, _FIN | _ACK),
            self._segment(first, second, _ACK),
        ]
        del self._connections[passed.own, passed.other]
        return frames

    def _connection(self, passed: Passed) -> _Connection:
        key = passed.own, passed.other
        found = self._connections.get(key)
        if found is None:
            self._serial += 1
            start = crc32(f"{key}{self._serial}".encode())
            own, other = _Side(passed.own, start), _Side(passed.other, ~start % _SPAN)
            found = self._connections[key] = _Connection(own, other)
        return found

    def _segment(
        self, sender: _Side, receiver: _Side, flags: int, payload: bytes = b"", *, acknowledges: bool = True
    ) -> bytes:
        acknowledged = receiver.next if acknowledges else 0
        (source, source_port), (target, target_port) = sender.place, receiver.place
        header = struct.pack(
            ">HHIIBBHHH", source_port, target_port, sender.next, acknowledged, 5 << 4, flags, 0xFFFF, 0, 0
        )
        total = checksum(_pseudo(source, target, _TCP, len(header) + len(payload)) + header + payload)
        header = header[:16] + struct.pack(">H", total) + header[18:]
        # SYN and FIN take a number each (RFC 9293, section 3.4).
        sender.next = (sender.next + len(payload) + bool(flags & (_SYN | _FIN))) % _SPAN
        return self._framed(source, target, _TCP, header + payload)

    # --- below -------------------------------------------------------------------------------------------------------

    def _datagram(self, source: Place, target: Place, payload: bytes) -> bytes:
        header = struct.pack(">HHHH", source[1], target[1], 8 + len(payload), 0)
        total = checksum(_pseudo(source[0], target[0], _UDP, len(header) + len(payload)) + header + payload)
        # A sum of zero would mean that there is none (RFC 768).
        header = header[:6] + struct.pack(">H", total or 0xFFFF)
        return self._framed(source[0], target[0], _UDP, header + payload)

    def _framed(self, source: str, target: str, protocol: int, content: bytes) -> bytes:
        sender, receiver = ip_address(source), ip_address(target)
        link = self._mac(source, sender), self._mac(target, receiver)
        if isinstance(sender, IPv4Address):
            self._serial += 1
            serial = self._serial & 0xFFFF
            header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(content), serial, 0x4000, _HOPS, protocol, 0)
            header += sender.packed + receiver.packed
            header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
            kind = b"\x08\x00"
        else:
            header = struct.pack(">IHBB", 6 << 28, len(content), protocol, _HOPS) + sender.packed + receiver.packed
            kind = b"\x86\xdd"
        return link[1] + link[0] + kind + header + content

    def _mac(self, host: str, address: IPv4Address | IPv6Address) -> bytes:
        """The known one, or one that is made up, "locally administered", from the address."""
        return self._hardware.get(host) or b"\x02\x00" + address.packed[-4:]


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _pseudo(source: str, target: str, protocol: int, length: int) -> bytes:
    sender, receiver = ip_address(source), ip_address(target)
    if sender.version != receiver.version:
        raise ValueError(f"{source} and {target} are not of one kind")
    if isinstance(sender, IPv4Address):
        return sender.packed + receiver.packed + struct.pack(">BBH", 0, protocol, length)
    return sender.packed + receiver.packed + struct.pack(">IHBB", length, 0, 0, protocol)
