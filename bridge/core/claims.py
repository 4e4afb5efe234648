"""Claims: extensions that a user may take over from a new phone by dialling in (self-provisioning, TAPS)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bridge.core.devicename import DeviceName


class ClaimOutcome(StrEnum):
    """What became of an attempt (autoregistration rules, section 10: outcomes to build)."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown-extension"
    PROTECTED = "protected"
    WRONG_PIN = "wrong-pin"
    LOCKED = "locked"
    """Too many wrong attempts from this phone, or for this extension."""
    TAKEN = "taken"
    """Claimed before, or the number or the prepared device belongs to another phone."""
    MODEL_DIFFERS = "model-differs"
    NOT_TEMPORARY = "not-temporary"
    """The phone is no autoregistered one, or it has been assigned already."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An extension that waits for its phone."""

    number: str
    created_at: datetime
    pin: str = field(default="", repr=False)
    """The hash of the PIN; empty where none is asked for."""
    partition: str = ""
    device: DeviceName | None = None
    """A prepared device that the phone takes the place of; None for a phone that keeps its own record."""
    pool: str = ""
    """Where the phone goes; empty: it stays in its pool."""
    display_name: str = ""
    description: str = ""
    css: str = ""
    button_template: str = ""
    softkey_template: str = ""
    device_template: str = ""
    """The universal device template that the phone is made from; what is named above wins over it."""
    claimed_at: datetime | None = None
    claimed_by: DeviceName | None = None


@dataclass(frozen=True, slots=True)
class ClaimTries:
    """Wrong attempts of one phone, or for one extension."""

    count: int
    last_at: datetime
