"""Tones of a country, for phones that ask for ``<country>/g3-tones.xml``, ``g4-tones.xml`` or ``7960-tones.xml``.

What the file holds is documented nowhere; its form was worked out from files that people published, and no phone has
read one of ours. Each tone names its frequencies by the coefficients of a digital resonator at 8 kHz: ``c`` is
32768 cos(w), ``i`` is -A sin(w), with w = 2 pi f / 8000 and A the amplitude in steps of 16 bits. ``d`` has four bits
for each sounding part, the number of frequencies that it takes; ``t`` is in milliseconds, and 65535 means for ever.

The countries' frequencies and cadences are those of Asterisk's ``indications.conf``, section ``code`` of the table,
whose comments name the list of the ITU-T (E.180, Supplement 2) as their source.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from math import cos, pi, sin, sqrt

from bridge.phones import TONE_FILES
from bridge.provisioning.renderer import RenderedFile, Renderer

FOR_EVER = 65535
_SAMPLE_RATE = 8000
_AMPLITUDE = 5737
"""Of a single frequency: 15 dB below the loudest. Of two each is 3 dB softer."""
_NAMES: Mapping[str, tuple[str, ...]] = {
    "dial": ("idial", "odial"),
    "ringing": ("ringing",),
    "busy": ("busy",),
    "reorder": ("reorder",),
}
"""What the phones call our tones; dial tone has one name inside and one outside."""


@dataclass(frozen=True, slots=True)
class ToneComponent:
    """One frequency of one part, as a resonator's coefficients."""

    coefficient: int
    start: int


@dataclass(frozen=True, slots=True)
class TonePart:
    """A stretch of sound or silence, in milliseconds."""

    frequencies: tuple[int, ...]
    """Hz; empty for silence."""
    length: int


@dataclass(frozen=True, slots=True)
class PhoneTone:
    """One tone, as phones know it."""

    name: str
    parts: tuple[TonePart, ...]

    @property
    def components(self) -> tuple[ToneComponent, ...]:
        """The frequencies of all sounding parts, in order."""
        return tuple(_component(one, len(part.frequencies)) for part in self.parts for one in part.frequencies)

    @property
    def counts(self) -> int:
        """How many of them belong to each sounding part, four bits for each."""
        sounding = [len(part.frequencies) for part in self.parts if part.frequencies]
        return sum(count << 4 * index for index, count in enumerate(sounding))


def _component(frequency: int, of: int) -> ToneComponent:
    angle = 2 * pi * frequency / _SAMPLE_RATE
    return ToneComponent(round(32768 * cos(angle)), -round(_AMPLITUDE / sqrt(of) * sin(angle)))


def tone_countries() -> tuple[str, ...]:
    """The countries whose tones we know, by the names of their folders."""
    return tuple(sorted(_tones()))


def tones_of(country: str) -> tuple[PhoneTone, ...]:
    """The tones of a country, by the name of its folder, letter case ignored; empty for one that is not known."""
    known = next((each for each in _tones() if each.lower() == country.lower()), "")
    return _tones().get(known, ())


def render_tones(renderer: Renderer, name: str) -> RenderedFile | None:
    """The tone file ``country/g3-tones.xml``; None for another name or country. Raises ConfigurationError."""
    country, _, file = name.rpartition("/")
    tones = tones_of(country) if file.lower() in TONE_FILES else ()
    if not tones:
        return None
    text = renderer.render_document("tones/tones.xml", country=country, tones=tones, for_ever=FOR_EVER, empty_tags=True)
    return RenderedFile(name, text)


@lru_cache(maxsize=1)
def _tones() -> Mapping[str, tuple[PhoneTone, ...]]:
    table = resources.files("bridge.provisioning") / "data" / "tones.csv"
    found: dict[str, list[PhoneTone]] = {}
    with table.open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            parts = _parts(row["cadence"].split())
            found.setdefault(row["country"], []).extend(PhoneTone(name, parts) for name in _NAMES[row["tone"]])
    return {country: tuple(tones) for country, tones in found.items()}


def _parts(words: Sequence[str]) -> tuple[TonePart, ...]:
    """``400+450:400 0:200``: frequencies in Hz and lengths in ms; one without a length sounds for ever."""
    parts = []
    for word in words:
        frequencies, _, length = word.partition(":")
        each = tuple(int(one) for one in frequencies.split("+") if one != "0")
        parts.append(TonePart(each, int(length) if length else FOR_EVER))
    return tuple(parts)
