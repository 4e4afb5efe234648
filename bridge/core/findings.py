"""What a check finds: how bad it is, why, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    NOTE = "note"
    """Phones work, in most cases."""
    PROBLEM = "problem"
    """Phones, or some of them, do not come up until it is mended."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found."""

    code: str
    weight: Weight
    what: str
    why: str = ""
    fix: str = ""
