"""Takes note of events and registrations, and lets a test wait for one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from bridge.core.events import Event
from bridge.ports import Contact

E = TypeVar("E", bound=Event)


class Recorder:
    """Event sink, listener and clock in one."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.added: list[Contact] = []
        self.removed: list[tuple[str, str]] = []
        self._changed = asyncio.Event()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def record(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    def contact_added(self, contact: Contact) -> None:
        self.added.append(contact)
        self._changed.set()

    def contact_removed(self, endpoint: str, why: str) -> None:
        self.removed.append((endpoint, why))
        self._changed.set()

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, condition: Callable[[], bool], *, within: float = 15.0) -> None:
        """Wait for a condition that an event or a registration brings about."""
        async with asyncio.timeout(within):
            while not condition():
                self._changed.clear()
                await self._changed.wait()
