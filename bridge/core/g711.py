"""G.711 µ-law by table: one octet for a sample of 16 bits. Source: ITU-T G.711, table 2a."""

from __future__ import annotations

from collections.abc import Iterable

SAMPLE_RATE = 8000
"""Samples per second."""
SILENCE = 0xFF
"""The µ-law code of zero."""

_BIAS = 0x84
_CLIP = 32635


def _expand(code: int) -> int:
    inverted = ~code & 0xFF
    magnitude = (((inverted & 0x0F) << 3) + _BIAS) << ((inverted >> 4) & 0x07)
    return _BIAS - magnitude if inverted & 0x80 else magnitude - _BIAS


_EXPANDED = tuple(_expand(code) for code in range(256))


def compress(sample: int) -> int:
    """The µ-law code nearest to a 16-bit sample."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0F)) & 0xFF


def expand(payload: Iterable[int]) -> list[int]:
    """The 16-bit samples of a µ-law payload."""
    return [_EXPANDED[code] for code in payload]
