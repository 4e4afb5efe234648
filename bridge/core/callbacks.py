"""Whom a phone's user wants to call back, as it is kept over a restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.core.devicename import DeviceName


@dataclass(frozen=True, slots=True)
class KeptCallBack:
    """One request; a phone has one at a time."""

    device: DeviceName
    number: str
    line: int
    until: datetime
    """When it ends."""
    after_use: bool
    """The number must have been in use first: it did not answer."""
