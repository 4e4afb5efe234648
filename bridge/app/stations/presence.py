"""Which SCCP phones are registered, for the database: of each phone the last word alone, written soon after.

A phone that goes and is back at once leaves two words within a moment. Written by two threads, the older one may come
last, and a phone that is there would be away to everybody who asks the database: it may be removed for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace

from bridge.core import DeviceName
from bridge.errors import StoreError
from bridge.ports import Clock, Store

log = logging.getLogger(__name__)

AGAIN = 5.0
"""Seconds after which a database that could not be written is tried again."""


class Presence:
    """Serves all phones of a node."""

    def __init__(self, store: Store, clock: Clock, *, again: float = AGAIN) -> None:
        self._store = store
        self._clock = clock
        self._again = again
        self._unwritten: dict[DeviceName, bool] = {}
        self._writing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def note(self, device: DeviceName, *, registered: bool) -> None:
        """The phone is registered, or no longer."""
        self._unwritten[device] = registered
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())

    async def close(self) -> None:
        """Write what is not written yet; a database that cannot be written by now is not waited for."""
        self._closing.set()
        if self._writing is not None:
            await self._writing

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _write_all(self) -> None:
        while self._unwritten:
            words, self._unwritten = self._unwritten, {}
            is_last = self._closing.is_set()
            try:
                await asyncio.to_thread(self._write, words)
            except StoreError as error:
                log.warning("the state of %d phones could not be written: %s", len(words), error)
                if is_last:
                    return
                self._unwritten = words | self._unwritten
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._again):
                        await self._closing.wait()

    def _write(self, words: dict[DeviceName, bool]) -> None:
        now = self._clock.now()
        with self._store.write() as work:
            for name, registered in sorted(words.items()):  # two nodes that write the same phones do so in one order
                device = work.devices.get(name)
                if device is not None and device.registered is not registered:
                    work.devices.update(replace(device, registered=registered, last_seen=now))
            work.commit()
