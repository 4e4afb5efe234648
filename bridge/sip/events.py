"""What a user agent reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from bridge.sip.sdp import AudioSession

if TYPE_CHECKING:
    from bridge.sip.calls import Call


class EndReason(StrEnum):
    """Why a call ended, in a word."""

    LOCAL_HANGUP = "we hung up"
    REMOTE_HANGUP = "the other side hung up"
    CANCELLED = "the caller gave up"
    REFUSED = "refused"
    """See the status: 486 busy, 404 unknown, 603 declined …"""
    NO_ANSWER = "no answer from the server"
    """Not a person who does not answer, but a server that is silent."""
    NO_ACK = "the other side never confirmed the answer"
    MEDIA = "the session descriptions do not fit"
    TRANSPORT = "the connection was lost"
    PROTOCOL = "the other side broke the protocol"


@dataclass(frozen=True, slots=True)
class Registered:
    """The server accepted the registration, or its refresh."""

    expires: int
    """Seconds granted."""
    refreshed: bool = False
    """True when it only lengthened one that stood."""


@dataclass(frozen=True, slots=True)
class RegistrationFailed:
    """The registration, or its refresh, did not succeed; it will be tried again."""

    status: int
    """SIP status; 408 when nobody answered, 503 when the connection failed."""
    reason: str
    """In words."""
    retry_in: float
    """Seconds until the next attempt."""


@dataclass(frozen=True, slots=True)
class Unregistered:
    """We left, as asked."""


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """Somebody calls. The machine has sent 100; ``ring``, ``answer`` or ``reject`` are up to the owner."""

    call: Call
    caller: str
    """User part of the caller's address; empty when withheld."""
    caller_name: str
    called: str
    """User part of the address that was called."""
    offer: AudioSession | None
    """None when the caller leaves the offer to us."""
    alert_info: str = ""
    redirected_from: str = ""
    """User part of the address that forwarded the call here last; empty where nobody did."""


@dataclass(frozen=True, slots=True)
class CallProgress:
    """A provisional answer to our call."""

    call: Call
    status: int
    reason: str
    session: AudioSession | None
    """Early media, where the answer came with it."""


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """Our call was answered, and acknowledged by us.

    A call made without an offer waits for ``acknowledge``: ``session`` is then the other side's offer.
    """

    call: Call
    session: AudioSession


@dataclass(frozen=True, slots=True)
class CallConfirmed:
    """The caller acknowledged our answer: the call stands. ``session`` is theirs."""

    call: Call
    session: AudioSession


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """The peer changed the session in the middle of the call (hold, resume, other codecs), and we agreed."""

    call: Call
    local: AudioSession
    remote: AudioSession


@dataclass(frozen=True, slots=True)
class ChangeAccepted:
    """The peer agreed to our change (hold, resume, reoffer)."""

    call: Call
    local: AudioSession
    remote: AudioSession


@dataclass(frozen=True, slots=True)
class ChangeRefused:
    """The peer refused our change; the session stays as it was."""

    call: Call
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The call is over. Nothing else will be reported of it."""

    call: Call
    reason: EndReason
    status: int = 0
    """SIP status where one decided it, else 0."""
    text: str = ""
    """The peer's reason phrase, or what broke."""


@dataclass(frozen=True, slots=True)
class NotifyReceived:
    """A NOTIFY outside any call: message waiting, restart, check-sync."""

    event_package: str
    """In lower case, without parameters: ``message-summary``, ``service-control``, ``check-sync``."""
    content_type: str
    body: str
    subscription_state: str = ""
    """``active``, ``terminated`` … in lower case, without parameters."""
    from_user: str = ""
    request_host: str = ""
    """Host of the Request-URI."""


@dataclass(frozen=True, slots=True)
class InfoReceived:
    """An INFO within a call: DTMF of peers without RFC 4733."""

    call: Call
    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class PartyChanged:
    """The PBX says who is on the other side (P-Asserted-Identity, Remote-Party-ID): also after a transfer there."""

    call: Call
    number: str
    """Empty when withheld, as the name."""
    name: str


@dataclass(frozen=True, slots=True)
class TransferProgress:
    """What became of our REFER so far: 100 and 180 while the PBX tries, then its final status."""

    call: Call
    status: int


@dataclass(frozen=True, slots=True)
class ConnectionFailed:
    """The server does not answer our keep-alives: the shell should open a new connection."""

    why: str


@dataclass(frozen=True, slots=True)
class MessageIgnored:
    """Something arrived that made no sense. For logs; nothing need be done."""

    source: str
    why: str = field(default="")


Event = (
    Registered
    | RegistrationFailed
    | Unregistered
    | IncomingCall
    | CallProgress
    | CallAnswered
    | CallConfirmed
    | SessionChanged
    | ChangeAccepted
    | ChangeRefused
    | CallEnded
    | NotifyReceived
    | InfoReceived
    | PartyChanged
    | TransferProgress
    | ConnectionFailed
    | MessageIgnored
)
