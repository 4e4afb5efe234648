"""Bringing phones back under the number that they were given while they were in use: one restart, at the right moment.

A phone that was claimed is told at the end of its call, at its old registration; so Asterisk keeps the old endpoint
until then, whatever the database says.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bridge.app.claims.claiming import Moved
from bridge.core import Device, DeviceName, SignallingProtocol
from bridge.core.events import PhoneRestartSent
from bridge.errors import SepbridgeError
from bridge.ports import Clock, EventSink, SipEndpoint

log = logging.getLogger(__name__)

HANG_UP = 1.5
"""Seconds that a call takes to end after its last word: a phone that is told earlier might drop it."""
LONGEST_END = 30.0
"""Seconds after which a phone is told although nobody said that its call ended."""


class PhoneMoves:
    """Phones that have a new number and do not know it yet.

    ``restart`` tells a phone, at the registration of ``before``; ``leaving`` hears of it beforehand, so that nobody
    else restarts it, too; ``refresh`` brings Asterisk in line with the database, ``with_kept`` taken into account.
    """

    def __init__(
        self,
        sink: EventSink,
        clock: Clock,
        *,
        endpoint: Callable[[Device], SipEndpoint | None],
        put: Callable[[Sequence[SipEndpoint]], None],
        settled: Callable[[Device], Awaitable[bool]],
        restart: Callable[[Device], Awaitable[None]],
        leaving: Callable[[DeviceName], None],
        refresh: Callable[[], Awaitable[None]],
    ) -> None:
        self._sink = sink
        self._clock = clock
        self._endpoint = endpoint
        self._put = put
        self._settled = settled
        self._restart = restart
        self._leaving = leaving
        self._refresh = refresh
        self._kept: dict[DeviceName, SipEndpoint] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def with_kept(self, endpoints: Sequence[SipEndpoint]) -> list[SipEndpoint]:
        """These endpoints, and the old ones of phones that were not told yet."""
        names = {each.name for each in endpoints}
        return [*endpoints, *(each for each in self._kept.values() if each.name not in names)]

    def begin(self, moved: Moved, over: asyncio.Event | None) -> None:
        """Bring a phone back once ``over`` is set; at once where it is in no call."""
        self._leaving(moved.before.name)
        old = self._endpoint(moved.before)
        if old is not None:
            self._kept[moved.before.name] = old
        new = self._endpoint(moved.after)
        if new is not None:
            self._put([new])  # the new number is there before the phone asks for it
        task = asyncio.create_task(self._bring_back(moved, over), name=f"move {moved.after.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop. Phones that were not told come back when they next boot."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _bring_back(self, moved: Moved, over: asyncio.Event | None) -> None:
        name = moved.after.name
        try:
            if over is not None:
                try:
                    async with asyncio.timeout(LONGEST_END):
                        await over.wait()
                except TimeoutError:
                    log.warning("nobody said that the call of %s ended; it restarts now", name)
            await asyncio.sleep(HANG_UP)
            await self._settled(moved.after)
            await self._restart(moved.before)
        except SepbridgeError as error:
            log.warning("%s has the number %s, and knows it when it next boots: %s", name, moved.after.number, error)
        else:
            sccp = moved.after.desired_protocol is SignallingProtocol.SCCP
            how, why = "Reset" if sccp else "NOTIFY", f"it is {moved.after.number} now"
            self._sink.record(PhoneRestartSent(at=self._clock.now(), device=name, how=how, why=why))
        finally:
            self._kept.pop(name, None)
        try:
            await self._refresh()
        except SepbridgeError as error:
            log.warning("the site could not be read again: %s", error)
