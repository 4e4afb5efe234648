"""What the user's inputs mean: which call they are for, and what it is told.

Old phones name neither line nor call, so an input is for the call that occupies the user, else for the one that rings,
else for the one on hold. Source: SCCP flows reference, sections 3, 4.1 and 8.
"""

from __future__ import annotations

from bridge.callcontrol.desk import MAX_CALLS, Desk
from bridge.callcontrol.incoming import IncomingCalls
from bridge.callcontrol.keys import Act, Key, act_of
from bridge.callcontrol.midcall import MidCall
from bridge.callcontrol.outgoing import Outgoing
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.transfer import Transfer
from bridge.sccp import Label, SoftKeyEventType, StimulusType
from bridge.sccp.stationevents import (
    ButtonPressed,
    DigitPressed,
    HandsetLifted,
    HandsetReplaced,
    HookFlashed,
    NumberDialled,
    SoftKeyPressed,
    UserInput,
)

KEY_OF_SOFT_KEY = {
    SoftKeyEventType.HOLD: Key.HOLD,
    SoftKeyEventType.RESUME: Key.RESUME,
    SoftKeyEventType.ANSWER: Key.ANSWER,
    SoftKeyEventType.END_CALL: Key.END,
    SoftKeyEventType.BACKSPACE: Key.BACKSPACE,
    SoftKeyEventType.DIAL: Key.DIAL,
    SoftKeyEventType.TRANSFER: Key.TRANSFER,
}
KEY_OF_BUTTON = {
    StimulusType.HOLD: Key.HOLD,
    StimulusType.TRANSFER: Key.TRANSFER,
    StimulusType.END_CALL: Key.END,
    StimulusType.ANSWER_RELEASE: Key.ANSWER,
}
_BEFORE_DIALLING = (PhoneCallState.OFF_HOOK, PhoneCallState.DIALLING)
_ENDED_BY_ANOTHER = (
    PhoneCallState.OFF_HOOK,
    PhoneCallState.DIALLING,
    PhoneCallState.PROCEEDING,
    PhoneCallState.RINGING_OUT,
    PhoneCallState.FAILED,
)


class User:
    """The user of one phone."""

    __slots__ = ("_desk", "_incoming", "_midcall", "_outgoing", "_transfer")

    def __init__(
        self, desk: Desk, outgoing: Outgoing, incoming: IncomingCalls, midcall: MidCall, transfer: Transfer
    ) -> None:
        self._desk = desk
        self._outgoing = outgoing
        self._incoming = incoming
        self._midcall = midcall
        self._transfer = transfer

    def receive(self, event: UserInput, *, now: float) -> None:
        """Do what the user wants."""
        desk = self._desk
        match event:
            case HandsetLifted():
                self._lifted(event, now)
            case HandsetReplaced():
                call = self._told(event.call_ref)
                if call is None or call.is_aside:
                    call = desk.active
                if call is not None:
                    self._replaced(call, now)
            case DigitPressed():
                active = desk.active
                if active is not None:
                    self._press(active, Key.DIGIT, digit=event.digit, now=now)
            case SoftKeyPressed():
                self._soft_key(event, now)
            case ButtonPressed():
                self._button(event, now)
            case NumberDialled():
                self._dial(event.number, event.line, now)
            case HookFlashed():
                self._flashed(now)

    # --- hook --------------------------------------------------------------------------------------------------------

    def _lifted(self, event: HandsetLifted, now: float) -> None:
        desk = self._desk
        if desk.active is not None:
            return  # from speaker to handset, or told twice
        told = self._told(event.call_ref)
        ringing = told if told is not None and told.state is PhoneCallState.RINGING_IN else None
        ringing = ringing or desk.first(PhoneCallState.RINGING_IN, event.line) or desk.first(PhoneCallState.RINGING_IN)
        if ringing is not None:
            self._press(ringing, Key.ANSWER, now=now)
        else:
            self._new_call(event.line, "", now)

    def _replaced(self, call: PhoneCall, now: float) -> None:
        """Without a display nobody can come back to a held call: hanging up hands it over, or ends it."""
        desk = self._desk
        if not desk.session.traits.display:
            if call.transfer_of is not None and act_of(call.state, Key.TRANSFER) is Act.TRANSFER:
                self._press(call, Key.TRANSFER, now=now)
                return
            for held in desk.all_calls:
                if held.state is PhoneCallState.HELD and not held.transferring:
                    self._end(held, now)
        self._press(call, Key.END, now=now)

    def _flashed(self, now: float) -> None:
        """Hold and dial; flash again to hand over or to swap."""
        desk = self._desk
        active = desk.active
        if active is None:
            return
        waiting = desk.first(PhoneCallState.RINGING_IN)
        if waiting is not None:
            self._press(waiting, Key.ANSWER, now=now)
        elif active.state is PhoneCallState.CONNECTED and (held := desk.first(PhoneCallState.HELD)) is not None:
            self._press(held, Key.RESUME, now=now)
        else:
            self._press(active, Key.TRANSFER, now=now)

    # --- keys --------------------------------------------------------------------------------------------------------

    def _soft_key(self, event: SoftKeyPressed, now: float) -> None:
        desk = self._desk
        match event.key:
            case SoftKeyEventType.NEW_CALL:
                self._new_call(event.line, "", now)
            case SoftKeyEventType.REDIAL:
                self._dial(desk.last_dialled, event.line, now)
            case key if (meaning := KEY_OF_SOFT_KEY.get(key)) is not None:
                call = self._meant(meaning, event.call_ref, event.line)
                if call is not None:
                    self._press(call, meaning, now=now)
            case _:
                desk.screen.notify(Label.KEY_IS_NOT_ACTIVE)

    def _button(self, event: ButtonPressed, now: float) -> None:
        desk, profile = self._desk, self._desk.session.profile
        match event.button:
            case StimulusType.LINE:
                self._line_button(event.instance, event.call_ref, now)
            case StimulusType.SPEED_DIAL | StimulusType.BLF_SPEED_DIAL:
                speed_dial = profile.speed_dial(event.instance) if profile else None
                if speed_dial is not None:
                    self._dial(speed_dial.number, 0, now)
            case StimulusType.REDIAL:
                self._dial(desk.last_dialled, 0, now)
            case StimulusType.VOICEMAIL | StimulusType.MESSAGES:
                self._dial(desk.settings.voicemail, 0, now)
            case StimulusType.NEW_CALL:
                self._new_call(0, "", now)
            case button if (meaning := KEY_OF_BUTTON.get(button)) is not None:
                line = 0 if desk.session.traits.hold_names_first_line else event.instance
                call = self._meant(meaning, event.call_ref, line)
                if call is not None:
                    self._press(call, meaning, now=now)
            case _:
                desk.screen.notify(Label.KEY_IS_NOT_ACTIVE)

    def _line_button(self, line: int, call_ref: int, now: float) -> None:
        """Answer what rings there, take back what is held there, else a new call."""
        desk = self._desk
        told = self._told(call_ref)
        active = desk.active
        if told is not None and told.line == line and told.is_aside:
            self._press(told, Key.ANSWER if told.state is PhoneCallState.RINGING_IN else Key.RESUME, now=now)
        elif (ringing := desk.first(PhoneCallState.RINGING_IN, line)) is not None:
            self._press(ringing, Key.ANSWER, now=now)
        elif active is not None and active.line == line:
            return
        elif (held := desk.first(PhoneCallState.HELD, line)) is not None:
            self._press(held, Key.RESUME, now=now)
        else:
            self._new_call(line, "", now)

    def _press(self, call: PhoneCall, key: Key, *, digit: str = "", now: float) -> None:
        match act_of(call.state, key):
            case Act.END:
                self._end(call, now)
            case Act.ANSWER:
                if self._make_room(now):
                    self._incoming.answer(call, now=now)
            case Act.HOLD:
                self._midcall.hold(call, now=now)
            case Act.RESUME:
                if self._make_room(now) and not call.transferring:
                    self._midcall.resume(call, now=now)
            case Act.COLLECT:
                self._outgoing.digit(call, digit, now=now)
            case Act.ERASE:
                self._outgoing.erase(call, now=now)
            case Act.DIAL:
                self._outgoing.dial(call, call.digits, now=now)
            case Act.SEND_DIGIT:
                self._midcall.digit(call, digit, now=now)
            case Act.TRANSFER:
                self._transfer.pressed(call, now=now)
            case Act.NOTHING:
                pass

    def _end(self, call: PhoneCall, now: float) -> None:
        self._desk.finish(call, "the phone hung up", now=now)

    # --- new calls ---------------------------------------------------------------------------------------------------

    def _new_call(self, line: int, number: str, now: float) -> None:
        desk = self._desk
        active = desk.active
        if active is not None and active.state is PhoneCallState.OFF_HOOK and line in (0, active.line):
            if number:
                self._outgoing.dial(active, number, now=now)
            return
        line = line or 1
        profile = desk.session.profile
        own = profile.line(line) if profile else None
        if own is None or len(desk.of_line(line)) >= own.max_calls or len(desk.calls) >= MAX_CALLS:
            desk.screen.notify(Label.LINE_IN_USE)
            return
        if self._make_room(now):
            self._outgoing.begin(line, number=number, now=now)

    def _dial(self, number: str, line: int, now: float) -> None:
        """A whole number: on the line that is off-hook already, else on a new call."""
        if not number:
            self._desk.screen.notify(Label.NUMBER_NOT_CONFIGURED)
            return
        active = self._desk.active
        if active is not None and active.state in _BEFORE_DIALLING:
            self._outgoing.dial(active, number, now=now)
        else:
            self._new_call(line, number, now)

    def _make_room(self, now: float) -> bool:
        """Put aside what occupies the user. False where that cannot be done just now."""
        desk = self._desk
        active = desk.active
        if active is None:
            return True
        if active.state in (PhoneCallState.CONNECTED, PhoneCallState.RESUMING):
            self._midcall.hold(active, now=now)
        elif active.state in _ENDED_BY_ANOTHER:
            desk.finish(active, "the phone turned to another call", now=now)
        else:
            return False
        return True

    # --- which call --------------------------------------------------------------------------------------------------

    def _told(self, call_ref: int) -> PhoneCall | None:
        return self._desk.calls.get(call_ref)

    def _meant(self, key: Key, call_ref: int, line: int) -> PhoneCall | None:
        """The call that a key is for: the one that the phone names, else the one that the key can do something to."""
        desk = self._desk
        told = self._told(call_ref)
        if told is not None:
            return told
        active = desk.active
        if active is not None and act_of(active.state, key) is not Act.NOTHING:
            return active
        for on in (line, 0):
            for state in (PhoneCallState.RINGING_IN, PhoneCallState.HELD):
                call = desk.first(state, on)
                if call is not None and act_of(call.state, key) is not Act.NOTHING:
                    return call
        return active
