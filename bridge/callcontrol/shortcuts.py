"""Numbers that nobody has to dial: a hotline's, and those of the abbreviated-dial list."""

from __future__ import annotations

from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.sccp import Label, SoftKeyEventType
from bridge.sccp.stationevents import SoftKeyPressed

_OPEN = (PhoneCallState.OFF_HOOK, PhoneCallState.DIALLING)


class Hotline(Feature):
    """A line that dials by itself when it goes off hook (PLAR), at once or after a delay for other digits."""

    __slots__ = ("_due",)

    def __init__(self, workings: Workings) -> None:
        super().__init__(workings)
        self._due: tuple[float, PhoneCall] | None = None

    def call_changed(self, call: PhoneCall, before: PhoneCallState | None, *, now: float) -> None:
        """Off hook: dial, or wait. A first digit ends the wait."""
        desk = self._at_work.desk
        own = desk.own(call)
        if call.state is PhoneCallState.OFF_HOOK and own.hotline and call.number_for is None:
            if own.hotline_delay > 0:
                self._due = (now + own.hotline_delay, call)
            else:
                self._at_work.outgoing.dial(call, own.hotline, now=now)
        elif self._due is not None and self._due[1] is call:
            self._due = None

    def timer(self) -> float | None:
        """The end of the wait."""
        return self._due[0] if self._due else None

    def handle_timer(self, *, now: float) -> None:
        """Nobody dialled anything else."""
        due, self._due = self._due, None
        if due is not None and due[1].state is PhoneCallState.OFF_HOOK and due[1].number_for is None:
            self._at_work.outgoing.dial(due[1], self._at_work.desk.own(due[1]).hotline, now=now)


class AbbreviatedDialling(Feature):
    """AbbrDial: one or two digits stand for a number, dialled before the key or after it."""

    __slots__ = ()
    SOFT_KEYS = frozenset({SoftKeyEventType.ABBREVIATED_DIAL})

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        """With digits: dial what they stand for. Without: ask for them."""
        if call is None:
            call = self._at_work.focus.new_call(event.line, now=now)
        if call is None or call.state not in _OPEN or call.number_for is not None:
            return
        if call.digits:
            self._take(call, call.digits, now)
            return
        call.number_for, call.most_digits = self._take, 2
        self._at_work.desk.screen.asks_number(call)

    def _take(self, call: PhoneCall, digits: str, now: float) -> None:
        desk = self._at_work.desk
        call.number_for, call.most_digits = None, 0
        index = int(digits) if digits.isdecimal() else 0
        found = next((each.number for each in desk.settings.abbreviated if each.index == index), "")
        if found:
            self._at_work.outgoing.dial(call, found, now=now)
        else:
            desk.finish(call, "no such abbreviated dial", now=now)
            desk.screen.notify(Label.NUMBER_NOT_CONFIGURED)
