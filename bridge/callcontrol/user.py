"""What the user's inputs mean: which call they are for, and what it is told.

Old phones name neither line nor call, so an input is for the call that occupies the user, else for the one that rings,
else for the one on hold. Source: SCCP flows reference, sections 3, 4.1 and 8.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.callcontrol.desk import Desk
from bridge.callcontrol.feature import Feature, Workings
from bridge.callcontrol.keys import Act, Key, act_of
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
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
PLAIN_KEYS = frozenset({SoftKeyEventType.NEW_CALL, SoftKeyEventType.REDIAL, *KEY_OF_SOFT_KEY})
"""Soft keys that every phone has; all others belong to services."""
KEY_OF_BUTTON = {
    StimulusType.HOLD: Key.HOLD,
    StimulusType.TRANSFER: Key.TRANSFER,
    StimulusType.END_CALL: Key.END,
    StimulusType.ANSWER_RELEASE: Key.ANSWER,
}

_LED_NOWHERE = (PhoneCallState.OFF_HOOK, PhoneCallState.DIALLING, PhoneCallState.FAILED)


class User:
    """The user of one phone."""

    __slots__ = ("_desk", "_features", "_focus", "_incoming", "_midcall", "_outgoing", "_sharing", "_transfer")

    def __init__(self, workings: Workings, features: Sequence[Feature]) -> None:
        self._desk: Desk = workings.desk
        self._focus = workings.focus
        self._outgoing = workings.outgoing
        self._incoming = workings.incoming
        self._midcall = workings.midcall
        self._transfer = workings.transfer
        self._sharing = workings.sharing
        self._features = features

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
                else:
                    any(feature.hung_up(now=now) for feature in self._features)
            case DigitPressed():
                active = desk.active
                if active is not None:
                    self._press(active, Key.DIGIT, digit=event.digit, now=now)
            case SoftKeyPressed():
                self._soft_key(event, now)
            case ButtonPressed():
                self._button(event, now)
            case NumberDialled():
                self._focus.dial(event.number, event.line, now=now)
            case HookFlashed():
                self._flashed(now)

    # --- hook --------------------------------------------------------------------------------------------------------

    def _lifted(self, event: HandsetLifted, now: float) -> None:
        desk = self._desk
        if desk.active is not None:
            # From speaker to handset, or told twice.
            any(feature.again(desk.active, now=now) for feature in self._features)
            return
        told = self._told(event.call_ref)
        ringing = told if told is not None and told.state is PhoneCallState.RINGING_IN else None
        ringing = ringing or desk.first(PhoneCallState.RINGING_IN, event.line) or desk.first(PhoneCallState.RINGING_IN)
        if ringing is not None:
            self._press(ringing, Key.ANSWER, now=now)
        elif (reverting := next((call for call in desk.all_calls if call.reverting), None)) is not None:
            self._press(reverting, Key.RESUME, now=now)
        else:
            self._focus.new_call(event.line, now=now)

    def _replaced(self, call: PhoneCall, now: float) -> None:
        """Hanging up may hand the held call over; without a display nobody could come back to it, and it ends."""
        desk = self._desk
        blind = not desk.session.traits.display
        hands_over = blind or desk.settings.transfer_on_hook
        if hands_over and call.transfer_of is not None and act_of(call.state, Key.TRANSFER) is Act.TRANSFER:
            self._press(call, Key.TRANSFER, now=now)
            return
        if blind:
            for held in desk.all_calls:
                if held.state is PhoneCallState.HELD and not held.transferring:
                    self._end(held, now)
        self._press(call, Key.END, now=now)

    def _flashed(self, now: float) -> None:
        """Hold and dial; flash again to hand over, to swap, or to come back from a number that led nowhere.

        An analog phone has no other way back: hanging up would end the held call.
        """
        desk = self._desk
        active, held = desk.active, desk.first(PhoneCallState.HELD)
        waiting = desk.first(PhoneCallState.RINGING_IN)
        if active is None:
            if held is not None:
                self._press(held, Key.RESUME, now=now)
        elif waiting is not None:
            self._press(waiting, Key.ANSWER, now=now)
        elif held is not None and active.state in (PhoneCallState.CONNECTED, *_LED_NOWHERE):
            if active.state in _LED_NOWHERE:
                self._end(active, now)
            self._press(held, Key.RESUME, now=now)
        else:
            self._press(active, Key.TRANSFER, now=now)

    # --- keys --------------------------------------------------------------------------------------------------------

    def _soft_key(self, event: SoftKeyPressed, now: float) -> None:
        desk = self._desk
        match event.key:
            case SoftKeyEventType.NEW_CALL:
                self._focus.new_call(event.line, now=now)
            case SoftKeyEventType.REDIAL:
                self._focus.dial(desk.last_dialled, event.line, now=now)
            case key if (meaning := KEY_OF_SOFT_KEY.get(key)) is not None:
                call = self._meant(meaning, event.call_ref, event.line)
                if call is not None:
                    self._press(call, meaning, now=now)
            case key if (feature := self._feature_of_key(key)) is not None:
                feature.soft_key(event, self._told(event.call_ref) or desk.active, now=now)
            case _:
                desk.screen.notify(Label.KEY_IS_NOT_ACTIVE)

    def _feature_of_key(self, key: SoftKeyEventType) -> Feature | None:
        return next((feature for feature in self._features if key in feature.SOFT_KEYS), None)

    def _feature_of_button(self, event: ButtonPressed) -> Feature | None:
        return next((each for each in self._features if event.button in each.BUTTONS and each.takes(event)), None)

    def _button(self, event: ButtonPressed, now: float) -> None:
        desk, profile = self._desk, self._desk.session.profile
        match event.button:
            case _ if (feature := self._feature_of_button(event)) is not None:
                feature.button(event, now=now)
            case StimulusType.LINE:
                self._line_button(event.instance, event.call_ref, now)
            case StimulusType.SPEED_DIAL:
                speed_dial = profile.speed_dial(event.instance) if profile else None
                if speed_dial is not None:
                    self._focus.dial(speed_dial.number, 0, now=now)
            case StimulusType.REDIAL:
                self._focus.dial(desk.last_dialled, 0, now=now)
            case StimulusType.NEW_CALL:
                self._focus.new_call(0, now=now)
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
        if told is not None and told.line == line and told.is_aside and told.state is not PhoneCallState.REMOTE:
            self._press(told, Key.ANSWER if told.state is PhoneCallState.RINGING_IN else Key.RESUME, now=now)
        elif (ringing := desk.first(PhoneCallState.RINGING_IN, line)) is not None:
            self._press(ringing, Key.ANSWER, now=now)
        elif active is not None and active.line == line:
            any(feature.again(active, now=now) for feature in self._features)
        elif (held := desk.first(PhoneCallState.HELD, line)) is not None:
            self._press(held, Key.RESUME, now=now)
        elif (elsewhere := desk.first(PhoneCallState.REMOTE_HELD, line)) is not None:
            self._press(elsewhere, Key.RESUME, now=now)
        else:
            self._focus.new_call(line, now=now)

    def _press(self, call: PhoneCall, key: Key, *, digit: str = "", now: float) -> None:
        match act_of(call.state, key):
            case Act.END:
                self._end(call, now)
            case Act.ANSWER:
                if self._focus.make_room(now=now):
                    self._incoming.answer(call, now=now)
            case Act.HOLD:
                self._midcall.hold(call, now=now)
            case Act.RESUME:
                if self._focus.make_room(now=now) and not call.transferring:
                    self._midcall.resume(call, now=now)
            case Act.TAKE:
                if self._sharing.may_take(call) and self._focus.make_room(now=now):
                    self._sharing.take(call, now=now)
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
            case Act.NOTHING if call.is_remote and key in (Key.ANSWER, Key.RESUME, Key.HOLD):
                self._desk.screen.notify(Label.IN_USE_REMOTE)  # another phone was quicker
            case Act.NOTHING:
                pass

    def _end(self, call: PhoneCall, now: float) -> None:
        self._desk.finish(call, "the phone hung up", now=now)

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
            for state in (PhoneCallState.RINGING_IN, PhoneCallState.HELD, PhoneCallState.REMOTE_HELD):
                call = desk.first(state, on)
                if call is not None and act_of(call.state, key) is not Act.NOTHING:
                    return call
        return active
