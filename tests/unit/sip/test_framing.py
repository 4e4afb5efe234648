from __future__ import annotations

import pytest

from bridge.sip.framing import MAX_HEAD, StreamFramer
from bridge.sip.normalise import MalformedMessage

FIRST = b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 5\r\n\r\nhello"
SECOND = b"SIP/2.0 200 OK\r\nl : 0\r\n\r\n"
THIRD = b"BYE sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\n"
STREAM = FIRST + SECOND + THIRD


@pytest.mark.parametrize("size", [1, 2, 3, 7, 40, 1000])
def test_messages_come_whole_however_the_stream_is_cut(size: int) -> None:
    framer = StreamFramer()
    found: list[bytes] = []
    for start in range(0, len(STREAM), size):
        found += framer.receive(STREAM[start : start + size]).messages
    assert found == [FIRST, SECOND, THIRD]


def test_pings_and_pongs_between_messages() -> None:
    framer = StreamFramer()
    frames = framer.receive(b"\r\n\r\n" + SECOND + b"\r\n" + THIRD + b"\r\n\r\n")
    assert (frames.messages, frames.pings, frames.pongs) == ((SECOND, THIRD), 2, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01" + b"\x00" * 60,
        b"x" * 100,
        b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 99999999\r\n\r\n",
        b"OPTIONS " + b"x" * MAX_HEAD,
    ],
)
def test_what_is_no_sip_ends_the_connection(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        StreamFramer().receive(data)


def test_a_length_inside_another_header_does_not_count() -> None:
    data = b"BYE sip:a@b SIP/2.0\r\nX: Content-Length: 9\r\n\r\n"
    assert StreamFramer().receive(data).messages == (data,)
