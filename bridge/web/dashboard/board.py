"""The phones as the list shows them, read from the database no oftener than needed, however many people look."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from bridge.app.service import Service
from bridge.app.window import AWAITING
from bridge.core import Device, DeviceName
from bridge.journey import Progress
from bridge.ports import RefusedPhone
from bridge.web.dashboard.phonelist import PhoneRow, phone_rows

FRESH_FOR = timedelta(seconds=5)
"""How old the counts beside a live list may be. A page that is opened, and each row that changes, is read anew."""


class PhoneBoard:
    """Reads and remembers."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = asyncio.Lock()
        self._read_at: datetime | None = None
        self._devices: dict[DeviceName, Device] = {}
        self._refused: Sequence[RefusedPhone] = ()

    @property
    def temporary(self) -> int:
        """Temporary phones, as last read."""
        return sum(each.temporary for each in self._devices.values())

    @property
    def waiting(self) -> int:
        """Phones that wait for approval, as last read."""
        return sum(each.reason == AWAITING and each.device not in self._devices for each in self._refused)

    async def rows(self, *, fresh: bool = True) -> list[PhoneRow]:
        """Every phone. Raises StoreError."""
        async with self._lock:
            now = self._service.clock.now()
            if fresh or self._read_at is None or now - self._read_at > FRESH_FOR:
                self._devices, self._refused = await asyncio.to_thread(self._read)
                self._read_at = now
            devices, refused = self._devices, self._refused
        return phone_rows(devices.values(), refused, self.progress(), self._service.clock.now())

    async def some(self, names: Collection[DeviceName]) -> list[PhoneRow]:
        """The rows of these phones as they stand now, and as one of the list would. Raises StoreError."""
        found, refused = await asyncio.to_thread(self._read_some, names)
        self._devices.update(found)
        progress = {name: each for name, each in self.progress().items() if name in names}
        refusals = [each for each in refused if each.device in names]
        return phone_rows(found.values(), refusals, progress, self._service.clock.now())

    def progress(self) -> Mapping[DeviceName, Progress]:
        """What was seen since the service started."""
        return {each.device: each for each in self._service.phones_on_their_way()}

    def _read(self) -> tuple[dict[DeviceName, Device], Sequence[RefusedPhone]]:
        with self._service.store.read() as work:
            return {device.name: device for device in work.devices.all()}, work.journal.refused()

    def _read_some(self, names: Collection[DeviceName]) -> tuple[dict[DeviceName, Device], Sequence[RefusedPhone]]:
        with self._service.store.read() as work:
            found = work.devices.get_many(names)
            return found, work.journal.refused() if len(found) < len(names) else ()
