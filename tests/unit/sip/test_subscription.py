"""Subscriptions: what RFC 6665 demands of a subscriber, against a server of our own."""

from __future__ import annotations

import pytest
from sipmessage import Request, Response

from bridge.errors import InvalidInput
from bridge.sip import (
    Account,
    Destination,
    Event,
    Notified,
    Subscription,
    SubscriptionEnded,
    SubscriptionFailed,
    SubscriptionState,
    UserAgent,
)
from bridge.sip.events import NotifyReceived
from bridge.sip.message import Header, reply_to, to_tag
from tests.sipwatch import CONFIRMED, IDLE, Notifier
from tests.sipwire import PBX, PHONE, CountingIds, Wire, events

S = SubscriptionState
GOOD = "secret"


def no_strangers(event: NotifyReceived) -> int:
    return 481


class Room:
    """A subscriber, a server, and the wire between them."""

    def __init__(self, *, expires: int = 600, secret: str = GOOD) -> None:
        self.agent = UserAgent(
            Account("watcher", "192.0.2.1", Destination(*PBX), password=secret),
            CountingIds("phone"),
            PHONE,
            notify_policy=no_strangers,
        )
        self.server = Notifier()
        self.wire = Wire([self.agent, self.server])
        self.expires = expires

    def subscribe(self, number: str = "2001") -> Subscription:
        subscription = self.agent.subscribe(number, expires=self.expires, now=self.wire.now)
        self.wire.settle()
        return subscription

    def heard(self) -> list[Event]:
        self.wire.settle()
        return events(self.agent)

    def bodies(self) -> list[bytes]:
        return [event.body for event in self.heard() if isinstance(event, Notified)]

    def failures(self) -> list[tuple[int, float]]:
        return [(event.status, event.retry_in) for event in self.heard() if isinstance(event, SubscriptionFailed)]

    def subscribes(self) -> list[Request]:
        return [request for request in self.server.requests if request.method == "SUBSCRIBE"]


@pytest.mark.parametrize("first", [False, True])
def test_the_first_notify_may_come_before_the_answer(first: bool) -> None:
    room = Room()
    room.server.notifies_first = first
    subscription = room.subscribe()
    assert subscription.state is S.ACTIVE
    assert len(room.bodies()) == 1
    challenged, subscribe = room.subscribes()
    assert subscribe.headers.get("Authorization")
    assert challenged.headers["Call-ID"] == subscribe.headers["Call-ID"]
    assert (subscribe.headers["Event"], subscribe.headers["Accept"]) == ("dialog", "application/dialog-info+xml")
    assert room.server.watchers[0].answers == [200]


def test_changes_are_told_and_refreshes_stay_in_the_dialog() -> None:
    room = Room(expires=120)
    subscription = room.subscribe()
    room.heard()
    room.server.change("2001", CONFIRMED, now=room.wire.now)
    (body,) = room.bodies()
    assert b"confirmed" in body
    room.wire.advance(100)
    assert subscription.state is S.ACTIVE
    assert len(room.server.watchers) == 1
    refreshed = room.subscribes()[-1]
    assert refreshed.headers["To"].endswith(f"tag={room.server.watchers[0].tag}")
    assert str(refreshed.uri) == f"sip:watched@{PBX[0]}:{PBX[1]}"
    assert len(room.bodies()) == 1  # a refresh tells the whole state again


def test_a_notify_of_another_dialog_tells_nothing() -> None:
    room = Room()
    room.subscribe()
    room.heard()
    (watcher,) = room.server.watchers
    room.server.tell(watcher, sequence=9, now=room.wire.now)
    assert len(room.bodies()) == 1
    room.server.tell(watcher, sequence=10, tag="fork", now=room.wire.now)
    assert room.bodies() == []
    assert watcher.answers == [200, 200, 481]


@pytest.mark.parametrize("sequence", [9, 8, 2])
def test_a_server_that_counts_from_an_old_number_gets_a_new_subscription(sequence: int) -> None:
    room = Room()
    subscription = room.subscribe()
    (watcher,) = room.server.watchers
    room.server.tell(watcher, sequence=9, now=room.wire.now)
    room.heard()
    room.wire.advance(10)
    room.server.watchers.clear()
    room.server.tell(watcher, sequence=sequence, now=room.wire.now)
    assert len(room.bodies()) == 1  # of the new one
    assert subscription.state is S.ACTIVE
    assert watcher.answers == [200, 200, 500]
    assert len(room.server.watchers) == 1


def test_a_server_that_remembers_nothing_but_the_dialog() -> None:
    room = Room()
    subscription = room.subscribe()
    room.heard()
    room.wire.advance(10)
    room.server.watchers.clear()
    room.server.refuse = lambda request: reply_to(request, 500) if to_tag(request) else None
    room.agent.resubscribe(subscription, now=room.wire.now)
    assert len(room.bodies()) == 1
    assert subscription.state is S.ACTIVE


@pytest.mark.parametrize(
    ("state", "event", "status"),
    [("active", "presence", 489), ("", "dialog", 400), ("excellent", "dialog", 400), ("active;;=", "dialog;id=1", 200)],
)
def test_what_a_notify_must_say(state: str, event: str, status: int) -> None:
    room = Room()
    room.subscribe()
    (watcher,) = room.server.watchers
    room.server.tell(watcher, state, event=event, now=room.wire.now)
    room.wire.settle()
    assert watcher.answers == [200, status]


def test_a_body_without_end_is_refused() -> None:
    room = Room()
    room.subscribe()
    room.heard()
    (watcher,) = room.server.watchers
    room.server.tell(watcher, body="x" * 33_000, now=room.wire.now)
    assert room.bodies() == []
    assert watcher.answers == [200, 513]


def test_a_server_that_forgot_us_gets_a_new_subscription_at_once() -> None:
    room = Room()
    subscription = room.subscribe()
    room.heard()
    old = subscription.key
    room.server.watchers.clear()
    room.agent.resubscribe(subscription, now=room.wire.now)
    assert len(room.bodies()) == 1
    assert subscription.state is S.ACTIVE
    assert subscription.key != old
    assert len(room.server.watchers) == 1


@pytest.mark.parametrize("reason", ["deactivated", "timeout"])
def test_some_ends_are_followed_by_a_new_subscription_at_once(reason: str) -> None:
    room = Room()
    subscription = room.subscribe()
    room.wire.advance(60)
    room.heard()
    old = room.server.watchers.pop()
    room.server.tell(old, f"terminated;reason={reason}", now=room.wire.now)
    room.wire.settle()
    assert subscription.state is S.ACTIVE
    assert len(room.server.watchers) == 1
    room.server.tell(old, now=room.wire.now)
    room.wire.settle()
    assert old.answers[-1] == 481


def test_a_server_that_ends_every_subscription_is_not_asked_without_pause() -> None:
    room = Room()
    room.server.challenges = False
    room.server.notifies = False
    room.subscribe()
    for _ in range(20):
        for watcher in list(room.server.watchers):
            room.server.watchers.remove(watcher)
            room.server.tell(watcher, "terminated;reason=deactivated", now=room.wire.now)
        room.wire.settle()
    assert len(room.subscribes()) == 2
    room.wire.advance(30)
    assert len(room.subscribes()) < 6


@pytest.mark.parametrize(
    ("state", "wait"),
    [
        ("terminated;reason=probation;retry-after=77", 77.0),
        ("terminated;reason=giveup", 1.5),
        ("terminated", 1.5),
        ("terminated;reason=rejected", 600.0),
        ("terminated;reason=noresource;retry-after=3", 600.0),
        ("terminated;reason=invariant", 600.0),
        ("terminated;reason=probation;retry-after=99999999999999", 3600.0),
    ],
)
def test_other_ends_wait(state: str, wait: float) -> None:
    room = Room()
    subscription = room.subscribe()
    room.heard()
    watcher = room.server.watchers.pop()
    room.server.tell(watcher, state, now=room.wire.now)
    assert room.failures() == [(0, wait)]
    assert subscription.state is S.WAITING
    room.wire.advance(wait + 1)
    assert subscription.state is S.ACTIVE


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (404, [], 1.5),
        (403, [], 1.5),
        (489, [], 600.0),
        (503, [Header("Retry-After", "30 (maintenance)")], 30.0),
        (481, [], 1.5),
    ],
)
def test_a_refusal_is_tried_again(status: int, headers: list[Header], wait: float) -> None:
    room = Room()
    room.server.refuse = lambda request: reply_to(request, status, tag="x", headers=headers)
    subscription = room.subscribe()
    assert room.failures() == [(status, wait)]
    room.server.refuse = lambda request: None
    room.wire.advance(wait)
    assert subscription.state is S.ACTIVE


def test_a_wrong_secret_is_not_tried_without_pause() -> None:
    room = Room(secret="wrong")
    subscription = room.subscribe()
    assert room.failures() == [(401, 1.5)]
    assert subscription.state is S.WAITING
    room.wire.advance(120)
    assert 8 <= len(room.subscribes()) <= 20


def test_a_minimum_of_the_servers_is_taken() -> None:
    room = Room(expires=60)

    def refuse(request: Request) -> Response | None:
        if int(request.headers["Expires"]) < 300:
            return reply_to(request, 423, tag="x", headers=[Header("Min-Expires", "300")])
        return None

    room.server.refuse = refuse
    assert room.subscribe().state is S.ACTIVE
    assert [request.headers["Expires"] for request in room.subscribes()] == ["60", "300", "300"]


def test_a_refresh_that_fails_leaves_what_was_granted() -> None:
    room = Room(expires=400)
    subscription = room.subscribe()
    room.heard()
    room.server.refuse = lambda request: reply_to(request, 504, tag="x")
    room.agent.resubscribe(subscription, now=room.wire.now)
    assert room.failures() == []
    assert subscription.state is S.ACTIVE
    room.server.change("2001", CONFIRMED, now=room.wire.now)
    assert len(room.bodies()) == 1
    room.wire.advance(401)
    assert [status for status, _ in room.failures()] != []
    room.server.refuse = lambda request: None
    room.wire.advance(121)
    assert subscription.state is S.ACTIVE


def test_an_answer_without_a_notify_counts_as_a_failure() -> None:
    room = Room()
    room.server.notifies = False
    subscription = room.subscribe()
    assert subscription.state is S.SUBSCRIBING
    room.wire.advance(33)
    assert room.failures() == [(408, 1.5)]
    room.server.notifies = True
    room.wire.advance(3)
    assert subscription.state is S.ACTIVE


def test_silence_and_a_network_that_says_no() -> None:
    room = Room()
    room.wire.lose = lambda passed: True
    subscription = room.subscribe()
    room.wire.advance(33)
    assert [status for status, _ in room.failures()] == [408]
    room.wire.advance(2)
    room.agent.unreachable(now=room.wire.now)
    assert [status for status, _ in room.failures()] == [503]
    room.wire.lose = lambda passed: False
    room.wire.advance(5)
    assert subscription.state is S.ACTIVE


def test_unsubscribing() -> None:
    room = Room()
    subscription = room.subscribe()
    room.heard()
    room.agent.unsubscribe(subscription, now=room.wire.now)
    assert room.heard() == [SubscriptionEnded(subscription)]
    assert room.server.watchers == []
    assert room.agent.subscriptions == ()
    room.wire.advance(2000)
    assert room.agent.timer() is None
    assert room.subscribes()[-1].headers["Expires"] == "0"


@pytest.mark.parametrize("lost", [False, True])
def test_unsubscribing_before_the_answer_and_from_a_silent_server(lost: bool) -> None:
    room = Room()
    if not lost:
        subscription = room.agent.subscribe("2001", expires=60, now=room.wire.now)
        room.agent.unsubscribe(subscription, now=room.wire.now)
    else:
        subscription = room.subscribe()
        room.heard()
        room.wire.lose = lambda passed: True
        room.agent.unsubscribe(subscription, now=room.wire.now)
    room.wire.advance(100)
    assert SubscriptionEnded(subscription) in room.heard()
    assert room.agent.subscriptions == ()
    room.wire.lose = lambda passed: False
    room.wire.advance(1000)
    room.server.change("2001", IDLE, now=room.wire.now)
    room.wire.settle()
    assert room.server.watchers == []  # whoever was told in vain is told no more


def test_what_cannot_be_watched() -> None:
    room = Room()
    with pytest.raises(InvalidInput):
        room.agent.subscribe("", expires=60, now=room.wire.now)
