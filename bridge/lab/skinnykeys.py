"""What a person does with an SCCP phone: hook, keypad, soft keys by their labels, buttons, dialling at their pace.

Sources: SCCP flows reference, sections 3, 4 and 5.5; SCCP wire reference, section 10 (how models word it).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from bridge.errors import InvalidInput, LocalProtocolError
from bridge.lab.skinnycall import StationCall
from bridge.lab.skinnycalls import StationCalls
from bridge.lab.skinnydisplay import Display
from bridge.lab.skinnyevents import KeyToPlay, StationEvent
from bridge.lab.skinnymodels import SkinnyTraits
from bridge.lab.skinnysoftkeys import SoftKeyBoard
from bridge.sccp import (
    ButtonDefinition,
    EnblocCall,
    HookFlash,
    KeypadButton,
    KeypadKey,
    Message,
    OffHook,
    OnHook,
    SoftKeyEvent,
    StationCallState,
    Stimulus,
    StimulusType,
)

_DIALS = "0123456789ABCD*#+"
_LONGEST = 24
_BY_INSTANCE = 15
"""From this version on keys tell the line's instance, below it the button's position (wire reference, section 10)."""
_TALKING = {StationCallState.CONNECTED, StationCallState.RING_OUT, StationCallState.PROCEED}
_DIALLING = StationCallState.OFF_HOOK


class Hook(Enum):
    """What the person speaks into."""

    ON = auto()
    HANDSET = auto()
    SPEAKER = auto()


@dataclass(frozen=True, slots=True)
class Pace:
    """How quick the person is. Seconds."""

    digit: float = 0.0
    """Between two keys."""
    finish: float = 0.4
    """After the last digit, until the person presses Dial (or ``#``) because the server still waits for more."""
    dial_tone: float = 5.0
    """How long the person waits for a dial tone."""


@dataclass(slots=True)
class _Typing:
    number: str
    next_at: float
    """When the next key is due; before there is a dial tone: when the person gives up waiting for it."""
    position: int = 0
    started: bool = False


class StationKeys:
    """The keys of one phone."""

    def __init__(
        self,
        traits: SkinnyTraits,
        display: Display,
        soft_keys: SoftKeyBoard,
        calls: StationCalls,
        pace: Pace,
        *,
        send: Callable[[Message], None],
        report: Callable[[StationEvent], None],
        fault: Callable[[str], None],
    ) -> None:
        self._traits = traits
        self._display = display
        self._soft_keys = soft_keys
        self._calls = calls
        self._pace = pace
        self._send = send
        self._report = report
        self._fault = fault
        self._typing: _Typing | None = None
        self.hook = Hook.ON
        self.redial = ""
        """The number that was dialled last."""
        self.volume = 8

    # --- hook --------------------------------------------------------------------------------------------------------

    def lift(self, *, now: float, into: Hook = Hook.HANDSET) -> None:
        """Lift the handset, or press the speaker key: a new call, or the answer to the one that rings."""
        if self.hook is not Hook.ON:
            raise LocalProtocolError("the phone is off hook already")
        if into is Hook.SPEAKER and not self._traits.speaker:
            raise LocalProtocolError("this model has no microphone but the handset's")
        self.hook = into
        if ringing := self._calls.ringing:
            ringing.answered_at = now
        self._send(OffHook())

    def put_down(self, *, now: float) -> None:
        """Put the handset down, or press the speaker key again."""
        if self.hook is Hook.ON:
            raise LocalProtocolError("the phone is on hook")
        self.hook = Hook.ON
        self._typing = None
        self._send(OnHook())

    def speaker_key(self, *, now: float) -> None:
        """Press the speaker key: on for a new call or an answer, off to end what is heard there, a call or a page."""
        rings = self._calls.current is not None and self._calls.current is self._calls.ringing
        if self.hook is Hook.SPEAKER or (self.hook is Hook.ON and self._display.speaker and not rings):
            self.hook = Hook.SPEAKER
            self.put_down(now=now)
        else:
            self.lift(now=now, into=Hook.SPEAKER)

    def flash(self, *, now: float) -> None:
        """Press the hook shortly (analog adapters, 6901)."""
        call = self._calls.current
        self._send(HookFlash(call.line if call else 0, call.ref if call else 0))

    # --- keypad ------------------------------------------------------------------------------------------------------

    def digit(self, key: str, *, now: float) -> None:
        """Press a key of the keypad. Raises InvalidInput for what is on no keypad."""
        code = KeypadKey.of(key.upper())
        call = self._calls.current
        self._send(KeypadButton(code, self._line_word(call), call.ref if call else 0))
        if call is None:
            return
        if call.state == _DIALLING:
            call.dialled = (call.dialled + key.upper())[-_LONGEST:]
            call.last_key_at = now
        elif call.state in _TALKING and self._traits.has_rfc2833 and call.channel and call.channel.events:
            self._report(KeyToPlay(call, key.upper()))

    def _line_word(self, call: StationCall | None) -> int:
        line = call.line if call else 0
        if self._calls.version >= _BY_INSTANCE or not line:
            return line
        for position, button in enumerate(self._display.buttons, start=1):
            if button.type == StimulusType.LINE and button.instance == line:
                return position
        return line

    # --- soft keys and buttons ---------------------------------------------------------------------------------------

    def soft_key(self, label: str, *, now: float) -> None:
        """Press the soft key of this label. Raises LocalProtocolError when the screen does not show it."""
        ref = self._calls.selected
        event = self._soft_keys.event(ref, label)
        if event is None or not self._traits.soft_keys:
            shown = ", ".join(key for key in self._soft_keys.labels(ref) if key) if self._traits.soft_keys else ""
            raise LocalProtocolError(f"there is no soft key {label!r} now", why=f"shown are: {shown or 'none'}")
        call = self._calls.current
        if label.strip().lower() == "answer" and call is not None:
            call.answered_at = now
        self._send(SoftKeyEvent(event, call.line if call else 0, ref))

    def select(self, call: StationCall) -> None:
        """Move the cursor to a call on the screen, so that the soft keys are for it."""
        self._calls.selected = call.ref

    def can_press(self, label: str) -> bool:
        """Whether that soft key is shown."""
        return bool(self._traits.soft_keys) and self._soft_keys.event(self._calls.selected, label) is not None

    def button(self, position: int, *, now: float) -> None:
        """Press the button at this place, counted from 1. Raises LocalProtocolError where there is none."""
        buttons = self._display.buttons
        if not 1 <= position <= len(buttons):
            raise LocalProtocolError(f"there is no button {position}", why=f"the phone has {len(buttons)}")
        self._press(buttons[position - 1], now)

    def line(self, instance: int = 1, *, now: float) -> None:
        """Press a line button."""
        self._press(ButtonDefinition(instance, StimulusType.LINE), now)

    def speed_dial(self, index: int, *, now: float) -> None:
        """Press a speed-dial button."""
        self._press(ButtonDefinition(index, StimulusType.SPEED_DIAL), now)

    def messages(self, *, now: float) -> None:
        """Press the messages key."""
        self._press(ButtonDefinition(0, StimulusType.VOICEMAIL), now)

    def louder(self, steps: int = 1) -> None:
        """Press the volume key; negative steps for the other end of it. The server never hears of it."""
        self.volume = max(0, min(15, self.volume + steps))

    def _press(self, button: ButtonDefinition, now: float) -> None:
        call = self._calls.current
        ringing = self._calls.ringing
        if button.type == StimulusType.LINE and ringing is not None and ringing.line == button.instance:
            ringing.answered_at = now
            call = ringing
        self._send(Stimulus(button.type, button.instance, call.ref if call else 0))

    # --- what a person wants -----------------------------------------------------------------------------------------

    def dial(self, number: str, *, now: float, en_bloc: bool = False) -> None:
        """Call a number: a new call by the best means of the model, then its digits one by one, or ``en_bloc``.

        Raises LocalProtocolError while a call is dialled, InvalidInput for what no keypad can dial.
        """
        number = number.upper()
        if not 0 < len(number) <= _LONGEST or any(key not in _DIALS for key in number):
            raise InvalidInput(f"{number[:40]!r} cannot be dialled on a keypad")
        if self._typing is not None:
            raise LocalProtocolError("a number is being dialled already")
        self.redial = number
        front = self._calls.current
        if en_bloc:
            if self.hook is Hook.ON and not self._traits.speaker:
                self.lift(now=now)
            self._send(EnblocCall(number, 1))
            return
        if front is None or front.state != _DIALLING:
            if self.can_press("NewCall") and (self._traits.speaker or self.hook is not Hook.ON):
                self.soft_key("NewCall", now=now)
            elif self.hook is Hook.ON:
                self.lift(now=now, into=Hook.SPEAKER if self._traits.speaker else Hook.HANDSET)
            else:
                raise LocalProtocolError("the phone offers no new call now")
        self._typing = _Typing(number, now + self._pace.dial_tone)
        self.go_on(now=now)

    def answer(self, *, now: float) -> None:
        """Take the call that rings. Raises LocalProtocolError when nothing rings."""
        ringing = self._calls.ringing
        if ringing is None:
            raise LocalProtocolError("nothing rings")
        front = self._calls.selected == ringing.ref
        if front and self._traits.speaker and self.can_press("Answer"):
            self.soft_key("Answer", now=now)
        elif front and self.hook is Hook.ON:
            self.lift(now=now)
        else:  # another call is talked in: its line button takes the one that knocks
            self.line(ringing.line, now=now)

    def hang_up(self, *, now: float) -> None:
        """End the call in front, by EndCall or by the hook. Does nothing without a call on a phone that is on hook."""
        self._typing = None
        if self.hook is not Hook.ON:
            self.put_down(now=now)
        elif self._calls.current is not None:
            self.soft_key("EndCall", now=now)

    # --- at a person's pace ------------------------------------------------------------------------------------------

    @property
    def next_at(self) -> float | None:
        """When the person presses the next key."""
        return self._typing.next_at if self._typing else None

    @property
    def dialling(self) -> bool:
        """Whether a number is being dialled."""
        return self._typing is not None

    def go_on(self, *, now: float) -> None:
        """Press what is due; call it after every message, too: the dial tone may just have come."""
        typing = self._typing
        if typing is None:
            return
        call = self._calls.current
        dialling = call is not None and call.state == _DIALLING
        if not typing.started and dialling:
            typing.started = True
            typing.next_at = now
        if not typing.started:
            if typing.next_at <= now:
                self._typing = None
                self._fault(f"no call went off hook within {self._pace.dial_tone:g} s")
        elif call is None or not dialling:
            self._typing = None  # the server took the number before its end, or the call ended
        else:
            self._type(typing, call, now)

    def _type(self, typing: _Typing, call: StationCall, now: float) -> None:
        while typing.position < len(typing.number) and typing.next_at <= now:
            self.digit(typing.number[typing.position], now=now)
            typing.position += 1
            typing.next_at = now + self._pace.digit
            if typing.position == len(typing.number):
                typing.next_at = now + self._pace.finish
                self._calls.placed(call, typing.number)
                return
        if typing.position == len(typing.number) and typing.next_at <= now:
            self._typing = None
            call.last_key_at = now
            if self.can_press("Dial"):
                self.soft_key("Dial", now=now)
            else:
                self._send(KeypadButton(KeypadKey.POUND, self._line_word(call), call.ref))

    def call_over(self, *, now: float) -> None:
        """A call left the screen: with no call left, the person puts down what was lifted."""
        if not self._calls.all:
            self._typing = None
            if self.hook is not Hook.ON:
                self.put_down(now=now)
