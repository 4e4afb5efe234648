"""What a user agent reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from bridge.sip.identity import RemoteIdentity
from bridge.sip.replaces import ReferTarget
from bridge.sip.sdp import AudioSession

if TYPE_CHECKING:
    from bridge.sip.calls import Call
    from bridge.sip.subscription import Subscription


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
    SESSION_EXPIRED = "the other side did not refresh the session"
    REPLACED = "another call took its place"


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
    identity: RemoteIdentity | None = None
    """The caller as the server vouches for it; None when it does not."""
    replaces: Call | None = None
    """The call of ours whose place this one takes: it ends by itself when this one is answered (RFC 3891)."""
    redirected_from: str = ""
    """User part of the address that forwarded the call here last (RFC 5806); empty where nobody did."""


@dataclass(frozen=True, slots=True)
class CallProgress:
    """A provisional answer to our call."""

    call: Call
    status: int
    reason: str
    session: AudioSession | None
    """Early media, where the answer came with it."""
    identity: RemoteIdentity | None = None
    """Who is called now, where the answer says so."""


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """Our call was answered, and acknowledged by us."""

    call: Call
    session: AudioSession
    identity: RemoteIdentity | None = None
    """Who answered, where the server says so."""


@dataclass(frozen=True, slots=True)
class OfferReceived:
    """Our call without an offer was answered, with the offer of the other side: ``answer_offer`` is up to the owner.

    The answer goes into the ACK, so it should not take long: the other side repeats its 200, for 32 s at most.
    """

    call: Call
    offer: AudioSession
    identity: RemoteIdentity | None = None


@dataclass(frozen=True, slots=True)
class IdentityChanged:
    """The other side is somebody else now, or the server tells us only now who it is."""

    call: Call
    identity: RemoteIdentity


@dataclass(frozen=True, slots=True)
class TransferRequested:
    """The peer asks us to call somebody else instead: ``accept_transfer`` or ``refuse_transfer`` is up to the owner."""

    call: Call
    target: ReferTarget
    referred_by: str = ""
    """User part of who asks, where it says so."""


@dataclass(frozen=True, slots=True)
class TransferProgress:
    """How the transfer that we asked for goes."""

    call: Call
    status: int
    """202 when the peer took it on, then the provisional statuses of the new call."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TransferEnded:
    """The transfer that we asked for is done, or did not come about; the call with the peer still stands."""

    call: Call
    status: int
    """Final status of the new call, or of the REFER that was refused; 0 when the peer does not tell."""
    reason: str = ""

    @property
    def succeeded(self) -> bool:
        """True when the new call stands."""
        return 200 <= self.status < 300


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
    retry_after: int | None = None
    """Seconds after which the server says it is worth trying again; None where it does not say."""


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
class Notified:
    """What a subscription of ours brings; its NOTIFY is answered already."""

    subscription: Subscription
    content_type: str
    """In lower case, without parameters."""
    body: bytes


@dataclass(frozen=True, slots=True)
class SubscriptionFailed:
    """A subscription does not stand, or not any more: nothing is known of the resource. It will be tried again."""

    subscription: Subscription
    status: int
    """SIP status; 408 when nobody answered, 503 when the connection failed, 0 when the server ended it."""
    reason: str
    """In words."""
    retry_in: float
    """Seconds until the next attempt."""


@dataclass(frozen=True, slots=True)
class SubscriptionEnded:
    """A subscription is over, as asked."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class InfoReceived:
    """An INFO within a call: DTMF of peers without RFC 4733."""

    call: Call
    content_type: str
    body: str


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
    | IdentityChanged
    | OfferReceived
    | TransferRequested
    | TransferProgress
    | TransferEnded
    | NotifyReceived
    | Notified
    | SubscriptionFailed
    | SubscriptionEnded
    | InfoReceived
    | ConnectionFailed
    | MessageIgnored
)
