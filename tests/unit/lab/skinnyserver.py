"""A tiny call manager, scripted after the tables of the SCCP flows reference: what a phone may expect of a server.

It knows nothing of this project's own server. ``ScriptedServer`` is pure; ``serve`` puts it on a TCP port.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from bridge.sccp import (
    ALL_KEYS,
    INFO_BASE,
    KEYS_PER_SET,
    ActivateCallPlane,
    ButtonDefinition,
    ButtonTemplate,
    ButtonTemplateReq,
    CallInfo,
    CallState,
    CallType,
    CapabilitiesReq,
    ClearPromptStatus,
    CloseReceiveChannel,
    CodePage,
    ConfigStat,
    ConfigStatReq,
    DefineTimeDate,
    DialedNumber,
    DisplayPriNotify,
    DisplayPromptStatus,
    FeatureStat,
    FeatureStatReq,
    ForwardStat,
    ForwardStatReq,
    Framer,
    IpPort,
    KeepAlive,
    KeepAliveAck,
    Label,
    LampMode,
    LineStat,
    LineStatReq,
    MediaCodec,
    Message,
    OnOff,
    OpenReceiveChannel,
    Register,
    RegisterAck,
    RegisterReject,
    RegisterTokenAck,
    RegisterTokenReject,
    RegisterTokenReq,
    RingMode,
    SelectSoftKeys,
    ServiceUrlStat,
    ServiceUrlStatReq,
    SetLamp,
    SetRinger,
    SetSpeakerMode,
    SoftKeyDefinition,
    SoftKeyEventType,
    SoftKeySet,
    SoftKeySetIndex,
    SoftKeySetReq,
    SoftKeySetRes,
    SoftKeyTemplateReq,
    SoftKeyTemplateRes,
    SpeedDialStat,
    SpeedDialStatReq,
    StartMediaReception,
    StartMediaTransmission,
    StartTone,
    StationAddress,
    StationCallState,
    StimulusType,
    StopMediaReception,
    StopMediaTransmission,
    StopTone,
    TimeDateReq,
    Tone,
    Unregister,
    UnregisterAck,
    Version,
    VersionReq,
    acknowledged_features,
    decode,
    encode,
    negotiate,
)

_Keys = SoftKeyEventType
_TEMPLATE = (
    _Keys.REDIAL,
    _Keys.NEW_CALL,
    _Keys.HOLD,
    _Keys.TRANSFER,
    _Keys.CFWD_ALL,
    _Keys.BACKSPACE,
    _Keys.END_CALL,
    _Keys.RESUME,
    _Keys.ANSWER,
)
_SETS: dict[SoftKeySetIndex, tuple[SoftKeyEventType, ...]] = {
    SoftKeySetIndex.ON_HOOK: (_Keys.REDIAL, _Keys.NEW_CALL, _Keys.CFWD_ALL),
    SoftKeySetIndex.CONNECTED: (_Keys.HOLD, _Keys.END_CALL, _Keys.TRANSFER),
    SoftKeySetIndex.ON_HOLD: (_Keys.RESUME, _Keys.NEW_CALL),
    SoftKeySetIndex.RING_IN: (_Keys.ANSWER,),
    SoftKeySetIndex.OFF_HOOK: (_Keys.REDIAL, _Keys.END_CALL),
    SoftKeySetIndex.CONNECTED_TRANSFERABLE: (_Keys.NONE, _Keys.END_CALL, _Keys.TRANSFER),
    SoftKeySetIndex.DIGITS_AFTER_DIALING_FIRST: (_Keys.BACKSPACE, _Keys.END_CALL),
    SoftKeySetIndex.CONNECTED_CONFERENCEABLE: (_Keys.NONE, _Keys.END_CALL),
    SoftKeySetIndex.RING_OUT: (_Keys.NONE, _Keys.END_CALL),
}


def soft_key_template() -> SoftKeyTemplateRes:
    """The beginning of CallManager 4.1's template: labels are 0x80 and the event."""
    return SoftKeyTemplateRes.of(SoftKeyDefinition(f"\x80{chr(event)}", event) for event in _TEMPLATE)


def soft_key_sets() -> SoftKeySetRes:
    """Its sets 0 to 8."""
    sets = []
    for keys in _SETS.values():
        positions = [_TEMPLATE.index(key) + 1 if key else 0 for key in keys]
        info = [INFO_BASE + key if key else 0 for key in keys]
        blank = [0] * (KEYS_PER_SET - len(keys))
        sets.append(SoftKeySet((*positions, *blank), (*info, *blank)))
    return SoftKeySetRes.of(sets)


@dataclass
class ScriptedServer:
    """One phone's server. Set the fields; feed it bytes; send what it gives back."""

    ceiling: int = 22
    number: str = "1001"
    lines: int = 1
    speed_dials: int = 0
    keepalive: int = 30
    reject: str = ""
    token_wait: int | None = None
    silent: frozenset[type[Message]] = frozenset()
    """Messages that it does not answer."""
    version: int = 0
    page: CodePage = CodePage.LATIN_1
    register: Register | None = None
    got: list[Message] = field(default_factory=list)
    framer: Framer = field(default_factory=Framer)

    def receive(self, data: bytes) -> bytes:
        """Bytes from the phone; the answers."""
        self.framer.receive_data(data)
        out = b""
        while (frame := self.framer.next_frame()) is not None:
            message = decode(frame, self.version or 22, self.page)
            self.got.append(message)
            if type(message) not in self.silent:
                out += self.say(*self.answers(message))
        return out

    def say(self, *messages: Message) -> bytes:
        """The bytes of messages, at the negotiated version."""
        return b"".join(encode(self._worded(message), self.version, self.page) for message in messages)

    def _worded(self, message: Message) -> Message:
        """Section 1.2: a phone that told its port is told to listen in its own way."""
        if self.of(IpPort):
            match message:
                case OpenReceiveChannel():
                    return StartMediaReception(message.conf_id, message.party_id, message.packet_ms, message.codec)
                case CloseReceiveChannel():
                    return StopMediaReception(message.conf_id, message.party_id)
        return message

    def of(self, kind: type[Message]) -> list[Message]:
        """Messages of a kind that came."""
        return [message for message in self.got if type(message) is kind]

    def answers(self, message: Message) -> Iterator[Message]:
        """Section 1.1 of the flows reference, from the server's side."""
        match message:
            case Register():
                yield from self._registration(message)
            case RegisterTokenReq():
                yield RegisterTokenAck() if self.token_wait is None else RegisterTokenReject(self.token_wait)
            case KeepAlive():
                yield KeepAliveAck()
            case Unregister():
                yield UnregisterAck()
            case ButtonTemplateReq():
                lines = [ButtonDefinition(index + 1, StimulusType.LINE) for index in range(self.lines)]
                dials = [ButtonDefinition(index + 1, StimulusType.SPEED_DIAL) for index in range(self.speed_dials)]
                yield ButtonTemplate.of(lines + dials)
            case SoftKeyTemplateReq():
                yield soft_key_template()
            case SoftKeySetReq():
                yield soft_key_sets()
                yield SelectSoftKeys(0, 0, SoftKeySetIndex.ON_HOOK, ALL_KEYS)
                yield DisplayPromptStatus(Label.YOUR_CURRENT_OPTIONS)
            case _:
                yield from self._details(message)

    def _registration(self, message: Register) -> Iterator[Message]:
        self.register = message
        self.page = message.features.code_page
        if self.reject:
            yield RegisterReject(self.reject)
            return
        self.version = negotiate(message.offered_version, self.ceiling)
        features = acknowledged_features(self.version)
        yield RegisterAck(self.keepalive, "D.M.Y", 60, self.version, *features)
        yield CapabilitiesReq()

    def _details(self, message: Message) -> Iterator[Message]:
        match message:
            case LineStatReq(line=line):
                yield LineStat(line, self.number, f"Phone {self.number}", f"Line {self.number}")
            case SpeedDialStatReq(index=index):
                yield SpeedDialStat(index, f"60{index}", f"Dial {index}")
            case FeatureStatReq(index=index):
                yield FeatureStat(index, StimulusType.FEATURE)
            case ServiceUrlStatReq(index=index):
                yield ServiceUrlStat(index)
            case ForwardStatReq(line=line):
                yield ForwardStat(0, line)
            case ConfigStatReq():
                yield ConfigStat("SEP", line_count=self.lines)
            case VersionReq():
                yield Version("")
            case TimeDateReq():
                yield DefineTimeDate(2026, 6, 5, 5, 23, 18, 47)
                yield SetLamp(StimulusType.VOICEMAIL, 0, LampMode.OFF)

    # --- calls, row by row of section 3 ------------------------------------------------------------------------------

    def dial_tone(self, ref: int) -> bytes:
        """3.1, start."""
        return self.say(
            SetRinger(RingMode.OFF),
            SetSpeakerMode(OnOff.ON),
            SetLamp(StimulusType.LINE, 1, LampMode.ON),
            CallState(StationCallState.OFF_HOOK, 1, ref),
            SelectSoftKeys(1, ref, SoftKeySetIndex.OFF_HOOK, ALL_KEYS),
            DisplayPromptStatus(Label.ENTER_NUMBER, 0, 1, ref),
            ActivateCallPlane(1),
            StartTone(Tone.INSIDE_DIAL, line=1, call_ref=ref),
        )

    def proceed(self, ref: int, number: str) -> bytes:
        """3.1, end of dialling."""
        return self.say(
            StopTone(1, ref),
            SetLamp(StimulusType.LINE, 1, LampMode.BLINK),
            CallInfo(1, ref, CallType.OUTBOUND, calling_number=self.number, called_name="Bo", called_number=number),
            DialedNumber(number, 1, ref),
            CallState(StationCallState.PROCEED, 1, ref),
        )

    def ring_out(self, ref: int) -> bytes:
        """3.1, ringing."""
        return self.say(
            CallState(StationCallState.RING_OUT, 1, ref),
            SelectSoftKeys(1, ref, SoftKeySetIndex.RING_OUT, ALL_KEYS),
            DisplayPromptStatus(Label.RING_OUT, 0, 1, ref),
            StartTone(Tone.ALERTING, line=1, call_ref=ref),
        )

    def busy(self, ref: int) -> bytes:
        """3.1, the table of SIP results."""
        return self.say(
            CallState(StationCallState.BUSY, 1, ref),
            StartTone(Tone.LINE_BUSY, line=1, call_ref=ref),
            DisplayPromptStatus(Label.BUSY, 0, 1, ref),
        )

    def open_channel(self, ref: int, codec: MediaCodec = MediaCodec.G711_ULAW_64K, events: int = 0) -> bytes:
        """5.2, the receive channel."""
        return self.say(OpenReceiveChannel(ref, ref + 1000, 20, codec, call_ref=ref, rfc2833_payload=events))

    def start_media(
        self, ref: int, address: str, port: int, codec: MediaCodec = MediaCodec.G711_ULAW_64K, events: int = 0
    ) -> bytes:
        """5.2, the sending side."""
        where = StationAddress.of(address)
        return self.say(
            StartMediaTransmission(ref, ref + 1000, where, port, 20, codec, call_ref=ref, rfc2833_payload=events)
        )

    def connected(self, ref: int) -> bytes:
        """3.1 and 3.2, answer."""
        return self.say(
            StopTone(1, ref),
            SetLamp(StimulusType.LINE, 1, LampMode.ON),
            CallState(StationCallState.CONNECTED, 1, ref),
            SelectSoftKeys(1, ref, SoftKeySetIndex.CONNECTED, 0xFFFFFDFF),
            DisplayPromptStatus(Label.CONNECTED, 0, 1, ref),
        )

    def ring_in(self, ref: int, caller: str) -> bytes:
        """3.2, ring."""
        text = Label.FROM + caller
        return self.say(
            CallState(StationCallState.RING_IN, 1, ref),
            SelectSoftKeys(1, ref, SoftKeySetIndex.RING_IN, ALL_KEYS),
            DisplayPromptStatus(text, 0, 1, ref),
            DisplayPriNotify(text, 10, 5),
            CallInfo(1, ref, CallType.INBOUND, "Ann", caller, called_number=self.number),
            SetLamp(StimulusType.LINE, 1, LampMode.BLINK),
            SetRinger(RingMode.INSIDE, line=1, call_ref=ref),
        )

    def answered(self, ref: int, codec: MediaCodec = MediaCodec.G711_ULAW_64K, events: int = 0) -> bytes:
        """3.2, answer, up to the channel's acknowledgement."""
        return (
            self.say(
                SetRinger(RingMode.OFF),
                SetSpeakerMode(OnOff.ON),
                SetLamp(StimulusType.LINE, 1, LampMode.ON),
                CallState(StationCallState.OFF_HOOK, 1, ref),
                ActivateCallPlane(1),
                SetRinger(RingMode.OFF, line=1, call_ref=ref),
                StopTone(1, ref),
            )
            + self.open_channel(ref, codec, events)
            + self.connected(ref)
        )

    def held(self, ref: int) -> bytes:
        """4.1."""
        return self.say(
            CloseReceiveChannel(ref, ref + 1000, ref),
            StopMediaTransmission(ref, ref + 1000, ref),
            SetLamp(StimulusType.LINE, 1, LampMode.WINK),
            CallState(StationCallState.HOLD, 1, ref),
            DisplayPromptStatus(Label.HOLD, 0, 1, ref),
            SelectSoftKeys(1, ref, SoftKeySetIndex.ON_HOLD, ALL_KEYS),
        )

    def hung_up(self, ref: int) -> bytes:
        """3.2, hang-up."""
        return self.say(
            StopTone(1, ref),
            SetLamp(StimulusType.LINE, 1, LampMode.OFF),
            ClearPromptStatus(1, ref),
            CloseReceiveChannel(ref, ref + 1000, ref),
            StopMediaTransmission(ref, ref + 1000, ref),
            CallState(StationCallState.ON_HOOK, 1, ref),
            SelectSoftKeys(0, 0, SoftKeySetIndex.ON_HOOK, ALL_KEYS),
            DefineTimeDate(2026, 6, 5, 5, 23, 19, 0),
            SetSpeakerMode(OnOff.OFF),
            SetRinger(RingMode.OFF),
        )


@dataclass
class ScriptedListener:
    """Scripted servers on a TCP port: one for each connection."""

    template: ScriptedServer
    sessions: list[ScriptedServer] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        """Listen on loopback; the port."""
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        return int(self.server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Cut every connection, and listen no more."""
        for writer in self.writers:
            writer.transport.abort()
        if self.server:
            self.server.close()
            await self.server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = replace(self.template, got=[], framer=Framer())
        self.sessions.append(session)
        self.writers.append(writer)
        try:
            while data := await reader.read(65536):
                writer.write(session.receive(data))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()


async def until(reached: Callable[[], bool], within: float = 10.0) -> None:
    """Wait for something that real sockets bring about. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(within):
        while not reached():
            moment = loop.create_future()
            loop.call_later(0.01, moment.set_result, None)
            await moment
