"""The phones as the list shows them, made no oftener than needed, however many people look.

What takes longer than a few milliseconds with thousands of phones is done in a thread: the event loop serves phones,
too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.app.admission.window import AWAITING
from bridge.app.service import Service
from bridge.core import Device, DeviceName
from bridge.journey import PhoneJourney, Progress
from bridge.ports import RefusedPhone
from bridge.web.dashboard.phonelist import ListQuery, PhonePage, PhoneRow, page_of, phone_rows

COUNTED_FOR = timedelta(seconds=2)
"""How old the counts beside a live list may be. A page that is opened, and each row that changes, is read anew."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures beside a live list."""

    numbers: Mapping[str, int]
    """Of ``all`` phones, those with ``problems``, and by how they stand."""
    is_behind: bool
    """Something happened since they were counted: whoever shows them asks again."""


class PhoneBoard:
    """Reads and remembers."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = asyncio.Lock()
        self._counted_at: datetime | None = None
        self._numbers: Mapping[str, int] = {}
        self._has_news = False
        self._leave = service.recorder.subscribe(self._heard), service.findings.subscribe(self._heard)
        self.temporary = 0
        """Temporary phones, as last read."""
        self.waiting = 0
        """Phones that wait for approval, as last read."""

    def close(self) -> None:
        """Listen no more."""
        for leave in self._leave:
            leave()

    def _heard(self, _: object) -> None:
        self._has_news = True

    async def page(self, query: ListQuery) -> PhonePage:
        """The part of the list that the query asks for, as it stands now. Raises StoreError."""
        return await asyncio.to_thread(self._page, self._service.journeys.all(), query)

    async def counts(self) -> Counts:
        """How many phones there are, stand how, and have problems. Raises StoreError."""
        async with self._lock:
            now = self._service.clock.now()
            if self._counted_at is None or not timedelta() <= now - self._counted_at < COUNTED_FOR:
                self._has_news = False
                page = await self.page(ListQuery())
                standings = {standing.value: number for standing, number in page.counts.items()}
                self._numbers = {"all": page.everything, "problems": page.problems, **standings}
                self._counted_at = now
            return Counts(self._numbers, self._has_news)

    async def some(self, names: Collection[DeviceName]) -> list[PhoneRow]:
        """The rows of these phones as they stand now. Raises StoreError."""
        found, refused = await asyncio.to_thread(self._read_some, names)
        seen = {name: self._service.stage_of(name) for name in names}
        progress = {name: each for name, each in seen.items() if each is not None}
        refusals = [each for each in refused if each.device in names]
        return phone_rows(found.values(), refusals, progress, self._service.findings.of, self._service.clock.now())

    def progress(self) -> Mapping[DeviceName, Progress]:
        """What was seen since the service started."""
        return {each.device: each for each in self._service.phones_on_their_way()}

    def _page(self, journeys: Sequence[PhoneJourney], query: ListQuery) -> PhonePage:
        listed = self._service.shelf.list()
        devices, refused = listed.phones, listed.refused
        ours = {each.name for each in devices}
        self.temporary = sum(each.temporary for each in devices)
        self.waiting = sum(each.reason == AWAITING and each.device not in ours for each in refused)
        progress: dict[DeviceName, Progress] = {each.device: each.progress for each in journeys}
        rows = phone_rows(devices, refused, progress, self._service.findings.of, self._service.clock.now())
        return page_of(rows, query)

    def _read_some(self, names: Collection[DeviceName]) -> tuple[dict[DeviceName, Device], Sequence[RefusedPhone]]:
        with self._service.store.read() as work:
            found = work.devices.get_many(names)
            return found, work.journal.refused() if len(found) < len(names) else ()
