"""Timers for thousands of things at a time, most of which end before their timer goes off.

A heap would keep what has ended until its time has come; here it leaves at once. In exchange, timers go off by slots.
"""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

Item = TypeVar("Item")


class TimerSlots(Generic[Item]):
    """Items by the slot in which their timer goes off: up to ``grain`` seconds late, never early."""

    def __init__(self, grain: float) -> None:
        self._grain = grain
        self._items: dict[int, dict[Item, None]] = {}
        self._slots: list[int] = []
        """The keys of ``_items`` as a heap."""

    def add(self, item: Item, when: float) -> int:
        """Set a timer; the slot, by which ``remove`` finds it. An item may be in one slot only."""
        slot = int(when / self._grain) + 1
        items = self._items.get(slot)
        if items is None:
            items = self._items[slot] = {}
            heapq.heappush(self._slots, slot)
        items[item] = None
        return slot

    def remove(self, item: Item, slot: int) -> None:
        """Take a timer back; one that went off already is fine."""
        items = self._items.get(slot)
        if items is not None:
            items.pop(item, None)

    def next(self) -> float | None:
        """When the next slot is due; None without timers. It may turn out to be empty."""
        return self._slots[0] * self._grain if self._slots else None

    def due(self, now: float) -> list[Item]:
        """Those whose timer goes off now, earliest first; they are not here any more."""
        items: list[Item] = []
        while self._slots and self._slots[0] * self._grain <= now:
            items += self._items.pop(heapq.heappop(self._slots))
        return items

    def clear(self) -> None:
        """Forget all."""
        self._items.clear()
        self._slots.clear()
