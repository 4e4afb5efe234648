"""Octets of DHCP: what a phone asks, what servers answer, and what is neither."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import MacAddress
from bridge.dhcp import MessageType, decode_reply, encode_discover
from bridge.errors import RemoteProtocolError

MAC = MacAddress("001122334455")


def reply(options: bytes, *, file: bytes = b"", name: bytes = b"", op: int = 2) -> bytes:
    head = bytes((op, 1, 6, 0)) + (7).to_bytes(4, "big") + bytes(8) + bytes((192, 0, 2, 100)) + bytes(8) + bytes(16)
    return head + name.ljust(64, b"\0") + file.ljust(128, b"\0") + b"\x63\x82\x53\x63" + options


def test_the_question_is_that_of_a_phone() -> None:
    question = encode_discover(MAC, 7, vendor_class="Cisco Systems, Inc. IP Phone CP-7961G")
    assert len(question) >= 300
    assert question[:4] == bytes((1, 1, 6, 0))
    assert question[10:12] == b"\x80\x00"  # answer by broadcast
    assert question[28:34] == bytes.fromhex("001122334455")
    assert b"<\x26Cisco Systems, Inc. IP Phone CP-7961G\0" in question  # option 60, one NUL as phones send it
    assert b"\x0c\x0fSEP001122334455" in question
    assert bytes((55, 7, 1, 66, 6, 3, 15, 150, 35)) in question
    with pytest.raises(RemoteProtocolError):
        decode_reply(question)


def test_an_offer() -> None:
    offer = decode_reply(reply(b"\x35\x01\x02\x36\x04\xc0\x00\x02\x01\x00\x96\x04\xc0\x00\x02\x0a\xff\x42\x00"))
    assert (offer.transaction, offer.kind, str(offer.address)) == (7, MessageType.OFFER, "192.0.2.100")
    assert str(offer.server) == "192.0.2.1"
    assert offer.options[150] == b"\xc0\x00\x02\x0a"
    assert 66 not in offer.options  # after the end


def test_options_in_the_fields_for_names_and_in_pieces() -> None:
    offer = decode_reply(
        reply(
            b"\x35\x01\x02\x34\x01\x03\x96\x02\xc0\x00\xff",
            file=b"\x96\x02\x02\x0a\xff",
            name=b"\x42\x03pbx\xff",
        )
    )
    assert offer.options[150] == b"\xc0\x00\x02\x0a"
    assert offer.options[66] == b"pbx"


@pytest.mark.parametrize(
    "data",
    [b"", b"\x02" * 300, reply(b""), reply(b"\x35\x01\x02\x96\x40\x01"), reply(b"\x35\x01\x09"), reply(b"\x35")],
)
def test_what_is_no_answer(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        decode_reply(data)


@given(st.binary(max_size=200))
def test_any_options_are_read_or_refused(options: bytes) -> None:
    with contextlib.suppress(RemoteProtocolError):
        decode_reply(reply(b"\x35\x01\x02" + options))
