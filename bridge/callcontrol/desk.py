"""What the parts of a proxied phone share: its session, its lines, its calls, its screen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from bridge.callcontrol.callrefs import CallReferences
from bridge.callcontrol.channel import MediaChannel, Purpose
from bridge.callcontrol.codecs import ASTERISK_NAMES, chosen_codec, session_of, usable
from bridge.callcontrol.events import CallFinished, CallStarted, LineState, MediaTroubled, PhoneEvent
from bridge.callcontrol.outcomes import Outcome
from bridge.callcontrol.parties import Party
from bridge.callcontrol.phonecall import PhoneCall, PhoneCallState
from bridge.callcontrol.screen import Screen
from bridge.callcontrol.settings import CallSettings, DtmfMode, EarlyOpen
from bridge.callcontrol.sharedline import SharedLine
from bridge.sccp import (
    CallHistory,
    ConnectionStatisticsReq,
    ExtendedLabel,
    Label,
    MediaCodec,
    PhoneFeatures,
    StimulusType,
)
from bridge.sccp.profile import StationLine
from bridge.sccp.session import StationSession
from bridge.sip import AudioSession, Call, Direction, RegistrationState, UserAgent
from bridge.sip import CallState as SipState

MAX_CALLS = 32
"""Calls of one phone at a time, whatever its lines allow."""
EVENT_PAYLOAD = 101
_NO_LINE = StationLine("")


class Desk:
    """One phone on somebody's desk."""

    __slots__ = (
        "_parties",
        "_refs",
        "alerted_line",
        "answers_port_requests",
        "calls",
        "connected",
        "early_open_works",
        "ended",
        "events",
        "headset",
        "last_dialled",
        "line_states",
        "lines",
        "not_transferred",
        "private",
        "screen",
        "session",
        "settings",
        "standing",
        "stutter",
        "touch",
    )

    def __init__(
        self,
        session: StationSession,
        settings: CallSettings,
        lines: Sequence[SharedLine],
        refs: CallReferences,
        touch: Callable[[], None],
    ) -> None:
        self.session = session
        self.settings = settings
        self.lines = tuple(lines)
        self.touch = touch
        """Another phone, or a number that it watches, did something to this one."""
        self.line_states = [LineState.GONE] * len(self.lines)
        """How each line stands at the PBX."""
        self.connected: set[int] = set()
        """Lines whose link stands."""
        self.alerted_line = 0
        """The line in whose pickup group a call rings that the user is told of; 0 for none."""
        self.calls: dict[int, PhoneCall] = {}
        self.ended: deque[PhoneCall] = deque()
        """Calls that are over, for the features to take note of."""
        self.not_transferred: deque[PhoneCall] = deque()
        """Calls that the PBX did not take off our hands, for the features to take note of."""
        self.events: deque[PhoneEvent] = deque()
        self.screen = Screen(session, settings.texts.unknown_caller)
        self.screen.private = settings.texts.private
        self.screen.dnd_alert = settings.dnd_alert
        self.standing: dict[str, str] = {"forward": "", "dnd": ""}
        """What the idle screen says of services that are on, the most important first."""
        self.early_open_works = True
        self.answers_port_requests = True
        self.last_dialled = ""
        self.private = False
        """The other phones of a line do not show with whom this one talks."""
        self.headset = False
        """The user has the headset in use."""
        self.stutter: set[int] = set()
        """Lines whose dial tone tells of messages."""
        self._refs = refs
        self._parties = CallReferences()

    @property
    def agents(self) -> tuple[UserAgent, ...]:
        """The user agents, one for each line."""
        return tuple(line.agent for line in self.lines)

    # --- finding -----------------------------------------------------------------------------------------------------

    @property
    def active(self) -> PhoneCall | None:
        """The call that occupies the user; there is at most one."""
        return next((call for call in self.calls.values() if not call.is_aside), None)

    def first(self, state: PhoneCallState, line: int = 0) -> PhoneCall | None:
        """The oldest call in this state, on this line if one is given."""
        return next(
            (call for call in self.calls.values() if call.state is state and line in (0, call.line)),
            None,
        )

    def of_sip(self, sip: Call) -> PhoneCall | None:
        """The call whose SIP side this is."""
        return next((call for call in self.calls.values() if call.sip is sip), None)

    def of_line(self, line: int) -> tuple[PhoneCall, ...]:
        """The calls that this phone has on a line."""
        return tuple(call for call in self.calls.values() if call.line == line and not call.is_remote)

    @property
    def own_calls(self) -> tuple[PhoneCall, ...]:
        """The calls that this phone has, without those that other phones of its lines have."""
        return tuple(call for call in self.calls.values() if not call.is_remote)

    def is_consulted(self, call: PhoneCall) -> bool:
        """Whether the user asks somebody about this call, or in it: for a transfer or a conference."""
        return any(asked is not None for asked in (call.transfer_of, call.conference_of)) or any(
            call in (other.transfer_of, other.conference_of) for other in self.calls.values()
        )

    def own(self, call: PhoneCall) -> StationLine:
        """The line appearance of a call."""
        profile = self.session.profile
        return (profile.line(call.line) if profile else None) or _NO_LINE

    def has_button(self, line: int) -> bool:
        """Whether the phone has a button for the line; its model may have fewer than the device was given."""
        return any(each.type is StimulusType.LINE and each.instance == line for each in self.session.buttons)

    @property
    def all_calls(self) -> tuple[PhoneCall, ...]:
        """All calls, the oldest first."""
        return tuple(self.calls.values())

    # --- making ------------------------------------------------------------------------------------------------------

    def new_call(self, line: int, state: PhoneCallState, *, outgoing: bool, ref: int = 0) -> PhoneCall:
        """A new call on a line; ``ref`` is its reference where another phone has it already."""
        ref = ref or self._refs.take()
        taken = {call.instance for call in self.calls.values() if call.line == line}
        instance = next(number for number in range(1, MAX_CALLS + 2) if number not in taken)
        channel = MediaChannel(ref, self._parties.take, self.settings.packet_ms)
        call = PhoneCall(ref, line, instance, self.agents[line - 1], outgoing, channel, state)
        self.calls[ref] = call
        self.session.in_call = bool(self.own_calls)
        return call

    def new_party(self) -> int:
        """A token for a stream that belongs to no call."""
        return self._parties.take()

    # --- media -------------------------------------------------------------------------------------------------------

    @property
    def codecs(self) -> tuple[MediaCodec, ...]:
        """What the phone and the settings have in common."""
        return usable(self.settings.codecs, (one.codec for one in self.session.capabilities))

    @property
    def events_payload(self) -> int:
        """The payload type of telephone events to offer; 0 for a phone that sends none."""
        mode = self.settings.dtmf
        able = bool(self.session.features & PhoneFeatures.RFC2833)
        return EVENT_PAYLOAD if mode is DtmfMode.RFC2833 or (mode is DtmfMode.AUTO and able) else 0

    @property
    def opens_early(self) -> bool:
        """True when the channel is opened before the INVITE."""
        if self.settings.early_open is EarlyOpen.AUTO:
            return self.early_open_works and self.session.traits.early_open
        return self.settings.early_open is EarlyOpen.ALWAYS

    @property
    def asks_port(self) -> bool:
        """True when the phone is asked for its port before the INVITE, and opens its channel later."""
        able = bool(self.session.features & PhoneFeatures.PORT_REQUEST)
        return self.settings.port_request and able and self.answers_port_requests

    def ask_port(self, call: PhoneCall, codec: MediaCodec, *, now: float) -> None:
        """Ask the phone where it would listen in this call."""
        until = now + self.settings.channel_ack
        self.screen.send(*call.channel.ask(Purpose.OFFER, codec, self.events_payload, until=until))

    def open(
        self, call: PhoneCall, purpose: Purpose, codec: MediaCodec, *, keep_port: bool = False, now: float
    ) -> None:
        """Open the call's channel."""
        until = now + self.settings.channel_ack
        events = self.events_payload
        if events and call.offer is not None and call.offer.events is not None:
            events = call.offer.events.payload_type  # the answer will use the offer's number
        self.screen.send(*call.channel.open(purpose, codec, events, keep_port=keep_port, until=until))

    def local_session(self, call: PhoneCall, direction: Direction = Direction.SENDRECV) -> AudioSession:
        """What the phone can, where its channel listens. The codec that is open comes first."""
        ours = self.codecs
        first = tuple(codec for codec in ours if codec == call.channel.codec)
        ordered = (*first, *(codec for codec in ours if codec not in first))
        with_events = bool(self.events_payload)
        session = session_of(
            ordered, call.channel.told, call.channel.port, with_events=with_events, packet_ms=self.settings.packet_ms
        )
        return session.with_direction(direction)

    def narrow_session(self, call: PhoneCall) -> AudioSession:
        """What the phone listens for right now: one codec, for it was told to expect no other."""
        session = self.local_session(call)
        voice = session.voice
        return replace(session, codecs=tuple(codec for codec in session.codecs if codec.is_events or codec is voice))

    def send_media(self, call: PhoneCall, theirs: AudioSession) -> None:
        """Let the phone send where the other side listens, or not at all while that does not want to hear."""
        if not call.channel.is_open:
            return
        if call.whispers:
            self.screen.send(*call.channel.stop())
            return
        if not theirs.port or theirs.on_hold:
            if not self.session.traits.stop_closes_both:
                self.screen.send(*call.channel.stop())
            return
        codec = chosen_codec(theirs, self.codecs) or call.channel.codec
        events = theirs.events.payload_type if theirs.events and self.events_payload else 0
        self.screen.send(*call.channel.send_to(theirs.address, theirs.port, codec, events))

    def reoffer(self, call: PhoneCall, direction: Direction, *, now: float) -> None:
        """Tell the other side where and whether the phone listens; nothing where there is nobody to tell."""
        sip = call.sip
        if sip is not None and sip.state in (SipState.ANSWERED, SipState.CONFIRMED) and call.channel.told:
            call.told_port = call.channel.port
            call.agent.reoffer(sip, self.local_session(call, direction), now=now)

    def tell_port(self, call: PhoneCall, *, now: float) -> None:
        """Tell the other side where the phone listens, if that has changed."""
        if call.channel.port != call.told_port:
            self.reoffer(call, Direction.SENDRECV, now=now)

    # --- lines -------------------------------------------------------------------------------------------------------

    def try_line_again(self, line: int, *, now: float) -> None:
        """Register at once a line that waits to be tried again: somebody wants to use it."""
        agent = self.agents[line - 1]
        if line in self.connected and agent.registration_state is RegistrationState.WAITING:
            agent.register(now=now)

    # --- the end -----------------------------------------------------------------------------------------------------

    def fail(self, call: PhoneCall, outcome: Outcome, *, text: str = "", status: int = 0, now: float) -> None:
        """The user hears why it does not come about, for a while."""
        self.hang_up_sip(call, now=now)
        self.screen.send(*call.channel.close())
        call.state = PhoneCallState.FAILED
        call.status = status
        call.deadline = now + self.settings.failure_tone
        self.screen.failed(call, outcome, text, self.all_calls)

    def finish(self, call: PhoneCall, why: str, *, now: float) -> None:
        """The call is over: clear it everywhere. Safe to repeat."""
        if self.calls.pop(call.call_ref, None) is None:
            return
        if call.is_remote:
            self._finish_remote(call)
            return
        self.hang_up_sip(call, now=now)
        started = call.sip is not None
        talked = 0.0 if call.answered_at is None else max(0.0, now - call.answered_at)
        call.state = PhoneCallState.ENDED
        call.deadline = None
        closing = call.channel.close()
        call.transfer_deadline = None
        for other in self.calls.values():
            if other.transfer_of is call:
                other.transfer_of = None
            if other.conference_of is call:
                other.conference_of = None
            if other.transfer_with is call:
                other.transfer_with = None
        left = self.all_calls
        active = self.active
        if call.waiting and active is not None and not any(other.waiting for other in left):
            self.screen.silence(active)
        self.screen.filed(call, _history_of(call, self.own(call)))
        self.screen.cleared(call, closing, left)
        self.ended.append(call)
        if call.answered_at is not None:
            self.screen.send(ConnectionStatisticsReq(self.own(call).number, call.call_ref))
        self.session.in_call = bool(self.own_calls)
        self.lines[call.line - 1].ended(self, call, now=now)
        if started:
            listed = call.dialled or call.caller or call.remote.number
            there = call.remote.number
            self.events.append(
                CallFinished(
                    call.call_ref,
                    call.line,
                    call.outgoing,
                    # A conference calls itself so, and has no number.
                    there if any(each.isdecimal() for each in there) else listed,
                    call.answered_at is not None,
                    talked,
                    why,
                    call.status,
                    call.remote.name,
                    ASTERISK_NAMES.get(call.channel.codec, "") if call.answered_at is not None else "",
                    call.malicious,
                    call.recording_file,
                    listed,
                )
            )

    def hang_up_sip(self, call: PhoneCall, *, now: float) -> None:
        """End the SIP side, if there is one that has not ended."""
        if call.sip is not None and call.sip.state is not SipState.ENDED:
            self.lines[call.line - 1].hang_up(self, call.sip, now=now)

    def _finish_remote(self, call: PhoneCall) -> None:
        """A call that another phone had is over, or goes on elsewhere."""
        call.state = PhoneCallState.ENDED
        self.screen.filed(call, _history_of(call, self.own(call)))
        self.screen.remote_cleared(call, self.all_calls)
        if call.noticed is not None:
            self.ended.append(call)  # it was ours once

    def report_start(self, call: PhoneCall) -> None:
        """Tell the application of a call that the network knows."""
        number = call.remote.number or call.dialled
        sip_id = call.sip.call_id if call.sip else ""
        self.events.append(CallStarted(call.call_ref, call.line, call.outgoing, number, sip_id))

    def report_media(self, call: PhoneCall, what: str) -> None:
        """Tell the application what is wrong with the media."""
        self.events.append(MediaTroubled(call.call_ref, call.line, what))

    def show_hold(self, call: PhoneCall, *, held: bool) -> None:
        """Say on the screen whether the other side has the call on hold."""
        if call.held_there is held:
            return
        call.held_there = held
        if call.state is PhoneCallState.CONNECTED:
            self.screen.prompt(call, ExtendedLabel.CALL_ON_HOLD if held else Label.CONNECTED)

    def set_remote(self, call: PhoneCall, party: Party) -> None:
        """The other side is somebody else now."""
        if party.shown and party != call.remote:
            there = call.sip.remote if call.sip is not None else None
            if party.number != call.remote.number and not (there is not None and there.on_hold):
                self.show_hold(call, held=False)  # whoever had it on hold has handed it over
            call.remote = party
            self.screen.info(call, self.own(call))


def _history_of(call: PhoneCall, own: StationLine) -> CallHistory | None:
    """How the phone is to file a call that is over; None for one in which no digit was dialled.

    Digits that led to no call (a forward's target) would else stand among the placed ones, and be dialled by Redial.
    """
    if call.elsewhere or call.joins:
        return CallHistory.IGNORE
    if call.outgoing:
        if call.dialled:
            return CallHistory.PLACED
        return CallHistory.IGNORE if call.digits else None
    if call.answered_at is not None:
        return CallHistory.RECEIVED
    return CallHistory.MISSED if own.log_missed_calls else CallHistory.IGNORE
