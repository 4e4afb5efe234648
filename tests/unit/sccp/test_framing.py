"""The framer: whole frames out of any stream, and a clear end where there are none."""

from __future__ import annotations

import pytest

from bridge.errors import LocalProtocolError, RemoteProtocolError
from bridge.sccp import MAX_BUFFERED, MAX_FRAME, Frame, Framer

KEEPALIVE = bytes.fromhex("040000000000000000000000")


def test_a_frame_is_length_header_version_id_and_body() -> None:
    framer = Framer()
    framer.receive_data(bytes.fromhex("0c000000 16000000 06000000 01000000 02000000"))
    assert framer.next_frame() == Frame(6, bytes.fromhex("0100000002000000"), 0x16)
    assert framer.next_frame() is None


def test_a_frame_goes_out_as_it_came_in() -> None:
    assert Frame(0).to_bytes() == KEEPALIVE
    assert Frame(6, b"\1\0\0", 0x16).to_bytes() == bytes.fromhex("07000000 16000000 06000000 010000")


def test_a_body_that_is_no_multiple_of_four_is_kept_as_it_is() -> None:
    framer = Framer()
    framer.receive_data(Frame(0x153, bytes(109)).to_bytes() + KEEPALIVE)
    assert framer.next_frame() == Frame(0x153, bytes(109))
    assert framer.next_frame() == Frame(0)


def test_several_frames_in_one_segment() -> None:
    framer = Framer()
    framer.receive_data(KEEPALIVE * 6)
    assert [framer.next_frame() for _ in range(7)] == [Frame(0)] * 6 + [None]


@pytest.mark.parametrize("length", [0, 3, MAX_FRAME - 7, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_length_that_cannot_be_right_is_refused_before_its_bytes_come(length: int) -> None:
    framer = Framer()
    framer.receive_data(length.to_bytes(4, "little"))
    with pytest.raises(RemoteProtocolError, match="bytes after its header"):
        framer.next_frame()
    assert framer.buffered == 0


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", bytes.fromhex("160301020001"), b"REGISTER sip:", b"SSH-2.0-x\r\n"]
)
def test_other_protocols_on_this_port_are_told_at_once(garbage: bytes) -> None:
    framer = Framer()
    framer.receive_data(garbage)
    with pytest.raises(RemoteProtocolError, match="another"):
        framer.next_frame()


def test_frames_before_the_garbage_are_still_delivered() -> None:
    framer = Framer()
    framer.receive_data(KEEPALIVE + b"\xff" * 20)
    assert framer.next_frame() == Frame(0)
    with pytest.raises(RemoteProtocolError):
        framer.next_frame()


def test_after_garbage_nothing_is_taken_any_more() -> None:
    framer = Framer()
    framer.receive_data(b"\xff" * 12)
    with pytest.raises(RemoteProtocolError):
        framer.next_frame()
    with pytest.raises(RemoteProtocolError):
        framer.receive_data(KEEPALIVE)
    with pytest.raises(RemoteProtocolError):
        framer.next_frame()


def test_the_largest_frame_goes_through_and_one_more_byte_does_not() -> None:
    framer = Framer()
    largest = Frame(0x41, bytes(MAX_FRAME - 12))
    framer.receive_data(largest.to_bytes())
    assert framer.next_frame() == largest
    with pytest.raises(LocalProtocolError, match="no SCCP frame"):
        Frame(0x41, bytes(MAX_FRAME - 11)).to_bytes()


def test_what_nobody_takes_out_does_not_grow_without_end() -> None:
    framer = Framer()
    framer.receive_data(bytes(MAX_BUFFERED))
    with pytest.raises(RemoteProtocolError, match="wait to be read"):
        framer.receive_data(b"\0")
    assert framer.buffered == 0


def test_a_number_that_is_no_u32_is_our_own_mistake() -> None:
    with pytest.raises(LocalProtocolError):
        Frame(-1).to_bytes()
