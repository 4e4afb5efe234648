"""How a call is announced: the ring that the PBX wants, the line's own settings, and do-not-disturb.

The PBX names a ring in the Alert-Info of its INVITE, by the names that SIP phones of Cisco and others know. An SCCP
phone has rings of its own for calls from inside and outside, for features and for urgent calls; the user chooses their
melodies. Sources: SEP file reference, section 18 (names); SCCP enumerations reference, section 3 (rings).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bridge.core import DndAlert, RingKind, RingSetting
from bridge.sccp import RingDuration, RingMode


@dataclass(frozen=True, slots=True)
class Ring:
    """What the ringer does, and whether the user in another call is told by a tone."""

    mode: RingMode = RingMode.INSIDE
    duration: RingDuration = RingDuration.NORMAL
    beep: bool = False

    @property
    def is_heard(self) -> bool:
        """True when the ringer sounds."""
        return self.mode not in (RingMode.OFF, RingMode.SILENT)


PLAIN = Ring()
SILENT = Ring(RingMode.SILENT)
"""The lamp alone."""
NAMED_RINGS: tuple[tuple[str, Ring], ...] = (
    ("flashonly-ring", SILENT),
    ("flash-only", SILENT),
    ("silent", SILENT),
    ("precedence-ring", Ring(RingMode.URGENT)),
    ("urgent", Ring(RingMode.URGENT)),
    ("emergency", Ring(RingMode.URGENT)),
    ("bellcore-dr1", PLAIN),
    ("bellcore-dr2", Ring(RingMode.OUTSIDE)),
    ("bellcore-dr3", Ring(RingMode.FEATURE)),
    ("bellcore-dr4", Ring(RingMode.FEATURE)),
    ("bellcore-dr5", Ring(RingMode.INSIDE, RingDuration.SINGLE)),
    ("external", Ring(RingMode.OUTSIDE)),
    ("outside", Ring(RingMode.OUTSIDE)),
    ("internal", PLAIN),
    ("inside", PLAIN),
    ("feature", Ring(RingMode.FEATURE)),
    ("group", Ring(RingMode.FEATURE)),
)
"""Words in an Alert-Info, and what they ring; the first one found counts.

The Bellcore rings of the protocol itself are not to be relied on, so they become rings that every phone has.
"""
_KINDS = {
    RingKind.INSIDE: RingMode.INSIDE,
    RingKind.OUTSIDE: RingMode.OUTSIDE,
    RingKind.FEATURE: RingMode.FEATURE,
    RingKind.URGENT: RingMode.URGENT,
    RingKind.SILENT: RingMode.SILENT,
}
_WORDS = re.compile(r"[a-z0-9-]+")


def undisturbed_ring(alert: DndAlert, *, busy: bool) -> Ring:
    """How a call is announced on a line that is not to be disturbed; by default the lamp alone."""
    match alert:
        case DndAlert.NONE:
            return Ring(RingMode.OFF)
        case DndAlert.BEEP:
            return Ring(RingMode.SILENT, beep=busy)
        case DndAlert.FLASH | DndAlert.DEFAULT:
            return SILENT


def named_ring(alert_info: str) -> Ring | None:
    """The ring that an Alert-Info names; None where it names none that we know."""
    words = set(_WORDS.findall(alert_info.lower()))
    words |= {word.removeprefix("ring-") for word in words}
    return next((ring for name, ring in NAMED_RINGS if name in words), None)


def ring_of(wanted: Ring | None, kind: RingKind, idle: RingSetting, while_busy: RingSetting, *, busy: bool) -> Ring:
    """How a call rings.

    ``wanted`` is what the PBX named, ``kind`` the line's own ring where it named none; ``busy`` is a user who is in
    another call.
    """
    ring = wanted or Ring(_KINDS[kind])
    match while_busy if busy else idle:
        case RingSetting.RING:
            return ring
        case RingSetting.RING_ONCE:
            return Ring(ring.mode, RingDuration.SINGLE)
        case RingSetting.FLASH:
            return SILENT
        case RingSetting.BEEP if busy:
            return Ring(RingMode.SILENT, beep=True)
        case RingSetting.BEEP:
            # There is no call whose earpiece could beep: the shortest sound that the ringer has.
            return Ring(ring.mode, RingDuration.SINGLE)
        case RingSetting.DISABLED:
            return Ring(RingMode.OFF)
