"""Reminding the user of a call that has been on hold for long.

The line says after how many seconds, and the settings after how many more again: the phone rings once, or, while the
user talks with somebody else, beeps; the call's prompt reads "Hold reversion". Lifting the handset takes the call back.
A call that comes back because the PBX did not take it off the user's hands is one to be reminded of at once.
"""

from __future__ import annotations

from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.sccp import Tone


class HoldReversion(Feature):
    """The reminder of held calls."""

    __slots__ = ("_due",)

    def __init__(self, workings: Workings) -> None:
        super().__init__(workings)
        self._due: dict[PhoneCall, float] = {}

    def call_changed(self, call: PhoneCall, before: PhoneCallState | None, *, now: float) -> None:
        """See ``Feature``."""
        desk = self._at_work.desk
        if call.state is PhoneCallState.HELD:
            if after := desk.own(call).hold_reversion:
                self._due[call] = now + after
            return
        self._due.pop(call, None)
        if call.reverting:
            call.reverting = False
            desk.screen.ringer_off(call)

    def transfer_failed(self, call: PhoneCall, *, now: float) -> None:
        """See ``Feature``."""
        if call.state is PhoneCallState.HELD and self._at_work.desk.active is None:
            self._due[call] = now

    def left(self, *, now: float) -> None:
        """See ``Feature``."""
        self._due.clear()

    def timer(self) -> float | None:
        """See ``Feature``."""
        return min(self._due.values(), default=None)

    def handle_timer(self, *, now: float) -> None:
        """See ``Feature``."""
        desk = self._at_work.desk
        for call in [call for call, due in self._due.items() if due <= now]:
            if call.state is not PhoneCallState.HELD:
                del self._due[call]  # another phone of the line takes it just now
                continue
            self._due[call] = now + desk.settings.hold_reminder
            if call.transferring:
                continue  # the PBX is about to take it
            call.reverting = True
            desk.screen.reminding(call)
            active = desk.active
            if active is None:
                desk.screen.ring_once(call)
            elif active.state is PhoneCallState.CONNECTED:
                desk.screen.tone(active, Tone.ZIP_ZIP)
