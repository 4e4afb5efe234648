"""WAV files: octets in, samples out. What the standard library's ``wave`` refuses before Python 3.12, many programs
write: 24 bits in the extensible form.

Source: Microsoft, "Multiple Channel Audio Data and WAVE Files" (the extensible form); RIFF chunks, little-endian.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.errors import InvalidInput

RATES = range(4000, 192_000 + 1)
"""Samples per second that are taken."""
MOST_CHANNELS = 8
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_FULL_SCALE = 32767
_FIX = "save it as WAV with 8, 16, 24 or 32 bits a sample (PCM)"


@dataclass(frozen=True, slots=True)
class Sound:
    """Sound of one channel."""

    rate: int
    """Samples per second."""
    samples: Sequence[int]
    """16 bits each, with a sign."""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class _Format:
    code: int
    channels: int
    rate: int
    bits: int


def read_wav(content: bytes) -> Sound:
    """The sound of a WAV file, its channels mixed to one. Raises InvalidInput for what is none that can be read."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise InvalidInput("it is no WAV file", why="it does not begin as one", fix=_FIX)
    found: _Format | None = None
    for name, start, size in _chunks(content):
        if name == b"fmt ":
            found = _format(content[start : start + size])
        elif name == b"data" and found is not None:
            return Sound(found.rate, _mixed(_samples(content[start : start + size], found), found.channels))
    raise InvalidInput("it is no whole WAV file", why="it has no samples", fix=_FIX)


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and octets of each chunk. The last one may say that it is longer than the file: a broken download."""
    at = 12
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        yield name, at + 8, min(size, len(content) - at - 8)
        at += 8 + size + (size & 1)


def _format(chunk: bytes) -> _Format:
    if len(chunk) < 16:
        raise InvalidInput("it is no whole WAV file", why="what it says of its format is cut off", fix=_FIX)
    code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if code == _EXTENSIBLE and len(chunk) >= 26:
        (code,) = struct.unpack_from("<H", chunk, 24)
    known = (code == _PCM and bits in {8, 16, 24, 32}) or (code == _FLOAT and bits == 32)
    if not known:
        raise InvalidInput(f"WAV files of the kind {code} with {bits} bits are not read", fix=_FIX)
    if not 1 <= channels <= MOST_CHANNELS or rate not in RATES:
        raise InvalidInput(
            f"WAV files with {channels} channels and {rate} samples a second are not read",
            fix=f"use 1 to {MOST_CHANNELS} channels, and {RATES[0]} to {RATES[-1]} samples a second",
        )
    return _Format(code, channels, rate, bits)


def _samples(data: bytes, form: _Format) -> array[int]:
    """All samples, of all channels in turn, with 16 bits."""
    octets = form.bits // 8
    data = data[: len(data) // (octets * form.channels) * octets * form.channels]
    if form.code == _FLOAT:
        floats = array("f", data)
        if sys.byteorder == "big":
            floats.byteswap()
        return array("h", (round(min(1.0, max(-1.0, each)) * _FULL_SCALE) if each == each else 0 for each in floats))
    if form.bits == 8:  # the only size that is stored without a sign
        return array("h", ((each - 128) << 8 for each in data))
    if form.bits > 16:  # the two upper octets: as much as phones play
        upper = bytearray(len(data) // octets * 2)
        upper[0::2], upper[1::2] = data[octets - 2 :: octets], data[octets - 1 :: octets]
        data = bytes(upper)
    found = array("h", data)
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _mixed(samples: array[int], channels: int) -> Sequence[int]:
    if channels == 1:
        return samples
    each = [samples[channel::channels] for channel in range(channels)]
    return array("h", (round(sum(several) / channels) for several in zip(*each, strict=True)))
