"""What the machine of an SCCP phone tells its shell."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.lab.screenxml import ScreenDocument
from bridge.lab.skinnycall import MediaChannel, StationCall
from bridge.sccp import ResetType


@dataclass(frozen=True, slots=True)
class StationEvent:
    """Something happened to the phone, or is wanted of its shell."""


@dataclass(frozen=True, slots=True)
class TokenGranted(StationEvent):
    """A server would take the phone; asked with ``ask_token`` only."""


@dataclass(frozen=True, slots=True)
class TokenRefused(StationEvent):
    """The phone shall ask again after so many seconds, or go to another server."""

    wait_s: int


@dataclass(frozen=True, slots=True)
class StationAccepted(StationEvent):
    """RegisterAck came. ``version`` is the negotiated one."""

    version: int


@dataclass(frozen=True, slots=True)
class StationReady(StationEvent):
    """The registration is through: the phone shows its lines. ``number`` is that of its first line."""

    number: str


@dataclass(frozen=True, slots=True)
class RegistrationRefused(StationEvent):
    """RegisterReject came, with this text on the screen."""

    text: str


@dataclass(frozen=True, slots=True)
class RestartOrdered(StationEvent):
    """The server wants the phone to reset, restart or apply its configuration."""

    type: ResetType


@dataclass(frozen=True, slots=True)
class StationReset(StationEvent):
    """The phone choked on a message, and resets itself."""

    why: str


@dataclass(frozen=True, slots=True)
class ConnectionDead(StationEvent):
    """The phone gives this connection up. ``cause`` is the number that its next alarm begins with."""

    why: str
    cause: int


@dataclass(frozen=True, slots=True)
class Departed(StationEvent):
    """Unregister was answered. ``allowed`` is False when the server said no."""

    allowed: bool


@dataclass(frozen=True, slots=True)
class CallPlaced(StationEvent):
    """The last digit is sent; or, without a number dialled by ``dial``, the server takes the call further."""

    call: StationCall
    number: str


@dataclass(frozen=True, slots=True)
class CallOffered(StationEvent):
    """A call rings, or knocks."""

    call: StationCall
    number: str


@dataclass(frozen=True, slots=True)
class RingingAtFarEnd(StationEvent):
    """The display says Ring Out."""

    call: StationCall


@dataclass(frozen=True, slots=True)
class CallConnected(StationEvent):
    """The call is connected, for the first time."""

    call: StationCall


@dataclass(frozen=True, slots=True)
class CallOver(StationEvent):
    """The call left the screen."""

    call: StationCall


@dataclass(frozen=True, slots=True)
class PortWanted(StationEvent):
    """Open an RTP port, and tell it with ``port_opened``."""

    call: StationCall
    channel: MediaChannel


@dataclass(frozen=True, slots=True)
class PortAsked(StationEvent):
    """Keep an RTP port for a channel that is not open yet, and tell it with ``port_kept``."""

    call: StationCall
    party_id: int


@dataclass(frozen=True, slots=True)
class PortUnwanted(StationEvent):
    """Close the RTP port."""

    call: StationCall
    channel: MediaChannel


@dataclass(frozen=True, slots=True)
class SendingWanted(StationEvent):
    """Send sound to the channel's ``remote``."""

    call: StationCall
    channel: MediaChannel


@dataclass(frozen=True, slots=True)
class SendingUnwanted(StationEvent):
    """Send nothing any more."""

    call: StationCall
    channel: MediaChannel


@dataclass(frozen=True, slots=True)
class KeyToPlay(StationEvent):
    """A key was pressed in a call: send it as an RTP event (RFC 4733)."""

    call: StationCall
    key: str


@dataclass(frozen=True, slots=True)
class MessageLampSwitched(StationEvent):
    """The message-waiting lamp."""

    lit: bool


@dataclass(frozen=True, slots=True)
class DocumentShown(StationEvent):
    """A document of a service is on the screen."""

    document: ScreenDocument


@dataclass(frozen=True, slots=True)
class PageWanted(StationEvent):
    """Fetch this page, and hand it to ``page_fetched``."""

    url: str


@dataclass(frozen=True, slots=True)
class GroupWanted(StationEvent):
    """The phone shall play a multicast group: answer with ``group_joined``."""

    party_id: int
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class GroupUnwanted(StationEvent):
    """The phone shall leave it."""

    party_id: int
