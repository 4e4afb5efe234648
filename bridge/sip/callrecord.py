"""What the parts of a call share: its state, its dialog, the transaction that is open, and the way to the network.

A call has three parts that each know one thing: ``caller`` and ``callee`` how it comes about, ``changes`` how its
session changes later. None of them knows the network: they ask the ``CallLine`` (``line.py``) to send and report.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from sipmessage import Request, Response

from bridge.errors import LocalProtocolError
from bridge.sip.account import ALLOW, SUPPORTED, Account
from bridge.sip.dialog import Dialog, DialogState
from bridge.sip.events import CallEnded, EndReason, Event, IdentityChanged
from bridge.sip.exchange import Incoming, Outgoing
from bridge.sip.identity import RemoteIdentity, identity_in
from bridge.sip.ids import SipIds
from bridge.sip.message import Header, Message, reply_to, tokens
from bridge.sip.negotiation import Negotiation
from bridge.sip.sdp import MEDIA_TYPE
from bridge.sip.sessiontimer import SMALLEST, SessionTimer
from bridge.sip.timers import Deadlines, TimerValues

if TYPE_CHECKING:
    from bridge.sip.calls import Call


class CallState(StrEnum):
    """Where a call stands."""

    CALLING = "calling"
    """We called; nothing but 100 came."""
    RINGING = "ringing"
    """We called; a provisional answer came."""
    INCOMING = "incoming"
    """They call; not answered yet."""
    ANSWERED = "answered"
    """Our 200 went out; their ACK is awaited."""
    ACCEPTING = "accepting"
    """We called without an offer; their 200 brought one, and our answer to it is awaited."""
    CONFIRMED = "confirmed"
    ENDED = "ended"


class CallLine(Protocol):
    """What a call needs of the user agent."""

    account: Account
    ids: SipIds
    values: TimerValues

    @property
    def contact(self) -> str:
        """Our Contact header."""
        ...

    def send(self, request: Request, owner: Call | None, *, now: float) -> Outgoing:
        """Start a transaction."""
        ...

    def send_ack(self, request: Request) -> bytes:
        """Send an ACK; the bytes can be sent again."""
        ...

    def send_again(self, data: bytes) -> None:
        """Send bytes once more."""
        ...

    def cancel(self, outgoing: Outgoing, *, now: float) -> None:
        """Send the CANCEL of an INVITE."""
        ...

    def drop(self, outgoing: Outgoing) -> None:
        """Forget a transaction."""
        ...

    def respond(self, incoming: Incoming, response: Response, *, now: float) -> None:
        """Answer in a transaction."""
        ...

    def attach(self, dialog: Dialog, call: Call) -> None:
        """Requests of this dialog are for this call."""
        ...

    def detach(self, dialog: Dialog) -> None:
        """They are no longer."""
        ...

    def report(self, event: Event) -> None:
        """Tell the owner."""
        ...


def headers_of_refusal(status: int) -> tuple[Header, ...]:
    """What a refusal of an INVITE or UPDATE must say besides its status."""
    match status:
        case 415:
            return (Header("Accept", MEDIA_TYPE),)
        case 422:
            return (Header("Min-SE", str(SMALLEST)),)
        case 500:
            return (Header("Retry-After", "2"),)
    return ()


class CallRecord:
    """Shared by the parts of one call; of no interest outside them."""

    __slots__ = (
        "_interval",
        "_reported_end",
        "call",
        "deadlines",
        "dialog",
        "hang_up_wanted",
        "identity",
        "incoming",
        "invite",
        "line",
        "negotiation",
        "peer_updates",
        "session_timer",
        "state",
        "tag",
        "update",
    )

    def __init__(self, call: Call, line: CallLine, call_id: str, tag: str, state: CallState) -> None:
        self.call = call
        self.line = line
        self.tag = tag
        self.state = state
        self.dialog: Dialog | None = None
        self.negotiation = Negotiation(call_id)
        self.invite: Outgoing | None = None
        """Our INVITE that is under way: the first one, or a change."""
        self.incoming: Incoming | None = None
        """Their INVITE that is open: not answered, or answered and not acknowledged."""
        self.update: Outgoing | None = None
        """Our UPDATE that is under way."""
        self.session_timer = SessionTimer(line.account.session_expires)
        self.peer_updates = False
        """The peer's Allow names UPDATE."""
        self.identity: RemoteIdentity | None = None
        """The other side, as the server said last."""
        self.deadlines = Deadlines()
        self.hang_up_wanted = False
        """The owner hung up before the ACK came."""
        self._interval = 0.0
        self._reported_end = False

    @property
    def is_confirmed(self) -> bool:
        """True while there is a dialog that a BYE must end."""
        return self.dialog is not None and self.dialog.state is DialogState.CONFIRMED

    def must_be_open(self, verb: str) -> Incoming:
        """Their unanswered INVITE. Raises LocalProtocolError when there is none."""
        if self.state is not CallState.INCOMING or self.incoming is None:
            raise LocalProtocolError(f"cannot {verb}: the call is {self.state}")
        return self.incoming

    # --- messages ----------------------------------------------------------------------------------------------------

    def send_invite(self, request: Request, *, now: float) -> None:
        """Send an INVITE, the first or a later one."""
        request.headers.set("Contact", self.line.contact)
        request.headers.set("Allow", ALLOW)
        if not request.headers.getlist("Supported"):
            request.headers.set("Supported", SUPPORTED)
        for header in self.session_timer.request_headers():
            request.headers.set(header.name, header.value)
        if request.body:
            request.headers.set("Content-Type", MEDIA_TYPE)
        for header in self.line.account.identity_headers(is_caller=self.call.is_outgoing):
            if not request.headers.getlist(header.name):  # the owner may have said it in its own words
                request.headers.add(header.name, header.value)
        self.invite = self.line.send(request, self.call, now=now)

    def answer_to(self, incoming: Incoming, status: int, body: bytes) -> Response:
        """A provisional answer or a 200 to an INVITE, or a 200 to an UPDATE."""
        headers = [Header("Contact", self.line.contact), Header("Allow", ALLOW), Header("Supported", SUPPORTED)]
        headers += self.line.account.identity_headers(is_caller=self.call.is_outgoing)
        return reply_to(incoming.request, status, tag=self.tag, headers=headers, body=body, media_type=MEDIA_TYPE)

    def send_ok(self, incoming: Incoming, body: bytes, *, now: float) -> None:
        """Send the 200 to an INVITE and repeat it until the ACK comes."""
        self.incoming = incoming
        if self.dialog is not None:
            self.dialog.state = DialogState.CONFIRMED
        response = self.answer_to(incoming, 200, body)
        for header in self.session_timer.accept(incoming.request, now=now):
            response.headers.set(header.name, header.value)
        self.note_allow(incoming.request)
        self.line.respond(incoming, response, now=now)
        self._interval = self.line.values.t1
        self.deadlines.retransmit = now + self._interval
        self.deadlines.timeout = now + self.line.values.give_up

    def repeat_ok(self, *, now: float) -> None:
        """Repeat the 200 (section 13.3.1.4): over TCP too, for a hop beyond may be UDP."""
        if self.incoming is None:
            return
        transaction = self.incoming.transaction
        if transaction.last_response is not None and not transaction.is_over:
            self.line.respond(self.incoming, transaction.last_response, now=now)
        self._interval = min(2 * self._interval, self.line.values.t2)
        self.deadlines.retransmit = now + self._interval

    def refuse(self, incoming: Incoming, status: int, headers: Iterable[Header] = (), *, now: float) -> None:
        """Refuse an INVITE."""
        self.line.respond(incoming, reply_to(incoming.request, status, tag=self.tag, headers=headers), now=now)
        if incoming is self.incoming:
            self.incoming = None

    def note_allow(self, message: Message) -> None:
        """Remember whether the peer understands UPDATE, if the message says so."""
        if message.headers.getlist("Allow"):
            self.peer_updates = "update" in tokens(message, "Allow")

    def accepted(self, response: Response, *, now: float) -> None:
        """Their 2xx to our INVITE or UPDATE: what it says apart from the session."""
        self.note_allow(response)
        self.session_timer.accepted(response, now=now)

    def note_identity(self, message: Message) -> RemoteIdentity | None:
        """Remember who the other side is, if the message says so. Returns what it says."""
        found = identity_in(message)
        self.identity = found or self.identity
        return found

    def report_identity(self, message: Message) -> None:
        """The same in the middle of a call, where a change is news."""
        before = self.identity
        found = self.note_identity(message)
        if found is not None and found != before:
            self.report(IdentityChanged(self.call, found))

    # --- the end -----------------------------------------------------------------------------------------------------

    def send_bye(self, *, now: float) -> None:
        """End the dialog; nothing where there is none any more."""
        dialog = self.dialog
        if dialog is None or dialog.state is DialogState.TERMINATED:
            return
        self.deadlines.clear()
        self.line.send(dialog.request("BYE"), None, now=now)
        dialog.end()
        self.line.detach(dialog)

    def report(self, event: Event) -> None:
        """Tell the owner, who hears nothing of a call after its end."""
        if not self._reported_end:
            self.line.report(event)

    def end(self, reason: EndReason, status: int = 0, text: str = "", retry_after: int | None = None) -> None:
        """The call is over for the owner, whatever still has to be sent."""
        self.state = CallState.ENDED
        if self.dialog is not None and self.dialog.state is DialogState.EARLY:
            self.dialog.end()
            self.line.detach(self.dialog)
        self.end_reported(reason, status, text, retry_after)

    def end_reported(self, reason: EndReason, status: int = 0, text: str = "", retry_after: int | None = None) -> None:
        """Tell the owner of the end, once."""
        if not self._reported_end:
            self._reported_end = True
            self.session_timer.stop()
            self.line.report(CallEnded(self.call, reason, status, text, retry_after))
