"""Meet-me conferences: a phone opens one by MeetMe and a number, and whoever dials that number then joins it.

Without being opened the number leads nowhere, as on CallManager. The numbers come from the settings; the dialplan has
them, too (``services/meetme.conf``), for those who dial.
"""

from __future__ import annotations

from collections.abc import Collection

from bridge.callcontrol.feature import Feature
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.sccp import ExtendedLabel, SoftKeyEventType, StimulusType, Tone
from bridge.sccp.stationevents import ButtonPressed, SoftKeyPressed

SERVICE = "sepbridge-meetme-"


class MeetMe(Feature):
    """The MeetMe key and button."""

    __slots__ = ()
    SOFT_KEYS = frozenset({SoftKeyEventType.MEET_ME})
    BUTTONS = frozenset({StimulusType.MEET_ME})

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        """See ``Feature``."""
        self._pressed(event.line, now)

    def button(self, event: ButtonPressed, *, now: float) -> None:
        """See ``Feature``."""
        self._pressed(0, now)

    def keys(self, call: PhoneCall | None) -> Collection[SoftKeyEventType]:
        """See ``Feature``."""
        begun = call is None or call.state is PhoneCallState.OFF_HOOK
        return self.SOFT_KEYS if begun and self._at_work.desk.settings.meetme else frozenset()

    def _pressed(self, line: int, now: float) -> None:
        desk = self._at_work.desk
        if not desk.settings.meetme:
            desk.screen.notify(ExtendedLabel.MEETME_IS_UNAVAILABLE)
            return
        call = self._at_work.focus.new_call(line, now=now)
        if call is not None and call.state is PhoneCallState.OFF_HOOK:
            call.service, call.numbers = SERVICE, desk.settings.meetme
            desk.screen.tone(call, Tone.CONFIRMATION)
