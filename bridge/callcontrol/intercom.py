"""Intercom buttons: one press, and the other side's phone answers by itself (services/intercom.conf).

To the phone they are speed dials, which every model knows.
"""

from __future__ import annotations

from bridge.callcontrol.feature import Feature
from bridge.callcontrol.parties import Party
from bridge.callcontrol.phonecall import PhoneCall
from bridge.sccp import Label, StimulusType
from bridge.sccp.profile import SpeedDial
from bridge.sccp.stationevents import ButtonPressed

TARGET = "sepbridge-intercom-"
_PLAIN = frozenset("0123456789*#")


class Intercom(Feature):
    """The buttons with a target, and those that ask for one."""

    __slots__ = ()
    BUTTONS = frozenset({StimulusType.SPEED_DIAL})

    def takes(self, event: ButtonPressed) -> bool:
        """Those that are intercom buttons."""
        dial = self._dial(event)
        return dial is not None and dial.intercom

    def button(self, event: ButtonPressed, *, now: float) -> None:
        """Call the target, or ask for it."""
        at_work, dial = self._at_work, self._dial(event)
        if dial is not None and dial.number:
            if at_work.focus.make_room(now=now):
                self._ask(1, dial.number, now)
            return
        call = at_work.focus.new_call(0, now=now)
        if call is not None and call.number_for is None:
            call.number_for = self._dialled
            at_work.desk.screen.asks_number(call)

    def _dial(self, event: ButtonPressed) -> SpeedDial | None:
        profile = self._at_work.desk.session.profile
        return profile.speed_dial(event.instance) if profile else None

    def _dialled(self, call: PhoneCall, number: str, now: float) -> None:
        self._at_work.desk.finish(call, "the number is for the intercom", now=now)
        self._ask(call.line, number, now)

    def _ask(self, line: int, number: str, now: float) -> None:
        number = "".join(key for key in number if key in _PLAIN)[:64]
        if number:
            self._at_work.outgoing.ask(line, TARGET + number, Party(number), now=now)
        else:
            self._at_work.desk.screen.notify(Label.NUMBER_NOT_CONFIGURED)
