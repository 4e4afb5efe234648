"""Ring tones: what phones play, made of any sound (phone file reference, section 18).

A ``.raw`` file is µ-law at 8 kHz, one octet a sample, 240 to 16,080 of them and, by an older guide, a multiple of 240.
A ``.rwb`` file, for 78xx and 88xx, has 240 to 160,800 samples of 16 bits at 16 kHz. That the lower octet comes first is
what a PC writes by the usual recipe; no public source says it.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import gcd, pi, sin, sqrt
from operator import mul

from bridge.core.g711 import SAMPLE_RATE, SILENCE, compress
from bridge.errors import InvalidInput
from bridge.provisioning.wavfile import Sound

BLOCK = 240
"""Samples: a phone's piece of a ``.raw`` file, and the shortest ring of all."""


@dataclass(frozen=True, slots=True)
class RingForm:
    """One kind of ring file."""

    ending: str
    rate: int
    """Samples per second."""
    most: int
    """Samples."""

    @property
    def seconds(self) -> float:
        """How long a ring may last."""
        return self.most / self.rate


NARROW_RING = RingForm(".raw", SAMPLE_RATE, 16080)
WIDE_RING = RingForm(".rwb", 16000, 160_800)
RING_FORMS = (NARROW_RING, WIDE_RING)

_FADE = 0.02
"""Seconds over which a ring that is cut off dies away, so that it does not click."""
_CROSSINGS = 24
"""Zero crossings of the filter on each side."""
_PASS = 0.92
"""The filter's cut-off, as a part of half the lower sampling rate."""
_BETA = 8.0
"""Of the Kaiser window: what is folded back lies 80 dB lower."""
_MOST_PLACES = 512


def ring_file(sound: Sound, form: RingForm, *, cut: bool = False) -> bytes:
    """The ring file of a sound. ``cut``: of one that lasts too long, the beginning.

    Raises InvalidInput for an empty sound, and for one that is too long and not to be cut.
    """
    if not sound.samples:
        raise InvalidInput("there is no sound in it", fix="record something")
    if sound.seconds > form.seconds and not cut:
        raise InvalidInput(
            f"it lasts {sound.seconds:.2f} s",
            why=f"phones play {form.seconds:.2f} s of a {form.ending} file, over and over",
            fix="shorten it, or let it be cut off: --cut",
        )
    samples = _clipped(resampled(sound.samples, sound.rate, form.rate, most=form.most))
    if sound.seconds > form.seconds:
        _fade_out(samples, round(_FADE * form.rate))
    if form is NARROW_RING:
        played = bytes(map(compress, samples))
        return played + bytes([SILENCE]) * (-len(played) % BLOCK)
    samples.extend([0] * (BLOCK - len(samples)))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _clipped(samples: Sequence[float]) -> array[int]:
    return array("h", (max(-32768, min(32767, round(each))) for each in samples))


def _fade_out(samples: array[int], length: int) -> None:
    for index in range(min(length, len(samples))):
        samples[-1 - index] = samples[-1 - index] * index // length


def resampled(samples: Sequence[int], rate: int, wanted: int, *, most: int) -> Sequence[float]:
    """At most ``most`` samples of the same sound at another rate.

    A windowed sinc for each place that an output sample can have between two input samples. There are as many as the
    wanted rate has in lowest terms; of an odd rate, with thousands, the nearest of 512 places is taken.
    """
    if rate == wanted:
        return samples[:most]
    common = gcd(rate, wanted)
    up, down = wanted // common, rate // common
    count = min(most, -(-len(samples) * up // down))
    places = min(up, _MOST_PLACES)
    reach = _reach(rate, wanted)
    padded = [0] * reach + list(samples[: count * down // up + reach + 1]) + [0] * (reach + 1)
    made: list[float] = []
    for index in range(count):
        before, rest = divmod(index * down, up)
        taps = _taps(rate, wanted, rest * places // up, places)
        made.append(sum(map(mul, taps, padded[before : before + len(taps)])))
    return made


def _reach(rate: int, wanted: int) -> int:
    """Input samples that the filter sees on each side."""
    return int(_CROSSINGS * max(1.0, rate / wanted)) + 1


@lru_cache(maxsize=_MOST_PLACES)
def _taps(rate: int, wanted: int, place: int, places: int) -> tuple[float, ...]:
    """The filter for an output sample that lies ``place / places`` of a sample after an input sample."""
    reach = _reach(rate, wanted)
    width = _CROSSINGS * max(1.0, rate / wanted)
    cut_off = _PASS * min(1.0, wanted / rate)
    taps = []
    for offset in range(-reach, reach + 1):
        away = offset - place / places
        angle = pi * cut_off * away
        inside = 1 - (away / width) ** 2
        taps.append((sin(angle) / angle if angle else 1.0) * _bessel(_BETA * sqrt(inside)) if inside > 0 else 0.0)
    total = sum(taps)
    return tuple(each / total for each in taps)


def _bessel(value: float) -> float:
    """The modified Bessel function of the first kind, order 0, by its series."""
    terms = accumulate(range(1, 40), lambda term, k: term * (value / 2 / k) ** 2, initial=1.0)
    return sum(terms)
