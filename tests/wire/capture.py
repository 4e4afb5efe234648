"""Packet captures written by hand: TCP conversations in a pcap file, checksums and sequence numbers right.

So a dissector that this project did not write can judge what the project sends, without a network. Format: classic
pcap (libpcap's savefile), Ethernet, IPv4 (RFC 791), TCP (RFC 9293).
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from pathlib import Path

_ETHERNET = bytes.fromhex("020000000002020000000001") + b"\x08\x00"
_SYN, _ACK, _PSH = 0x02, 0x10, 0x08


def checksum(data: bytes) -> int:
    """The internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Conversation:
    """One TCP connection between a phone and the server; every payload becomes one segment, acknowledged at once."""

    def __init__(self, capture: Capture, phone: tuple[str, int], server: tuple[str, int]) -> None:
        self._capture = capture
        self._ends = (phone, server)
        self._next = [1000, 2000]
        self._segment(0, _SYN)
        self._segment(1, _SYN | _ACK)
        self._segment(0, _ACK)

    def from_phone(self, payload: bytes) -> int:
        """Send to the server. Returns the number of the packet in the capture, from 1 on."""
        number = self._segment(0, _PSH | _ACK, payload)
        self._segment(1, _ACK)
        return number

    def from_server(self, payload: bytes) -> int:
        """Send to the phone. Returns the number of the packet in the capture, from 1 on."""
        number = self._segment(1, _PSH | _ACK, payload)
        self._segment(0, _ACK)
        return number

    def _segment(self, sender: int, flags: int, payload: bytes = b"") -> int:
        (source, source_port), (target, target_port) = self._ends[sender], self._ends[1 - sender]
        acknowledged = self._next[1 - sender] if flags & _ACK else 0
        sequence = self._next[sender]
        self._next[sender] += len(payload) + (1 if flags & _SYN else 0)
        header = struct.pack(
            ">HHIIBBHHH", source_port, target_port, sequence, acknowledged, 5 << 4, flags, 0xFFFF, 0, 0
        )
        addresses = IPv4Address(source).packed + IPv4Address(target).packed
        pseudo = addresses + struct.pack(">BBH", 0, 6, len(header) + len(payload))
        header = header[:16] + struct.pack(">H", checksum(pseudo + header + payload)) + header[18:]
        return self._capture.add(addresses, header + payload)


class Capture:
    """A capture in the making."""

    def __init__(self) -> None:
        self._packets: list[bytes] = []
        self._phones = 0

    def conversation(self) -> Conversation:
        """A new connection from a new phone to port 2000."""
        self._phones += 1
        return Conversation(self, (f"192.0.2.{self._phones}", 50000 + self._phones), ("192.0.2.254", 2000))

    def add(self, addresses: bytes, segment: bytes) -> int:
        """Put a TCP segment into an IPv4 packet. Returns the packet's number, from 1 on."""
        number = len(self._packets) + 1
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), number & 0xFFFF, 0x4000, 64, 6, 0) + addresses
        header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
        self._packets.append(_ETHERNET + header + segment)
        return number

    def write(self, path: Path) -> None:
        """Write the file."""
        out = bytearray(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, packet in enumerate(self._packets):
            out += struct.pack("<IIII", number // 1000, number % 1000 * 1000, len(packet), len(packet)) + packet
        path.write_bytes(out)
