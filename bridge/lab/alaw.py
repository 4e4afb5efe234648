"""G.711 A-law, by way of mu-law: both laws code the same samples, and a table of 256 bytes turns one into the other.

Source: ITU-T G.711, table 1a (the 13-segment A-law); even bits are inverted on the wire.
"""

from __future__ import annotations

from bridge.core.g711 import expand

PCMA = 8
"""Static payload type of G.711 A-law (RFC 3551, section 6)."""


def _expand(code: int) -> int:
    """The 16-bit sample of an A-law code: the middle of its step."""
    plain = code ^ 0x55
    segment, step = plain >> 4 & 0x07, plain & 0x0F
    magnitude = (step << 1) + 1 if segment == 0 else ((step << 1) + 33) << (segment - 1)
    return (magnitude if plain & 0x80 else -magnitude) << 3


_EXPANDED = tuple(_expand(code) for code in range(256))
_MU_EXPANDED = tuple(expand(bytes(range(256))))


def _nearest(sample: int, samples: tuple[int, ...]) -> int:
    return min(range(256), key=lambda code: abs(samples[code] - sample))


TO_A_LAW = bytes(_nearest(sample, _EXPANDED) for sample in _MU_EXPANDED)
"""For ``bytes.translate``: from mu-law codes to the nearest A-law codes."""
TO_MU_LAW = bytes(_nearest(sample, _MU_EXPANDED) for sample in _EXPANDED)
"""The other way."""
