"""Restarts of phones: one at an admin's word, or some, one after the other, that are to take up a change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bridge.app.files.phonefiles import restart_event
from bridge.app.stations.stations import Stations
from bridge.core import Device, DeviceName, SignallingProtocol
from bridge.errors import SepbridgeError
from bridge.ports import Pbx, RestartKind, Store

log = logging.getLogger(__name__)


class Restarts:
    """Tells phones to restart: those with SCCP firmware ourselves, the others through Asterisk.

    ``settled`` waits until Asterisk has a phone's endpoint; ``refresh`` brings Asterisk in line with the database.
    """

    def __init__(
        self,
        store: Store,
        stations: Stations,
        pbx: Pbx,
        *,
        settled: Callable[[Device], Awaitable[bool]],
        refresh: Callable[[], Awaitable[None]],
    ) -> None:
        self._store = store
        self._stations = stations
        self._pbx = pbx
        self._settled = settled
        self._refresh = refresh
        self._tasks: set[asyncio.Task[None]] = set()

    async def phone(self, name: DeviceName, kind: RestartKind) -> None:
        """Tell a phone to restart. Raises NotFound, PbxError."""
        await self.device(await asyncio.to_thread(self._device, name), kind)

    async def device(self, device: Device, kind: RestartKind) -> None:
        """Tell a phone that we know to restart, at the registration of this device. Raises NotFound, PbxError."""
        if device.desired_protocol is SignallingProtocol.SCCP:
            self._stations.restart(device.name, kind)
            return
        await self._pbx.restart_phone(device.number, kind, event=restart_event(device))

    async def changed(self, names: Sequence[DeviceName], *, every: float) -> None:
        """Take up changes of these phones, and let each start again once, one after the other, ``every`` seconds.

        Returns when Asterisk was told; the restarts go on by themselves. A phone that is not registered takes the
        change up when it starts.
        """
        leaving = self._stations.leaving
        leaving.update(names)
        try:
            await self._refresh()
        except SepbridgeError:
            leaving.difference_update(names)
            raise
        task = asyncio.create_task(self._one_by_one(names, every), name="restarts")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Leave those that wait for their turn as they are."""
        for task in self._tasks:
            task.cancel()

    async def _one_by_one(self, names: Sequence[DeviceName], every: float) -> None:
        leaving = self._stations.leaving
        try:
            for index, name in enumerate(names):
                if index:
                    await asyncio.sleep(every)
                try:
                    device = await asyncio.to_thread(self._device, name)
                    await self._settled(device)
                    await self.device(device, RestartKind.RESTART)
                except SepbridgeError as error:
                    log.warning("%s was not restarted: %s", name, error)
                    leaving.discard(name)
                else:
                    if device.desired_protocol is not SignallingProtocol.SCCP:
                        leaving.discard(name)  # who serves SCCP phones sees them come back
        except asyncio.CancelledError:
            leaving.difference_update(names)
            raise

    def _device(self, name: DeviceName) -> Device:
        with self._store.read() as work:
            return work.devices.require(name)
