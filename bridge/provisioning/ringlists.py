"""Ring lists: which of the admin's ring tones users may choose from (phone file reference, section 18).

A ``.raw`` file is µ-law at 8 kHz, one octet a sample, without a header; a ``.rwb`` file has 16 bits a sample at 16 kHz.
A phone that is given a longer or a shorter one, or a list with too many, shows no rings at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bridge.provisioning.renderer import RenderedFile, Renderer
from bridge.provisioning.texts import shown_text

MOST_RINGS = 50
_LONGEST_NAME = 25
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.(raw|rwb)", re.IGNORECASE | re.ASCII)
NARROW = range(240, 16080 + 1)
"""Octets of a ``.raw`` file: so many samples."""
WIDE = range(2 * 240, 2 * 160800 + 1, 2)
"""Octets of a ``.rwb`` file."""
CALL_BACK_RING = "callback.raw"
"""The one that phones themselves use, when a call back comes through; nobody chooses it."""


@dataclass(frozen=True, slots=True)
class Ring:
    """One entry of a list."""

    label: str
    file: str


def is_wide_list(name: str) -> bool:
    """Whether the ring list of this name is the one of 78xx and 88xx, which play wide-band rings."""
    return name.lower().endswith("-wb.xml")


def why_no_ring(name: str, octets: int) -> str:
    """Why phones would not play this file; empty when they do."""
    match = _FILE.fullmatch(name)
    if match is None or len(name) > _LONGEST_NAME:
        return f"its name is not made of at most {_LONGEST_NAME} letters, digits, dots and dashes"
    sizes = WIDE if match[1].lower() == "rwb" else NARROW
    if octets in sizes:
        return ""
    return f"it has {octets} octets; from {sizes[0]} to {sizes[-1]} go" + (
        ", an even number" if sizes.step == 2 else ""
    )


def rings(files: Iterable[tuple[str, int]], *, wide: bool) -> Iterator[Ring]:
    """The list's entries of these files, names and octets, by name."""
    ending = ".rwb" if wide else ".raw"
    fit = (
        name
        for name, octets in sorted(files, key=lambda each: each[0].lower())
        if name.lower().endswith(ending) and name.lower() != CALL_BACK_RING and not why_no_ring(name, octets)
    )
    for _, name in zip(range(MOST_RINGS), fit, strict=False):
        yield Ring(shown_text(re.sub(r"[._-]+", " ", name[: -len(ending)]), _LONGEST_NAME), name)


def render_ring_list(renderer: Renderer, name: str, files: Iterable[tuple[str, int]]) -> RenderedFile | None:
    """The ring list of this name; None where there is no ring to put into it. Raises ConfigurationError."""
    found = tuple(rings(files, wide=is_wide_list(name)))
    if not found:
        return None
    if name.lower().endswith(".dat"):
        return RenderedFile(name, renderer.render_plain("rings/RINGLIST.cnf", rings=found), encoding="latin-1")
    return RenderedFile(name, renderer.render_document("rings/Ringlist.xml", rings=found))
