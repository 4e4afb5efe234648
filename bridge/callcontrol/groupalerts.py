"""A call rings in the pickup group of one of the phone's lines: an idle phone says so by screen, by a ring, or both.

A user who talks is left to his screen, and hears a beep, or what else the line wants during a call. Which number rings
the phones learn by its hint, so that phones with SIP firmware count, and those of other nodes.
PickUp then takes the call. Source: CUCM's call pickup group notification (AXL fields reference, RCallPickupGroup, and
RPhoneLine: ringSettingIdlePickupAlert, ringSettingActivePickupAlert).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.ringing import ring_of
from bridge.callcontrol.settings import CallSettings, GroupAlert
from bridge.callcontrol.watching import LampState
from bridge.sccp import Label, RingDuration, RingMode, SetRinger
from bridge.sccp.profile import StationLine

RING_FOR = 4.0
"""Seconds after which the single ring is over."""


class GroupAlerts(Feature):
    """The alerts of one phone: at most one at a time, that of the call which has rung longest."""

    __slots__ = ("_alerts", "_beeped", "_quiet_at", "_ringing", "_rings", "_told", "_watched")

    def __init__(self, workings: Workings) -> None:
        super().__init__(workings)
        self._watched: list[tuple[str, Callable[[float], None]]] = []
        self._alerts: dict[str, GroupAlert] = {}
        """How each watched number is told of."""
        self._ringing: dict[str, float] = {}
        """The numbers that ring, in the order in which they began, and when they are to be told of."""
        self._told = ""
        """The number that an idle user is told of."""
        self._beeped: set[str] = set()
        """Those of which the user was told while he talked."""
        self._rings = False
        self._quiet_at: float | None = None

    # --- the phone ---------------------------------------------------------------------------------------------------

    def registered(self, *, now: float) -> None:
        """Watch the others of the groups."""
        desk = self._at_work.desk
        profile = desk.session.profile
        if self._watched or profile is None:
            return
        own = {line.number for line in profile.lines}
        for alert in desk.settings.group_alerts:
            for number in alert.numbers:
                if number in own or number in self._alerts:
                    continue
                self._alerts[number] = alert
                listener = partial(self._changed, number)
                self._watched.append((number, listener))
                self._at_work.house.watching.watch(number, listener)
                self._changed(number, now)

    def settings_changed(self, before: CallSettings, *, now: float) -> None:
        """Another group, or other members."""
        if self._at_work.desk.settings.group_alerts != before.group_alerts:
            self._withdraw()
            self._silence()
            self.left(now=now)
            self.registered(now=now)

    def left(self, *, now: float) -> None:
        """Nothing can be told any more."""
        for number, listener in self._watched:
            self._at_work.house.watching.unwatch(number, listener, now=now)
        self._watched.clear()
        self._alerts.clear()
        self._ringing.clear()
        self._beeped.clear()
        self._told, self._rings, self._quiet_at = "", False, None
        self._at_work.desk.alerted_line = 0
        self._at_work.desk.screen.fall(self)

    # --- the others --------------------------------------------------------------------------------------------------

    def _changed(self, number: str, now: float) -> None:
        if self._at_work.house.watching.state(number).state is LampState.ALERTING:
            self._ringing.setdefault(number, now + self._alerts[number].wait)
        else:
            self._ringing.pop(number, None)
            self._beeped.discard(number)
            if number == self._told:
                self._withdraw()
            elif not self._ringing:
                self._silence()  # of what rang once while the user talks
        self._tell(now)
        self._at_work.desk.touch()

    def timer(self) -> float | None:
        """The end of a wait, or of the ring."""
        times = [self._quiet_at] if self._quiet_at is not None else []
        return min([*times, *(self._ringing[number] for number in self._untold())], default=None)

    def handle_timer(self, *, now: float) -> None:
        """Tell, or be silent."""
        if self._quiet_at is not None and self._quiet_at <= now:
            self._silence()
        self._tell(now)

    def call_changed(self, call: PhoneCall, before: PhoneCallState | None, *, now: float) -> None:
        """Who is busy is only beeped at; after the last call it is said what still rings."""
        if self._at_work.desk.own_calls:
            self._withdraw()
        self._tell(now)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _untold(self) -> list[str]:
        """The numbers that ring, and that the user in his present state is to be told of."""
        desk = self._at_work.desk
        if not desk.own_calls:
            return [] if self._told else list(self._ringing)
        talks = desk.active is not None and desk.active.state is PhoneCallState.CONNECTED
        return [number for number in self._ringing if number not in self._beeped] if talks else []

    def _tell(self, now: float) -> None:
        desk = self._at_work.desk
        for number in [each for each in self._untold() if self._ringing[each] <= now]:
            alert = self._alerts[number]
            if desk.own_calls:
                self._beeped.add(number)
                self._sound(alert, now, busy=True)
                continue
            self._told, desk.alerted_line = number, alert.line
            if alert.seen:
                desk.screen.stand(self, self._words(alert, number))
            self._sound(alert, now, busy=False)
            return

    def _sound(self, alert: GroupAlert, now: float, *, busy: bool) -> None:
        desk = self._at_work.desk
        if not alert.heard or alert.line in desk.screen.silent_lines:
            return
        own = (desk.session.profile and desk.session.profile.line(alert.line)) or StationLine("")
        ring = ring_of(None, own.ring_kind, alert.ring_idle, alert.ring_busy, busy=busy)
        if ring.beep and desk.active is not None:
            desk.screen.call_waiting_tone(desk.active)
        if not ring.is_heard:
            return
        once = busy or ring.duration is RingDuration.SINGLE
        desk.screen.send(SetRinger(ring.mode, RingDuration.SINGLE if once else ring.duration))
        self._rings, self._quiet_at = True, now + RING_FOR if once else None

    def _words(self, alert: GroupAlert, number: str) -> str:
        """For instance ``From Ann > 1002``; without either, the name of the key."""
        desk = self._at_work.desk
        words = ""
        if alert.caller:
            words = Label.FROM + (self._at_work.house.watching.state(number).caller.shown or desk.screen.unknown)
        if alert.called:
            words += f" > {number}" if words else number
        return words or Label.PICK_UP

    def _withdraw(self) -> None:
        """It rings no more, or the user has something else to do."""
        if not self._told:
            return
        self._at_work.desk.screen.fall(self)
        self._told, self._at_work.desk.alerted_line = "", 0
        self._silence()

    def _silence(self) -> None:
        if not self._rings:
            return
        self._rings, self._quiet_at = False, None
        desk = self._at_work.desk
        if desk.first(PhoneCallState.RINGING_IN) is None:
            desk.screen.send(SetRinger(RingMode.OFF))
