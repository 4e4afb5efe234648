"""Keeps in the database what phones are seen to be (requirement RG-32)."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import fields, replace

from bridge.core import NOTHING_SEEN, DeviceName, Inventory
from bridge.core.events import Event, PhoneAdmitted, PhoneRegistered
from bridge.errors import StoreError
from bridge.journey import take_stock
from bridge.ports import Store

log = logging.getLogger(__name__)

MOST = 10_000
"""Phones of which something is remembered; the one that said something longest ago is forgotten first."""


class StockTaking:
    """Listens to all events, and writes what changed now and then, in one transaction."""

    def __init__(self, store: Store, *, every: float = 1.0) -> None:
        self._store = store
        self._every = every
        self._known: OrderedDict[DeviceName, Inventory] = OrderedDict()
        self._changed: set[DeviceName] = set()
        self._news = asyncio.Event()

    def heard(self, event: Event) -> None:
        """Take note of an event."""
        name = event.device
        if name is None:
            return
        before = self._known.get(name, NOTHING_SEEN)
        after = take_stock(before, event)
        # A phone is written once it is one of ours; what it said before that is kept until then.
        if after == before and not (after != NOTHING_SEEN and isinstance(event, PhoneAdmitted | PhoneRegistered)):
            return
        self._known[name] = after
        self._known.move_to_end(name)
        if len(self._known) > MOST:
            forgotten, _ = self._known.popitem(last=False)
            self._changed.discard(forgotten)
        self._changed.add(name)
        self._news.set()

    async def run(self) -> None:
        """Work until cancelled; what is left is written on the way out."""
        try:
            await self._read()
            while True:
                await self._news.wait()
                await asyncio.sleep(self._every)
                await self._write()
        finally:
            await asyncio.shield(self._write())

    async def _read(self) -> None:
        try:
            kept = await asyncio.to_thread(self._kept)
        except StoreError as error:
            log.warning("what phones were seen to be cannot be read: %s", error)
            return
        for name, before in kept.items():
            self._known[name] = _joined(before, self._known.get(name, NOTHING_SEEN))

    def _kept(self) -> dict[DeviceName, Inventory]:
        with self._store.read() as work:
            return dict(work.inventory.all())

    async def _write(self) -> None:
        self._news.clear()
        changed, self._changed = self._changed, set()
        seen = {name: self._known[name] for name in changed if name in self._known}
        if not seen:
            return
        try:
            await asyncio.to_thread(self._save, seen)
        except StoreError as error:
            log.warning("what %d phones were seen to be waits for the database: %s", len(seen), error)
            self._changed |= changed
            self._news.set()

    def _save(self, seen: dict[DeviceName, Inventory]) -> None:
        with self._store.write(urgent=False) as work:
            # Another node may know more of a phone, or this one may not have read what is kept yet.
            work.inventory.save({name: _joined(work.inventory.get(name), now) for name, now in seen.items()})
            work.commit()


def _joined(before: Inventory, now: Inventory) -> Inventory:
    """What is known now, and what was known before where now nothing is."""
    return replace(before, **{each.name: value for each in fields(now) if (value := getattr(now, each.name))})
