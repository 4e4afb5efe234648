"""Clock, chance, and where events go."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bridge.core.events import Event


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class IdSource(Protocol):
    """Secrets and identifiers nobody can guess."""

    def secret(self, length: int) -> str:
        """A new password of letters and digits, ``length`` characters long."""
        ...

    def digits(self, count: int) -> str:
        """So many digits."""
        ...

    def version_stamp(self) -> str:
        """A new version stamp for a phone's file: a GUID."""
        ...


class EventSink(Protocol):
    """Where events go. Recording never blocks and never raises."""

    def record(self, event: Event) -> None:
        """Take note of ``event``."""
        ...
