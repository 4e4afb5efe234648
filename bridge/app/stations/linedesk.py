"""Forwards and do-not-disturb between phones and the PBX: one change at a time for each number, and what was read last.

The PBX has the truth. A change made at a phone is written there and read back; a change made there (a code dialled at
another phone, FreePBX's pages) is heard of by a device state, or found by a slow poll.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable

from bridge.callcontrol.events import ChangeDnd, ChangeForward, LineChangeFailed, LineFeaturesRead
from bridge.errors import SepbridgeError
from bridge.ports import LineFeatureStore

log = logging.getLogger(__name__)

POLL_EVERY = 60.0
"""Seconds between two looks at numbers nobody told anything about."""


class LineDesk:
    """Serves all phones of a node. ``tell`` hands an answer to every phone that has the number."""

    def __init__(
        self,
        store: LineFeatureStore,
        numbers: Callable[[], Iterable[str]],
        tell: Callable[[str, LineFeaturesRead | LineChangeFailed], None],
        *,
        poll_every: float = POLL_EVERY,
    ) -> None:
        self._store = store
        self._numbers = numbers
        self._tell = tell
        self._poll_every = poll_every
        self._locks: dict[str, asyncio.Lock] = {}
        self._unread: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Look at all numbers now and then, until cancelled."""
        while True:
            await asyncio.sleep(self._poll_every)
            for number in sorted(set(self._numbers())):
                await self._read(number)

    async def close(self) -> None:
        """End what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def changed(self, number: str) -> None:
        """Somebody changed something about ``number``, or a phone with it came: read it. Many calls make one read."""
        if number not in self._unread and number in set(self._numbers()):
            self._unread.add(number)
            self._start(self._read(number))

    def all_changed(self) -> None:
        """Asterisk was away."""
        for number in set(self._numbers()):
            self.changed(number)

    def change(self, event: ChangeForward | ChangeDnd) -> None:
        """Carry out what a user wants."""
        self._start(self._change(event))

    def ring_through(self, number: str, seconds: float) -> None:
        """After an emergency call: let ``number`` ring whatever is set, and tell its phones."""
        self._start(self._ring_through(number, seconds))

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _change(self, event: ChangeForward | ChangeDnd) -> None:
        async with self._lock(event.number):
            try:
                if isinstance(event, ChangeForward):
                    await self._store.set_forward(event.number, event.kind, event.target)
                else:
                    await self._store.set_dnd(event.number, event.mode)
            except SepbridgeError as error:
                log.warning("what a phone wants for %s could not be set: %s", event.number, error)
                self._tell(event.number, LineChangeFailed(event.number, error.why or error.what))
        await self._read(event.number)

    async def _ring_through(self, number: str, seconds: float) -> None:
        async with self._lock(number):
            try:
                await self._store.ring_through(number, seconds)
            except SepbridgeError as error:
                log.error("a call-back to %s may be forwarded or rejected: %s", number, error)
        await self._read(number)

    async def _read(self, number: str) -> None:
        async with self._lock(number):
            self._unread.discard(number)
            try:
                features = await self._store.read(number)
            except SepbridgeError as error:
                log.info("forwards and do-not-disturb of %s could not be read: %s", number, error)
                return
            self._tell(number, LineFeaturesRead(number, features))

    def _lock(self, number: str) -> asyncio.Lock:
        return self._locks.setdefault(number, asyncio.Lock())

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
