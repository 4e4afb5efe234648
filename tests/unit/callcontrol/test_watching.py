"""What is known of watched numbers, and which subscriptions that takes."""

from __future__ import annotations

from bridge.callcontrol.parties import Party
from bridge.callcontrol.watching import LINGER, MAX_NUMBERS, PACE, LampState, Order, OrderKind, Watched, Watching
from bridge.core import DndMode
from bridge.sip.dialoginfo import MEDIA_TYPE
from tests.sipwatch import CONFIRMED, EARLY, IDLE, document

L = LampState


class Lamp:
    """A lamp of some phone."""

    def __init__(self, watching: Watching, number: str = "2001") -> None:
        self.watching, self.number = watching, number
        self.seen = [watching.watch(number, self.changed).state]

    def changed(self, now: float) -> None:
        self.seen.append(self.watching.state(self.number).state)

    def leave(self, now: float) -> None:
        self.watching.unwatch(self.number, self.changed, now=now)


def orders(watching: Watching, now: float) -> list[tuple[OrderKind, str]]:
    found: list[Order] = []
    while (order := watching.next_order(now=now)) is not None:
        found.append(order)
    return [(order.kind, order.number) for order in found]


def told(watching: Watching, state: str, version: int = 0, **more: str) -> str:
    return watching.notified("2001", MEDIA_TYPE, document(state, version, **more).encode(), now=0.0)


def test_one_subscription_for_all_lamps_of_a_number() -> None:
    watching = Watching()
    one, two = Lamp(watching), Lamp(watching)
    assert orders(watching, 0.0) == [(OrderKind.SUBSCRIBE, "2001")]
    assert told(watching, CONFIRMED) == ""
    three = Lamp(watching)
    assert orders(watching, 1.0) == []
    assert (one.seen, two.seen, three.seen) == ([L.UNKNOWN, L.IN_USE], [L.UNKNOWN, L.IN_USE], [L.IN_USE])
    told(watching, CONFIRMED, 1)
    told(watching, IDLE, 2)
    assert one.seen == two.seen == [L.UNKNOWN, L.IN_USE, L.IDLE]


def test_a_subscription_stays_while_phones_come_and_go() -> None:
    watching = Watching()
    lamp = Lamp(watching)
    orders(watching, 0.0)
    told(watching, IDLE)
    lamp.leave(10.0)
    lamp.leave(11.0)
    assert watching.timer() == 10.0 + LINGER
    assert orders(watching, 9.0 + LINGER) == []
    again = Lamp(watching)
    assert again.seen == [L.IDLE]
    assert watching.timer() is None
    again.leave(500.0)
    assert orders(watching, 500.0 + LINGER) == [(OrderKind.UNSUBSCRIBE, "2001")]
    assert watching.numbers == frozenset()
    assert watching.timer() is None
    assert Lamp(watching).seen == [L.UNKNOWN]


def test_who_leaves_before_the_order_was_given_costs_nothing() -> None:
    watching = Watching()
    Lamp(watching, "2001")
    Lamp(watching, "2002").leave(0.0)
    assert orders(watching, 0.0) == [(OrderKind.SUBSCRIBE, "2001")]
    assert orders(watching, LINGER) == []
    assert watching.numbers == {"2001"}


def test_subscriptions_are_spread_in_time() -> None:
    watching = Watching()
    for number in range(2000, 2100):
        Lamp(watching, str(number))
    assert len(orders(watching, 0.0)) == 1
    count, now = 1, 0.0
    while (at := watching.timer()) is not None:
        now = at
        count += len(orders(watching, now))
    assert count == 100
    assert abs(now - 99 * PACE) < 0.001
    watching.renew()
    watching.renew()
    assert orders(watching, 10.0) == [(OrderKind.REFRESH, "2000")]


def test_who_calls_is_known_while_it_rings() -> None:
    watching = Watching()
    Lamp(watching)
    told(watching, EARLY, caller="1003", name="Carol")
    assert watching.state("2001") == Watched(L.ALERTING, Party("1003", "Carol"))
    told(watching, CONFIRMED, 1, caller="1003", name="Carol")
    assert watching.state("2001") == Watched(L.IN_USE)


def test_do_not_disturb_is_told_apart_from_a_call() -> None:
    watching = Watching()
    lamp = Lamp(watching)
    watching.do_not_disturb("2001", DndMode.REJECT, now=0.0)
    assert lamp.seen == [L.UNKNOWN]
    told(watching, CONFIRMED)  # the hint has do-not-disturb in it
    told(watching, EARLY, 1)
    told(watching, CONFIRMED, 2)
    watching.do_not_disturb("2001", DndMode.SILENT, now=0.0)
    told(watching, IDLE, 3)
    watching.do_not_disturb("2001", DndMode.OFF, now=0.0)
    watching.do_not_disturb("2009", DndMode.OFF, now=0.0)
    dnd = L.DO_NOT_DISTURB
    assert lamp.seen == [L.UNKNOWN, dnd, L.ALERTING, dnd, L.IDLE]


def test_who_talks_in_spite_of_do_not_disturb_is_in_use() -> None:
    watching = Watching()
    lamp = Lamp(watching)
    orders(watching, 0.0)
    told(watching, CONFIRMED)
    watching.do_not_disturb("2001", DndMode.REJECT, now=0.0)
    assert orders(watching, 1.0) == [(OrderKind.SUBSCRIBE, "sepbridge-line-2001")]
    assert watching.numbers == {"2001"}

    def phones(state: str, version: int) -> None:
        body = document(state, version).encode()
        assert watching.notified("sepbridge-line-2001", MEDIA_TYPE, body, now=1.0) == ""

    phones(IDLE, 0)
    phones(CONFIRMED, 1)
    phones(IDLE, 2)
    watching.do_not_disturb("2001", DndMode.SILENT, now=2.0)
    assert orders(watching, 2.0) == []
    dnd = L.DO_NOT_DISTURB
    assert lamp.seen == [L.UNKNOWN, L.IN_USE, dnd, L.IN_USE, dnd]
    watching.do_not_disturb("2001", DndMode.OFF, now=3.0)
    assert lamp.seen[4:] == [dnd, L.IN_USE]
    assert orders(watching, 3.0) == [(OrderKind.UNSUBSCRIBE, "sepbridge-line-2001")]


def test_with_the_lamp_goes_what_was_looked_at_beside() -> None:
    watching = Watching()
    lamp = Lamp(watching)
    watching.do_not_disturb("2001", DndMode.REJECT, now=0.0)
    orders(watching, 0.0)
    orders(watching, 1.0)
    lamp.leave(10.0)
    gone = [(OrderKind.UNSUBSCRIBE, "2001"), (OrderKind.UNSUBSCRIBE, "sepbridge-line-2001")]
    assert orders(watching, 11.0 + LINGER) == gone
    assert watching.timer() is None


def test_what_is_lost_or_senseless_is_unknown() -> None:
    watching = Watching()
    lamp = Lamp(watching)
    orders(watching, 0.0)
    told(watching, CONFIRMED, 4)
    assert watching.notified("2001", "text/plain", b"", now=0.0) != ""
    assert watching.notified("2001", MEDIA_TYPE, b"<oops", now=0.0) != ""
    told(watching, CONFIRMED, 5)
    watching.lost("2001", now=0.0)
    told(watching, IDLE, 0)
    assert lamp.seen == [L.UNKNOWN, L.IN_USE, L.UNKNOWN, L.IN_USE, L.UNKNOWN, L.IDLE]
    assert orders(watching, 1.0) == []


def test_a_gap_asks_again() -> None:
    watching = Watching()
    lamp = Lamp(watching)
    orders(watching, 0.0)
    told(watching, CONFIRMED, 4)
    part = document(IDLE, 6).replace('state="full"', 'state="partial"').encode()
    assert watching.notified("2001", MEDIA_TYPE, part, now=0.0) == "a document is missing"
    assert lamp.seen[-1] is L.IN_USE
    assert orders(watching, 1.0) == [(OrderKind.REFRESH, "2001")]
    told(watching, IDLE, 7)
    assert lamp.seen[-1] is L.IDLE


def test_not_everything_can_be_watched() -> None:
    watching = Watching()
    for number in ("", "alice", "1@evil", "1" * 33, "1\r\nX: y"):
        assert watching.watch(number, lambda now: None) == Watched()
    assert watching.numbers == frozenset()
    for number in range(MAX_NUMBERS + 10):
        watching.watch(str(number), lambda now: None)
    assert len(watching.numbers) == MAX_NUMBERS
    assert watching.notified("x", MEDIA_TYPE, b"", now=0.0) == "nobody watches the number"
    watching.lost("x", now=0.0)
