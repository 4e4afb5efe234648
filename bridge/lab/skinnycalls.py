"""The calls of an SCCP phone, as its server tells them: states, names, media channels; and a judge of all that.

Sources: SCCP flows reference, sections 3, 4.1, 4.8, 4.9, 5 and 8; SCCP wire reference, sections 7.1 to 7.4. What a real
phone would choke on is noted as a fault, in words.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from bridge.lab.skinnycall import FAILED, ListedCall, MediaChannel, StationCall, list_of
from bridge.lab.skinnydisplay import Display
from bridge.lab.skinnyevents import (
    CallConnected,
    CallOffered,
    CallOver,
    CallPlaced,
    PortAsked,
    PortUnwanted,
    PortWanted,
    RingingAtFarEnd,
    SendingUnwanted,
    SendingWanted,
    StationEvent,
)
from bridge.lab.skinnymodels import SkinnyTraits
from bridge.lab.skinnysoftkeys import SoftKeyBoard
from bridge.sccp import (
    ActivateCallPlane,
    BackSpaceRes,
    CallHistory,
    CallHistoryDisposition,
    CallInfo,
    CallState,
    CloseReceiveChannel,
    DeactivateCallPlane,
    DialedNumber,
    DisplayPromptStatus,
    MediaCodec,
    MediaStatus,
    MediaType,
    Message,
    OpenReceiveChannel,
    OpenReceiveChannelAck,
    PortClose,
    PortHandling,
    PortReq,
    PortRes,
    RingMode,
    SelectSoftKeys,
    SetRinger,
    StartMediaReception,
    StartMediaTransmission,
    StartMediaTransmissionAck,
    StartTone,
    StationAddress,
    StationCallState,
    StopMediaReception,
    StopMediaTransmission,
)

_State = StationCallState
_MOST = 32
"""Calls at a time."""
_REMEMBERED = 16
_LISTED = 150
_RINGING = {_State.RING_IN, _State.CALL_WAITING}
_ENDED = {_State.ON_HOOK, _State.IDLE}
_SHARED = {_State.IN_USE_REMOTELY, _State.REMOTE_HOLD, _State.HOLD}
"""States in which a call of another phone on a shared line appears."""
_FIRST = {_State.OFF_HOOK, _State.CONNECTED, *_RINGING, *_SHARED}
_HOLDS_BACK = 17
"""From this version on StartMediaTransmission comes after the acknowledgement (flows reference, sections 3.2 and 8)."""
_BLF_BUTTONS = 15
"""Below this version a watched number is a line button whose state comes with call reference 0."""


class StationCalls:
    """All calls of one phone."""

    def __init__(
        self,
        traits: SkinnyTraits,
        display: Display,
        soft_keys: SoftKeyBoard,
        *,
        send: Callable[[Message], None],
        report: Callable[[StationEvent], None],
        fault: Callable[[str], None],
    ) -> None:
        self._traits = traits
        self._display = display
        self._soft_keys = soft_keys
        self._send = send
        self._report = report
        self._fault = fault
        self._calls: dict[int, StationCall] = {}
        self._over: deque[int] = deque(maxlen=_REMEMBERED)
        self.count = 0
        self.listed: deque[ListedCall] = deque(maxlen=_LISTED)
        """The call lists, the oldest first."""
        self.selected = 0
        """Reference of the call in front; 0 for the idle screen."""
        self.version = 0
        """The negotiated one."""

    # --- what there is -----------------------------------------------------------------------------------------------

    @property
    def all(self) -> tuple[StationCall, ...]:
        """Every call on the screen, oldest first."""
        return tuple(self._calls.values())

    @property
    def current(self) -> StationCall | None:
        """The call in front."""
        return self._calls.get(self.selected)

    @property
    def ringing(self) -> StationCall | None:
        """The call that rings or knocks."""
        return next((call for call in self._calls.values() if call.state in _RINGING), None)

    def find(self, ref: int) -> StationCall | None:
        """The call with this reference."""
        return self._calls.get(ref)

    # --- what the server says ----------------------------------------------------------------------------------------

    def receive(self, message: Message, *, now: float) -> bool:
        """Take a message; False for one that is not about calls. Messages for the display are only judged here."""
        match message:
            case CallState():
                self._call_state(message, now)
            case CallInfo():
                self._call_info(message)
            case OpenReceiveChannel():
                self._open(message)
            case CloseReceiveChannel(party_id=party, call_ref=ref, port_handling=handling):
                self._close(party, ref, keep=handling == PortHandling.KEEP)
            case StartMediaReception():
                self._listen(message)
            case StopMediaReception(conf_id=conference, party_id=party):
                self._listen_no_more(conference, party)
            case PortReq():
                self._keep_port(message)
            case PortClose(call_ref=ref):
                self._known(ref, "PortClose")
            case StartMediaTransmission():
                self._start(message, now)
            case StopMediaTransmission(party_id=party, call_ref=ref):
                self._stop(party, ref)
            case DialedNumber(number=number, call_ref=ref):
                if (call := self._known(ref, "DialedNumber")) is not None and not call.dialled:
                    call.dialled = number
            case BackSpaceRes(call_ref=ref):
                if (call := self._known(ref, "BackSpaceRes")) is not None:
                    call.dialled = call.dialled[:-1]
            case SelectSoftKeys(line=line, call_ref=ref):
                self._select_soft_keys(message, line, ref)
            case ActivateCallPlane(line=line):
                front = next((call for call in reversed(self._calls.values()) if call.line == line and call.own), None)
                self.selected = front.ref if front else self.selected
            case DeactivateCallPlane():
                self.selected = 0
            case CallHistoryDisposition(disposition=filed, call_ref=ref):
                if (call := self._known(ref, "CallHistoryDisposition")) is not None:
                    call.filed = filed
            case DisplayPromptStatus(call_ref=ref) if ref:
                self._known(ref, "a prompt")
                return False
            case StartTone(call_ref=ref) if ref:
                self._known(ref, "a tone")
                return False
            case SetRinger(mode=mode, call_ref=ref):
                self._ringer(mode, ref)
                return False
            case _:
                return False
        return True

    def _call_state(self, message: CallState, now: float) -> None:
        state, ref = message.state, message.call_ref
        if not state.known:
            self._fault(f"call state {int(state)} does not exist")
            return
        if ref == 0:
            watched = self.version < _BLF_BUTTONS and state in {_State.ON_HOOK, _State.IN_USE_REMOTELY}
            if not watched and state not in _ENDED:
                self._fault(f"call state {state.name} for no call")
            return
        call = self._calls.get(ref)
        if call is None:
            if state in _ENDED:
                if ref not in self._over:
                    self._fault(f"call state {state.name} for call {ref}, which the phone does not know")
                return
            call = self._begin(message)
            if call is None:
                return
        self._judge_unlifted(call, state)
        call.state = state
        call.line = message.line
        self._enter(call, now)

    def _begin(self, message: CallState) -> StationCall | None:
        state, ref = message.state, message.call_ref
        if len(self._calls) >= _MOST:
            self._fault(f"more than {_MOST} calls at a time")
            return None
        if state not in _FIRST:
            self._fault(f"call {ref} begins with the state {state.name}")
        lines = {button.instance for button in self._display.buttons if button.type.name == "LINE"}
        if lines and message.line not in lines:
            self._fault(f"call {ref} is on line {message.line}, which the phone does not have")
        self.count += 1
        call = StationCall(self.count, ref, message.line, state in _RINGING, state)
        self._calls[ref] = call
        return call

    def _judge_unlifted(self, call: StationCall, state: StationCallState) -> None:
        if call.unlifted:
            call.unlifted = False
            if state != _State.IN_USE_REMOTELY:
                self._never_lifted(call)
        if state == _State.CONNECTED and not call.off_hook:
            call.unlifted = True

    def _never_lifted(self, call: StationCall) -> None:
        call.unlifted = False
        self._fault(f"call {call.ref} was connected (5) without having been off hook (1): some phones send no sound")

    def _enter(self, call: StationCall, now: float) -> None:
        match call.state:
            case _State.OFF_HOOK:
                call.off_hook = True
                call.elsewhere = False
                self.selected = call.ref
            case _State.RING_IN | _State.CALL_WAITING:
                front = self.current
                if front is None or front.state not in {_State.CONNECTED, _State.OFF_HOOK}:
                    self.selected = call.ref
            case _State.RING_OUT | _State.PROCEED:
                if call.state == _State.RING_OUT and call.ringing_at is None:
                    call.ringing_at = now
                    self._place(call)
                    self._report(RingingAtFarEnd(call))
                self._place(call)
            case _State.IN_USE_REMOTELY | _State.REMOTE_HOLD:
                call.elsewhere = True
                if self.selected == call.ref:
                    self.selected = 0
            case _State.CONNECTED if call.own and call.off_hook:
                self.selected = call.ref
                self._connected(call, now)
            case _State.BUSY | _State.CONGESTION | _State.INVALID_NUMBER:
                self._place(call)
                call.failure = call.state
            case _State.ON_HOOK | _State.IDLE:
                self._end(call)
            case _:
                pass

    def _connected(self, call: StationCall, now: float) -> None:
        self._place(call)
        if not call.connected:
            call.connected = True
            call.connected_at = now
            self._report(CallConnected(call))

    def _place(self, call: StationCall) -> None:
        """The call goes further than dialling."""
        if not call.announced and not call.incoming and call.off_hook:
            call.announced = True
            self._report(CallPlaced(call, call.other))

    def placed(self, call: StationCall, number: str) -> None:
        """The person pressed the last digit of this number."""
        if not call.announced:
            call.announced = True
            self._report(CallPlaced(call, number))

    def _end(self, call: StationCall) -> None:
        if call.channel is not None:
            self._fault(f"call {call.ref} ended with its receive channel open")
            self._drop_channel(call)
        del self._calls[call.ref]
        self._over.append(call.ref)
        self._soft_keys.forget_call(call.ref)
        self._display.forget_call(call.line, call.ref)
        if self.selected == call.ref:
            left = next((each for each in reversed(self._calls.values()) if each.own), None)
            self.selected = left.ref if left else 0
        if (kind := list_of(call)) is not CallHistory.IGNORE:
            self.listed.append(ListedCall(kind, call.line, call.other, call.name))
        self._report(CallOver(call))

    def abandon(self) -> None:
        """The connection is gone: all calls leave the screen, and nobody is told."""
        for call in self.all:
            self._drop_channel(call)
            del self._calls[call.ref]
            self._report(CallOver(call))
        self.selected = 0

    def _call_info(self, message: CallInfo) -> None:
        call = self._known(message.call_ref, "CallInfo")
        if call is None:
            return
        call.info = message
        if call.state in _RINGING:
            self._offer(call)

    def _ringer(self, mode: RingMode, ref: int) -> None:
        rings = mode != RingMode.OFF
        if ref and rings and (call := self._known(ref, "the ringer")) is not None and call.state in _RINGING:
            self._offer(call)

    def _offer(self, call: StationCall) -> None:
        if not call.announced:
            call.announced = True
            self._report(CallOffered(call, call.other))

    def _select_soft_keys(self, message: SelectSoftKeys, line: int, ref: int) -> None:
        if ref and self._known(ref, "SelectSoftKeys") is None:
            return
        if line == 0 and ref:
            self._fault(f"soft keys for call {ref} on no line")
        for text in self._soft_keys.select(message):
            if self._traits.soft_keys:
                self._fault(text)

    def _known(self, ref: int, what: str) -> StationCall | None:
        """The call; None, and a fault, for a reference that the phone does not know (flows reference, section 7)."""
        call = self._calls.get(ref)
        if call is None:
            past = ", which is over" if ref in self._over else ", which the phone does not know"
            self._fault(f"{what} for call {ref}{past}")
        return call

    # --- media -------------------------------------------------------------------------------------------------------

    def _keep_port(self, message: PortReq) -> None:
        call = self._known(message.call_ref, "PortReq")
        if not self._traits.knows_port_requests:
            self._fault("PortReq for a phone that does not know it")
        elif call is not None:
            self._report(PortAsked(call, message.party_id))

    def port_kept(self, call: StationCall, party_id: int, port: int) -> None:
        """The shell keeps a port for a channel to come; port 0: it could not."""
        self._send(PortRes(call.ref, call.ref, party_id, self.own_address, port, port + 1, MediaType.AUDIO))

    def _listen(self, message: StartMediaReception) -> None:
        """As phones of the 12SP era listen: no call is named, so it is for the one in front; nothing is answered."""
        call = self.current
        if call is None or not call.off_hook:
            self._fault("StartMediaReception without a call that is off hook")
            return
        if any(each.channel is not None for each in self._calls.values()):
            self._fault("StartMediaReception while the phone listens already")
            self._listen_no_more(message.conf_id, 0)
        if message.codec not in self._traits.codecs:
            self._fault(f"StartMediaReception with codec {message.codec.name}, which the phone did not offer")
            return
        channel = MediaChannel(message.party_id, message.conf_id, message.codec, message.packet_ms, 0)
        call.channel = channel
        self._report(PortWanted(call, channel))

    def _listen_no_more(self, conference: int, party: int) -> None:
        for call in self._calls.values():
            channel = call.channel
            if channel is not None and channel.conf_id == conference and party in {0, channel.party_id}:
                self._drop_channel(call)

    def _open(self, message: OpenReceiveChannel) -> None:
        if self._traits.old_media:
            self._fault("OpenReceiveChannel for a phone of the 12SP era")
            return
        call = self._known(message.call_ref, "OpenReceiveChannel")
        if call is None:
            self._refuse(message, MediaStatus.INVALID_CALL_REFERENCE)
            return
        if call.unlifted:
            self._never_lifted(call)
        if not call.off_hook:
            self._fault(f"OpenReceiveChannel for call {call.ref}, which was never off hook")
            if self._traits.java:
                return  # a 7961 keeps silent then: the call's life decides, not the frame (frames reference, section 7)
        if not message.source_ip.unspecified:
            self._fault("OpenReceiveChannel with a source address: a 7961 does not answer that")
            if self._traits.java:
                return
        if any(each.channel is not None for each in self._calls.values()):
            self._fault(f"OpenReceiveChannel for call {call.ref} while another channel is open")
            if call.channel is not None:
                self._drop_channel(call)
        if message.codec not in self._traits.codecs:
            self._fault(f"OpenReceiveChannel with codec {message.codec.name}, which the phone did not offer")
            self._refuse(message, MediaStatus.INVALID_CODEC)
            return
        if message.rfc2833_payload and not self._traits.has_rfc2833:
            self._fault("OpenReceiveChannel with a payload type for RTP events, for a phone without them")
        channel = MediaChannel(
            message.party_id, message.conf_id, message.codec, message.packet_ms, message.rfc2833_payload
        )
        call.channel = channel
        self._report(PortWanted(call, channel))

    def _refuse(self, message: OpenReceiveChannel, status: MediaStatus) -> None:
        self._send(OpenReceiveChannelAck(status, StationAddress(), 0, message.party_id, message.call_ref))

    def port_opened(self, call: StationCall, channel: MediaChannel, address: str, port: int) -> None:
        """The shell opened a port for the channel; port 0: it could not."""
        if call.channel is not channel:
            return
        if self._traits.old_media:
            channel.port, channel.acknowledged = port, True
            return
        if not port:
            call.channel = None
            status = MediaStatus.OUT_OF_SOCKETS
            self._send(OpenReceiveChannelAck(status, StationAddress(), 0, channel.party_id, call.ref))
            return
        channel.port = port
        channel.acknowledged = True
        where = StationAddress.of(address)
        self._send(OpenReceiveChannelAck(MediaStatus.OK, where, port, channel.party_id, call.ref))

    def _start(self, message: StartMediaTransmission, now: float) -> None:
        call = self._known(message.call_ref, "StartMediaTransmission")
        if call is None:
            return
        channel = call.channel
        if channel is None:
            self._fault(f"StartMediaTransmission for call {call.ref} without OpenReceiveChannel")
            return
        if channel.party_id != message.party_id:
            self._fault(f"StartMediaTransmission with party {message.party_id}, the channel has {channel.party_id}")
        if not channel.acknowledged and self.version >= _HOLDS_BACK:
            self._fault("StartMediaTransmission before the phone acknowledged its receive channel")
        if message.codec != channel.codec:
            self._fault(f"StartMediaTransmission with {message.codec.name}, the channel has {channel.codec.name}")
        remote = message.remote_ip.ip
        if remote is None or message.remote_ip.unspecified or not 0 < message.remote_port < 0x10000:
            self._fault(f"StartMediaTransmission to {remote}:{message.remote_port}")
            return
        channel.remote = (str(remote), message.remote_port)
        if message.rfc2833_payload:
            channel.events = message.rfc2833_payload
        self._report(SendingWanted(call, channel))
        if call.media_at is None:
            call.media_at = now
        if self._traits.acknowledges_sending and channel.port:
            nobody = self._traits.anonymous_acks
            conference, party = (0, 0) if nobody else (message.conf_id, message.party_id)
            self._send(StartMediaTransmissionAck(conference, party, call.ref, self.own_address, channel.port))

    own_address = StationAddress()
    """The phone's own, for acknowledgements."""

    def _stop(self, party: int, ref: int) -> None:
        call = self._by_channel(party, ref)
        if call is None or call.channel is None:
            return
        if call.channel.remote is not None:
            call.channel.remote = None
            self._report(SendingUnwanted(call, call.channel))
        if self._traits.stop_closes_receiving:
            self._drop_channel(call)

    def _close(self, party: int, ref: int, *, keep: bool) -> None:
        del keep  # this phone always takes a new port; servers must cope with that
        call = self._by_channel(party, ref)
        if call is not None and call.channel is not None:
            self._drop_channel(call)

    def _by_channel(self, party: int, ref: int) -> StationCall | None:
        """The call whose channel is meant. A phone is deaf to what concerns no open channel."""
        for call in self._calls.values():
            if call.channel is not None and call.channel.party_id == party:
                if ref not in {0, call.ref}:
                    self._fault(f"a channel of call {call.ref} is stopped under the reference {ref}")
                return call
        return None

    def _drop_channel(self, call: StationCall) -> None:
        channel, call.channel = call.channel, None
        if channel is not None:
            self._report(PortUnwanted(call, channel))


AUDIBLE = frozenset({MediaCodec.G711_ULAW_64K, MediaCodec.G711_ALAW_64K})
"""Codecs that this phone can really play; the others are only signalled."""
FAILURES = frozenset(FAILED)
