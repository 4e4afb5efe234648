"""Who is in a conference, as the PBX tells and a phone shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConferenceMember:
    """Somebody in a conference."""

    channel: str
    """The PBX's own name for the member's call."""
    number: str
    name: str
    muted: bool = False
    is_starter: bool = False
