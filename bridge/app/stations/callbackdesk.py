"""Requests for callbacks between the phones and the database: what a phone wants is written soon after."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from bridge.callcontrol import CallBackRequest
from bridge.callcontrol.events import CallBackWanted
from bridge.core import DeviceName, KeptCallBack
from bridge.errors import SepbridgeError
from bridge.ports import Clock, Store

log = logging.getLogger(__name__)


class CallBackDesk:
    """Serves all phones of a node."""

    def __init__(self, store: Store, clock: Clock, requests: dict[str, CallBackRequest]) -> None:
        """``requests`` is what the phones look at, by the names of their devices."""
        self._store = store
        self._clock = clock
        self._requests = requests
        self._unwritten: dict[DeviceName, KeptCallBack | None] = {}
        """The newest wish of each phone that is not in the database yet; None: it has none."""
        self._writing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up what was wanted before the restart."""
        now = self._clock.now()
        try:
            kept = await asyncio.to_thread(self._read)
        except SepbridgeError as error:
            log.warning("requests for callbacks could not be read: %s", error)
            return
        at = asyncio.get_running_loop().time()
        for each in kept:
            until = at + (each.until - now).total_seconds()
            # Known: after the restart the PBX, too, may say for a moment that it does not watch the number.
            request = CallBackRequest(each.number, each.line, until, each.after_use, known=True)
            self._requests.setdefault(str(each.device), request)

    async def close(self) -> None:
        """Write what is not written yet."""
        if self._writing is not None:
            await self._writing

    def wants(self, device: DeviceName, wanted: CallBackWanted | None) -> None:
        """A phone wants to call back, or no longer does."""
        kept = None
        if wanted is not None:
            until = self._clock.now() + timedelta(seconds=wanted.seconds)
            kept = KeptCallBack(device, wanted.number, wanted.line, until, wanted.after_use)
        self._unwritten[device] = kept
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _write_all(self) -> None:
        while self._unwritten:
            wishes, self._unwritten = self._unwritten, {}
            try:
                await asyncio.to_thread(self._write, wishes)
            except SepbridgeError as error:
                # The phones have them all the same, until the service ends.
                log.warning("requests for callbacks could not be written: %s", error)

    def _write(self, wishes: dict[DeviceName, KeptCallBack | None]) -> None:
        with self._store.write() as work:
            for device, kept in wishes.items():
                if kept is None or work.devices.get(device) is None:
                    work.callbacks.remove(device)
                else:
                    work.callbacks.save(kept)
            work.commit()

    def _read(self) -> list[KeptCallBack]:
        now = self._clock.now()
        with self._store.write() as work:
            work.callbacks.forget(now)
            work.commit()
            return list(work.callbacks.all())
