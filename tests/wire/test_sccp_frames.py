"""Frames of real phones and servers are read as what they mean, and written again byte for byte."""

from __future__ import annotations

import re

import pytest

from bridge.sccp import Frame, Framer, decode, encode, shape_of
from tests.peers import CHECKOUT
from tests.wire.sccp_frames import FRAMES
from tests.wire.sccp_known_frame import KnownFrame

WITH_LEFTOVERS = {
    33: "garbage after the NUL of the server's name",
    34: "the last two slots of the recording's missing end",
    35: "garbage after the NUL of the number",
    36: "garbage after the NUL of the number",
}
"""Frames with bytes that mean nothing; all others are fully described by their fields and their length."""
IN_A_SHAPE_OF_ITS_OWN = {1, 2, 3, 4, 5, 10, 17, 19, 20, 24, 30, 31, 33, 34, 35, 36}
"""Frames that differ from what we would send at that version: shorter, longer, aligned, filled up."""


def _frame(known: KnownFrame) -> Frame:
    framer = Framer()
    framer.receive_data(known.data)
    frame = framer.next_frame()
    assert frame is not None
    assert framer.next_frame() is None
    assert framer.buffered == 0
    return frame


@pytest.mark.parametrize("known", FRAMES, ids=lambda known: f"{known.number} {known.what}")
def test_a_known_frame_means_what_it_is_known_to_mean(known: KnownFrame) -> None:
    assert decode(_frame(known), known.version) == known.message


@pytest.mark.parametrize("known", FRAMES, ids=lambda known: f"{known.number} {known.what}")
def test_a_known_frame_is_written_again_byte_for_byte(known: KnownFrame) -> None:
    frame = _frame(known)
    shape = shape_of(frame, known.version)
    assert shape is not None
    assert bool(shape.leftovers) == (known.number in WITH_LEFTOVERS)
    assert encode(known.message, known.version, like=shape, header=frame.header_version) == known.data


@pytest.mark.parametrize(
    "known", [frame for frame in FRAMES if frame.number not in IN_A_SHAPE_OF_ITS_OWN], ids=lambda known: known.what
)
def test_frames_of_the_usual_shape_need_no_hint(known: KnownFrame) -> None:
    assert encode(known.message, known.version, header=_frame(known).header_version) == known.data


@pytest.mark.parametrize("known", FRAMES, ids=lambda known: known.what)
def test_a_known_frame_is_read_by_its_length_whatever_version_was_negotiated(known: KnownFrame) -> None:
    for version in range(3, 23):
        assert decode(_frame(known), version) == known.message


def test_all_frames_in_one_stream_byte_by_byte() -> None:
    framer = Framer()
    found = []
    for known in FRAMES:
        for index in range(len(known.data)):
            framer.receive_data(known.data[index : index + 1])
            frame = framer.next_frame()
            assert (frame is not None) == (index == len(known.data) - 1)
            if frame is not None:
                found.append(decode(frame, known.version))
    assert found == [known.message for known in FRAMES]


@pytest.mark.parametrize("known", [frame for frame in FRAMES if frame.cut], ids=lambda known: known.what)
def test_a_frame_cut_short_is_waited_for(known: KnownFrame) -> None:
    framer = Framer()
    framer.receive_data(known.data[: -known.cut])
    assert framer.next_frame() is None
    assert framer.buffered == len(known.data) - known.cut


@pytest.fixture
def published() -> dict[int, tuple[int, bytes]]:
    """The frames of the reference, where it lies beside the checkout: sizes, and bytes before the last zeros."""
    reference = CHECKOUT.parent / "shared" / "reference" / "sccp-frames.md"
    if not reference.exists():
        pytest.skip("the frames reference is not beside this checkout")
    found: dict[int, tuple[int, bytes]] = {}
    row = re.compile(r"\| (\d+) \|.*?\| (\d+)(?: of (\d+))? \(body \d+\) \| \d+ \| .*?(?= \| )(.*)")
    for line in reference.read_text(encoding="utf-8").splitlines():
        if match := row.match(line):
            printed = re.findall(r"`([0-9a-f]{24,})`", match[4])
            found[int(match[1])] = (int(match[3] or match[2]), bytes.fromhex(printed[0]))
    return found


def test_the_fixtures_are_the_published_frames(published: dict[int, tuple[int, bytes]]) -> None:
    assert published.keys() == {known.number for known in FRAMES}
    for known in FRAMES:
        size, start = published[known.number]
        assert len(known.data) == size
        assert known.data.startswith(start)
