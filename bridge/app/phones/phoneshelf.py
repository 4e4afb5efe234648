"""All phones, remembered: what lists show, without reading every device for everybody who looks.

The database is asked each time what changed, so that other nodes and commands count at once: the devices' own rows are
compared with those that were read last, and only the devices that differ are read again with their lines. What does
not stand in such a row (lines, buttons, settings) is changed by admins and users, who leave an entry in the audit
trail: after one, everything is read again.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping
from datetime import datetime, timedelta

from bridge.app.phones.phones import PhoneList
from bridge.core import Device, DeviceName
from bridge.ports import Clock, Store, UnitOfWork

READ_AGAIN = timedelta(seconds=10)
"""After so long everything is read again in any case."""


class PhoneShelf:
    """Safe to use from many threads; one reads at a time, the others find what it read."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._devices: dict[str, Device] = {}
        self._states: Mapping[str, Hashable] = {}
        self._audit = -1
        self._read_at: datetime | None = None

    def list(self) -> PhoneList:
        """Every phone, ours and refused, as they stand now. Blocks. Raises StoreError."""
        with self._lock, self._store.read() as work:
            self._take_up(work)
            return PhoneList(tuple(self._devices.values()), work.journal.refused())

    def _take_up(self, work: UnitOfWork) -> None:
        now, audit, states = self._clock.now(), work.journal.newest_audit(), work.devices.states()
        if audit != self._audit or self._read_at is None or not timedelta() <= now - self._read_at < READ_AGAIN:
            self._devices = {device.name.value: device for device in work.devices.all()}
            self._read_at = now
        else:
            changed = [name for name, state in states.items() if self._states.get(name) != state]
            gone = self._devices.keys() - states.keys()
            if changed or gone:
                read = work.devices.get_many([DeviceName(name) for name in changed])
                kept = self._devices | {name.value: device for name, device in read.items()}
                self._devices = {name: kept[name] for name in sorted(kept.keys() - gone)}
        self._audit, self._states = audit, states
