"""The user agent through which a node watches numbers: does what ``Watching`` orders, tells it what comes back."""

from __future__ import annotations

from collections.abc import Callable

from bridge.callcontrol.watching import Order, OrderKind, Watching
from bridge.errors import InvalidInput
from bridge.sip import Event, MessageIgnored, Notified, NotifyReceived, Subscription, SubscriptionFailed, UserAgent

EXPIRES = 600
"""Seconds asked for. Asterisk's restart is heard of at once, and answered by ``Watching.renew``."""


def nobody_watches(event: NotifyReceived) -> int:
    """The NOTIFY policy of the user agent: a dialog that we do not know is one of a former run, and shall end there."""
    return 481 if event.event_package in ("dialog", "presence") else 200


class Lookout:
    """One user agent for all watched numbers. Whoever owns its socket flushes it after every call of a method here."""

    __slots__ = ("_numbers", "_subscriptions", "_watching", "agent", "begun")

    def __init__(self, watching: Watching, agent: UserAgent) -> None:
        self.agent = agent
        self.begun: Callable[[str], None] = lambda number: None
        """Told of each number that is watched from now on."""
        self._watching = watching
        self._subscriptions: dict[str, Subscription] = {}
        self._numbers: dict[Subscription, str] = {}

    def timer(self) -> float | None:
        """When to call ``look_after``, or None. The user agent has its own timer."""
        return self._watching.timer()

    def look_after(self, *, now: float) -> None:
        """Give the orders that are due."""
        while (order := self._watching.next_order(now=now)) is not None:
            self._do(order, now)

    def heard(self, event: Event, *, now: float) -> str:
        """An event of the user agent. Returns what an admin may want to read of it; mostly empty."""
        match event:
            case Notified() if (number := self._numbers.get(event.subscription)) is not None:
                trouble = self._watching.notified(number, event.content_type, event.body, now=now)
                return f"what the PBX tells of {number}: {trouble}" if trouble else ""
            case SubscriptionFailed() if (number := self._numbers.get(event.subscription)) is not None:
                self._watching.lost(number, now=now)
                return f"{number} is not watched: {event.reason}; tried again in {event.retry_in:.0f} s"
            case MessageIgnored():
                return f"a message was ignored: {event.why}"
            case _:
                return ""

    def leave(self, *, now: float) -> None:
        """Watch nothing any more: else the PBX goes on telling a port behind which nobody is."""
        for subscription in self.agent.subscriptions:
            self.agent.unsubscribe(subscription, now=now)

    def _do(self, order: Order, now: float) -> None:
        subscription = self._subscriptions.get(order.number)
        if order.kind is OrderKind.UNSUBSCRIBE:
            if subscription is not None:
                del self._subscriptions[order.number], self._numbers[subscription]
                self.agent.unsubscribe(subscription, now=now)
        elif subscription is not None:
            self.agent.resubscribe(subscription, now=now)
        else:
            try:
                subscription = self.agent.subscribe(order.number, expires=EXPIRES, now=now)
            except InvalidInput:
                return  # ``Watching`` takes nothing but numbers
            self._subscriptions[order.number], self._numbers[subscription] = subscription, order.number
            self.begun(order.number)
