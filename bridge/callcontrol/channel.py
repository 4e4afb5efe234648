"""The voice channel of one call on the phone: opening with a time limit and one retry, sending, closing.

The phone chooses its RTP port when the channel is opened, and tells it in the acknowledgement: until then no session
description can be written. Source: SCCP flows reference, section 5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bridge.sccp import (
    DTMF_TYPE_RFC2833,
    CloseReceiveChannel,
    MediaCodec,
    MediaStatus,
    Message,
    OpenReceiveChannel,
    PortClose,
    PortHandling,
    PortReq,
    StartMediaTransmission,
    StationAddress,
    StopMediaTransmission,
)
from bridge.sccp.stationevents import PortTold, ReceiveChannelOpened

TRIES = 2
Messages = tuple[Message, ...]


class ChannelState(StrEnum):
    """Where the receiving side stands."""

    CLOSED = "closed"
    ASKING = "asking for the port"
    """Closed, and the phone is asked where it would listen (SCCP flows reference, section 5.1, option C)."""
    OPENING = "opening"
    OPEN = "open"


class Purpose(StrEnum):
    """What waits for the channel."""

    OFFER = "the INVITE"
    ANSWER = "the answer"
    LATE_ANSWER = "the acknowledgement of the other side's offer"
    RESUME = "the resumed call"
    CODEC = "the other codec"


@dataclass(frozen=True, slots=True)
class Sending:
    """Where the phone sends, and how."""

    address: str
    port: int
    codec: MediaCodec
    events: int


class MediaChannel:
    """Returns the messages for the phone; the acknowledgement and time are told to it."""

    __slots__ = (
        "_asked",
        "_call_ref",
        "_packet_ms",
        "_party",
        "_take_party",
        "_tries",
        "codec",
        "deadline",
        "events",
        "port",
        "purpose",
        "sending",
        "state",
        "told",
    )

    def __init__(self, call_ref: int, take_party: Callable[[], int], packet_ms: int) -> None:
        self._call_ref = call_ref
        self._take_party = take_party
        self._packet_ms = packet_ms
        self._party = 0
        self._asked = 0
        """The party id under which the phone keeps a port for a channel that is not open yet; 0 without one."""
        self._tries = 0
        self.state = ChannelState.CLOSED
        self.purpose = Purpose.OFFER
        self.codec = MediaCodec.NONE
        self.events = 0
        """RTP payload type of telephone events; 0 where the phone sends none."""
        self.deadline: float | None = None
        self.told = ""
        """The address to write into session descriptions; empty until the first acknowledgement."""
        self.port = 0
        self.sending: Sending | None = None

    @property
    def is_open(self) -> bool:
        """True when the phone listens."""
        return self.state is ChannelState.OPEN

    def open(
        self, purpose: Purpose, codec: MediaCodec, events: int, *, keep_port: bool = False, until: float
    ) -> Messages:
        """Open it, or open it anew."""
        before = self._close(keep_port=keep_port)
        self.purpose, self.codec, self.events = purpose, codec, events
        self._tries = 1
        return (*before, *self._open(until))

    def ask(self, purpose: Purpose, codec: MediaCodec, events: int, *, until: float) -> Messages:
        """Ask where the phone would listen. It listens only once the channel is opened."""
        before = self.close()
        self.purpose, self.codec, self.events = purpose, codec, events
        self._tries = 1
        self.state = ChannelState.ASKING
        self.deadline = until
        self._asked = self._take_party()
        return (*before, PortReq(self._call_ref, self._call_ref, self._asked))

    def answered(self, event: PortTold, address: str) -> bool | None:
        """Take the phone's answer to ``ask``. True: its port is known; False: it has none; None: it is too late."""
        if self.state is not ChannelState.ASKING or event.party_id != self._asked:
            return None
        if not 0 < event.port < 65536 or not address:
            return False
        self.state = ChannelState.CLOSED
        self.deadline = None
        self.told, self.port = address, event.port
        return True

    def acknowledged(self, event: ReceiveChannelOpened, address: str) -> bool | None:
        """Take the phone's answer. True: open; False: it cannot; None: it is about something else or too late."""
        if self.state is not ChannelState.OPENING or event.party_id != self._party:
            return None
        if event.status != MediaStatus.OK or not 0 < event.port < 65536 or not address:
            return False
        self.state = ChannelState.OPEN
        self.deadline = None
        self.told, self.port = address, event.port
        return True

    def again(self, until: float) -> Messages | None:
        """Try once more after silence or a refusal; None when that has been done: the channel is then closed."""
        if self._tries >= TRIES:
            return None
        self._tries += 1
        if self.state is ChannelState.ASKING:
            self._asked = 0  # a phone that does not answer PortReq may not know PortClose either
        return (*self.close(), *self._open(until))

    def send_to(self, address: str, port: int, codec: MediaCodec, events: int) -> Messages:
        """Let the phone send there. Nothing where it does so already."""
        wanted = Sending(address, port, codec, events)
        if self.sending == wanted:
            return ()
        before = self.stop()
        self.sending = wanted
        return (
            *before,
            StartMediaTransmission(
                self._call_ref,
                self._party,
                StationAddress.of(address),
                port,
                self._packet_ms,
                codec,
                call_ref=self._call_ref,
                rfc2833_payload=events,
                dtmf_type=DTMF_TYPE_RFC2833 if events else 0,
            ),
        )

    def stop(self) -> Messages:
        """Let the phone send no more."""
        if self.sending is None:
            return ()
        self.sending = None
        return (StopMediaTransmission(self._call_ref, self._party, self._call_ref),)

    def close(self, *, keep_port: bool = False) -> Messages:
        """Close both sides. Nothing where they are closed."""
        unasked: Messages = ()
        if self._asked:
            unasked = (PortClose(self._call_ref, self._call_ref, self._asked),)
            self._asked = 0
        return (*self._close(keep_port=keep_port), *unasked)

    def _close(self, *, keep_port: bool) -> Messages:
        closing: Messages = ()
        if self.state in (ChannelState.OPENING, ChannelState.OPEN):
            handling = PortHandling.KEEP if keep_port else PortHandling.CLOSE
            closing = (CloseReceiveChannel(self._call_ref, self._party, self._call_ref, handling),)
        self.state = ChannelState.CLOSED
        self.deadline = None
        return (*closing, *self.stop())

    def _open(self, until: float) -> Messages:
        self.state = ChannelState.OPENING
        self.deadline = until
        self._party, self._asked = self._asked or self._take_party(), 0
        return (
            OpenReceiveChannel(
                self._call_ref,
                self._party,
                self._packet_ms,
                self.codec,
                call_ref=self._call_ref,
                rfc2833_payload=self.events,
                dtmf_type=DTMF_TYPE_RFC2833 if self.events else 0,
            ),
        )
