"""An SCCP phone as a pure machine: bytes, keys and the clock go in; bytes and events come out.

Five verbs: ``receive_stream``, ``handle_timer``, ``timer``, ``data_to_send``, ``next_event``. One station serves one
TCP connection. Nothing that a server sends makes it raise; what a real phone would choke on stands in ``faults``.
Sources: SCCP flows reference, sections 1, 2 and 8; SCCP wire reference, sections 2 and 3.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import IPv4Address, ip_address

from bridge.errors import RemoteProtocolError
from bridge.lab.servicescreen import DialNumber, Effect, Fetch, SendData, ServiceScreen
from bridge.lab.skinnycall import MediaChannel, StationCall
from bridge.lab.skinnycalls import StationCalls
from bridge.lab.skinnydisplay import Display, ScreenView
from bridge.lab.skinnyevents import (
    CallOver,
    ConnectionDead,
    Departed,
    DocumentShown,
    MessageLampSwitched,
    PageWanted,
    RegistrationRefused,
    RestartOrdered,
    StationAccepted,
    StationEvent,
    StationReady,
    StationReset,
    TokenGranted,
    TokenRefused,
)
from bridge.lab.skinnygroups import StationGroups
from bridge.lab.skinnyjudge import Judge
from bridge.lab.skinnykeys import Pace, StationKeys
from bridge.lab.skinnymodels import SkinnyTraits
from bridge.lab.skinnyregistration import RegistrationSteps
from bridge.lab.skinnysoftkeys import SoftKeyBoard
from bridge.lab.skinnywords import Identity, dialect, first_words, reported_capabilities, token_request
from bridge.sccp import (
    ButtonDefinition,
    ButtonTemplate,
    CapabilitiesReq,
    ConnectionStatisticsReq,
    ConnectionStatisticsRes,
    DefineTimeDate,
    ExtensionDeviceCaps,
    Frame,
    Framer,
    KeepAlive,
    KeepAliveAck,
    LineStat,
    Message,
    RegisterAck,
    RegisterReject,
    RegisterTokenAck,
    RegisterTokenReject,
    Reset,
    RingMode,
    SoftKeySetRes,
    SoftKeyTemplateRes,
    SpeedDialStat,
    StationAddress,
    StimulusType,
    Unregister,
    UnregisterAck,
    UnregisterReason,
    UnregisterStatus,
    UserToDeviceData,
    UserToDeviceDataV1,
    readable,
)
from bridge.sccp.userdata import SequenceFlag

_KEEPALIVE = 30
_OCTETS = 160
"""Of sound in a packet of 20 ms."""
_IN_SEGMENTS = 18
"""From this version on a document may come in several segments."""
_LONGEST_KEEPALIVE = 3600
_TIMEOUT_CAUSE = 17
"""Alarm causes (SCCP enumerations reference, section 2.1): keepalive timeout, bad acknowledgement, timeout."""
_BAD_ACK_CAUSE = 11
_RESPONSE_CAUSE = 28


class StationState(Enum):
    """How far the registration has come."""

    WAITING = auto()
    """Connected, with keepalives only: a standby connection to a secondary server."""
    ASKING = auto()
    """RegisterTokenReq is out."""
    REGISTERING = auto()
    """Register is out."""
    LEARNING = auto()
    """Accepted; the phone asks for its buttons, keys and lines."""
    READY = auto()
    LEAVING = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True)
class StationTiming:
    """Seconds. No source tells how long real phones wait for answers; these are plausible."""

    answer: float = 10.0
    """For RegisterAck and for every question after it."""
    capabilities: float = 1.0
    """For CapabilitiesReq after RegisterAck; then the phone asks on without."""
    missed: int = 3
    """Keepalives without an answer after which the server counts as dead."""
    standby: float = 60.0
    """Between keepalives to a secondary server, until a primary tells otherwise."""


class SkinnyStation:
    """One phone on one connection. Times are seconds of any steady clock."""

    def __init__(
        self,
        traits: SkinnyTraits,
        identity: Identity,
        *,
        timing: StationTiming | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.traits = traits
        self.identity = identity
        self.state = StationState.WAITING
        self.version = 0
        """The negotiated one; 0 before RegisterAck."""
        self.judge = Judge()
        self.display = Display()
        self.soft_keys = SoftKeyBoard()
        self.screen = ServiceScreen()
        self.counted: Callable[[int], tuple[int, int, int]] = lambda call_ref: (0, 0, 0)
        """Packets that were sent, received and lost in a call; the owner of the media knows."""
        self.secondary_keepalive = 0.0
        """What the primary told for the keepalives of its standby connections, seconds."""
        self._timing = timing or StationTiming()
        self._framer = Framer()
        self._dialect = dialect(traits, traits.version)
        self._out: list[bytes] = []
        self._events: deque[StationEvent] = deque()
        self._steps = RegistrationSteps(traits)
        self._capabilities_asked = False
        self._keepalive = self._timing.standby
        self._next_keepalive: float | None = None
        self._unanswered = 0
        self._deadline: float | None = None
        """Until when the answer that is waited for must come."""
        self._lamp = False
        send, report, fault = self._send, self._report, self.judge.note
        self.calls = StationCalls(traits, self.display, self.soft_keys, send=send, report=report, fault=fault)
        self.calls.own_address = StationAddress.of(identity.address)
        self.groups = StationGroups(traits, send=send, report=report, fault=fault)
        self.keys = StationKeys(
            traits, self.display, self.soft_keys, self.calls, pace or Pace(), send=send, report=report, fault=fault
        )

    # --- what can be seen --------------------------------------------------------------------------------------------

    @property
    def faults(self) -> tuple[str, ...]:
        """What a real phone would have choked on, each once."""
        return self.judge.faults

    @property
    def number(self) -> str:
        """The number of its first line; empty before the server told it."""
        line = self.display.lines.get(1)
        return line.number if line else ""

    def view(self, *, now: float) -> ScreenView:
        """What a person sees at this moment."""
        call = self.calls.current
        line, ref = (call.line, call.ref) if call else (0, 0)
        prompt = self.display.prompt(line, ref, now=now) if self.traits.prompt_line else ""
        return ScreenView(
            clock=self.display.clock(now=now),
            labels=self.display.labels(),
            status=self.display.notice(now=now) or prompt,
            calls=tuple(_call_line(each) for each in self.calls.all),
            soft_keys=self.soft_keys.labels(ref) if self.traits.soft_keys else (),
            lamps=tuple(self.display.shining()),
            ringing=self.display.ringing,
            tone=self.display.tone.name.lower().replace("_", " ") if self.display.tone else "",
            speaker=self.display.speaker,
            message_waiting=self.display.message_waiting and self.traits.message_lamp,
            ring=self.display.ringer.name.lower().replace("_", " ") if self.display.ringer != RingMode.OFF else "",
            muted=self.display.muted,
            watched=tuple(self.display.watched()),
        )

    # --- the shell's side --------------------------------------------------------------------------------------------

    def stand_by(self, *, now: float, every: float = 0.0) -> None:
        """Connected to a secondary server: keepalives, and no Register."""
        self._keepalive = every or self._timing.standby
        self._next_keepalive = now + self._keepalive

    def ask_token(self, *, now: float) -> None:
        """Connected to one of several servers: ask whether it would take the phone."""
        self.state = StationState.ASKING
        self._deadline = now + self._timing.answer
        self._send(token_request(self.traits, self.identity))

    def register(self, *, now: float) -> None:
        """Connected: say why the phone started, and register."""
        self.state = StationState.REGISTERING
        self._next_keepalive = None
        self._deadline = now + self._timing.answer
        for message in first_words(self.traits, self.identity):
            self._send(message)

    def unregister(self, *, now: float, reason: UnregisterReason = UnregisterReason.UNKNOWN) -> None:
        """Say goodbye; ``Departed`` tells the answer."""
        self.state = StationState.LEAVING
        self._deadline = now + self._timing.answer
        self._send(Unregister(reason))

    def connection_lost(self) -> None:
        """The connection is closed: nothing goes out any more, and all calls are gone."""
        self.state = StationState.CLOSED
        self._deadline = self._next_keepalive = None
        self.calls.abandon()

    def port_opened(self, call: StationCall, channel: MediaChannel, address: str, port: int, *, now: float) -> None:
        """The answer to ``PortWanted``; ``port`` 0 when none was free."""
        del now
        self.calls.port_opened(call, channel, address, port)

    def port_kept(self, call: StationCall, party_id: int, port: int) -> None:
        """The answer to ``PortAsked``; ``port`` 0 when none was free."""
        self.calls.port_kept(call, party_id, port)

    def group_joined(self, party_id: int, *, well: bool) -> None:
        """The answer to ``GroupWanted``."""
        self.groups.joined(party_id, well=well)

    def do(self, press: Callable[[StationKeys], None], *, now: float) -> None:
        """Let a person press something. Raises what the key raises: LocalProtocolError, InvalidInput."""
        press(self.keys)
        self.keys.go_on(now=now)

    def on_screen(self, use: Callable[[ServiceScreen], Effect], *, now: float) -> None:
        """Let a person use the document on the screen. Raises LocalProtocolError."""
        self._carry_out(use(self.screen), now)

    def page_fetched(self, content: bytes, *, now: float) -> None:
        """The answer to ``PageWanted``."""
        self._shown(self.screen.show(content), now)

    def receive_stream(self, data: bytes, *, now: float) -> None:
        """Take what came from the server. Never raises."""
        if self._closed:
            return
        try:
            self._framer.receive_data(data)
            while not self._closed and (frame := self._framer.next_frame()) is not None:
                self._receive(frame, now)
        except RemoteProtocolError as error:
            self.judge.note(error.what)
            self._give_up(error.what, _BAD_ACK_CAUSE)

    def timer(self) -> float | None:
        """When ``handle_timer`` is due; None for never."""
        times = (self._next_keepalive, self._deadline, self.keys.next_at)
        return min((each for each in times if each is not None), default=None)

    def handle_timer(self, *, now: float) -> None:
        """Do what is due."""
        self.keys.go_on(now=now)
        if self._deadline is not None and self._deadline <= now:
            self._deadline = None
            self._unanswered_question(now)
        if self._next_keepalive is not None and self._next_keepalive <= now:
            self._next_keepalive = now + self._keepalive
            if self._unanswered >= self._timing.missed:
                self._give_up(f"no answer to {self._unanswered} keepalives", _TIMEOUT_CAUSE)
                return
            self._unanswered += 1
            self._send(KeepAlive())

    def data_to_send(self) -> list[bytes]:
        """What goes to the server, once."""
        out, self._out = self._out, []
        return out

    def next_event(self) -> StationEvent | None:
        """The next event, in order; None when there is none."""
        return self._events.popleft() if self._events else None

    # --- what the server says ----------------------------------------------------------------------------------------

    def _receive(self, frame: Frame, now: float) -> None:
        self._unanswered = 0  # any traffic counts as life
        version = self.version or min(self._dialect.version, self.traits.version)
        reset = self.judge.frame(frame, version, self.traits)
        if reset:
            self._report(StationReset(reset))
            self._close()
            return
        try:
            message = self._dialect.decode(frame)
        except RemoteProtocolError as error:
            self.judge.note(error.what)
            return
        self._obey(message, now)
        self.keys.go_on(now=now)

    def _obey(self, message: Message, now: float) -> None:
        match message:
            case RegisterAck():
                self._accepted(message, now)
            case RegisterReject(text=text):
                self._refused(readable(text))
            case RegisterTokenAck():
                self._token(None, now)
            case RegisterTokenReject(wait_s=wait):
                self._token(wait, now)
            case KeepAliveAck():
                pass
            case CapabilitiesReq():
                for each in reported_capabilities(self.traits):
                    self._send(each)
                if not self._capabilities_asked:
                    self._capabilities_asked = True
                    for place, module in enumerate(self.traits.add_ons, 1):
                        text = f"max-chained=2 deviceLine={module.buttons}"
                        self._send(ExtensionDeviceCaps(place, module.type, 2, text=text))
                    self._ask_on(now)
            case ConnectionStatisticsReq(number=number, call_ref=ref):
                sent, received, lost = self.counted(ref)
                self._send(
                    ConnectionStatisticsRes(
                        number,
                        ref,
                        packets_sent=sent,
                        octets_sent=_OCTETS * sent,
                        packets_received=received,
                        octets_received=_OCTETS * received,
                        packets_lost=lost,
                    )
                )
            case Reset(type=kind):
                self._report(RestartOrdered(kind))
            case UserToDeviceData(data=data):
                self._shown(self.screen.part(data, first=True, last=True), now)
            case UserToDeviceDataV1(data=data, sequence_flag=flag):
                if self.version < _IN_SEGMENTS and flag != SequenceFlag.LAST:
                    self.judge.note(f"a document in segments at version {self.version}")
                first = flag == SequenceFlag.FIRST or (flag == SequenceFlag.LAST and not self.screen.is_waiting)
                self._shown(self.screen.part(data, first=first, last=flag == SequenceFlag.LAST), now)
            case UnregisterAck(status=status):
                self._deadline = None
                self._report(Departed(status == UnregisterStatus.OK))
            case _:
                self._learn(message, now)

    def _learn(self, message: Message, now: float) -> None:
        if self.version == 0:
            self.judge.note(f"{type(message).__name__} before RegisterAck")
            return
        match message:
            case SoftKeyTemplateRes():
                self.judge.note_all(self.soft_keys.take_template(message))
            case SoftKeySetRes():
                self.judge.note_all(self.soft_keys.take_sets(message))
            case ButtonTemplate():
                self.judge.buttons(message, self.traits, self.version)
        if self.soft_keys.known:
            self.judge.note_all(self.soft_keys.faults())
        taken = self.calls.receive(message, now=now) or self.groups.receive(message)
        if not taken and not self._too_late(message):
            self.display.receive(message, now=now)
        if isinstance(message, DefineTimeDate) and not self.display.clock_is_valid:
            self.judge.note("a time was told that does not exist")
        if (lit := self.display.message_waiting) != self._lamp:
            self._lamp = lit
            self._report(MessageLampSwitched(lit))
        if self._steps.receive(message):
            self._ask_on(now)

    def _too_late(self, message: Message) -> bool:
        """Whether it is a label for a module that keeps those it has."""
        if self.state is not StationState.READY or all(each.takes_labels for each in self.traits.add_ons):
            return False
        match message:
            case LineStat(line=index):
                button = ButtonDefinition(index, StimulusType.LINE)
            case SpeedDialStat(index=index):
                button = ButtonDefinition(index, StimulusType.SPEED_DIAL)
            case _:
                return False
        buttons = self.display.buttons
        return button in buttons and buttons.index(button) >= self.traits.own_buttons

    def _shown(self, outcome: tuple[Effect, tuple[str, ...]], now: float) -> None:
        effect, faults = outcome
        self.judge.note_all(faults)
        if not self.traits.display:
            self.judge.note("a document for a phone without a screen")
        if self.screen.document is not None:
            self._report(DocumentShown(self.screen.document))
        self._carry_out(effect, now)

    def _carry_out(self, effect: Effect, now: float) -> None:
        match effect:
            case Fetch(url=url):
                self._report(PageWanted(url))
            case DialNumber(number=number):
                self.screen.close()
                self.keys.dial(number, now=now, en_bloc=True)
                self.keys.go_on(now=now)
            case SendData(message=message):
                self._send(message)
            case None:
                pass

    def _accepted(self, ack: RegisterAck, now: float) -> None:
        if self.state is not StationState.REGISTERING:
            self.judge.note("RegisterAck without Register")
            return
        offered = dialect(self.traits, self.traits.version).version
        version = ack.protocol_version or 3
        if version > offered:
            self.judge.note(f"RegisterAck for version {version}, the phone offered {offered}")
            version = offered
        if not 0 < ack.keepalive_s <= _LONGEST_KEEPALIVE:
            self.judge.note(f"RegisterAck with a keepalive interval of {ack.keepalive_s} s")
        self.display.date_template = readable(ack.date_template)
        if not self.display.date_template_is_valid:
            self.judge.note(f"RegisterAck with the date template {self.display.date_template!r}")
        self.state = StationState.LEARNING
        self.version = self.calls.version = version
        self._dialect = dialect(self.traits, version)
        self._keepalive = float(min(ack.keepalive_s, _LONGEST_KEEPALIVE) or _KEEPALIVE)
        self.secondary_keepalive = float(min(ack.secondary_keepalive_s, _LONGEST_KEEPALIVE))
        self._next_keepalive = now + self._keepalive
        self._deadline = now + self._timing.capabilities
        self._report(StationAccepted(version))

    def _refused(self, text: str) -> None:
        if self.state is not StationState.REGISTERING:
            self.judge.note("RegisterReject without Register")
        self._report(RegistrationRefused(text))
        self._close()

    def _token(self, wait: int | None, now: float) -> None:
        if self.state is not StationState.ASKING:
            self.judge.note("an answer to a token that was not asked for")
            return
        self._deadline = None
        self.state = StationState.WAITING
        self.stand_by(now=now, every=self._keepalive)
        self._report(TokenGranted() if wait is None else TokenRefused(wait))

    def _ask_on(self, now: float) -> None:
        for message in self._steps.next_messages():
            self._send(message)
        self._deadline = now + self._timing.answer if self._steps.waiting else None
        if self._steps.finished and self.state is StationState.LEARNING:
            self.state = StationState.READY
            self._report(StationReady(self.number))

    def _unanswered_question(self, now: float) -> None:
        match self.state:
            case StationState.ASKING | StationState.REGISTERING:
                self._give_up("the server did not answer", _RESPONSE_CAUSE)
            case StationState.LEAVING:
                self._report(Departed(allowed=True))
            case StationState.LEARNING if not self._capabilities_asked:
                self._capabilities_asked = True
                self.judge.note("no CapabilitiesReq after RegisterAck")
                self._ask_on(now)
            case StationState.LEARNING | StationState.READY:
                self.judge.note(f"no answer to {self._steps.give_up()}")
                self._ask_on(now)
            case _:
                pass

    # --- inside ------------------------------------------------------------------------------------------------------

    @property
    def _closed(self) -> bool:
        return self.state is StationState.CLOSED

    def _send(self, message: Message) -> None:
        if self.state is not StationState.CLOSED:
            self._out.append(self._dialect.encode(message))

    def _report(self, event: StationEvent) -> None:
        self._events.append(event)
        if isinstance(event, CallOver) and self.state is not StationState.CLOSED:
            self.keys.call_over(now=0.0)

    def _give_up(self, why: str, cause: int) -> None:
        if self.state is not StationState.CLOSED:
            self._report(ConnectionDead(why, cause))
            self._close()

    def _close(self) -> None:
        self.state = StationState.CLOSED
        self._deadline = self._next_keepalive = None


def _call_line(call: StationCall) -> str:
    """``2: connected 1002 (Bo)``."""
    state = call.state.name.lower().replace("_", " ")
    return f"{call.line}: {state} {call.other}" + (f" ({call.name})" if call.name else "")


def station_address(address: str) -> IPv4Address:
    """An address for Register, which holds IPv4 only."""
    parsed = ip_address(address)
    return parsed if isinstance(parsed, IPv4Address) else IPv4Address(0)
