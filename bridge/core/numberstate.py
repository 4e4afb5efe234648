"""Whether somebody can be called just now, as the PBX sees it."""

from __future__ import annotations

from enum import StrEnum


class NumberState(StrEnum):
    """How a number stands."""

    FREE = "free"
    RINGING = "ringing"
    IN_USE = "in use"
    ABSENT = "not there"
    UNKNOWN = "unknown"
    """The PBX does not watch it."""
