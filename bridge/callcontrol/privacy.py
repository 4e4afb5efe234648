"""Privacy: whether the other phones of a line show with whom this phone talks, and may join in.

Source: SCCP flows reference, section 4.9; SCCP enumerations reference, section 5 (button type 0x13).
"""

from __future__ import annotations

from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.settings import CallSettings
from bridge.sccp import LampMode, SetLamp, StimulusType
from bridge.sccp.stationevents import ButtonPressed


class Privacy(Feature):
    """The Privacy button with its lamp. What is private now is told to the other phones at the end of the step."""

    __slots__ = ()
    BUTTONS = frozenset({StimulusType.FEATURE})

    def __init__(self, workings: Workings) -> None:
        super().__init__(workings)
        workings.desk.private = workings.desk.settings.privacy

    def button(self, event: ButtonPressed, *, now: float) -> None:
        """On and off; what goes on is hidden, or shown, at once."""
        desk = self._at_work.desk
        if any(each.type is event.button and each.instance == event.instance for each in desk.session.buttons):
            desk.private = not desk.private
            self._light(event.instance)

    def registered(self, *, now: float) -> None:
        """The lamp says from the start how it stands."""
        for each in self._at_work.desk.session.buttons:
            if each.type is StimulusType.FEATURE:
                self._light(each.instance)

    def settings_changed(self, before: CallSettings, *, now: float) -> None:
        """What the site says now goes before what the button said."""
        desk = self._at_work.desk
        if desk.settings.privacy is not before.privacy:
            desk.private = desk.settings.privacy
            self.registered(now=now)

    def _light(self, instance: int) -> None:
        desk = self._at_work.desk
        desk.screen.send(SetLamp(StimulusType.FEATURE, instance, LampMode.ON if desk.private else LampMode.OFF))
