"""Tones to be sent and recognised in G.711 mu-law.

A simulated phone proves that audio flows by playing a tone of its own and looking for another phone's in what it hears.
The tones are multiples of 25 Hz: two packets of 20 ms at 8,000 samples a second hold a whole number of periods of each
of them, so that a tone is a loop of two ready-made payloads, and so that in a window of that length every tone is
exactly orthogonal to every other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bridge.core.g711 import SAMPLE_RATE, compress, expand

PACKET_SAMPLES = 160
"""Samples in a packet: 20 ms (RFC 3551, section 4.5)."""
WINDOW = 2 * PACKET_SAMPLES
"""Samples that an analysis looks at: 40 ms."""
STEP = SAMPLE_RATE // WINDOW
"""Distance between two tones, Hz."""
TONES = tuple(range(400, 3225, STEP))
"""Every tone that a phone may play, Hz: inside the telephone band, clear of its edges."""
_AUDIBLE = 200.0
"""Root mean square, in 16-bit steps, below which sound counts as silence (about -44 dB of full scale)."""


@lru_cache(maxsize=len(TONES))
def tone_payloads(frequency: int) -> tuple[bytes, bytes]:
    """The two mu-law payloads that, sent in turn for ever, make a pure tone. ``frequency`` is one of ``TONES``."""
    if frequency % STEP:
        raise ValueError(f"{frequency} Hz is not a multiple of {STEP} Hz")
    samples = bytes(
        compress(round(8000 * math.sin(2 * math.pi * frequency * index / SAMPLE_RATE))) for index in range(WINDOW)
    )
    return samples[:PACKET_SAMPLES], samples[PACKET_SAMPLES:]


def share(samples: Sequence[int], frequency: int) -> float:
    """How much of the sound's energy lies in ``frequency``: 1 for a pure tone, near 0 without it (Goertzel)."""
    energy = float(sum(sample * sample for sample in samples))
    if energy < _AUDIBLE * _AUDIBLE * len(samples):
        return 0.0
    coefficient = 2 * math.cos(2 * math.pi * frequency / SAMPLE_RATE)
    previous = before = 0.0
    for sample in samples:
        previous, before = sample + coefficient * previous - before, previous
    power = previous * previous + before * before - coefficient * previous * before
    return 2 * power / (len(samples) * energy)


@dataclass(frozen=True, slots=True)
class ToneHeard:
    """The strongest tone in a stretch of sound."""

    frequency: int
    """Hz; 0 for silence."""
    ratio: float
    """Its part of the sound's energy, 0 to 1."""


class ToneListener:
    """Finds out which tone a caller plays. Feed it payloads; it looks at a window now and then, not at every packet.

    A search over every tone costs a few milliseconds and happens only while nothing is recognised; after that, only
    the tone that was found is checked.
    """

    def __init__(self, *, every: int = 10, clear: float = 0.5) -> None:
        """Look at two packets of every ``every``; a tone with at least the part ``clear`` of the energy counts."""
        self._every = max(2, every)
        self._clear = clear
        self._window = bytearray()
        self._latest = b""
        self._count = 0
        self.heard = ToneHeard(0, 0.0)

    def share_of(self, frequency: int) -> float:
        """How much of what was heard last this tone was, 0 to 1: in a conference several are heard at a time."""
        return share(expand(self._latest), frequency) if self._latest else 0.0

    @property
    def is_audible(self) -> bool:
        """Whether what was heard last is louder than silence: a voice has no tone of its own."""
        samples = expand(self._latest)
        return sum(sample * sample for sample in samples) >= _AUDIBLE * _AUDIBLE * max(1, len(samples))

    def listen(self, payload: bytes) -> ToneHeard | None:
        """Take one packet's payload. What is heard, whenever that changed; else None."""
        position = self._count % self._every
        self._count += 1
        if position >= self._every - 2 and len(payload) == PACKET_SAMPLES:
            self._window += payload
        if position < self._every - 1:
            return None
        window, self._window = bytes(self._window), bytearray()
        if len(window) != WINDOW:
            return None
        self._latest = window
        return self._judge(expand(window))

    def nothing_came(self) -> ToneHeard | None:
        """No packets at all for a while. Silence, if something was heard before; else None."""
        self._window.clear()
        self._latest = b""
        self._count = 0
        if not self.heard.frequency:
            return None
        self.heard = ToneHeard(0, 0.0)
        return self.heard

    def _judge(self, samples: list[int]) -> ToneHeard | None:
        before = self.heard
        if before.frequency and (ratio := share(samples, before.frequency)) >= self._clear:
            self.heard = ToneHeard(before.frequency, ratio)
            return None
        self.heard = strongest(samples, self._clear)
        return self.heard if self.heard.frequency != before.frequency else None


def strongest(samples: Sequence[int], clear: float = 0.5) -> ToneHeard:
    """The first of ``TONES`` that holds at least the part ``clear`` of the energy, else silence."""
    if not any(abs(sample) > _AUDIBLE for sample in samples):
        return ToneHeard(0, 0.0)
    for frequency in TONES:
        if (ratio := share(samples, frequency)) >= clear:
            return ToneHeard(frequency, ratio)
    return ToneHeard(0, 0.0)
