"""Do not disturb: for all lines of the phone, kept by the PBX, shown as the PBX has it.

Rejecting is the PBX's work (its callers hear busy, or go where busy calls go); being silent is the phone's.
Source: SCCP flows reference, section 4.5.
"""

from __future__ import annotations

from bridge.callcontrol.events import ANSWERED_WITHIN, ChangeDnd, LineChangeFailed, LineFeaturesRead
from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.core import DndMode, LineFeatures
from bridge.sccp import ExtendedLabel, Label, LampMode, SetLamp, SoftKeyEventType, StimulusType
from bridge.sccp.stationevents import ButtonPressed, SoftKeyPressed


class DoNotDisturb(Feature):
    """The DND key."""

    __slots__ = ("_asked", "_lit", "_states")
    SOFT_KEYS = frozenset({SoftKeyEventType.DO_NOT_DISTURB})
    BUTTONS = frozenset({StimulusType.DO_NOT_DISTURB})

    def __init__(self, workings: Workings) -> None:
        super().__init__(workings)
        self._states: dict[int, LineFeatures] = {}
        self._asked: tuple[DndMode, float] | None = None
        """What the last press asked for, and until when that counts: the PBX has not said yet that it is so."""
        self._lit = False

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        """On, or off."""
        self._toggle(now)

    def button(self, event: ButtonPressed, *, now: float) -> None:
        """The same."""
        self._toggle(now)

    @property
    def _is_on(self) -> bool:
        return any(state.dnd is not DndMode.OFF for state in self._states.values())

    def _toggle(self, now: float) -> None:
        """The other way round than it is, or will be in a moment: a second press undoes the first."""
        on = self._is_on if self._asked is None or self._asked[1] <= now else self._asked[0] is not DndMode.OFF
        desk = self._at_work.desk
        profile = desk.session.profile
        modes = tuple(
            mode for mode in desk.settings.dnd_modes if mode is not DndMode.SILENT or desk.session.traits.silent_dnd
        )
        if not on and not modes:
            desk.screen.notify(Label.SERVICE_IS_NOT_ACTIVE)
            return
        mode = DndMode.OFF if on else modes[0]
        self._asked = mode, now + ANSWERED_WITHIN
        for number in dict.fromkeys(own.number for own in (profile.lines if profile else ())):
            desk.events.append(ChangeDnd(number, mode))

    # --- what the PBX says -------------------------------------------------------------------------------------------

    def told(self, answer: object, *, now: float) -> bool:
        """How a line stands, or that a change did not come about. Others want to hear it, too."""
        profile = self._at_work.desk.session.profile
        match answer:
            case LineFeaturesRead() if profile is not None:
                for line, own in enumerate(profile.lines, 1):
                    if own.number == answer.number and self._states.get(line) != answer.features:
                        self._states[line] = answer.features
                        self._show(line)
                if self._asked is not None and all(state.dnd is self._asked[0] for state in self._states.values()):
                    self._asked = None
            case LineChangeFailed():
                self._asked = None
        return False

    def registered(self, *, now: float) -> None:
        """Show again what is known."""
        self._lit = False
        for line in self._states:
            self._show(line)

    def _show(self, line: int) -> None:
        desk, on, state = self._at_work.desk, self._is_on, self._states[line]
        if on != self._lit:
            self._lit = on
            desk.screen.send(SetLamp(StimulusType.DO_NOT_DISTURB, 1, LampMode.ON if on else LampMode.OFF))
            if not desk.session.traits.prompt:
                desk.screen.notify(ExtendedLabel.DO_NOT_DISTURB_IS_ACTIVE if on else Label.YOUR_CURRENT_OPTIONS)
        desk.standing["dnd"] = ExtendedLabel.DO_NOT_DISTURB_IS_ACTIVE if on else ""
        self._at_work.lines.show()
        silent = state.dnd is not DndMode.OFF and not state.ring_through
        if silent != (line in desk.screen.silent_lines):
            desk.screen.silent_lines ^= {line}
            for call in desk.of_line(line):
                if call.state is PhoneCallState.RINGING_IN:
                    desk.screen.ring(call)
