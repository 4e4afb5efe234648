"""The node's eye on what numbers do: one user agent with an account of its own, for the lamps of all phones."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from bridge.callcontrol.watching import Order, OrderKind, Watching
from bridge.errors import InvalidInput
from bridge.net.sipids import RandomSipIds
from bridge.net.siptransport import SipLink
from bridge.pbx.pjsipconf import WATCHER
from bridge.sip import (
    Account,
    Destination,
    Event,
    MessageIgnored,
    Notified,
    NotifyReceived,
    Subscription,
    SubscriptionFailed,
    UserAgent,
)

log = logging.getLogger(__name__)

EXPIRES = 600
"""Seconds asked for. Asterisk's restart is heard of at once, and answered by ``asterisk_came_back``."""
RETRY_SOCKET = 5.0
FAREWELL = 1.0
"""Seconds that Asterisk has at the end to take note that nobody watches any more."""


class Watcher:
    """Does what ``Watching`` orders, and tells it what comes back. ``changed`` is called after each step."""

    def __init__(self, watching: Watching, server: Destination, ids: RandomSipIds, *, secret: str) -> None:
        self._watching = watching
        account = Account(user=WATCHER, domain=server.host, server=server, password=secret)
        # A dialog of Asterisk's that we do not know is one of a former run: it shall end there.
        self.agent = UserAgent(account, ids, ("", 0), max_calls=0, notify_policy=_nobody_watches)
        self._link: SipLink | None = None
        self._subscriptions: dict[str, Subscription] = {}
        self._numbers: dict[Subscription, str] = {}
        self._left = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        self.changed: Callable[[], None] = _nothing
        self.begun: Callable[[str], None] = lambda number: None
        """Told of each number that is watched from now on."""

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
        now = link.now
        while (order := self._watching.next_order(now=now)) is not None:
            self._do(order, now)
        link.flush()
        self._arm(link)

    def asterisk_came_back(self) -> None:
        """It may be a new one that knows of no subscription."""
        self._watching.renew()
        self.look_after()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _do(self, order: Order, now: float) -> None:
        subscription = self._subscriptions.get(order.number)
        match order.kind:
            case OrderKind.UNSUBSCRIBE:
                if subscription is not None:
                    del self._subscriptions[order.number], self._numbers[subscription]
                    self.agent.unsubscribe(subscription, now=now)
            case _ if subscription is not None:
                self.agent.resubscribe(subscription, now=now)
            case _:
                try:
                    subscription = self.agent.subscribe(order.number, expires=EXPIRES, now=now)
                except InvalidInput as error:
                    log.warning("%s cannot be watched: %s", order.number, error)
                    return
                self._subscriptions[order.number], self._numbers[subscription] = subscription, order.number
                self.begun(order.number)

    def _heard(self, event: Event) -> None:
        link = self._link
        if link is None:
            if not self.agent.subscriptions:
                self._left.set()
            return
        match event:
            case Notified() if (number := self._numbers.get(event.subscription)) is not None:
                trouble = self._watching.notified(number, event.content_type, event.body, now=link.now)
                if trouble:
                    log.info("what Asterisk tells of %s: %s", number, trouble)
            case SubscriptionFailed() if (number := self._numbers.get(event.subscription)) is not None:
                log.info("%s is not watched: %s; tried again in %.0f s", number, event.reason, event.retry_in)
                self._watching.lost(number, now=link.now)
            case MessageIgnored():
                log.debug("the watcher ignored a message: %s", event.why)
            case _:
                return
        self.changed()
        self.look_after()

    def _arm(self, link: SipLink) -> None:
        at = self._watching.timer()
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
        """Say goodbye: else Asterisk goes on telling a port behind which nobody is."""
        self._link = None
        if self._timer is not None:
            self._timer.cancel()
        for subscription in self.agent.subscriptions:
            self.agent.unsubscribe(subscription, now=link.now)
        link.flush()
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(FAREWELL):
                if self.agent.subscriptions:
                    await self._left.wait()
        link.close()


def _nothing() -> None:
    """Nobody has to be told."""


def _nobody_watches(event: NotifyReceived) -> int:
    return 481 if event.event_package in ("dialog", "presence") else 200
