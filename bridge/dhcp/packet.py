"""DHCP messages as octets: the question of a phone that boots, and what a server answers (RFC 2131, 2132, 3396)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address

from bridge.core import MacAddress
from bridge.errors import RemoteProtocolError

SERVER_PORT = 67
CLIENT_PORT = 68
MAX_MESSAGE = 1500
"""Octets that we read of an answer."""

PHONE_PARAMETERS = bytes((1, 66, 6, 3, 15, 150, 35))
"""Option 55 of a real phone (phone boot reference, section 8.1)."""

_HEADER = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s")
_COOKIE = b"\x63\x82\x53\x63"
_BROADCAST = 0x8000


class MessageType(IntEnum):
    """Option 53."""

    DISCOVER = 1
    OFFER = 2
    REQUEST = 3
    DECLINE = 4
    ACK = 5
    NAK = 6
    RELEASE = 7
    INFORM = 8


@dataclass(frozen=True, slots=True)
class DhcpReply:
    """What a server answered."""

    transaction: int
    kind: MessageType
    address: IPv4Address
    """The address that it offers."""
    next_server: IPv4Address
    """``siaddr``, which phones do not look at."""
    options: Mapping[int, bytes]

    @property
    def server(self) -> IPv4Address | None:
        """Option 54: who answered."""
        value = self.options.get(54, b"")
        return IPv4Address(value) if len(value) == 4 else None


def encode_discover(mac: MacAddress, transaction: int, *, vendor_class: str, seconds: int = 0) -> bytes:
    """A DHCPDISCOVER as a phone sends it. The answer is asked for as a broadcast: nobody has the address yet."""
    octets = bytes.fromhex(mac.value)
    header = _HEADER.pack(
        1, 1, 6, 0, transaction, seconds, _BROADCAST, bytes(4), bytes(4), bytes(4), bytes(4), octets, b"", b""
    )
    options = (
        _option(53, bytes((MessageType.DISCOVER,)))
        + _option(61, b"\x01" + octets)
        + _option(12, f"SEP{mac.value}".encode())
        + _option(60, vendor_class.encode("ascii") + b"\0")
        + _option(55, PHONE_PARAMETERS)
    )
    # BOOTP's shortest message is 300 octets; some relays drop shorter ones.
    return (header + _COOKIE + options + b"\xff").ljust(300, b"\0")


def decode_reply(data: bytes) -> DhcpReply:
    """Read a server's message. Raises RemoteProtocolError for what is none."""
    if len(data) < _HEADER.size + 4 or data[_HEADER.size : _HEADER.size + 4] != _COOKIE:
        raise RemoteProtocolError("not a DHCP message")
    op, _, _, _, transaction, _, _, _, yours, next_server, _, _, name, file = _HEADER.unpack_from(data)
    if op != 2:
        raise RemoteProtocolError("not a server's DHCP message")
    options: dict[int, bytes] = {}
    _read_options(data[_HEADER.size + 4 :], options)
    overload = options.get(52, b"")
    if overload in (b"\1", b"\3"):
        _read_options(file, options)
    if overload in (b"\2", b"\3"):
        _read_options(name, options)
    try:
        kind = MessageType(options[53][0])
    except (KeyError, IndexError, ValueError) as error:
        raise RemoteProtocolError("a DHCP message without a known type") from error
    return DhcpReply(transaction, kind, IPv4Address(yours), IPv4Address(next_server), options)


def _option(code: int, value: bytes) -> bytes:
    return bytes((code, len(value))) + value


def _read_options(data: bytes, into: dict[int, bytes]) -> None:
    place = 0
    while place < len(data) and data[place] != 255:
        if data[place] == 0:
            place += 1
            continue
        if place + 2 > len(data) or place + 2 + data[place + 1] > len(data):
            raise RemoteProtocolError("a DHCP option goes beyond its message")
        code, length = data[place], data[place + 1]
        # An option that comes more than once is one long option (RFC 3396, section 5).
        into[code] = into.get(code, b"") + data[place + 2 : place + 2 + length]
        place += 2 + length
