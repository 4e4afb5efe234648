"""Every message at every version survives the wire, and no bytes make the codec raise anything but its own error."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import LocalProtocolError, RemoteProtocolError
from bridge.sccp import (
    NEWEST,
    CodePage,
    Form,
    Frame,
    Framer,
    Message,
    MessageId,
    Shape,
    UnknownMessage,
    decode,
    encode,
    form_to_send,
    forms_of,
    messages,
    shape_of,
    typed,
)
from tests.property.sccp_strategies import distinguishable, messages_of
from tests.wire.sccp_frames import FRAMES

VERSIONS = range(3, NEWEST + 1)


def _sent_forms(message: type[Message]) -> list[tuple[Form, tuple[int, ...]]]:
    """The forms that versions call for, each with its versions."""
    found: dict[Form, list[int]] = {}
    for version in VERSIONS:
        found.setdefault(form_to_send(message, version), []).append(version)
    return [(form, tuple(versions)) for form, versions in found.items()]


def _frame(data: bytes) -> Frame:
    framer = Framer()
    framer.receive_data(data)
    frame = framer.next_frame()
    assert frame is not None
    assert framer.buffered == 0
    return frame


@pytest.mark.parametrize("message", messages(), ids=lambda message: message.__name__)
@pytest.mark.parametrize("page", [CodePage.LATIN_1, CodePage.UTF_8])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_message_at_every_version_comes_back_as_it_went(
    message: type[Message], page: CodePage, data: st.DataObject
) -> None:
    for form, versions in _sent_forms(message):
        sent = data.draw(messages_of(message, form, page))
        wire = {encode(sent, version, page, header=0) for version in versions}
        assert len(wire) == 1, "one form, one layout"
        frame = _frame(wire.pop())
        assert len(frame.body) % 4 == 0
        for version in versions:
            assert decode(frame, version, page) == sent


@pytest.mark.parametrize("message", messages(), ids=lambda message: message.__name__)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_forms_that_only_some_devices_want_come_back_too(message: type[Message], data: st.DataObject) -> None:
    for form in forms_of(message):
        if distinguishable(message, form):
            sent = data.draw(messages_of(message, form))
            version = min(form.since, NEWEST)
            frame = _frame(encode(sent, version, like=Shape(message, form)))
            assert decode(frame, version) == sent


@settings(max_examples=400, deadline=None)
@given(
    number=st.one_of(st.sampled_from([int(member) for member in MessageId]), st.integers(0, 0xFFFFFFFF)),
    body=st.binary(max_size=3000),
    version=st.integers(0, 40),
    page=st.sampled_from(CodePage),
)
def test_no_body_raises_anything_but_the_protocol_error(number: int, body: bytes, version: int, page: CodePage) -> None:
    frame = Frame(number, body)
    with contextlib.suppress(RemoteProtocolError):
        message = decode(frame, version, page)
        if typed(number) is None:
            assert message == UnknownMessage(number, body)


@pytest.mark.parametrize("known", FRAMES, ids=lambda known: str(known.number))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_broken_frame_is_read_or_refused_and_what_is_read_can_be_written_again(
    known: object, data: st.DataObject
) -> None:
    original = next(frame for frame in FRAMES if frame is known).data
    body = bytearray(original[12:])
    for _ in range(data.draw(st.integers(0, 6))):
        if body:
            body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    del body[data.draw(st.integers(0, len(body))) :]
    body += data.draw(st.binary(max_size=16))
    frame = Frame(int.from_bytes(original[8:12], "little"), bytes(body))
    version = data.draw(st.sampled_from(VERSIONS))
    with contextlib.suppress(RemoteProtocolError):
        message = decode(frame, version)
        exact = shape_of(frame, version)
        assert encode(message, version, like=exact, header=0) == frame.to_bytes()


@settings(max_examples=200, deadline=None)
@given(
    number=st.sampled_from([int(member) for member in MessageId]),
    body=st.binary(max_size=3000),
    version=st.sampled_from(VERSIONS),
    page=st.sampled_from(CodePage),
)
def test_what_was_read_can_always_be_written(number: int, body: bytes, version: int, page: CodePage) -> None:
    with contextlib.suppress(RemoteProtocolError):
        message = decode(Frame(number, body), version, page)
        with contextlib.suppress(LocalProtocolError):
            encode(message, version, page)


@settings(max_examples=100, deadline=None)
@given(
    bodies=st.lists(st.tuples(st.integers(0, 0x160), st.binary(max_size=200)), max_size=12),
    cuts=st.lists(st.integers(0, 4000), max_size=20),
)
def test_frames_are_found_however_the_stream_is_cut(bodies: list[tuple[int, bytes]], cuts: list[int]) -> None:
    frames = [Frame(number, body, 22) for number, body in bodies]
    stream = b"".join(frame.to_bytes() for frame in frames)
    borders = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    framer = Framer()
    found: list[Frame] = []
    for start, stop in itertools.pairwise(borders):
        framer.receive_data(stream[start:stop])
        while (frame := framer.next_frame()) is not None:
            found.append(frame)
    assert found == frames
    assert framer.buffered == 0


@settings(max_examples=200, deadline=None)
@given(chunks=st.lists(st.binary(max_size=500), max_size=10))
def test_garbage_ends_in_the_protocol_error_or_waits(chunks: list[bytes]) -> None:
    framer = Framer()
    with contextlib.suppress(RemoteProtocolError):
        for chunk in chunks:
            framer.receive_data(chunk)
            while framer.next_frame() is not None:
                pass
            assert framer.buffered < 8192
