"""Call forward: set and cleared at the phone, kept by the PBX, shown as the PBX has it.

A key asks for a number, as for a call; pressed while a forward stands, it ends it. What the phone shows is only ever
what was read from the PBX: a press changes nothing here, so phone and PBX cannot contradict each other. Only the next
press goes by what was asked for until the PBX answers, and undoes it.
Source: SCCP flows reference, section 4.4.
"""

from __future__ import annotations

from bridge.callcontrol.events import ANSWERED_WITHIN, ChangeForward, LineChangeFailed, LineFeaturesRead
from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.core import ForwardKind, LineFeatures
from bridge.sccp import (
    ExtendedLabel,
    ForwardStat,
    Label,
    LampMode,
    SetLamp,
    SoftKeyEventType,
    StimulusType,
)
from bridge.sccp.stationevents import ButtonPressed, SoftKeyPressed

KIND_OF_KEY = {
    SoftKeyEventType.CFWD_ALL: ForwardKind.ALL,
    SoftKeyEventType.CFWD_BUSY: ForwardKind.BUSY,
    SoftKeyEventType.CFWD_NO_ANSWER: ForwardKind.NO_ANSWER,
}
KIND_OF_BUTTON = {
    StimulusType.FORWARD_ALL: ForwardKind.ALL,
    StimulusType.FORWARD_BUSY: ForwardKind.BUSY,
    StimulusType.FORWARD_NO_ANSWER: ForwardKind.NO_ANSWER,
}
FLAG_OF_18 = 2
"""What "active" is from version 18 on; 1 before."""
_OPEN = (PhoneCallState.OFF_HOOK, PhoneCallState.DIALLING)


class Forwarding(Feature):
    """The forwards of a phone's lines."""

    __slots__ = ("_asked", "_lit", "_states")
    SOFT_KEYS = frozenset(KIND_OF_KEY)
    BUTTONS = frozenset(KIND_OF_BUTTON)

    def __init__(self, workings: Workings) -> None:
        super().__init__(workings)
        self._states: dict[int, LineFeatures] = {}
        """By line; a line is missing as long as the PBX was not heard of it."""
        self._asked: dict[tuple[int, ForwardKind], tuple[str, float]] = {}
        """By line and kind: the target that the PBX was asked for and has not shown yet, and until when that counts."""
        self._lit: set[StimulusType] = set()

    def soft_key(self, event: SoftKeyPressed, call: PhoneCall | None, *, now: float) -> None:
        """CFwdAll, CFwdBusy, CFwdNoAnswer."""
        self._pressed(KIND_OF_KEY[event.key], call.line if call else event.line or 1, now)

    def button(self, event: ButtonPressed, *, now: float) -> None:
        """The same as buttons: for the line that the user is on, else the first."""
        active = self._at_work.desk.active
        self._pressed(KIND_OF_BUTTON[event.button], active.line if active else 1, now)

    def _pressed(self, kind: ForwardKind, line: int, now: float) -> None:
        desk = self._at_work.desk
        profile, active = desk.session.profile, desk.active
        own = profile.line(line) if profile else None
        if own is None:
            return
        waits = active if active is not None and active.line == line and active.state in _OPEN else None
        if waits is not None and waits.number_for is not None:
            desk.finish(waits, "the user thought better of it", now=now)
        elif self._target(line, kind, now):
            if waits is not None:
                desk.finish(waits, "the forward was ended", now=now)
            self._change(line, own.number, kind, "", now)
        elif (call := waits or self._at_work.focus.new_call(line, now=now)) is not None:
            call.number_for = lambda done, number, at: self._take(done, kind, number, at)
            desk.screen.asks_number(call)

    def _target(self, line: int, kind: ForwardKind, now: float) -> str:
        """Where calls go, or will go in a moment; empty for nowhere."""
        target, until = self._asked.get((line, kind), ("", 0.0))
        if now < until:
            return target
        return self._states[line].forward(kind) if line in self._states else ""

    def _change(self, line: int, number: str, kind: ForwardKind, target: str, now: float) -> None:
        self._asked[line, kind] = target, now + ANSWERED_WITHIN
        self._at_work.desk.events.append(ChangeForward(number, kind, target))

    def _take(self, call: PhoneCall, kind: ForwardKind, target: str, now: float) -> None:
        desk = self._at_work.desk
        number = desk.own(call).number
        desk.finish(call, "the number was for a forward", now=now)
        if target == number:
            desk.screen.notify(ExtendedLabel.CFWD_ALL_LOOP_DETECTED)
        else:
            self._change(call.line, number, kind, target, now)

    # --- what the PBX says -------------------------------------------------------------------------------------------

    def told(self, answer: object, *, now: float) -> bool:
        """How a line stands, or that a change did not come about. Others want to hear it, too."""
        desk = self._at_work.desk
        profile = desk.session.profile
        match answer:
            case LineFeaturesRead() if profile is not None:
                for line, own in enumerate(profile.lines, 1):
                    if own.number == answer.number and self._states.get(line) != answer.features:
                        self._states[line] = answer.features
                        self._show(line)
                    for kind in ForwardKind:
                        if self._asked.get((line, kind), ("", 0.0))[0] == answer.features.forward(kind):
                            self._asked.pop((line, kind), None)
            case LineChangeFailed():
                self._asked.clear()
                desk.screen.notify(desk.settings.texts.unreachable)
        return False

    def registered(self, *, now: float) -> None:
        """Show again what is known."""
        self._lit.clear()
        for line in self._states:
            self._show(line)

    def _show(self, line: int) -> None:
        desk = self._at_work.desk
        state = self._states[line]
        flag = FLAG_OF_18 if desk.session.dialect.version >= 18 else 1
        everywhere, busy, absent = (flag if state.forward(kind) else 0 for kind in ForwardKind)
        desk.screen.send(
            ForwardStat(
                flag if everywhere or busy or absent else 0,
                line,
                everywhere,
                state.forward_all[:23],
                busy,
                state.forward_busy[:23],
                absent,
                state.forward_no_answer[:23],
            )
        )
        for button, kind in KIND_OF_BUTTON.items():
            lit = any(each.forward(kind) for each in self._states.values())
            if lit != (button in self._lit):
                self._lit ^= {button}
                desk.screen.send(SetLamp(button, 1, LampMode.ON if lit else LampMode.OFF))
        forwarded = next((each.forward_all for each in self._states.values() if each.forward_all), "")
        desk.standing["forward"] = Label.FORWARDED_TO + forwarded if forwarded else ""
        self._at_work.lines.show()
