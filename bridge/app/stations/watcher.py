"""The node's eye on what numbers do: one socket and one account for the lamps of all phones."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from bridge.callcontrol.lookout import Lookout, nobody_watches
from bridge.callcontrol.watching import Watching
from bridge.net.sipids import RandomSipIds
from bridge.net.siptransport import SipLink
from bridge.pbx.pjsipconf import WATCHER
from bridge.sip import Account, Destination, Event, UserAgent

log = logging.getLogger(__name__)

RETRY_SOCKET = 5.0
FAREWELL = 1.0
"""Seconds that Asterisk has at the end to take note that nobody watches any more."""


class Watcher:
    """Moves bytes and time for the lookout. ``changed`` is called after each event."""

    def __init__(self, watching: Watching, server: Destination, ids: RandomSipIds, *, secret: str) -> None:
        self._watching = watching
        account = Account(user=WATCHER, domain=server.host, server=server, password=secret)
        self.agent = UserAgent(account, ids, ("", 0), max_calls=0, notify_policy=nobody_watches)
        self.lookout = Lookout(watching, self.agent)
        self._link: SipLink | None = None
        self._left = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        self.changed: Callable[[], None] = _nothing

    async def run(self) -> None:
        """Open the socket; everything else happens by itself. Ends only by cancellation."""
        link = SipLink(self.agent, self._heard)
        while not link.is_connected:
            try:
                await link.connect()
            except (OSError, TimeoutError) as error:
                log.warning("no socket to Asterisk at %s for the watcher: %s", self.agent.account.server, error)
                await asyncio.sleep(RETRY_SOCKET)
        self._link = link
        try:
            self.look_after()
            await asyncio.Event().wait()
        finally:
            await self._leave(link)

    def look_after(self) -> None:
        """Phones watch other numbers than before, or time has come: give the orders that are due."""
        link = self._link
        if link is None:
            return
        self.lookout.look_after(now=link.now)
        link.flush()
        self._arm()

    def asterisk_came_back(self) -> None:
        """It may be a new one that knows of no subscription."""
        self._watching.renew()
        self.look_after()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _heard(self, event: Event) -> None:
        link = self._link
        if link is None:
            if not self.agent.subscriptions:
                self._left.set()
            return
        if said := self.lookout.heard(event, now=link.now):
            log.info("%s", said)
        self.changed()
        self.look_after()

    def _arm(self) -> None:
        at = self.lookout.timer()
        if at == self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, at
        if at is not None:
            self._timer = asyncio.get_running_loop().call_at(at, self._due)

    def _due(self) -> None:
        self._timer = self._timer_at = None
        self.look_after()

    async def _leave(self, link: SipLink) -> None:
        self._link = None
        if self._timer is not None:
            self._timer.cancel()
        self.lookout.leave(now=link.now)
        link.flush()
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(FAREWELL):
                if self.agent.subscriptions:
                    await self._left.wait()
        link.close()


def _nothing() -> None:
    """Nobody has to be told."""
