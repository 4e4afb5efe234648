"""What the phone shows and sounds at each step of a call, in the order in which CallManager sends it.

Source: SCCP flows reference, sections 3 and 4.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from bridge.callcontrol.outcomes import Outcome
from bridge.callcontrol.parties import Party
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.sccp import (
    ALL_KEYS,
    ActivateCallPlane,
    BackSpaceRes,
    CallHistory,
    CallHistoryDisposition,
    CallInfo,
    CallSecurity,
    CallState,
    CallType,
    ClearPriNotify,
    ClearPromptStatus,
    DialedNumber,
    DisplayPriNotify,
    DisplayPromptStatus,
    Label,
    LampMode,
    Message,
    OnOff,
    RingDuration,
    RingMode,
    SelectSoftKeys,
    SetLamp,
    SetRinger,
    SetSpeakerMode,
    SoftKeyEventType,
    SoftKeySetIndex,
    StartTone,
    StationCallState,
    StimulusType,
    StopTone,
    Tone,
)
from bridge.sccp.profile import StationLine
from bridge.sccp.session import StationSession

NOTIFY_SECONDS = 10
NOTIFY_PRIORITY = 5
HISTORY_SINCE = 17
"""CallHistoryDisposition is for newer phones only."""

_LAMPS = {
    PhoneCallState.RINGING_IN: LampMode.BLINK,
    PhoneCallState.PROCEEDING: LampMode.BLINK,
    PhoneCallState.RINGING_OUT: LampMode.BLINK,
    PhoneCallState.HELD: LampMode.WINK,
    PhoneCallState.ENDED: LampMode.OFF,
}
_URGENCY = (LampMode.OFF, LampMode.WINK, LampMode.ON, LampMode.BLINK)


class Screen:
    """One phone's display, lamps, ringer and tones."""

    __slots__ = ("_idle", "_lamps", "_message_lamps", "_session", "_sets", "silent_lines", "unknown", "usable")

    def __init__(self, session: StationSession, unknown: str) -> None:
        self._session = session
        self._idle = ""
        self._lamps: dict[int, LampMode] = {}
        self._message_lamps: dict[int, bool] = {}
        self.unknown = unknown
        self.usable: Callable[[int], Collection[SoftKeyEventType]] = lambda _: tuple(SoftKeyEventType)
        """The soft keys that do something for the call of this reference; 0 for the idle phone."""
        self._sets: dict[int, SelectSoftKeys] = {}
        self.silent_lines: set[int] = set()
        """Lines whose calls make no sound."""

    def send(self, *messages: Message) -> None:
        """Send what the phone can use; nothing to a phone that is gone."""
        if self._session.is_accepted:
            self._session.send(*(self._fitted(message) for message in messages))

    def _fitted(self, message: Message) -> Message:
        """A set of soft keys as this model and this call have it: no key is shown that does nothing."""
        profile = self._session.profile
        if not isinstance(message, SelectSoftKeys) or profile is None:
            return message
        self._sets[message.call_ref] = message
        keys = message.set
        if keys == SoftKeySetIndex.CONNECTED_CONFERENCEABLE and not self._session.traits.conference_keys:
            keys = SoftKeySetIndex.CONNECTED
        mask = message.valid_mask & profile.softkeys.mask(keys, self.usable(message.call_ref))
        return replace(message, set=keys, valid_mask=mask)

    # --- idle --------------------------------------------------------------------------------------------------------

    def set_idle_text(self, text: str, *, show: bool) -> None:
        """What the prompt line says while nothing happens."""
        if text == self._idle:
            return
        self._idle = text
        if show:
            self.send(DisplayPromptStatus(text))

    def idle(self) -> None:
        """The idle phone."""
        self.send(SelectSoftKeys(0, 0, SoftKeySetIndex.ON_HOOK, ALL_KEYS), DisplayPromptStatus(self._idle))

    def keys_again(self) -> None:
        """Show the soft keys of all calls once more: there are others now, or others do something."""
        for message in tuple(self._sets.values()):
            self.send(message)

    def message(self, text: str, seconds: int, priority: int) -> None:
        """A text from somebody; 0 seconds until ``clear_message``."""
        self.send(DisplayPriNotify(text, seconds, priority))

    def clear_message(self, priority: int) -> None:
        """Take such a text away."""
        self.send(ClearPriNotify(priority))

    def notify(self, text: str) -> None:
        """A text over everything else for some seconds."""
        self.send(DisplayPriNotify(text, NOTIFY_SECONDS, NOTIFY_PRIORITY))

    def prompt(self, call: PhoneCall, text: str) -> None:
        """What the prompt line says of a call."""
        self.send(DisplayPromptStatus(text, 0, call.line, call.call_ref))

    def message_lamp(self, instance: int, *, lit: bool, always: bool = False) -> None:
        """The message lamp of a line; 0 for that of the phone."""
        if always or self._message_lamps.get(instance, False) != lit:
            self._message_lamps[instance] = lit
            self.send(SetLamp(StimulusType.VOICEMAIL, instance, LampMode.ON if lit else LampMode.OFF))

    # --- outgoing ----------------------------------------------------------------------------------------------------

    def off_hook(self, call: PhoneCall, calls: Iterable[PhoneCall], *, stutter: bool, prompt: bool = True) -> None:
        """Dial tone."""
        line, ref = call.line, call.call_ref
        feature = call.transfer_of is not None
        keys = SoftKeySetIndex.OFF_HOOK_WITH_FEATURE if feature else SoftKeySetIndex.OFF_HOOK
        self.send(SetRinger(RingMode.OFF), SetSpeakerMode(OnOff.ON))
        self.lamps(calls)
        self.send(
            CallState(StationCallState.OFF_HOOK, line, ref),
            SelectSoftKeys(line, ref, keys, ALL_KEYS),
            DisplayPromptStatus(Label.ENTER_NUMBER, 0, line, ref),
            ActivateCallPlane(line),
        )
        if prompt:
            self.tone(call, Tone.MESSAGE_WAITING if stutter else Tone.INSIDE_DIAL)

    def asks_number(self, call: PhoneCall) -> None:
        """A service, not the network, wants the number."""
        line, ref = call.line, call.call_ref
        self.send(
            SelectSoftKeys(line, ref, SoftKeySetIndex.OFF_HOOK_WITH_FEATURE, ALL_KEYS),
            DisplayPromptStatus(Label.ENTER_NUMBER, 0, line, ref),
        )

    def digits(self, call: PhoneCall) -> None:
        """The first digit came."""
        self.silence(call)
        self.send(SelectSoftKeys(call.line, call.call_ref, SoftKeySetIndex.DIGITS_AFTER_DIALING_FIRST, ALL_KEYS))

    def erased(self, call: PhoneCall) -> None:
        """The last digit is gone."""
        self.send(BackSpaceRes(call.line, call.call_ref))

    def proceeding(self, call: PhoneCall, own: StationLine, calls: Iterable[PhoneCall]) -> None:
        """The number is complete."""
        line, ref = call.line, call.call_ref
        self.silence(call)
        self.lamps(calls)
        self.info(call, own)
        self.send(
            DialedNumber(call.dialled, line, ref),
            CallState(StationCallState.PROCEED, line, ref),
            SelectSoftKeys(line, ref, SoftKeySetIndex.RING_OUT, ALL_KEYS),
            DisplayPromptStatus(Label.CALL_PROCEED, 0, line, ref),
        )

    def ringing_out(self, call: PhoneCall, calls: Iterable[PhoneCall], *, tone: bool) -> None:
        """The other side rings; ``tone`` where no early media tell of it."""
        line, ref = call.line, call.call_ref
        transfer = call.transfer_of is not None
        keys = SoftKeySetIndex.CONNECTED_TRANSFERABLE if transfer else SoftKeySetIndex.RING_OUT
        self.lamps(calls)
        self.send(
            CallState(StationCallState.RING_OUT, line, ref),
            SelectSoftKeys(line, ref, keys, ALL_KEYS),
            DisplayPromptStatus(Label.RING_OUT, 0, line, ref),
        )
        if tone:
            self.tone(call, Tone.ALERTING)
        else:
            self.silence(call)

    def failed(self, call: PhoneCall, outcome: Outcome, text: str, calls: Iterable[PhoneCall]) -> None:
        """It does not come about."""
        line, ref = call.line, call.call_ref
        self.silence(call)
        self.lamps(calls)
        self.send(
            CallState(outcome.state, line, ref),
            SelectSoftKeys(line, ref, SoftKeySetIndex.RING_OUT, ALL_KEYS),
            DisplayPromptStatus(text or outcome.text, 0, line, ref),
        )
        self.tone(call, outcome.tone)

    # --- incoming ----------------------------------------------------------------------------------------------------

    def ringing_in(self, call: PhoneCall, own: StationLine, calls: Iterable[PhoneCall]) -> None:
        """A call comes in; to a busy user as a call-waiting call."""
        line, ref = call.line, call.call_ref
        who = call.remote.shown or self.unknown
        text = Label.CALL_WAITING if call.waiting else Label.FROM + who
        self.send(
            CallState(StationCallState.RING_IN, line, ref),
            SelectSoftKeys(line, ref, SoftKeySetIndex.RING_IN, ALL_KEYS),
            DisplayPromptStatus(text, 0, line, ref),
        )
        self.notify(Label.FROM + who)
        self.info(call, own)
        self.lamps(calls)
        self.ring(call)

    def ring(self, call: PhoneCall) -> None:
        """Sound the ringer, or for a call-waiting call the lamp alone."""
        mode = RingMode.SILENT if call.waiting or call.line in self.silent_lines else RingMode.INSIDE
        self.send(SetRinger(mode, RingDuration.NORMAL, call.line, call.call_ref))

    def call_waiting_tone(self, active: PhoneCall) -> None:
        """Tell the user in a call that another one waits."""
        self.tone(active, Tone.CALL_WAITING)

    def answering(self, call: PhoneCall, calls: Iterable[PhoneCall]) -> None:
        """The user took it: everything up to the channel. OFF_HOOK comes first, or some phones send no audio."""
        line, ref = call.line, call.call_ref
        self.send(SetRinger(RingMode.OFF), SetSpeakerMode(OnOff.ON))
        self.lamps(calls)
        self.send(
            CallState(StationCallState.OFF_HOOK, line, ref),
            ActivateCallPlane(line),
            SetRinger(RingMode.OFF, RingDuration.NORMAL, line, ref),
            StopTone(line, ref),
        )

    def resuming(self, call: PhoneCall, calls: Iterable[PhoneCall]) -> None:
        """The user takes a held call back."""
        self.send(SetSpeakerMode(OnOff.ON))
        self.lamps(calls)
        self.send(ActivateCallPlane(call.line))

    # --- both --------------------------------------------------------------------------------------------------------

    def connected(self, call: PhoneCall, own: StationLine, calls: Iterable[PhoneCall]) -> None:
        """The two talk."""
        line, ref = call.line, call.call_ref
        transfer = call.transfer_of is not None
        keys = SoftKeySetIndex.CONNECTED_TRANSFERABLE if transfer else SoftKeySetIndex.CONNECTED
        self.send(StopTone(line, ref))
        call.tone = False
        self.lamps(calls)
        self.send(CallState(StationCallState.CONNECTED, line, ref), SelectSoftKeys(line, ref, keys, ALL_KEYS))
        self.send(DisplayPromptStatus(Label.CONNECTED, 0, line, ref))
        self.info(call, own)

    def held(self, call: PhoneCall, own: StationLine, calls: Iterable[PhoneCall]) -> None:
        """On hold."""
        line, ref = call.line, call.call_ref
        self._session.send_time()
        self.silence(call)
        self.lamps(calls)
        self.send(CallState(StationCallState.HOLD, line, ref), DisplayPromptStatus(Label.HOLD, 0, line, ref))
        self.info(call, own)
        self.send(SetSpeakerMode(OnOff.OFF), SelectSoftKeys(line, ref, SoftKeySetIndex.ON_HOLD, ALL_KEYS))

    def cleared(self, call: PhoneCall, closing: Iterable[Message], calls: tuple[PhoneCall, ...]) -> None:
        """The call is over. ``closing``: the messages that close its channel; ``calls``: those that are left."""
        line, ref = call.line, call.call_ref
        self._sets.pop(ref, None)
        self.send(StopTone(line, ref))
        call.tone = False
        self.lamps((*calls, call))
        self.send(ClearPromptStatus(line, ref), *closing, CallState(StationCallState.ON_HOOK, line, ref))
        self.send(SetRinger(RingMode.OFF, RingDuration.NORMAL, line, ref))
        if all(other.is_aside for other in calls):
            self.send(SetSpeakerMode(OnOff.OFF))
        if not calls:
            self.idle()
            self._session.send_time()
            self.send(SetRinger(RingMode.OFF))

    def answered_elsewhere(self, call: PhoneCall) -> None:
        """Somebody else took the call: it is not a missed one."""
        if self._session.dialect.version >= HISTORY_SINCE:
            self.send(CallHistoryDisposition(CallHistory.IGNORE, call.line, call.call_ref))

    def info(self, call: PhoneCall, own: StationLine) -> None:
        """Who is on the call."""
        here = Party(own.number, own.display_name)
        there = call.remote
        if not there.shown:
            there = Party("", self.unknown)
        calling, called = (here, there) if call.outgoing else (there, here)
        original = Party(call.dialled, call.dialled) if call.outgoing else call.redirected_from
        restriction = 0xFF if self._session.traits.inverted_presentation else 0
        self.send(
            CallInfo(
                call.line,
                call.call_ref,
                CallType.OUTBOUND if call.outgoing else CallType.INBOUND,
                calling_name=calling.name,
                calling_number=calling.number,
                called_name=called.name,
                called_number=called.number,
                original_called_name=original.name,
                original_called_number=original.number,
                call_instance=call.instance,
                security_status=CallSecurity.NOT_AUTHENTICATED,
                restriction_bits=restriction,
            )
        )

    def tone(self, call: PhoneCall, tone: Tone) -> None:
        """Start a tone."""
        call.tone = True
        self.send(StartTone(tone, line=call.line, call_ref=call.call_ref))

    def silence(self, call: PhoneCall) -> None:
        """Stop the call's tone, if there is one."""
        if call.tone:
            call.tone = False
            self.send(StopTone(call.line, call.call_ref))

    def lamps(self, calls: Iterable[PhoneCall]) -> None:
        """Set the line lamps by what the calls are about; only changes are sent."""
        wanted = dict.fromkeys(self._lamps, LampMode.OFF)
        for call in calls:
            mode = _LAMPS.get(call.state, LampMode.ON)
            before = wanted.get(call.line, LampMode.OFF)
            wanted[call.line] = max(mode, before, key=_URGENCY.index)
        for line, mode in wanted.items():
            if self._lamps.get(line, LampMode.OFF) != mode:
                self._lamps[line] = mode
                self.send(SetLamp(StimulusType.LINE, line, mode))

    def forget(self) -> None:
        """The phone is gone: it comes back with everything off."""
        self._lamps.clear()
        self._sets.clear()
        self._message_lamps.clear()
