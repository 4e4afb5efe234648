"""Packets of TFTP, octet by octet."""

from __future__ import annotations

import pytest

from bridge.errors import LocalProtocolError, RemoteProtocolError
from bridge.tftp import (
    Acknowledgement,
    Data,
    Error,
    ErrorCode,
    OptionAcknowledgement,
    Packet,
    ReadRequest,
    WriteRequest,
    decode,
    encode,
)

SAMPLES: list[tuple[bytes, Packet]] = [
    (b"\0\1SEP001122334455.cnf.xml\0octet\0", ReadRequest("SEP001122334455.cnf.xml", "octet")),
    (
        b"\0\1a\0octet\0blksize\x001428\0tsize\x000\0",
        ReadRequest("a", "octet", (("blksize", "1428"), ("tsize", "0"))),
    ),
    (b"\0\2up\0netascii\0", WriteRequest("up", "netascii")),
    (b"\0\3\0\1hello", Data(1, b"hello")),
    (b"\0\3\xff\xff", Data(65535, b"")),
    (b"\0\4\x12\x34", Acknowledgement(0x1234)),
    (b"\0\5\0\1File not found\0", Error(1, "File not found")),
    (b"\0\6blksize\x001428\0", OptionAcknowledgement((("blksize", "1428"),))),
]


@pytest.mark.parametrize(("octets", "packet"), SAMPLES)
def test_samples_both_ways(octets: bytes, packet: Packet) -> None:
    assert decode(octets) == packet
    assert encode(packet) == octets


def test_mode_is_read_in_any_letter_case() -> None:
    assert decode(b"\0\1a\0OcTeT\0") == ReadRequest("a", "octet")


def test_request_filled_up_with_nuls_is_read() -> None:
    assert decode(b"\0\1a\0octet\0" + bytes(20)) == ReadRequest("a", "octet")


def test_error_text_without_final_nul_is_read() -> None:
    assert decode(b"\0\5\0\0gone") == Error(0, "gone")


def test_name_that_is_not_utf8_is_read_as_latin_1() -> None:
    assert decode(b"\0\1caf\xe9\0octet\0") == ReadRequest("café", "octet")


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "shorter than any TFTP packet"),
        (b"\0\4\0", "shorter than any TFTP packet"),
        (b"\0\0ab", "operation 0 is not one of TFTP"),
        (b"\0\x07ab", "operation 7 is not one of TFTP"),
        (b"\0\1name", "the request's file name or mode does not end"),
        (b"\0\1name\0octet", "the request's file name or mode does not end"),
        (b"\0\1\0octet\0", "the request names no file"),
        (b"\0\1a\0octet\0blksize\0", "an option has a name and no value"),
        (b"\0\1a\0octet\0blksize\x001428", "an option has a name and no value"),
        (b"\0\6blksize\x008\0x", "the last option does not end"),
    ],
)
def test_malformed(octets: bytes, why: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        decode(octets)
    assert caught.value.why == why
    assert caught.value.reply == ErrorCode.ILLEGAL_OPERATION


@pytest.mark.parametrize("packet", [Error(0, "a\0b"), Acknowledgement(65536), Data(-1, b""), Error(70000)])
def test_what_cannot_be_written(packet: Packet) -> None:
    with pytest.raises(LocalProtocolError):
        encode(packet)


def test_error_text_is_cut() -> None:
    assert len(encode(Error(0, "x" * 1000))) == 205
