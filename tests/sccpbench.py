"""A phone, the proxy and a PBX on one bench: all in memory, time a number, every frame read by the codec."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import TypeVar

from sipmessage import Request

from bridge.callcontrol import CallSettings, House, PhoneEvent, ProxiedPhone, SharedLine
from bridge.dialplan import DigitPlan, Entry, Pattern
from bridge.sccp import (
    ButtonTemplate,
    ButtonTemplateReq,
    CallInfo,
    CallState,
    CapabilitiesReq,
    CapabilitiesRes,
    ClearPromptStatus,
    CloseReceiveChannel,
    DeviceType,
    Dialect,
    DisplayPriNotify,
    DisplayPromptStatus,
    DisplayText,
    Framer,
    KeepAlive,
    KeypadButton,
    KeypadKey,
    LampMode,
    LineStatReq,
    MediaCapability,
    MediaCodec,
    MediaStatus,
    Message,
    OffHook,
    OnHook,
    OpenReceiveChannel,
    OpenReceiveChannelAck,
    PhoneFeatures,
    Register,
    RegisterAck,
    RegisterAvailableLines,
    RingMode,
    SelectSoftKeys,
    SetLamp,
    SetRinger,
    SoftKeyEvent,
    SoftKeyEventType,
    SoftKeySetReq,
    SoftKeyTemplateReq,
    SpeedDialStatReq,
    StartMediaTransmission,
    StartTone,
    StationAddress,
    StationCallState,
    Stimulus,
    StimulusType,
    StopMediaTransmission,
    StopTone,
    TimeDateReq,
    Tone,
    readable,
)
from bridge.sccp.profile import SpeedDial, StationLine, StationProfile
from bridge.sccp.session import StationSession
from bridge.sip import Account, AudioSession, Call, Destination, Event, IncomingCall, UserAgent
from bridge.sip.message import Header, reply_to, to_bytes
from bridge.sip.normalise import read_message
from bridge.sip.sdp import PCMA, PCMU, TELEPHONE_EVENT
from tests.sipwire import CountingIds

PHONE_ADDRESS = "192.0.2.10"
PBX_ADDRESS = "192.0.2.1"
PBX_MEDIA = AudioSession(PBX_ADDRESS, 20000, (PCMU, PCMA, TELEPHONE_EVENT))
M = TypeVar("M", bound=Message)
E = TypeVar("E")
NEW_YEAR = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)


def digits(*patterns: str, tones: Iterable[str] = ()) -> Callable[[int], DigitPlan]:
    """A dial plan of these patterns, the same on every line."""
    plan = DigitPlan((Entry(Pattern(text), 0, text) for text in patterns), tones)
    return lambda line: plan


def local_time() -> datetime:
    """The clock of every phone on the bench."""
    return NEW_YEAR


PROFILE = StationProfile(
    lines=(StationLine("1001", "Alice", "Alice Ä"), StationLine("1002", "Office", "Office")),
    local_time=local_time,
    speed_dials=(SpeedDial("600", "Echo"), SpeedDial("700", "Park")),
)


@dataclass
class Station:
    """A phone of the scripted kind: it answers channels at once unless told otherwise, and remembers what it shows."""

    dialect: Dialect
    device_type: DeviceType
    features: PhoneFeatures
    acknowledges: bool = True
    status: MediaStatus = MediaStatus.OK
    address: str = PHONE_ADDRESS
    capabilities: tuple[MediaCodec, ...] = (
        MediaCodec.G711_ULAW_64K,
        MediaCodec.G711_ALAW_64K,
        MediaCodec.G722_64K,
        MediaCodec.G729_ANNEX_A,
    )
    received: list[Message] = field(default_factory=list)
    to_send: list[Message] = field(default_factory=list)
    lamps: dict[tuple[StimulusType, int], LampMode] = field(default_factory=dict)
    states: dict[int, StationCallState] = field(default_factory=dict)
    softkeys: dict[int, SelectSoftKeys] = field(default_factory=dict)
    prompts: dict[int, str] = field(default_factory=dict)
    infos: dict[int, CallInfo] = field(default_factory=dict)
    tones: dict[int, Tone] = field(default_factory=dict)
    rings: dict[int, RingMode] = field(default_factory=dict)
    ringer: RingMode = RingMode.OFF
    """What the one ringer does: the last word counts."""
    opening: deque[OpenReceiveChannel] = field(default_factory=deque)
    receiving: dict[int, OpenReceiveChannel] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    sending: dict[int, StartMediaTransmission] = field(default_factory=dict)
    buttons: ButtonTemplate | None = None
    next_port: int = 30000
    keeps_alive: bool = True
    keepalive_at: float = 0.0
    _framer: Framer = field(default_factory=Framer)

    def receive(self, data: bytes) -> None:
        """Bytes from the server. Whatever the codec cannot read fails the test."""
        self._framer.receive_data(data)
        while (frame := self._framer.next_frame()) is not None:
            message = self.dialect.decode(frame)
            self.received.append(message)
            self._show(message)

    def _show(self, message: Message) -> None:
        match message:
            case SetLamp():
                self.lamps[message.stimulus, message.instance] = message.mode
            case CallState():
                self.states[message.call_ref] = message.state
                if message.state == StationCallState.ON_HOOK:
                    self.states.pop(message.call_ref)
                    self.softkeys.pop(message.call_ref, None)
                    self.prompts.pop(message.call_ref, None)
                    self.infos.pop(message.call_ref, None)
            case SelectSoftKeys():
                self.softkeys[message.call_ref] = message
            case DisplayPromptStatus():
                self.prompts[message.call_ref] = readable(message.text)
            case ClearPromptStatus():
                self.prompts.pop(message.call_ref, None)
            case CallInfo():
                self.infos[message.call_ref] = message
            case StartTone():
                self.tones[message.call_ref] = message.tone
            case StopTone():
                self.tones.pop(message.call_ref, None)
            case SetRinger():
                self.ringer = self.rings[message.call_ref] = message.mode
            case OpenReceiveChannel():
                if self.acknowledges:
                    self.acknowledge(message)
                else:
                    self.opening.append(message)
            case CloseReceiveChannel():
                self.closed.add(message.party_id)
                self.receiving.pop(message.party_id, None)
            case StartMediaTransmission():
                self.sending[message.party_id] = message
            case StopMediaTransmission():
                self.sending.pop(message.party_id, None)
            case RegisterAck():
                self.dialect = Dialect(message.protocol_version, self.dialect.page, self.dialect.shapes, legacy=True)
            case CapabilitiesReq():
                self.to_send.append(CapabilitiesRes(tuple(MediaCapability(codec, 40) for codec in self.capabilities)))
            case ButtonTemplate():
                self.buttons = message
            case DisplayText():
                raise AssertionError("a legacy message")
            case _:
                pass

    def acknowledge(self, opened: OpenReceiveChannel | None = None, status: MediaStatus | None = None) -> None:
        """Answer an OpenReceiveChannel."""
        opened = opened or self.opening.popleft()
        self.next_port += 2
        status = self.status if status is None else status
        if status == MediaStatus.OK and opened.party_id not in self.closed:
            self.receiving[opened.party_id] = opened
        address = StationAddress.of(self.address)
        self.to_send.append(OpenReceiveChannelAck(status, address, self.next_port, opened.party_id, opened.call_ref))

    def take(self, kind: type[M]) -> list[M]:
        """The messages of a kind received so far, which are then forgotten."""
        found = [message for message in self.received if isinstance(message, kind)]
        self.received = [message for message in self.received if not isinstance(message, kind)]
        return found

    @property
    def names(self) -> list[str]:
        """The kinds of all messages received and not taken, in order."""
        return [type(message).__name__ for message in self.received]


class Pbx:
    """The other end of one line: a registrar, and a user agent that calls and is called."""

    def __init__(self, line: int) -> None:
        self.local = (PBX_ADDRESS, 5060 + 2 * line)
        phone = (PHONE_ADDRESS, 6060 + 2 * line)
        self.agent = UserAgent(Account("600", PBX_ADDRESS, Destination(*phone)), CountingIds(f"pbx{line}"), self.local)
        self.register_status = 200
        self.requests: list[Request] = []
        self._replies: list[tuple[bytes, Destination]] = []

    def receive_datagram(self, data: bytes, source: tuple[str, int], *, now: float) -> None:
        message = read_message(data)
        if isinstance(message, Request):
            self.requests.append(message)
            if message.method == "REGISTER":
                headers = [Header("Contact", message.headers["Contact"]), Header("Expires", message.headers["Expires"])]
                reply = reply_to(message, self.register_status, tag="reg", headers=headers)
                self._replies.append((to_bytes(reply), Destination(*source)))
                return
        self.agent.receive_datagram(data, source, now=now)

    def data_to_send(self) -> list[tuple[bytes, Destination]]:
        replies, self._replies = self._replies, []
        return replies + self.agent.data_to_send()

    def handle_timer(self, *, now: float) -> None:
        self.agent.handle_timer(now=now)

    def timer(self) -> float | None:
        return self.agent.timer()

    def methods(self) -> list[str]:
        """The methods of all requests received, retransmissions included."""
        return [request.method for request in self.requests if request.method != "REGISTER"]


class Bench:
    """Everything together. ``settle`` delivers what waits, ``advance`` lets time pass."""

    def __init__(
        self,
        device_type: DeviceType = DeviceType.CISCO_7961G,
        version: int = 17,
        *,
        profile: StationProfile = PROFILE,
        settings: CallSettings | None = None,
        features: PhoneFeatures = PhoneFeatures.RFC2833 | PhoneFeatures.UTF_8,
        register: bool = True,
        house: House[ProxiedPhone] | None = None,
    ) -> None:
        self.now = 1000.0
        self.profile = profile
        self.settings = settings or CallSettings()
        self.station = Station(
            Dialect(version, features.code_page, header=version if version >= 17 else 0, legacy=True),
            device_type,
            features,
        )
        self.offered = version
        self.session = StationSession((PHONE_ADDRESS, 50000), now=self.now)
        self.phone = ProxiedPhone(self.session, house if house is not None else House())
        self.pbxs = [Pbx(line) for line in range(1, len(profile.lines) + 1)]
        self.agents = [
            UserAgent(
                Account(line.number, PBX_ADDRESS, Destination(*pbx.local), display_name=line.display_name),
                CountingIds(f"line{number}"),
                (PHONE_ADDRESS, 6060 + 2 * number),
            )
            for number, (line, pbx) in enumerate(zip(profile.lines, self.pbxs, strict=True), 1)
        ]
        self.lines = [SharedLine(agent) for agent in self.agents]
        self.traffic: list[tuple[str, bytes]] = []
        """Every frame: who sent it (``phone``, ``server``), and its bytes."""
        self.lose: Callable[[bytes], bool] = lambda _: False
        self.station.keepalive_at = self.now + 30
        self.events: list[PhoneEvent] = []
        self.pbx_events: list[Event] = []
        if register:
            self.register()

    # --- moving ------------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Deliver until nobody has anything to say at this moment."""
        for _ in range(2000):
            if not self._step():
                return
        raise AssertionError("they never stop talking")

    def _step(self) -> bool:
        moved = False
        parties: list[tuple[UserAgent | Pbx, tuple[str, int]]] = [
            *((agent, agent.local) for agent in self.agents),
            *((pbx, pbx.local) for pbx in self.pbxs),
        ]
        for party, source in parties:
            for data, destination in party.data_to_send():
                moved = True
                if self.lose(data):
                    continue
                for other, address in parties:
                    if address == (destination.host, destination.port):
                        other.receive_datagram(data, source, now=self.now)
        for line in self.lines:
            while (event := line.agent.next_event()) is not None:
                moved = True
                line.receive(event, now=self.now)
        for pbx in self.pbxs:
            while (event := pbx.agent.next_event()) is not None:
                self.pbx_events.append(event)
        for data in self.phone.data_to_station():
            moved = True
            self.traffic.append(("server", data))
            self.station.receive(data)
        messages, self.station.to_send = self.station.to_send, []
        for message in messages:
            moved = True
            sent = self.station.dialect.encode(message)
            self.traffic.append(("phone", sent))
            self.phone.receive_from_station(sent, now=self.now)
        while (reported := self.phone.next_event()) is not None:
            self.events.append(reported)
        due = [*self.agents, *self.pbxs, self.phone]
        for one in due:
            if (at := one.timer()) is not None and at <= self.now:
                one.handle_timer(now=self.now)
                moved = True
        return moved

    def advance(self, seconds: float) -> None:
        """Let time pass, timer by timer."""
        self.settle()
        end = self.now + seconds
        while True:
            times = [one.timer() for one in (*self.agents, *self.pbxs, self.phone)]
            if self.station.keeps_alive:
                times.append(self.station.keepalive_at)
            due = [at for at in times if at is not None and at <= end]
            if not due:
                break
            self.now = max(self.now, min(due))
            if self.station.keepalive_at <= self.now:
                self.station.keepalive_at = self.now + 30
                if self.station.keeps_alive:
                    self.station.to_send.append(KeepAlive())
            self.settle()
        self.now = end

    # --- the phone ---------------------------------------------------------------------------------------------------

    def says(self, *messages: Message) -> None:
        """The phone sends, and everything follows."""
        for message in messages:
            self.station.to_send.append(message)
            self.settle()

    def register(self) -> None:
        """The whole registration, as a phone with soft keys does it."""
        version, bits = self.offered, int(self.station.features)
        self.says(
            Register(
                "SEP001122334455",
                station_ip=IPv4Address(self.station.address),
                device_type=self.station.device_type,
                protocol_version=version,
                feature0=bits & 255,
                feature1=bits >> 8 & 255,
                feature2=bits >> 16 & 255,
            )
        )
        self.phone.accept(self.profile, self.settings, self.lines, now=self.now)
        self.settle()
        self.says(ButtonTemplateReq(), SoftKeyTemplateReq(), SoftKeySetReq())
        self.says(*(LineStatReq(number) for number in range(1, len(self.profile.lines) + 1)))
        self.says(SpeedDialStatReq(1), RegisterAvailableLines(2), TimeDateReq())
        for line in range(1, len(self.agents) + 1):
            self.phone.line_connected(line, now=self.now)
            self.settle()

    def lift(self, line: int = 0, call_ref: int = 0) -> None:
        """Off-hook."""
        self.says(OffHook(line, call_ref))

    def replace(self, line: int = 0, call_ref: int = 0) -> None:
        """On-hook."""
        self.says(OnHook(line, call_ref))

    def dial(self, digits: str) -> None:
        """Press the keys."""
        self.says(*(KeypadButton(KeypadKey.of(digit), 1, self.ref) for digit in digits))

    def press(self, key: SoftKeyEventType, line: int = 0, call_ref: int = 0) -> None:
        """Press a soft key."""
        self.says(SoftKeyEvent(key, line, call_ref))

    def push(self, button: StimulusType, instance: int = 1) -> None:
        """Press a button."""
        self.says(Stimulus(button, instance))

    @property
    def ref(self) -> int:
        """The reference of the newest call, 0 where there is none."""
        return max((call.call_ref for call in self.phone.calls), default=0)

    def notified(self) -> list[str]:
        """The texts over everything else, in words."""
        return [readable(message.text) for message in self.station.take(DisplayPriNotify)]

    # --- the PBX -----------------------------------------------------------------------------------------------------

    def take(self, kind: type[E]) -> list[E]:
        """The PBX's events of a kind, which are then forgotten."""
        found = [event for event in self.pbx_events if isinstance(event, kind)]
        self.pbx_events = [event for event in self.pbx_events if not isinstance(event, kind)]
        return found

    def reported(self, kind: type[E]) -> list[E]:
        """The events for the application of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def invited(self) -> IncomingCall:
        """The one call that reached the PBX."""
        (call,) = self.take(IncomingCall)
        return call

    def outgoing_call(self, number: str = "600") -> Call:
        """Lift, dial; the PBX has the call."""
        self.lift()
        self.dial(f"{number}#")
        return self.invited().call

    def talk(self, number: str = "600", media: AudioSession = PBX_MEDIA) -> Call:
        """A call from the phone that stands. Returns the PBX's side of it."""
        call = self.outgoing_call(number)
        self.pbxs[0].agent.answer(call, media, now=self.now)
        self.settle()
        return call

    def ring(
        self, line: int = 1, name: str = "Bob", number: str = "2002", media: AudioSession | None = PBX_MEDIA
    ) -> Call:
        """A call from the PBX, which rings."""
        agent = self.pbxs[line - 1].agent
        headers = [Header("P-Asserted-Identity", f'"{name}" <sip:{number}@{PBX_ADDRESS}>')] if number else []
        call = agent.call(self.profile.lines[line - 1].number, media, headers=headers, now=self.now)
        self.settle()
        return call

    # --- the end -----------------------------------------------------------------------------------------------------

    def at_rest(self) -> None:
        """Nothing is left behind anywhere."""
        self.settle()
        station = self.station
        assert self.phone.calls == ()
        assert {key: lamp for key, lamp in station.lamps.items() if lamp != LampMode.OFF} == {}
        assert station.states == {}
        assert station.tones == {}
        assert station.receiving == {}
        assert station.sending == {}
        assert all(mode == RingMode.OFF for mode in station.rings.values())
        assert not self.session.in_call
        for agent in self.agents:
            assert agent.calls == ()
