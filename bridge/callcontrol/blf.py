"""Buttons that show what other numbers do: press to call, press to pick up what rings there.

Source: SCCP flows reference, section 4.8.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.pickup import directed_pickup
from bridge.callcontrol.screen import NOTIFY_PRIORITY
from bridge.callcontrol.watching import LampState, Watched, Watching
from bridge.sccp import (
    ALL_KEYS,
    BlfStatus,
    CallState,
    FeatureStat,
    Label,
    LampMode,
    Notification,
    SelectSoftKeys,
    SetLamp,
    SoftKeySetIndex,
    StationCallState,
    StimulusType,
    SubscribeCause,
    SubscriptionFeature,
    SubscriptionStat,
)
from bridge.sccp.profile import LAMPS_SINCE, BusyLamp
from bridge.sccp.stationevents import ButtonPressed, StateAsked

MAX_ASKED = 64
"""Numbers in a phone's own lists whose state it is told of; the oldest goes for a new one."""
_STATUS = {
    LampState.UNKNOWN: BlfStatus.UNKNOWN,
    LampState.IDLE: BlfStatus.IDLE,
    LampState.ALERTING: BlfStatus.ALERTING,
    LampState.IN_USE: BlfStatus.IN_USE,
    LampState.DO_NOT_DISTURB: BlfStatus.DO_NOT_DISTURB,
}
_LAMPS = {
    LampState.ALERTING: LampMode.BLINK,
    LampState.IN_USE: LampMode.ON,
    LampState.DO_NOT_DISTURB: LampMode.ON,
}


class BusyLamps(Feature):
    """The busy lamps of one phone, and the numbers in its lists."""

    __slots__ = ("_announced", "_asked", "_shown")
    BUTTONS = frozenset({StimulusType.BLF_SPEED_DIAL, StimulusType.LINE})

    def __init__(self, workings: Workings) -> None:
        super().__init__(workings)
        self._shown: list[tuple[str, Callable[[float], None]]] = []
        self._announced = 0
        """The lamp whose caller is named on the screen; 0 for none."""
        self._asked: dict[int, tuple[str, Callable[[float], None]]] = {}

    # --- the phone ---------------------------------------------------------------------------------------------------

    def registered(self, *, now: float) -> None:
        """Show all lamps."""
        profile = self._at_work.desk.session.profile
        if self._shown or profile is None:
            return
        for instance, lamp in enumerate(profile.lamps, 1):
            listener = partial(self._changed, instance)
            self._shown.append((lamp.number, listener))
            self._show(instance, lamp, self._watching.watch(lamp.number, listener))

    def relabelled(self, *, now: float) -> None:
        """The icons came with the labels, and say nothing."""
        profile = self._at_work.desk.session.profile
        for instance, lamp in enumerate(profile.lamps if profile else (), 1):
            self._show(instance, lamp, self._watching.state(lamp.number))

    def left(self, *, now: float) -> None:
        """Watch nothing any more."""
        for number, listener in (*self._shown, *self._asked.values()):
            self._watching.unwatch(number, listener, now=now)
        self._announced = 0
        self._shown.clear()
        self._asked.clear()

    # --- the user ----------------------------------------------------------------------------------------------------

    def takes(self, event: ButtonPressed) -> bool:
        """Line buttons behind the phone's own lines are lamps."""
        return self._lamp_of(event) is not None

    def button(self, event: ButtonPressed, *, now: float) -> None:
        """Call, or take the call that rings there."""
        lamp = self._lamp_of(event)
        if lamp is None:
            return
        watched = self._watching.state(lamp.number)
        self._announce(0)
        if lamp.pickup and watched.state is LampState.ALERTING:
            directed_pickup(self._at_work, lamp.number, watched.caller, now=now)
        else:
            self._at_work.focus.dial(lamp.number, 0, now=now)

    def asked(self, event: StateAsked, *, now: float) -> bool:
        """A number in one of the phone's lists: answer, and tell of every change."""
        screen = self._at_work.desk.screen
        told = SubscriptionStat(event.transaction_id, SubscriptionFeature.BLF, event.timer)
        self._forget(event.transaction_id, now)
        if len(self._asked) >= MAX_ASKED:
            self._forget(next(iter(self._asked)), now)
        listener = partial(self._listed, event.transaction_id)
        watched = self._watching.watch(event.number, listener)
        if event.number not in self._watching.numbers:
            screen.send(SubscriptionStat(told.transaction_id, told.feature_id, told.timer, SubscribeCause.ROUTE_FAILED))
            return True
        self._asked[event.transaction_id] = event.number, listener
        screen.send(told, Notification(event.transaction_id, SubscriptionFeature.BLF, _STATUS[watched.state]))
        return True

    # --- inside ------------------------------------------------------------------------------------------------------

    @property
    def _watching(self) -> Watching:
        return self._at_work.house.watching

    def _lamp_of(self, event: ButtonPressed) -> BusyLamp | None:
        session = self._at_work.desk.session
        profile = session.profile
        if profile is None:
            return None
        if event.button == StimulusType.BLF_SPEED_DIAL:
            return profile.lamp(event.instance)
        return profile.lamp(profile.lamp_of_line(event.instance)) if session.dialect.version < LAMPS_SINCE else None

    def _changed(self, instance: int, now: float) -> None:
        desk = self._at_work.desk
        profile = desk.session.profile
        lamp = profile.lamp(instance) if profile else None
        if lamp is None:
            return
        watched = self._watching.state(lamp.number)
        self._show(instance, lamp, watched)
        if lamp.pickup and watched.state is LampState.ALERTING and watched.caller.shown and not desk.calls:
            # Who picks up shall know whose call it is.
            self._announce(instance, f"{Label.FROM}{watched.caller.shown} > {lamp.label or lamp.number}")
        elif instance == self._announced:
            self._announce(0)
        desk.touch()

    def _announce(self, instance: int, text: str = "") -> None:
        """Name the caller of a lamp's number over the prompt, or take the name away."""
        screen = self._at_work.desk.screen
        if instance:
            screen.notify(text)
        elif self._announced:
            screen.clear_message(NOTIFY_PRIORITY)
        self._announced = instance

    def _listed(self, transaction_id: int, now: float) -> None:
        number = self._asked[transaction_id][0]
        status = _STATUS[self._watching.state(number).state]
        self._at_work.desk.screen.send(Notification(transaction_id, SubscriptionFeature.BLF, status))
        self._at_work.desk.touch()

    def _forget(self, transaction_id: int, now: float) -> None:
        if (known := self._asked.pop(transaction_id, None)) is not None:
            self._watching.unwatch(*known, now=now)

    def _show(self, instance: int, lamp: BusyLamp, watched: Watched) -> None:
        desk = self._at_work.desk
        profile, screen = desk.session.profile, desk.screen
        if profile is None:
            return
        if desk.session.dialect.version >= LAMPS_SINCE:
            label = lamp.label or lamp.number
            screen.send(FeatureStat(instance, StimulusType.BLF_SPEED_DIAL, _STATUS[watched.state], label))
            return
        line, mode = len(profile.lines) + instance, _LAMPS.get(watched.state, LampMode.OFF)
        in_use = mode != LampMode.OFF
        state = StationCallState.IN_USE_REMOTELY if in_use else StationCallState.ON_HOOK
        keys = SoftKeySetIndex.IN_USE_HINT if in_use else SoftKeySetIndex.ON_HOOK
        screen.send(
            CallState(state, line, 0), SetLamp(StimulusType.LINE, line, mode), SelectSoftKeys(line, 0, keys, ALL_KEYS)
        )
        if not desk.calls:
            # Some phones keep one set for all that is no call: theirs is the idle one.
            screen.send(SelectSoftKeys(0, 0, SoftKeySetIndex.ON_HOOK, ALL_KEYS))
