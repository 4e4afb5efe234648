"""One TCP connection of an SCCP device, seen from the server: registration, keepalives, questions, the user's inputs.

``StationSession`` turns bytes into events and messages into bytes. It answers whatever the phone asks about itself, in
whatever order, out of the ``StationProfile`` that the application gives with ``accept``; who may register is the
application's business, and may take its time. Calls are none of its business: ``bridge.callcontrol`` sends messages
through ``send``, and hears what the user does as events.

Source: SCCP flows reference, sections 1 and 2; SCCP wire reference, section 3.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from bridge.errors import LocalProtocolError, RemoteProtocolError
from bridge.sccp.addons import ExtensionDeviceCaps
from bridge.sccp.answers import QUESTIONS, answers_to
from bridge.sccp.buttons import ButtonDefinition
from bridge.sccp.callinfo import CallInfo
from bridge.sccp.capabilities import CapabilitiesReq, MediaCapability
from bridge.sccp.codepage import CodePage
from bridge.sccp.device import DefineTimeDate, Reset, ResetType
from bridge.sccp.dialect import Dialect
from bridge.sccp.display import DisplayNotify, DisplayPriNotify, DisplayPromptStatus
from bridge.sccp.features import SubscriptionStatReq
from bridge.sccp.framing import Frame, Framer
from bridge.sccp.inputs import AddOns, to_event
from bridge.sccp.keys import IpPort
from bridge.sccp.livechanges import live_changes, until_next_clock
from bridge.sccp.media import OpenReceiveChannel
from bridge.sccp.mediaparameters import MediaStatus
from bridge.sccp.message import Message, UnknownMessage
from bridge.sccp.oldmedia import in_old_words
from bridge.sccp.profile import StationProfile
from bridge.sccp.registration import (
    KeepAlive,
    KeepAliveAck,
    Register,
    RegisterAck,
    RegisterAvailableLines,
    RegisterReject,
    Unregister,
    UnregisterAck,
    UnregisterReason,
    UnregisterStatus,
    fitted_date_template,
)
from bridge.sccp.registry import shape
from bridge.sccp.requests import TimeDateReq
from bridge.sccp.softkeys import SelectSoftKeys, SoftKeySetRes, SoftKeyTemplateRes
from bridge.sccp.stationevents import (
    AlarmReported,
    CapabilitiesReported,
    ReceiveChannelOpened,
    RegisterRequested,
    StateAsked,
    StationEvent,
    StationMessageIgnored,
    StationRegistered,
    StationUnregistered,
    TokenRequested,
    UnregisterCause,
)
from bridge.sccp.tokens import (
    RegisterTokenAck,
    RegisterTokenReject,
    RegisterTokenReq,
    SpcpRegisterTokenAck,
    SpcpRegisterTokenReject,
    SpcpRegisterTokenReq,
)
from bridge.sccp.traits import StationTraits, traits_of
from bridge.sccp.versions import PhoneFeatures, acknowledged_features, negotiate


class SessionState(StrEnum):
    """Where the registration stands."""

    UNREGISTERED = "not registered"
    """Also a phone's connection to its second server, on which it only keeps alive."""
    WAITING = "waiting for the server's decision"
    ACCEPTED = "accepted"
    """RegisterAck went out; the phone asks its questions."""
    REGISTERED = "registered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Times of a session, in seconds."""

    first_message: float = 60.0
    """An unregistered connection is closed after so much silence, plus the secondary keepalive's time."""
    questions_end: float = 10.0
    """A phone that never asks for the time counts as registered so long after its last question."""
    clock: float = 3600.0
    """How often a registered phone is told the time; besides, when its zone's clock jumps."""
    call_tolerance: float = 2.0
    """How many keepalive intervals of silence are borne during a call."""


_PORTS = 65536
_TEXTS = (DisplayPromptStatus, DisplayNotify, DisplayPriNotify)
_ASKED_FOR = (SoftKeySetRes, SoftKeyTemplateRes)
"""Answers that a phone gets that asks for them, whatever its model is said to have."""


class StationSession:
    """One connection. ``peer`` is its far end; ``in_call`` is set by whoever knows about calls."""

    __slots__ = (
        "_add_ons",
        "_clock_at",
        "_closing_at",
        "_events",
        "_framer",
        "_heard",
        "_old_port",
        "_out",
        "_ready_at",
        "_settings",
        "_spcp_token",
        "add_on_buttons",
        "buttons",
        "capabilities",
        "dialect",
        "in_call",
        "peer",
        "profile",
        "register",
        "state",
        "traits",
    )

    def __init__(self, peer: tuple[str, int], *, now: float, settings: SessionSettings | None = None) -> None:
        self.peer = peer
        self.in_call = False
        """True while the phone carries a call: silence is borne longer, and Unregister is refused."""
        self.state = SessionState.UNREGISTERED
        self.register: Register | None = None
        """The phone's own words, once it registered."""
        self.profile: StationProfile | None = None
        self.traits = StationTraits()
        self.dialect = Dialect()
        self.buttons: tuple[ButtonDefinition, ...] = ()
        self.capabilities: tuple[MediaCapability, ...] = ()
        """The codecs of the phone; empty until it told them."""
        self._settings = settings or SessionSettings()
        self._framer = Framer()
        self._out: list[bytes] = []
        self._events: deque[StationEvent] = deque()
        self._heard = now
        self._old_port = 0
        self._ready_at: float | None = None
        self._clock_at: float | None = None
        self._add_ons = AddOns()
        self._spcp_token = False

    # --- what can be read --------------------------------------------------------------------------------------------

    @property
    def device(self) -> str:
        """The device's name; empty before Register."""
        return self.register.device_name if self.register else ""

    @property
    def is_closed(self) -> bool:
        """True when the connection is to be closed, after sending what waits."""
        return self.state is SessionState.CLOSED

    @property
    def is_accepted(self) -> bool:
        """True from ``accept`` on until the device is gone: messages may be sent."""
        return self.state in (SessionState.ACCEPTED, SessionState.REGISTERED)

    @property
    def features(self) -> PhoneFeatures:
        """What the phone says it can."""
        return self.register.features if self.register else PhoneFeatures.NONE

    @property
    def heard_at(self) -> float:
        """When the phone was heard last."""
        return self._heard

    # --- the application's decisions ---------------------------------------------------------------------------------

    def accept(self, profile: StationProfile, *, now: float) -> None:
        """Serve the device that asked. Does nothing when it is gone meanwhile."""
        register = self.register
        if self.state is not SessionState.WAITING or register is None:
            return
        self.profile = profile
        self.traits = profile.traits or traits_of(register.device_type)
        ceiling = profile.version_ceiling
        if self.traits.max_version is not None:
            ceiling = min(ceiling, self.traits.max_version)
        version = negotiate(register.offered_version, ceiling)
        page = register.features.code_page
        self.dialect = Dialect(
            version,
            profile.code_page if page is CodePage.LATIN_1 else page,
            shapes=(shape(CallInfo, form="static"),) if self.traits.static_call_info else (),
            legacy=self.traits.legacy,
        )
        self.buttons = profile.button_template(register.device_type, self._add_ons.buttons, version=version)
        self.state = SessionState.ACCEPTED
        self._ready_at = now + self._settings.questions_end
        self._acknowledge()

    def reject(self, text: str, *, now: float) -> None:
        """Refuse the device that asked, with words or a built-in label for its screen."""
        if self.state is not SessionState.WAITING:
            return
        self._heard = now
        self._send(RegisterReject(text))
        self.state = SessionState.UNREGISTERED
        self.register = None

    def grant_token(self, *, now: float) -> None:
        """Let the device that asked for a token register here."""
        self._heard = now
        self._send(SpcpRegisterTokenAck() if self._spcp_token else RegisterTokenAck())

    def refuse_token(self, wait_s: int = 60, *, now: float) -> None:
        """Tell the device that asked for a token to ask again later: in 30 seconds at the earliest."""
        self._heard = now
        wait_s = max(wait_s, 30)
        self._send(SpcpRegisterTokenReject(wait_s) if self._spcp_token else RegisterTokenReject(wait_s))

    def send(self, *messages: Message) -> None:
        """Send messages to a device that is served; what its model cannot show is left out.

        Raises LocalProtocolError where the device is not registered, or a message is not to be sent to it.
        """
        if not self.is_accepted:
            raise LocalProtocolError(f"nothing can be sent to the phone: it is {self.state}")
        for message in messages:
            if not self._can_use(message):
                continue
            if self._old_port and self.traits.legacy:
                self._send_in_old_words(message)
            else:
                self._send(message)

    def change_profile(self, profile: StationProfile, *, keys: bool) -> bool:
        """Serve the registered device by another profile, without a restart.

        ``keys``: let it take new soft keys, too. False where it has to restart first; then nothing has changed.
        """
        old, register = self.profile, self.register
        if old is None or register is None or not self.is_accepted:
            return False
        version = self.dialect.version
        if profile.button_template(register.device_type, self._add_ons.buttons, version=version) != self.buttons:
            return False
        changes = live_changes(
            old, profile, self.buttons, version=self.dialect.version, labels=self._add_ons.take_labels, keys=keys
        )
        if changes is None:
            return False
        self.profile = profile
        self.send(*changes)
        self._clock_at = None if self._clock_at is None else min(self._clock_at, self._heard + self._until_clock())
        return True

    def send_time(self) -> None:
        """Tell the phone the time."""
        if self.profile is not None and self.is_accepted:
            self._send(DefineTimeDate.of(self.profile.local_time()))

    def reset(self, kind: ResetType = ResetType.RESET) -> None:
        """Tell the phone to start again. Whether a call is up is the caller's concern."""
        if self.is_accepted:
            self._send(Reset(kind))

    def close(self, *, now: float, why: UnregisterCause = UnregisterCause.CLOSED, detail: str = "") -> None:
        """Give the connection up; ``is_closed`` tells the shell."""
        self._heard = now
        self._leave(why, detail)
        self.state = SessionState.CLOSED

    # --- the five verbs ----------------------------------------------------------------------------------------------

    def receive_data(self, data: bytes, *, now: float) -> None:
        """What came from the connection. Never raises for what it holds."""
        if self.is_closed:
            return
        self._heard = now
        try:
            self._framer.receive_data(data)
            while not self.is_closed and (frame := self._framer.next_frame()) is not None:
                self._receive_frame(frame, now)
        except RemoteProtocolError as error:
            self._report(StationMessageIgnored(error.what, error.why))
            self.close(now=now, why=UnregisterCause.GARBAGE, detail=error.what)

    def connection_lost(self, why: str = "", *, now: float) -> None:
        """The connection broke, or the phone closed it."""
        if not self.is_closed:
            self.close(now=now, why=UnregisterCause.CONNECTION_LOST, detail=why)

    def handle_timer(self, *, now: float) -> None:
        """Do what is due at ``now``."""
        if self.is_closed:
            return
        if self._silence_ends() <= now:
            self.close(now=now, why=UnregisterCause.SILENT)
            return
        if self._ready_at is not None and self._ready_at <= now:
            self._ready(now)
        if self._clock_at is not None and self._clock_at <= now:
            self._clock_at = now + self._until_clock()
            self.send_time()

    def timer(self) -> float | None:
        """When to call ``handle_timer``, or None."""
        if self.is_closed:
            return None
        times = (self._silence_ends(), self._ready_at, self._clock_at)
        return min(at for at in times if at is not None)

    def data_to_send(self) -> list[bytes]:
        """What is to be sent, a frame each, in order."""
        waiting, self._out = self._out, []
        return waiting

    def next_event(self) -> StationEvent | None:
        """The next event, or None."""
        return self._events.popleft() if self._events else None

    # --- inside ------------------------------------------------------------------------------------------------------

    def _receive_frame(self, frame: Frame, now: float) -> None:
        try:
            message = self.dialect.decode(frame)
        except RemoteProtocolError as error:
            self._report(StationMessageIgnored(error.what, error.why))
            return
        match message:
            case KeepAlive():
                self._send(KeepAliveAck())
            case Register():
                self._register_requested(message)
            case RegisterTokenReq() | SpcpRegisterTokenReq():
                self._spcp_token = isinstance(message, SpcpRegisterTokenReq)
                self._report(TokenRequested(message.device_name, message.device_type, self.peer))
            case ExtensionDeviceCaps():
                self._add_on(message)
            case IpPort():
                self._old_port = message.rtp_port if message.rtp_port < _PORTS else 0
            case UnknownMessage():
                self._report(StationMessageIgnored(f"the message {message.name} is not known"))
            case _ if self._reported_any_time(message):
                pass
            case _ if not self.is_accepted:
                self._report(StationMessageIgnored(f"{type(message).__name__} from a device that is {self.state}"))
            case Unregister():
                self._unregister(message)
            case RegisterAvailableLines():
                if self.traits.ready_with_lines:
                    self._ready(now)
                elif self.state is SessionState.ACCEPTED:
                    self._ready_at = now + self._settings.questions_end
            case SubscriptionStatReq():
                self._report(StateAsked(message.transaction_id, message.subscription_id, message.timer))
            case _ if isinstance(message, QUESTIONS):
                self._answer(message, now)
            case _:
                self._input(message, now)

    def _reported_any_time(self, message: Message) -> bool:
        """Alarms come before Register; capabilities may come before the acknowledgement is out."""
        event = to_event(message, self.dialect.version, self.profile, self.buttons)
        match event:
            case AlarmReported():
                self._report(event)
            case CapabilitiesReported():
                self.capabilities = event.audio
                self._report(event)
            case _:
                return False
        return True

    def _register_requested(self, message: Register) -> None:
        if self.state is SessionState.WAITING:
            return  # it asks again while the answer is being looked up
        if self.is_accepted and self.register is not None:
            if message.device_name == self.register.device_name:
                self._acknowledge()
            else:
                what = f"{self.device} registers once more as another device"
                self._report(StationMessageIgnored(what))
                self._send(RegisterReject(""))
            return
        self.state = SessionState.WAITING
        self.register = message
        self._report(
            RegisterRequested(
                message.device_name,
                message.device_type,
                message.offered_version,
                self.peer,
                message.station_ip if int(message.station_ip) or not int(message.station_ip6) else message.station_ip6,
                message.load_name,
                message.features,
                message.active_streams,
            )
        )

    def _acknowledge(self) -> None:
        if self.profile is None:
            return
        version, profile = self.dialect.version, self.profile
        self._send(
            RegisterAck(
                profile.keepalive_s,
                fitted_date_template(profile.date_template),
                profile.secondary_keepalive_s,
                version,
                *acknowledged_features(version),
            )
        )
        self._send(CapabilitiesReq())

    def _answer(self, question: Message, now: float) -> None:
        if self.profile is None or self.register is None:
            return
        for answer in answers_to(question, self.register, self.profile, self.buttons):
            if self._can_use(answer):
                self._send(answer)
        if self.state is SessionState.ACCEPTED:
            self._ready_at = now + self._settings.questions_end
            if isinstance(question, TimeDateReq) and not self.traits.ready_with_lines:
                self._ready(now)

    def _ready(self, now: float) -> None:
        self._ready_at = None
        if self.state is SessionState.ACCEPTED:
            self.state = SessionState.REGISTERED
            self._clock_at = now + self._until_clock()
            self._report(StationRegistered(self.device, self.dialect.version))

    def _until_clock(self) -> float:
        longest = self._settings.clock
        return longest if self.profile is None else until_next_clock(self.profile.local_time(), longest)

    def _input(self, message: Message, now: float) -> None:
        event = to_event(message, self.dialect.version, self.profile, self.buttons)
        if event is None:
            return  # noted: headset, path capabilities, location and so on need no answer
        self._ready(now)  # whoever can press a key has finished, whatever the phone did not ask for
        self._report(event)

    def _unregister(self, message: Unregister) -> None:
        if self.in_call:
            self._send(UnregisterAck(UnregisterStatus.NAK))
            return
        self._send(UnregisterAck())
        sleeps = message.reason == UnregisterReason.POWER_SAVE
        self._leave(UnregisterCause.SLEEPS if sleeps else UnregisterCause.LEFT, "")
        self.state = SessionState.UNREGISTERED

    def _leave(self, why: UnregisterCause, detail: str) -> None:
        if self.is_accepted:
            self._report(StationUnregistered(self.device, why, detail))
        self._ready_at = self._clock_at = None
        self.register = None
        self.in_call = False

    def _add_on(self, message: ExtensionDeviceCaps) -> None:
        self._add_ons = self._add_ons.with_module(message)
        if self.profile is not None and self.register is not None:
            self.buttons = self.profile.button_template(
                self.register.device_type, self._add_ons.buttons, version=self.dialect.version
            )

    def _silence_ends(self) -> float:
        profile = self.profile
        if profile is None or not self.is_accepted:
            secondary = 60.0 if profile is None else float(profile.secondary_keepalive_s)
            return self._heard + self._settings.first_message + secondary
        tolerance = self.traits.keepalive_tolerance
        if self.in_call:
            tolerance = max(tolerance, self._settings.call_tolerance)
        return self._heard + profile.keepalive_s * tolerance

    def _can_use(self, message: Message) -> bool:
        if isinstance(message, _ASKED_FOR):
            return True
        if isinstance(message, SelectSoftKeys):
            return self.traits.softkeys
        if isinstance(message, DisplayPromptStatus) and not self.traits.prompt:
            return False
        return self.traits.display or not isinstance(message, _TEXTS)

    def _send(self, message: Message) -> None:
        self._out.append(self.dialect.encode(message))

    def _send_in_old_words(self, message: Message) -> None:
        """A phone of the 12SP era acknowledges no channel: it told once and for all where it listens."""
        self._send(in_old_words(message))
        if isinstance(message, OpenReceiveChannel) and self.register is not None:
            address, port = self.register.station_ip, self._old_port
            self._report(ReceiveChannelOpened(MediaStatus.OK, address, port, message.party_id, message.call_ref))

    def _report(self, event: StationEvent) -> None:
        self._events.append(event)
