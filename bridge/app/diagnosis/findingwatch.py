"""Keeps what is found of all phones up to date while the service runs, without holding up its event loop.

The work is done in the loop, in slices: a judgement takes a tenth of a millisecond, and a change that counts for all of
two thousand phones is spread over half a second. What turned is told to whoever shows it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping

from bridge.app.diagnosis.journeydesk import FactsSource, JourneyDesk, told_anew
from bridge.core import DeviceName
from bridge.core.findings import Weight
from bridge.errors import StoreError
from bridge.journey import Finding, FindingBoard, FindingTurned, Judgement, SiteFacts
from bridge.ports import Clock, Store

log = logging.getLogger(__name__)

EVERY = 0.25
"""Seconds between two rounds: what happens to a phone within them is judged once."""
LOOK_EVERY = 2.0
"""Seconds between two looks at the site's facts."""
SLICE = 0.003
"""Seconds of work at a time, and of rest after it."""

TurnListener = Callable[[FindingTurned], None]


class FindingWatch:
    """The findings of all phones, as lists and figures show them. A phone's own page is judged when it is asked for."""

    def __init__(self, desk: JourneyDesk, facts: FactsSource, store: Store, clock: Clock) -> None:
        self._desk = desk
        self._source = facts
        self._store = store
        self._clock = clock
        self._board = FindingBoard()
        self._facts = SiteFacts()
        self._networks = 0
        self._looked_at: float | None = None
        self._listeners: list[TurnListener] = []
        desk.touched = self._board.touch

    # --- what is asked -----------------------------------------------------------------------------------------------

    def of(self, name: DeviceName) -> tuple[Finding, ...]:
        """What is found of this phone, the likeliest cause first; empty for one that is well."""
        return self._board.of(name)

    def __iter__(self) -> Iterator[tuple[DeviceName, tuple[Finding, ...]]]:
        """Every phone of which something is found."""
        return iter(self._board)

    @property
    def problems(self) -> int:
        """Phones that have a problem; a note is none."""
        return self._board.problems

    @property
    def codes(self) -> Mapping[tuple[str, Weight], int]:
        """How many phones have each finding, by its code and weight."""
        return self._board.codes

    def subscribe(self, listener: TurnListener) -> Callable[[], None]:
        """Call ``listener`` for every finding that appears, changes or goes; returns the function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # --- the work ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Work until cancelled."""
        await self._recall()
        while True:
            await self.round()
            await asyncio.sleep(EVERY)

    async def round(self) -> None:
        """Judge every phone that is to be judged now."""
        self._look()
        began = time.perf_counter()
        while (name := self._board.next()) is not None:
            self._take(name)
            if time.perf_counter() - began >= SLICE:
                await asyncio.sleep(SLICE)
                began = time.perf_counter()

    def _look(self) -> None:
        self._board.clock(self._clock.now())
        if self._desk.networks_version != self._networks:
            self._networks = self._desk.networks_version
            self._board.networks_changed()
        now = time.monotonic()
        if self._looked_at is None or now - self._looked_at >= LOOK_EVERY:
            self._looked_at = now
            facts = self._source()
            if facts != self._facts:
                self._facts = facts
                self._board.touch_all()

    def _take(self, name: DeviceName) -> None:
        for each in self._board.take(name, self._judged(name), self._clock.now()):
            for listener in self._listeners:
                listener(each)

    def _judged(self, name: DeviceName) -> Judgement | None:
        try:
            return self._desk.judge(name, self._facts)
        except Exception:  # a fault of a rule must not end the service: the list then shows nothing of this phone
            log.exception("%s could not be judged", name)
            return None

    async def _recall(self) -> None:
        """Have the database tell of phones that came to nothing before the service was started."""
        try:
            for name in await asyncio.to_thread(self._desk.untold):
                journey = await asyncio.to_thread(told_anew, self._store, name)
                if journey is not None:
                    self._desk.take_told(name, journey)
                await self.round()
        except StoreError as error:
            log.warning("the phones' earlier troubles are not known: %s", error)
