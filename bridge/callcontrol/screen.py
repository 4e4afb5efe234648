"""What the phone shows and sounds at each step of a call, in the order in which CallManager sends it.

Source: SCCP flows reference, sections 3 and 4.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from bridge.callcontrol.outcomes import Outcome
from bridge.callcontrol.parties import Party
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.ringing import SILENT, Ring, ring_of, undisturbed_ring
from bridge.core import DndAlert
from bridge.sccp import (
    ALL_KEYS,
    ActivateCallPlane,
    BackSpaceRes,
    CallHistory,
    CallHistoryDisposition,
    CallInfo,
    CallSecurity,
    CallSelectStat,
    CallState,
    CallType,
    CallVisibility,
    ClearPriNotify,
    ClearPromptStatus,
    DialedNumber,
    DisplayPriNotify,
    DisplayPromptStatus,
    ExtendedLabel,
    Label,
    LampMode,
    Message,
    OnOff,
    RingDuration,
    RingMode,
    SelectSoftKeys,
    SetLamp,
    SetMicroMode,
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
_BARGE_KEY = 1 << 0
"""Barge is the first key of its set."""
REMOTE_HOLD_SINCE = 15
"""Older phones know one kind of hold."""

_LAMPS = {
    PhoneCallState.RINGING_IN: LampMode.BLINK,
    PhoneCallState.PROCEEDING: LampMode.BLINK,
    PhoneCallState.RINGING_OUT: LampMode.BLINK,
    PhoneCallState.HELD: LampMode.WINK,
    PhoneCallState.REMOTE_HELD: LampMode.WINK,
    PhoneCallState.ENDED: LampMode.OFF,
}
_URGENCY = (LampMode.OFF, LampMode.WINK, LampMode.ON, LampMode.BLINK)


class Screen:
    """One phone's display, lamps, ringer and tones."""

    __slots__ = (
        "_idle",
        "_lamps",
        "_message_lamps",
        "_session",
        "_sets",
        "_standing",
        "dnd_alert",
        "private",
        "silent_lines",
        "unknown",
        "usable",
    )

    def __init__(self, session: StationSession, unknown: str) -> None:
        self._session = session
        self._idle = ""
        self._lamps: dict[int, LampMode] = {}
        self._message_lamps: dict[int, bool] = {}
        self._standing: dict[object, str] = {}
        """Texts that ``stand``, by whose they are; the last one shows."""
        self.unknown = unknown
        """Who is there when nobody knows it."""
        self.private = ""
        """Who is there when it is nobody's business. Plain words both: only prompts take built-in labels."""
        self.usable: Callable[[int], Collection[SoftKeyEventType]] = lambda _: tuple(SoftKeyEventType)
        """The soft keys that do something for the call of this reference; 0 for the idle phone."""
        self._sets: dict[int, tuple[SelectSoftKeys, SelectSoftKeys]] = {}
        """The set of soft keys of each call, 0 for the idle phone: as it was wanted, and as it was sent."""
        self.silent_lines: set[int] = set()
        """Lines whose calls make no sound."""
        self.dnd_alert = DndAlert.DEFAULT
        """How calls are announced on these."""

    def send(self, *messages: Message) -> None:
        """Send what the phone can use; nothing to a phone that is gone."""
        if self._session.is_accepted:
            self._session.send(*(self._fitted(message) for message in messages))

    def _fitted(self, message: Message) -> Message:
        """A set of soft keys as this model and this call have it: no key is shown that does nothing."""
        if not isinstance(message, SelectSoftKeys):
            return message
        fitted = self._with_useful_keys(message)
        self._sets[message.call_ref] = message, fitted
        return fitted

    def _with_useful_keys(self, message: SelectSoftKeys) -> SelectSoftKeys:
        profile = self._session.profile
        if profile is None:
            return message
        keys = message.set
        if keys == SoftKeySetIndex.CONNECTED_CONFERENCEABLE and not self._session.traits.conference_keys:
            keys = SoftKeySetIndex.CONNECTED
        mask = message.valid_mask & profile.softkeys.mask(keys, self.usable(message.call_ref))
        return replace(message, set=keys, valid_mask=mask)

    def refresh_keys(self) -> None:
        """Show the keys that do something by now, and hide those that no longer do."""
        for wanted, sent in tuple(self._sets.values()):
            if self._with_useful_keys(wanted) != sent:
                self.send(wanted)

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
        self.send(self._select(None, SoftKeySetIndex.ON_HOOK), DisplayPromptStatus(self._idle))

    def keys_again(self) -> None:
        """Show the soft keys of all calls once more: there are others now, or others do something."""
        for wanted, _ in tuple(self._sets.values()):
            self.send(wanted)

    def message(self, text: str, seconds: int, priority: int) -> None:
        """A text from somebody; 0 seconds until ``clear_message``."""
        self.send(DisplayPriNotify(text, seconds, priority))

    def clear_message(self, priority: int) -> None:
        """Take such a text away."""
        self.send(ClearPriNotify(priority))

    def stand(self, owner: object, text: str) -> None:
        """A text over everything else until ``fall``; of those of several owners the latest shows."""
        self._standing.pop(owner, None)
        self._standing[owner] = text
        self.message(text, 0, NOTIFY_PRIORITY)

    def fall(self, owner: object) -> None:
        """Take the owner's text away, if one stands: another's that stood before it shows again."""
        if self._standing.pop(owner, None) is None:
            return
        if self._standing:
            self.message(next(reversed(self._standing.values())), 0, NOTIFY_PRIORITY)
        else:
            self.clear_message(NOTIFY_PRIORITY)

    def notify(self, text: str) -> None:
        """A text over everything else for some seconds."""
        self.send(DisplayPriNotify(text, NOTIFY_SECONDS, NOTIFY_PRIORITY))

    def message_lamp(self, instance: int, *, lit: bool, always: bool = False) -> None:
        """The message lamp of a line; 0 for that of the phone."""
        if always or self._message_lamps.get(instance, False) != lit:
            self._message_lamps[instance] = lit
            self.send(SetLamp(StimulusType.VOICEMAIL, instance, LampMode.ON if lit else LampMode.OFF))

    # --- outgoing ----------------------------------------------------------------------------------------------------

    def off_hook(self, call: PhoneCall, calls: Iterable[PhoneCall], *, stutter: bool, prompt: bool = True) -> None:
        """Dial tone."""
        line, ref = call.line, call.call_ref
        feature = call.transfer_of is not None or call.conference_of is not None
        keys = SoftKeySetIndex.OFF_HOOK_WITH_FEATURE if feature else SoftKeySetIndex.OFF_HOOK
        self.send(SetRinger(RingMode.OFF), SetSpeakerMode(OnOff.ON))
        self.lamps(calls)
        self.send(
            CallState(StationCallState.OFF_HOOK, line, ref),
            self._select(call, keys),
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
        self.send(self._select(call, SoftKeySetIndex.DIGITS_AFTER_DIALING_FIRST))

    def erased(self, call: PhoneCall) -> None:
        """The last digit is gone."""
        self.send(BackSpaceRes(call.line, call.call_ref))

    def proceeding(self, call: PhoneCall, own: StationLine, calls: Iterable[PhoneCall]) -> None:
        """The number is complete."""
        line, ref = call.line, call.call_ref
        self.silence(call)
        self.lamps(calls)
        self.info(call, own)
        if call.dialled:
            self.send(DialedNumber(call.dialled, line, ref))
        self.send(
            CallState(StationCallState.PROCEED, line, ref),
            self._select(call, SoftKeySetIndex.RING_OUT),
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
            self._select(call, keys),
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
            self._select(call, SoftKeySetIndex.RING_OUT),
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
            self._select(call, SoftKeySetIndex.RING_IN),
            DisplayPromptStatus(text, 0, line, ref),
        )
        self.notify(Label.FROM + who)
        self.info(call, own)
        self.lamps(calls)
        self.ring(call)

    def ring(self, call: PhoneCall) -> None:
        """Sound the ringer, as the call, its line and do-not-disturb want it."""
        ring = self.ring_of(call)
        self.send(SetRinger(ring.mode, ring.duration, call.line, call.call_ref))

    def ring_of(self, call: PhoneCall) -> Ring:
        """How a call is announced."""
        if call.answers_itself:
            return SILENT
        if call.line in self.silent_lines:
            return undisturbed_ring(self.dnd_alert, busy=call.waiting)
        own = (self._session.profile and self._session.profile.line(call.line)) or StationLine("")
        return ring_of(call.ring, own.ring_kind, own.ring_idle, own.ring_busy, busy=call.waiting)

    def ring_once(self, call: PhoneCall) -> None:
        """Sound the ringer once."""
        self.send(SetRinger(RingMode.INSIDE, RingDuration.SINGLE, call.line, call.call_ref))

    def ringer_off(self, call: PhoneCall) -> None:
        """Silence the ringer."""
        self.send(SetRinger(RingMode.OFF, RingDuration.NORMAL, call.line, call.call_ref))

    def microphone(self, *, on: bool) -> None:
        """Switch the microphone on, or off."""
        self.send(SetMicroMode(OnOff.ON if on else OnOff.OFF))

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

    def taking(self, call: PhoneCall, calls: Iterable[PhoneCall]) -> None:
        """The user takes over what another phone held. To this phone it is a new call: OFF_HOOK comes first."""
        line, ref = call.line, call.call_ref
        self.send(SetSpeakerMode(OnOff.ON))
        self.lamps(calls)
        self.send(CallState(StationCallState.OFF_HOOK, line, ref), ActivateCallPlane(line))

    # --- both --------------------------------------------------------------------------------------------------------

    def connected(self, call: PhoneCall, own: StationLine, calls: Iterable[PhoneCall]) -> None:
        """The two talk."""
        line, ref = call.line, call.call_ref
        keys = SoftKeySetIndex.CONNECTED
        if call.transfer_of is not None:
            keys = SoftKeySetIndex.CONNECTED_TRANSFERABLE
        elif call.conference_of is not None and self._session.traits.conference_keys:
            keys = SoftKeySetIndex.CONNECTED_CONFERENCEABLE
        self.send(StopTone(line, ref))
        call.tone = False
        self.lamps(calls)
        self.send(CallState(StationCallState.CONNECTED, line, ref), self._select(call, keys))
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
        self.send(SetSpeakerMode(OnOff.OFF), self._select(call, SoftKeySetIndex.ON_HOLD))

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
        if all(other.is_remote for other in calls):
            self.idle()
            self._session.send_time()
            self.send(SetRinger(RingMode.OFF))
        self._still_ringing(calls)

    def _still_ringing(self, calls: tuple[PhoneCall, ...]) -> None:
        """The phone has one ringer for all its calls: silenced for one of them, it sounds again for the next."""
        if not all(call.is_aside for call in calls):
            return
        for call in calls:
            if call.state is PhoneCallState.RINGING_IN and not call.waiting and self.ring_of(call).is_heard:
                self.ring(call)
                return

    # --- another phone of the line -----------------------------------------------------------------------------------

    def taken_elsewhere(self, call: PhoneCall, calls: tuple[PhoneCall, ...]) -> None:
        """Another phone of the line took what rings here. Connected first, or the phone lists a missed call."""
        line, ref = call.line, call.call_ref
        self.send(SetRinger(RingMode.OFF, RingDuration.NORMAL, line, ref))
        self.send(ClearPriNotify(NOTIFY_PRIORITY))
        self.filed(call, CallHistory.IGNORE)
        self.send(ClearPromptStatus(line, ref), CallState(StationCallState.CONNECTED, line, ref))
        self._still_ringing(calls)

    def remote(self, call: PhoneCall, own: StationLine, calls: Iterable[PhoneCall], *, barge: bool) -> None:
        """Another phone of the line has the call, in use or on hold. ``barge``: this phone may join it."""
        line, ref = call.line, call.call_ref
        if call.state is PhoneCallState.REMOTE:
            state, keys, text = StationCallState.IN_USE_REMOTELY, SoftKeySetIndex.IN_USE_HINT, Label.IN_USE_REMOTE
        else:
            red = self._session.dialect.version >= REMOTE_HOLD_SINCE
            state = StationCallState.REMOTE_HOLD if red else StationCallState.HOLD
            keys, text = SoftKeySetIndex.ON_HOOK_STEALABLE, Label.HOLD
        visibility = CallVisibility.HIDDEN if call.private else CallVisibility.DEFAULT
        self.send(CallState(state, line, ref, visibility))
        self.info(call, own)
        self.lamps(calls)
        mask = ALL_KEYS if barge and not call.private else ALL_KEYS & ~_BARGE_KEY
        if call.state is not PhoneCallState.REMOTE:
            mask = ALL_KEYS
        self.send(SelectSoftKeys(line, ref, keys, mask), DisplayPromptStatus(text, 0, line, ref))

    def remote_cleared(self, call: PhoneCall, calls: tuple[PhoneCall, ...]) -> None:
        """What another phone had is over."""
        line, ref = call.line, call.call_ref
        self.lamps((*calls, call))
        self.send(ClearPromptStatus(line, ref), CallState(StationCallState.ON_HOOK, line, ref))
        if all(other.is_remote for other in calls):
            self.idle()

    def filed(self, call: PhoneCall, history: CallHistory | None) -> None:
        """Tell the phone how to file the call; old ones decide for themselves."""
        if history is not None and self._session.dialect.version >= HISTORY_SINCE:
            self.send(CallHistoryDisposition(history, call.line, call.call_ref))

    def info(self, call: PhoneCall, own: StationLine) -> None:
        """Who is on the call."""
        here = Party(own.number, own.display_name)
        there = call.remote
        if not there.shown:
            there = Party("", self.private if call.private else self.unknown)
        calling, called = (here, there) if call.outgoing else (there, here)
        original = Party(call.dialled, call.dialled) if call.outgoing else call.redirected_from
        if call.target:
            original = there
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

    def prompt(self, call: PhoneCall, text: str) -> None:
        """What the prompt line says about a call."""
        self.send(DisplayPromptStatus(text, 0, call.line, call.call_ref))

    def select_keys(self, call: PhoneCall, keys: SoftKeySetIndex) -> None:
        """Show another set of soft keys for a call."""
        self.send(self._select(call, keys))

    def marked(self, call: PhoneCall) -> None:
        """Show whether the call is selected."""
        self.send(CallSelectStat(int(call.selected), call.call_ref, call.line))

    def reminding(self, call: PhoneCall) -> None:
        """The call has been on hold for long."""
        line, ref = call.line, call.call_ref
        self.send(CallState(StationCallState.HOLD_REVERT, line, ref))
        self.prompt(call, ExtendedLabel.HOLD_REVERSION)
        self.select_keys(call, SoftKeySetIndex.ON_HOLD)

    @staticmethod
    def _select(call: PhoneCall | None, keys: SoftKeySetIndex) -> SelectSoftKeys:
        line, ref = (call.line, call.call_ref) if call is not None else (0, 0)
        return SelectSoftKeys(line, ref, keys, ALL_KEYS)

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
