"""What a phone reported, kept for those who wait for it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TypeVar

from bridge.core import DeviceName
from bridge.errors import SepbridgeError
from bridge.lab.phoneevents import PhoneEvent, PhoneListener

E = TypeVar("E", bound=PhoneEvent)
_KEPT = 200


class PhoneLog:
    """The last events of one phone. Each event of a kind is handed out once, in order, to those who wait for it."""

    def __init__(self, device: DeviceName, listener: PhoneListener | None = None) -> None:
        self._device = device
        self._listener = listener
        self._events: deque[PhoneEvent] = deque(maxlen=_KEPT)
        self._count = 0
        """Events ever reported."""
        self._handed_out: dict[type[PhoneEvent], int] = {}
        """By kind: the number of the first event that nobody was given yet."""
        self._waiters: set[asyncio.Future[None]] = set()

    @property
    def mark(self) -> tuple[DeviceName, float]:
        """Who and when: the first two fields of an event that happens now."""
        return self._device, asyncio.get_running_loop().time()

    @property
    def events(self) -> tuple[PhoneEvent, ...]:
        """The events that are kept, oldest first."""
        return tuple(self._events)

    def report(self, event: PhoneEvent) -> None:
        """Note an event, and tell everybody."""
        self._events.append(event)
        self._count += 1
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        if self._listener:
            self._listener(event)

    async def wait_for(self, kind: type[E], *, within: float = 10.0) -> E:
        """The next event of that kind; it may have come before. Raises SepbridgeError after ``within`` seconds."""
        try:
            async with asyncio.timeout(within):
                while (event := self._next(kind)) is None:
                    waiter = asyncio.get_running_loop().create_future()
                    self._waiters.add(waiter)
                    try:
                        await waiter
                    finally:
                        self._waiters.discard(waiter)
                return event
        except TimeoutError:
            last = ", ".join(type(event).__name__ for event in list(self._events)[-8:]) or "nothing"
            raise SepbridgeError(
                f"the phone reported no {kind.__name__} within {within:g} s", why=f"the last that it reported: {last}"
            ) from None

    def _next(self, kind: type[E]) -> E | None:
        first = self._count - len(self._events)
        for index in range(max(self._handed_out.get(kind, 0), first), self._count):
            event = self._events[index - first]
            if isinstance(event, kind):
                self._handed_out[kind] = index + 1
                return event
        return None
