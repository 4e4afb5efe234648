"""Addresses of both widths."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

import pytest

from bridge.errors import InvalidInput, LocalProtocolError
from bridge.sccp import (
    AddressFamily,
    Frame,
    MediaStatus,
    OpenReceiveChannelAck,
    StationAddress,
    decode,
    encode,
)


def test_ipv4_in_both_forms() -> None:
    message = OpenReceiveChannelAck(MediaStatus.OK, StationAddress.of("192.0.2.1"), 4000, 7, 9)
    narrow, wide = encode(message, 16)[12:], encode(message, 17)[12:]
    assert narrow.hex() == "00000000c0000201a00f00000700000009000000"
    assert wide.hex() == "0000000000000000c0000201" + "00" * 12 + "a00f00000700000009000000"
    assert decode(Frame(0x22, narrow), 22) == decode(Frame(0x22, wide), 3) == message


def test_ipv6_needs_the_wide_form() -> None:
    message = OpenReceiveChannelAck(MediaStatus.OK, StationAddress.of("2001:db8::1"), 4000, 7, 9)
    body = encode(message, 17)[12:]
    assert body[4:24].hex() == "0100000020010db8000000000000000000000001"
    assert decode(Frame(0x22, body), 17) == message
    with pytest.raises(LocalProtocolError, match="version 17"):
        encode(message, 16)


def test_an_address_that_means_nothing() -> None:
    assert StationAddress().unspecified
    assert StationAddress.of("::").unspecified
    assert StationAddress(AddressFamily.INVALID, bytes(15) + b"\1").ip is None
    assert StationAddress(AddressFamily(77), bytes(16)).ip is None


def test_a_phone_with_both_families() -> None:
    v4 = StationAddress(AddressFamily.BOTH, ip_address("192.0.2.1").packed + bytes(12))
    v6 = StationAddress(AddressFamily.BOTH, ip_address("2001:db8::1").packed)
    assert v4.ip == ip_address("192.0.2.1")
    assert v6.ip == IPv6Address("2001:db8::1")


def test_what_is_no_address() -> None:
    with pytest.raises(InvalidInput, match="not an IP address"):
        StationAddress.of("phone")
    with pytest.raises(InvalidInput, match="16 octets"):
        StationAddress(AddressFamily.IPV6, b"\0")
    with pytest.raises(InvalidInput, match="first four"):
        StationAddress(AddressFamily.IPV4, b"\1" * 16)
