"""Ring tones: sounds of many kinds, and what phones are given of them."""

from __future__ import annotations

import io
import itertools
import math
import struct
import wave
from array import array
from collections.abc import Sequence

import pytest

from bridge.core.g711 import expand
from bridge.errors import InvalidInput
from bridge.lab.g711 import share
from bridge.provisioning import NARROW_RING, WIDE_RING, RingForm, Sound, read_wav, ring_file, why_no_ring


def tone(frequency: float, rate: int, seconds: float, level: float = 0.5) -> list[int]:
    return [
        round(32767 * level * math.sin(2 * math.pi * frequency * index / rate))
        for index in range(round(rate * seconds))
    ]


def wav(samples: Sequence[int], rate: int, octets: int = 2, channels: int = 1) -> bytes:
    """As the standard library writes it. ``samples``: 16 bits; every channel has the same."""
    stored = io.BytesIO()
    with wave.open(stored, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(octets)
        file.setframerate(rate)
        match octets:
            case 1:
                each = [bytes([(sample >> 8) + 128]) for sample in samples]
            case 2:
                each = [struct.pack("<h", sample) for sample in samples]
            case _:
                each = [bytes(octets - 2) + struct.pack("<h", sample) for sample in samples]
        file.writeframes(b"".join(one * channels for one in each))
    return stored.getvalue()


def played(content: bytes, form: RingForm) -> list[int]:
    return expand(content) if form is NARROW_RING else list(array("h", content))


def level(samples: Sequence[int]) -> float:
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples)) * math.sqrt(2) / 32767


def part(samples: Sequence[int], frequency: float, rate: int) -> float:
    """How much of the energy lies in ``frequency``, whatever the rate."""
    return share(samples, round(frequency * 8000 / rate))


@pytest.mark.parametrize("form", [NARROW_RING, WIDE_RING])
@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000, 37999])
def test_a_tone_of_any_rate_is_the_same_tone_on_the_phone(rate: int, form: RingForm) -> None:
    content = ring_file(Sound(rate, tone(1000, rate, 1.0)), form)
    samples = played(content, form)
    assert not why_no_ring(f"a{form.ending}", len(content))
    middle = samples[form.rate // 10 : -form.rate // 10 - 240]
    assert part(middle, 1000, form.rate) > 0.995
    assert level(middle) == pytest.approx(0.5, rel=0.03)
    assert len(samples) - form.rate in range(240)


@pytest.mark.parametrize("frequency", [4600, 5500, 7000, 12000, 21000])
def test_what_a_phone_cannot_play_is_not_folded_into_what_it_can(frequency: int) -> None:
    heard = played(ring_file(Sound(48000, tone(frequency, 48000, 1.0)), NARROW_RING), NARROW_RING)
    assert level(heard[800:-800]) < 0.001


@pytest.mark.parametrize("octets", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_width_and_both_channels_are_read(octets: int, channels: int) -> None:
    samples = tone(1000, 8000, 0.3)
    read = read_wav(wav(samples, 8000, octets, channels))
    assert read.rate == 8000
    assert read.seconds == pytest.approx(0.3)
    if octets == 1:
        assert max(abs(one - other) for one, other in zip(read.samples, samples, strict=True)) < 256
    else:
        assert list(read.samples) == samples


def test_channels_are_mixed() -> None:
    stored = io.BytesIO()
    with wave.open(stored, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(struct.pack("<8h", 100, 300, -100, 100, 32767, 32767, -32768, -32768))
    assert list(read_wav(stored.getvalue()).samples) == [200, 0, 32767, -32768]


@pytest.mark.parametrize(("bits", "code", "sub"), [(24, 0xFFFE, 1), (32, 0xFFFE, 3), (32, 3, 0)])
def test_the_extensible_form_and_floats_are_read(bits: int, code: int, sub: int) -> None:
    samples = tone(500, 16000, 0.1)
    if 3 in (code, sub):
        data = b"".join(struct.pack("<f", each / 32767) for each in samples)
    else:
        data = b"".join(b"\x7f" + struct.pack("<h", each) for each in samples)
    octets = bits // 8
    form = struct.pack("<HHIIHH", code, 1, 16000, 16000 * octets, octets, bits)
    if code == 0xFFFE:
        form += struct.pack("<HHI", 22, bits, 0) + struct.pack("<H", sub) + bytes(14)
    chunks = b"LIST" + struct.pack("<I", 5) + b"hello\0"  # what other programs put between, of an odd length
    chunks += b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    read = read_wav(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    assert list(read.samples) == samples


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"ID3\x03 an mp3",
        b"RIFF\0\0\0\0AVI ",
        wav([1, 2, 3], 8000)[:20],
        wav([1, 2, 3], 8000)[:36],
        wav([1, 2, 3], 2000),
        wav([1, 2, 3], 8000).replace(b"\x10\x00\x00\x00\x01\x00", b"\x10\x00\x00\x00\x55\x00"),
        wav([1, 2, 3], 8000, channels=9),
    ],
)
def test_what_is_no_wav_file_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_wav(content)
    assert "save it as WAV" in refused.value.fix or "samples a second" in refused.value.fix


@pytest.mark.parametrize(("form", "octets"), [(NARROW_RING, 16080), (WIDE_RING, 321600)])
def test_a_sound_that_is_too_long_is_cut_only_when_told_and_dies_away(form: RingForm, octets: int) -> None:
    long = Sound(16000, tone(1000, 16000, 11.0))
    with pytest.raises(InvalidInput, match=r"11\.00 s"):
        ring_file(long, form)
    content = ring_file(long, form, cut=True)
    assert len(content) == octets
    samples = played(content, form)
    assert level(samples[-form.rate // 5 : -form.rate // 10]) == pytest.approx(0.5, rel=0.03)
    assert level(samples[-form.rate // 1000 :]) < 0.02


def test_the_longest_sound_that_fits_is_not_cut() -> None:
    content = ring_file(Sound(8000, tone(1000, 8000, NARROW_RING.seconds)), NARROW_RING)
    assert len(content) == 16080
    assert level(expand(content)[-80:]) == pytest.approx(0.5, rel=0.03)


def test_a_short_sound_is_filled_up_with_silence() -> None:
    narrow, wide = (ring_file(Sound(8000, [1000] * 10), form) for form in (NARROW_RING, WIDE_RING))
    assert len(narrow) == 240
    assert set(narrow[10:]) == {0xFF}
    assert len(wide) == 480
    assert not any(wide[160:])


def test_loud_sounds_do_not_wrap_round() -> None:
    square = [32767 if index % 40 < 20 else -32768 for index in range(44100)]
    samples = played(ring_file(Sound(44100, square), WIDE_RING), WIDE_RING)
    turns = sum(one * other < 0 for one, other in itertools.pairwise(samples))
    assert turns == pytest.approx(2 * 44100 / 40, abs=8)


def test_nothing_is_no_ring() -> None:
    with pytest.raises(InvalidInput, match="no sound"):
        ring_file(Sound(8000, []), NARROW_RING)
