"""The numbers that phones of one node watch: one subscription for each number, however many phones show it.

Phones come and go; a subscription stays for a while after the last of them, since most come back. What is to be
subscribed comes out of ``next_order``, one after the other with a pause between: a thousand lamps that all ask at once
after a restart of Asterisk would be a storm of our own making. Source: SCCP flows reference, section 4.8.
"""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from bridge.callcontrol.parties import Party
from bridge.core import DndMode
from bridge.errors import RemoteProtocolError
from bridge.sip.dialoginfo import MEDIA_TYPE, CallDirection, DialogStatus, WatchedNumber, parse_dialog_info

LINGER = 120.0
"""Seconds for which a number that nobody shows any more is still watched."""
PACE = 0.02
"""Seconds between two SUBSCRIBEs."""
MAX_NUMBERS = 5_000
"""Numbers that one node watches; lamps of further ones stay unknown."""
BESIDE = "sepbridge-line-"
"""Before a number: its phones without its do-not-disturb (services/dnd.conf)."""
_NUMBER = re.compile(rf"(?:{BESIDE})?[0-9*#+]{{1,32}}")


class LampState(StrEnum):
    """What a watched number does, in the words of a lamp."""

    UNKNOWN = "unknown"
    IDLE = "idle"
    ALERTING = "alerting"
    IN_USE = "in use"
    DO_NOT_DISTURB = "do not disturb"


@dataclass(frozen=True, slots=True)
class Watched:
    """How a number stands."""

    state: LampState = LampState.UNKNOWN
    caller: Party = field(default_factory=Party)
    """Who calls, while it rings and where the PBX says so."""


NOTHING_KNOWN = Watched()
Listener = Callable[[float], None]
"""Hears, with the time, that a number stands otherwise; asks ``Watching.state`` how."""


class OrderKind(StrEnum):
    """What is to be done about a number's subscription."""

    SUBSCRIBE = "subscribe"
    REFRESH = "refresh"
    """Ask anew: something may be missing."""
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to do at the PBX."""

    kind: OrderKind
    number: str


@dataclass(slots=True, eq=False)
class _Number:
    told: WatchedNumber
    shown: Watched
    listeners: dict[Listener, None]
    dnd: DndMode = DndMode.OFF
    phones: str = ""
    """The number's phones without its do-not-disturb, once that was looked at."""
    beside: Listener | None = None
    """Hears of them."""
    subscribed: bool = False


class Watching:
    """What is known of the watched numbers, and who shows it. Nothing here waits or sends."""

    __slots__ = ("_left", "_next_at", "_numbers", "_orders", "_ready")

    def __init__(self) -> None:
        self._numbers: dict[str, _Number] = {}
        self._orders: OrderedDict[str, OrderKind] = OrderedDict()
        self._left: OrderedDict[str, float] = OrderedDict()
        """Numbers that nobody shows, and until when they are kept; in that order."""
        self._next_at = 0.0
        self._ready: deque[Order] = deque()

    # --- phones ------------------------------------------------------------------------------------------------------

    def watch(self, number: str, listener: Listener) -> Watched:
        """Show ``number`` from now on; returns how it stands. Safe to repeat.

        A number that cannot be watched stays unknown.
        """
        entry = self._numbers.get(number)
        if entry is None:
            if not _NUMBER.fullmatch(number) or len(self._numbers) >= MAX_NUMBERS:
                return NOTHING_KNOWN
            entry = self._numbers[number] = _Number(WatchedNumber(), NOTHING_KNOWN, {})
            self._order(number, OrderKind.SUBSCRIBE)
        self._left.pop(number, None)
        entry.listeners[listener] = None
        return entry.shown

    def unwatch(self, number: str, listener: Listener, *, now: float) -> None:
        """Show it no longer. Safe to repeat."""
        entry = self._numbers.get(number)
        if entry is None or listener not in entry.listeners:
            return
        del entry.listeners[listener]
        if not entry.listeners:
            self._left[number] = now + LINGER
            self._left.move_to_end(number)

    def state(self, number: str) -> Watched:
        """How a number stands."""
        entry = self._numbers.get(number)
        return entry.shown if entry is not None else NOTHING_KNOWN

    @property
    def numbers(self) -> frozenset[str]:
        """All that are watched for somebody."""
        return frozenset(number for number in self._numbers if not number.startswith(BESIDE))

    # --- the PBX -----------------------------------------------------------------------------------------------------

    def notified(self, number: str, content_type: str, body: bytes, *, now: float) -> str:
        """A NOTIFY about ``number``. Returns what was wrong with it; empty where all is well."""
        entry = self._numbers.get(number)
        if entry is None:
            return "nobody watches the number"
        trouble = ""
        try:
            if content_type != MEDIA_TYPE:
                raise RemoteProtocolError("a NOTIFY holds no dialog-info", why=content_type)
            entry.told = entry.told.with_document(parse_dialog_info(body))
        except RemoteProtocolError as error:
            # What it would have told is not known now, and asking again for the same would go on for ever.
            entry.told, trouble = WatchedNumber(entry.told.version), str(error)
        else:
            if not entry.told.is_known:
                self._order(number, OrderKind.REFRESH)
                return "a document is missing"
        self._show(entry, now)
        return trouble

    def do_not_disturb(self, number: str, mode: DndMode, *, now: float) -> None:
        """What the PBX keeps of a number's do-not-disturb; its hint does not tell that from a call, another does."""
        entry = self._numbers.get(number)
        if entry is None:
            return
        before, entry.dnd = entry.dnd, mode
        if (mode is DndMode.OFF) is not (before is DndMode.OFF):
            self._look_beside(number, entry, now)
        self._show(entry, now)

    def lost(self, number: str, *, now: float) -> None:
        """The subscription does not stand: nothing is known of the number until the next NOTIFY of a new one."""
        if (entry := self._numbers.get(number)) is not None:
            entry.told = WatchedNumber()
            self._show(entry, now)

    def renew(self) -> None:
        """The PBX may have forgotten everything: ask again for all numbers, one after the other."""
        for number in self._numbers:
            self._order(number, OrderKind.REFRESH)

    # --- orders ------------------------------------------------------------------------------------------------------

    def timer(self) -> float | None:
        """When to call ``next_order`` next, or None."""
        times = [next(iter(self._left.values()))] if self._left else []
        if self._orders:
            times.append(self._next_at)
        return min(times, default=None)

    def next_order(self, *, now: float) -> Order | None:
        """What to do at the PBX next, if anything is due at ``now``."""
        while self._left and next(iter(self._left.values())) <= now:
            number, _ = self._left.popitem(last=False)
            entry = self._numbers.pop(number)
            self._orders.pop(number, None)
            if entry.dnd is not DndMode.OFF:
                entry.dnd = DndMode.OFF
                self._look_beside(number, entry, now)
            if entry.subscribed:
                self._ready.append(Order(OrderKind.UNSUBSCRIBE, number))
        if self._ready:
            return self._ready.popleft()
        if not self._orders or self._next_at > now:
            return None
        number, kind = self._orders.popitem(last=False)
        self._next_at = now + PACE
        entry = self._numbers[number]
        if not entry.subscribed:
            kind = OrderKind.SUBSCRIBE
        entry.subscribed = True
        return Order(kind, number)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _order(self, number: str, kind: OrderKind) -> None:
        self._orders.setdefault(number, kind)

    def _look_beside(self, number: str, entry: _Number, now: float) -> None:
        """While a number is not to be disturbed, look at its phones alone."""
        beside = BESIDE + number
        if entry.beside is None:
            entry.beside = lambda now: self._show(entry, now)
        if entry.dnd is DndMode.OFF:
            self.unwatch(beside, entry.beside, now=now)
            if beside in self._left:  # nobody comes back to it
                self._left[beside] = now
                self._left.move_to_end(beside, last=False)
        else:
            self.watch(beside, entry.beside)
        entry.phones = beside

    def _show(self, entry: _Number, now: float) -> None:
        in_use = entry.dnd is not DndMode.OFF and self.state(entry.phones).state is LampState.IN_USE
        shown = _shown(entry.told, entry.dnd)
        if in_use and shown.state is LampState.DO_NOT_DISTURB:
            shown = Watched(LampState.IN_USE)
        if shown == entry.shown:
            return
        entry.shown = shown
        for listener in list(entry.listeners):
            listener(now)


def _shown(told: WatchedNumber, dnd: DndMode) -> Watched:
    """One lamp for all dialogs of a number: ringing goes before the rest, for it is what can be picked up.

    A number that is not to be disturbed is busy to its hint, talking or not: whoever talks is looked up beside it.
    """
    if not told.is_known:
        return NOTHING_KNOWN
    for dialog in told.dialogs:
        # "early" is what Asterisk says of a ringing phone; of a caller it says "confirmed".
        if dialog.status is DialogStatus.EARLY and dialog.direction is not CallDirection.INITIATOR:
            return Watched(LampState.ALERTING, Party.of(dialog.remote_number, dialog.remote_name))
    if dnd is not DndMode.OFF:
        return Watched(LampState.DO_NOT_DISTURB)
    return Watched(LampState.IN_USE if told.dialogs else LampState.IDLE)
