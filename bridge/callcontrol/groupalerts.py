"""A call rings at a phone of the own pickup group: the idle ones say so, on the screen, by a ring, or both.

Which number rings the phones learn by its hint, so that phones with SIP firmware count, and those of other nodes.
PickUp then takes the call. Source: CUCM's call pickup group notification (AXL fields reference, RCallPickupGroup).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.screen import NOTIFY_PRIORITY
from bridge.callcontrol.settings import CallSettings
from bridge.callcontrol.watching import LampState
from bridge.sccp import Label, RingDuration, RingMode, SetRinger

RING_FOR = 4.0
"""Seconds after which the single ring is over."""


class GroupAlerts(Feature):
    """The alerts of one phone: at most one at a time, that of the call which has rung longest."""

    __slots__ = ("_quiet_at", "_ringing", "_told", "_watched")

    def __init__(self, workings: Workings) -> None:
        super().__init__(workings)
        self._watched: list[tuple[str, Callable[[float], None]]] = []
        self._ringing: dict[str, float] = {}
        """The numbers that ring, in the order in which they began, and when they are to be told of."""
        self._told = ""
        """The number that is told of."""
        self._quiet_at: float | None = None

    # --- the phone ---------------------------------------------------------------------------------------------------

    def registered(self, *, now: float) -> None:
        """Watch the others of the group."""
        desk, alert = self._at_work.desk, self._at_work.desk.settings.group_alert
        profile = desk.session.profile
        if self._watched or alert is None or profile is None:
            return
        own = {line.number for line in profile.lines}
        for number in alert.numbers:
            if number not in own:
                listener = partial(self._changed, number)
                self._watched.append((number, listener))
                self._at_work.house.watching.watch(number, listener)
                self._changed(number, now)

    def settings_changed(self, before: CallSettings, *, now: float) -> None:
        """Another group, or other members."""
        if self._at_work.desk.settings.group_alert != before.group_alert:
            self._withdraw()
            self.left(now=now)
            self.registered(now=now)

    def left(self, *, now: float) -> None:
        """Nothing can be told any more."""
        for number, listener in self._watched:
            self._at_work.house.watching.unwatch(number, listener, now=now)
        self._watched.clear()
        self._ringing.clear()
        self._told, self._quiet_at = "", None

    # --- the others --------------------------------------------------------------------------------------------------

    def _changed(self, number: str, now: float) -> None:
        alert = self._at_work.desk.settings.group_alert
        rings = self._at_work.house.watching.state(number).state is LampState.ALERTING
        if rings and alert is not None:
            self._ringing.setdefault(number, now + alert.wait)
        else:
            self._ringing.pop(number, None)
            if number == self._told:
                self._withdraw()
        self._tell(now)
        self._at_work.desk.touch()

    def timer(self) -> float | None:
        """The end of a wait, or of the ring."""
        times = [self._quiet_at] if self._quiet_at is not None else []
        if not self._told and not self._at_work.desk.own_calls:
            times += self._ringing.values()
        return min(times, default=None)

    def handle_timer(self, *, now: float) -> None:
        """Tell, or be silent."""
        if self._quiet_at is not None and self._quiet_at <= now:
            self._silence()
        self._tell(now)

    def call_changed(self, call: PhoneCall, before: PhoneCallState | None, *, now: float) -> None:
        """Who is busy is not told; after the last call it is said what still rings."""
        if self._at_work.desk.own_calls:
            self._withdraw()
        else:
            self._tell(now)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _tell(self, now: float) -> None:
        desk, alert = self._at_work.desk, self._at_work.desk.settings.group_alert
        due = next((number for number, at in self._ringing.items() if at <= now), "")
        if self._told or not due or alert is None or desk.own_calls:
            return
        self._told = due
        if alert.seen:
            desk.screen.message(self._words(due), 0, NOTIFY_PRIORITY)
        if alert.heard and not desk.screen.silent_lines:
            desk.screen.send(SetRinger(RingMode.INSIDE, RingDuration.SINGLE))
            self._quiet_at = now + RING_FOR

    def _words(self, number: str) -> str:
        """For instance ``From Ann > 1002``; without either, the name of the key."""
        desk, alert = self._at_work.desk, self._at_work.desk.settings.group_alert
        words = ""
        if alert is not None and alert.caller:
            words = Label.FROM + (self._at_work.house.watching.state(number).caller.shown or desk.screen.unknown)
        if alert is not None and alert.called:
            words += f" > {number}" if words else number
        return words or Label.PICK_UP

    def _withdraw(self) -> None:
        """It rings no more, or the user has something else to do."""
        if not self._told:
            return
        alert = self._at_work.desk.settings.group_alert
        self._told = ""
        if alert is None or alert.seen:
            self._at_work.desk.screen.clear_message(NOTIFY_PRIORITY)
        self._silence()

    def _silence(self) -> None:
        if self._quiet_at is None:
            return
        self._quiet_at = None
        desk = self._at_work.desk
        if desk.first(PhoneCallState.RINGING_IN) is None:
            desk.screen.send(SetRinger(RingMode.OFF))
