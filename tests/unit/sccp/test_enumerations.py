"""Enumerations take numbers that nobody has documented, and give them back."""

from __future__ import annotations

import pytest

from bridge.errors import InvalidInput
from bridge.sccp import (
    RTP_FORMATS,
    DeviceType,
    Frame,
    KeypadKey,
    MediaCodec,
    MessageId,
    StartTone,
    Tone,
    decode,
    encode,
)


def test_an_unknown_number_survives() -> None:
    tone = Tone(0x12345678)
    assert not tone.known
    assert tone == Tone(0x12345678) == 0x12345678
    assert tone.name == "UNKNOWN_305419896"
    assert Tone(0x21).known
    message = decode(Frame(MessageId.START_TONE, tone.to_bytes(4, "little")), 17)
    assert message == StartTone(tone)
    assert encode(message, 17)[12:16] == tone.to_bytes(4, "little")


def test_unknown_numbers_are_not_remembered() -> None:
    before = len(DeviceType)
    for number in range(500000, 500100):
        DeviceType(number)
    assert len(DeviceType) == before
    assert not DeviceType(500000).known


def test_a_text_is_no_tone() -> None:
    with pytest.raises(ValueError, match="not a valid Tone"):
        Tone("dial")


@pytest.mark.parametrize("character", "0123456789ABCD*#+")
def test_keys_and_characters(character: str) -> None:
    assert KeypadKey.of(character).character == character


def test_what_is_no_key() -> None:
    assert KeypadKey.of("#") == KeypadKey.POUND
    assert KeypadKey(99).character == ""
    for text in ("", "x", "12"):
        with pytest.raises(InvalidInput):
            KeypadKey.of(text)


def test_codecs_that_asterisk_can_be_offered() -> None:
    names = {codec: (rtp.payload_type, rtp.encoding, rtp.clock_rate) for codec, rtp in RTP_FORMATS.items()}
    assert names[MediaCodec.G711_ULAW_64K] == (0, "PCMU", 8000)
    assert names[MediaCodec.G711_ALAW_64K] == (8, "PCMA", 8000)
    assert names[MediaCodec.G722_64K] == (9, "G722", 8000)
    assert names[MediaCodec.G729_ANNEX_A] == (18, "G729", 8000)
    assert names[MediaCodec.ILBC] == (97, "iLBC", 8000)
    assert MediaCodec.TELEPHONE_EVENT not in names
