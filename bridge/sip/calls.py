"""A call: one INVITE and everything that follows from it (RFC 3261 sections 9, 13, 14, 15).

A call does not know the network: it asks its ``CallLine`` (the user agent) to send, answer and report. It is handed to
the owner as a handle with readable fields; what it can be told, it is told through the user agent's methods.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum
from typing import Protocol

from sipmessage import URI, Request, Response

from bridge.errors import LocalProtocolError, RemoteProtocolError
from bridge.sip.account import ALLOW, Account
from bridge.sip.dialog import Dialog, DialogState
from bridge.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallProgress,
    ChangeAccepted,
    ChangeRefused,
    EndReason,
    Event,
    InfoReceived,
    SessionChanged,
)
from bridge.sip.exchange import Incoming, Outgoing
from bridge.sip.ids import SipIds
from bridge.sip.message import Header, content_type, from_tag, reply_to, sequence, to_tag
from bridge.sip.negotiation import Negotiation, session_in
from bridge.sip.sdp import MEDIA_TYPE, AudioSession
from bridge.sip.timers import Deadlines, TimerValues
from bridge.sip.transaction import Outcome
from bridge.sip.transaction_tables import State

MAX_FORKS = 8
"""Early dialogs of one call that are remembered."""


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


class Call:
    """One call. Read ``state``, ``is_outgoing``, ``local``, ``remote``, ``call_id``; do not write."""

    __slots__ = (
        "_acks",
        "_cancel_sent",
        "_cancel_wanted",
        "_deadlines",
        "_early",
        "_early_sessions",
        "_hang_up_wanted",
        "_incoming",
        "_interval",
        "_invite",
        "_line",
        "_negotiation",
        "_next_offer",
        "_reported_end",
        "_retry_offer_at",
        "_tag",
        "call_id",
        "dialog",
        "is_outgoing",
        "state",
    )

    def __init__(self, line: CallLine, call_id: str, tag: str, *, is_outgoing: bool) -> None:
        self.call_id = call_id
        self.is_outgoing = is_outgoing
        self.state = CallState.CALLING if is_outgoing else CallState.INCOMING
        self.dialog: Dialog | None = None
        self._line = line
        self._tag = tag
        self._negotiation = Negotiation(call_id)
        self._invite: Outgoing | None = None
        self._incoming: Incoming | None = None
        self._early: dict[str, Dialog] = {}
        self._early_sessions: dict[str, AudioSession] = {}
        self._acks: dict[str, bytes] = {}
        self._deadlines = Deadlines()
        self._interval = 0.0
        self._retry_offer_at: float | None = None
        self._next_offer: AudioSession | None = None
        self._cancel_wanted = self._cancel_sent = False
        self._hang_up_wanted = False
        self._reported_end = False

    def __repr__(self) -> str:
        return f"<Call {self.call_id} {self.state}>"

    @property
    def local(self) -> AudioSession | None:
        """Our side of the session as agreed, None before."""
        return self._negotiation.agreed

    @property
    def remote(self) -> AudioSession | None:
        """Their side of the session as agreed, None before."""
        return self._negotiation.remote

    @property
    def capability(self) -> AudioSession | None:
        """What our side can do, apart from what was agreed."""
        return self._negotiation.capability

    @property
    def is_over(self) -> bool:
        """True when no timer and no answer is awaited any more."""
        return self.state is CallState.ENDED and self._invite is None and self._deadlines.next() is None

    def timer(self) -> float | None:
        """When to call ``handle_timer``, or None."""
        times = [at for at in (self._deadlines.next(), self._retry_offer_at) if at is not None]
        return min(times) if times else None

    # --- calling -----------------------------------------------------------------------------------------------------

    def invite(self, target: URI, offer: AudioSession, headers: Iterable[Header], *, now: float) -> None:
        """Send the INVITE."""
        self._negotiation.capability = offer
        request = Request(method="INVITE", uri=target, body=self._negotiation.offer(offer))
        request.headers.set("Max-Forwards", "70")
        request.headers.set("From", self._line.account.from_header(self._tag))
        request.headers.set("To", f"<{target}>")
        request.headers.set("Call-ID", self.call_id)
        request.headers.set("CSeq", "1 INVITE")
        for header in headers:
            request.headers.add(header.name, header.value)
        self._invite = self._line.send(self._dressed(request), self, now=now)

    def next_sequence(self, request: Request) -> int:
        """The CSeq for ``request`` when it is repeated with credentials."""
        return self.dialog.next_sequence() if self.dialog is not None else sequence(request).sequence + 1

    def may_repeat(self, outgoing: Outgoing) -> bool:
        """False when a challenge came for an INVITE that nobody wants any more."""
        return not (outgoing is self._invite and self._cancel_wanted)

    def repeated(self, old: Outgoing, new: Outgoing) -> None:
        """The request went out again with credentials."""
        if self._invite is old:
            self._invite = new

    def receive_response(self, outgoing: Outgoing, response: Response, *, now: float) -> None:
        """An answer to a request of this call."""
        if outgoing.request.method != "INVITE":
            self._other_response(outgoing, response, now)
        elif to_tag(outgoing.request):
            self._change_response(outgoing, response, now)
        elif response.code < 200:
            self._provisional(outgoing, response, now)
        elif response.code < 300:
            self._accepted(outgoing, response, now)
        else:
            self._invite = None
            self._deadlines.clear()
            self._forget_early()
            self._end(EndReason.REFUSED, response.code, response.phrase)

    def request_failed(self, outgoing: Outgoing, outcome: Outcome, *, now: float) -> None:
        """A request of this call got no answer, or could not be sent."""
        if outgoing is not self._invite:
            if outgoing.request.method not in ("BYE", "CANCEL", "INFO", "INVITE"):
                self._bye(now)
            return
        self._invite = None
        self._deadlines.clear()
        reason = EndReason.NO_ANSWER if outcome is Outcome.TIMED_OUT else EndReason.TRANSPORT
        if self.dialog is not None and self.dialog.state is DialogState.CONFIRMED:
            if outcome is Outcome.FAILED:  # the connection broke, the call need not: the change alone is lost
                self._negotiation.withdraw()
                self._report(ChangeRefused(self, 503, "the server cannot be reached"))
                return
            self._bye(now)
        self._forget_early()
        self._end(reason, 408 if outcome is Outcome.TIMED_OUT else 503)

    def _provisional(self, outgoing: Outgoing, response: Response, now: float) -> None:
        if outgoing is not self._invite:
            return
        if self._cancel_wanted:
            self._send_cancel(now)
            return
        if response.code == 100:
            return
        tag = to_tag(response)
        if tag and tag not in self._early and len(self._early) < MAX_FORKS:
            try:
                self._early[tag] = Dialog.of_caller(outgoing.request, response)
            except RemoteProtocolError:
                return
            self._line.attach(self._early[tag], self)
        session: AudioSession | None = None
        with suppress(RemoteProtocolError):  # early media that cannot be read is no reason to give up: the 200 decides
            session = session_in(response)
        if session is not None and tag in self._early:
            self._early_sessions[tag] = session
        self.state = CallState.RINGING
        self._report(CallProgress(self, response.code, response.phrase, session))

    def _accepted(self, outgoing: Outgoing, response: Response, now: float) -> None:
        tag = to_tag(response)
        if tag in self._acks:
            self._line.send_again(self._acks[tag])
            return
        dialog = self._early.pop(tag, None)
        try:
            if dialog is None:
                dialog = Dialog.of_caller(outgoing.request, response)
            else:
                dialog.confirm(response)
        except RemoteProtocolError as error:
            self._invite = None
            self._forget_early()
            self._end(EndReason.PROTOCOL, response.code, error.what)
            return
        ack = dialog.request("ACK", acknowledges=sequence(outgoing.request).sequence)
        if len(self._acks) < MAX_FORKS:
            self._acks[tag] = self._line.send_ack(ack)
        else:
            self._line.send_ack(ack)
        if self.dialog is not None or self._cancel_wanted or self.state is CallState.ENDED:
            # another branch of a forked call won, or the caller hung up meanwhile (section 13.2.2.4)
            if outgoing is self._invite:
                self._invite = None
                self._deadlines.clear()
            self._line.detach(dialog)
            self._line.send(self._dressed(dialog.request("BYE")), None, now=now)
            dialog.end()
            return
        self._invite = None
        self.dialog = dialog
        self._line.attach(dialog, self)
        self.state = CallState.CONFIRMED
        try:
            session = session_in(response) or self._early_sessions.get(tag)
            if session is None:
                raise RemoteProtocolError("the answer holds no session description")
            self._negotiation.take_answer(session)
        except RemoteProtocolError as error:
            self._bye(now)
            self._end(EndReason.MEDIA, response.code, error.what)
            return
        self._forget_early()
        self._report(CallAnswered(self, session))

    def _send_cancel(self, now: float) -> None:
        if self._invite is not None and not self._cancel_sent:
            self._cancel_sent = True
            self._line.cancel(self._invite, now=now)
            # section 9.1: without a final answer within 64*T1 the INVITE counts as cancelled
            self._deadlines.timeout = now + self._line.values.give_up

    # --- being called ------------------------------------------------------------------------------------------------

    def receive_invite(self, incoming: Incoming, *, now: float) -> AudioSession | None:
        """The INVITE that begins this call. Returns its offer. Raises RemoteProtocolError with the status to answer."""
        offer = session_in(incoming.request)
        self.dialog = Dialog.of_callee(incoming.request, self._tag)
        self._incoming = incoming
        self._negotiation.remote = offer
        self._line.attach(self.dialog, self)
        self._line.respond(incoming, reply_to(incoming.request, 100), now=now)
        return offer

    def ring(self, status: int, session: AudioSession | None, *, now: float) -> None:
        """Send a provisional answer, with early media if ``session`` is given."""
        incoming = self._unanswered("ring")
        body = b""
        if session is not None and self._negotiation.remote is not None:
            body = self._negotiation.answer(self._negotiation.remote, session)
        self._line.respond(incoming, self._answer(incoming, status, body), now=now)

    def answer(self, session: AudioSession, *, now: float) -> None:
        """Send the 200. The call counts as ``answered`` until the ACK comes."""
        incoming = self._unanswered("answer")
        self._negotiation.capability = session
        offer = self._negotiation.remote
        try:
            body = self._negotiation.answer(offer, session) if offer else self._negotiation.offer(session)
        except RemoteProtocolError as error:
            self._refuse(incoming, error.reply or 488, (), now)
            self._end(EndReason.MEDIA, error.reply or 488, error.what)
            return
        self.state = CallState.ANSWERED
        self._send_ok(incoming, body, now)

    def reject(self, status: int, headers: Iterable[Header], *, now: float) -> None:
        """Refuse the call with a 3xx to 6xx."""
        if not 300 <= status <= 699:
            raise LocalProtocolError(f"{status} is no refusal", fix="use 486 (busy), 480, 603 (decline)")
        self._refuse(self._unanswered("reject"), status, headers, now)
        self._end(EndReason.LOCAL_HANGUP, status)

    def cancelled(self, text: str, *, now: float) -> None:
        """The caller's CANCEL came."""
        if self.state is CallState.INCOMING and self._incoming is not None:
            self._refuse(self._incoming, 487, (), now)
            self._end(EndReason.CANCELLED, 487, text)

    def answer_failed(self, incoming: Incoming, outcome: Outcome) -> None:
        """Our answer could not be sent, or the ACK of our refusal did not come (which needs nothing)."""
        if self._incoming is incoming and self.state is CallState.INCOMING and outcome is Outcome.FAILED:
            self._incoming = None
            self._end(EndReason.TRANSPORT, 503)

    def receive_ack(self, request: Request, *, now: float) -> None:
        """The ACK of our 200, which may hold the answer to our offer."""
        incoming = self._incoming
        if incoming is None or sequence(request).sequence != sequence(incoming.request).sequence:
            return
        if self._deadlines.retransmit is None and self._deadlines.timeout is None:
            return  # it came before
        self._incoming = None
        self._deadlines.clear()
        if self._hang_up_wanted:
            self._bye(now)
            return
        first = self.state is CallState.ANSWERED
        self.state = CallState.CONFIRMED
        negotiation = self._negotiation
        try:
            if negotiation.offered is not None:
                session = session_in(request)
                if session is None:
                    raise RemoteProtocolError("the ACK holds no answer to our offer")
                negotiation.take_answer(session)
        except RemoteProtocolError as error:
            self._bye(now)
            self._end(EndReason.MEDIA, 0, error.what)
            return
        if negotiation.agreed is not None and negotiation.remote is not None:
            if first:
                self._report(CallConfirmed(self, negotiation.remote))
            else:
                self._report(SessionChanged(self, negotiation.agreed, negotiation.remote))
        self._offer_next(now)

    # --- within the call ---------------------------------------------------------------------------------------------

    def receive_request(self, incoming: Incoming, *, now: float) -> None:
        """A request of the peer's within this call."""
        request = incoming.request
        dialog = self._dialog_of(request)
        try:
            dialog.receive_request(request)
        except RemoteProtocolError as error:
            self._line.respond(incoming, reply_to(request, error.reply or 500), now=now)
            return
        match request.method:
            case "BYE":
                self._line.respond(incoming, reply_to(request, 200), now=now)
                self._remote_bye(request, now)
            case "INVITE":
                self._change_requested(incoming, dialog, now)
            case "INFO":
                self._line.respond(incoming, reply_to(request, 200), now=now)
                text = request.body.decode("utf-8", errors="replace")
                self._report(InfoReceived(self, content_type(request), text))
            case _:
                self._line.respond(incoming, reply_to(request, 501), now=now)

    def offer(self, session: AudioSession, *, now: float) -> None:
        """Change the session by a re-INVITE; waits its turn while another change is under way."""
        if self.state not in (CallState.CONFIRMED, CallState.ANSWERED) or self._hang_up_wanted:
            raise LocalProtocolError(f"the session cannot be changed: the call is {self.state}")
        self._next_offer = session
        self._offer_next(now)

    def send_info(self, media_type: str, body: bytes, *, now: float) -> None:
        """Send an INFO, for DTMF."""
        if self.dialog is None or self.state is not CallState.CONFIRMED:
            raise LocalProtocolError(f"an INFO cannot be sent: the call is {self.state}")
        request = self.dialog.request("INFO")
        request.body = body
        request.headers.set("Content-Type", media_type)
        self._line.send(self._dressed(request), self, now=now)

    def hang_up(self, *, now: float) -> None:
        """End the call, whatever its state. Does nothing to a call that has ended."""
        match self.state:
            case CallState.CALLING | CallState.RINGING:
                self._cancel_wanted = True
                if self.state is CallState.RINGING or self._invite_is_proceeding:
                    self._send_cancel(now)
                self._end(EndReason.LOCAL_HANGUP)
            case CallState.INCOMING:
                self.reject(603, (), now=now)
            case CallState.ANSWERED:
                self._hang_up_wanted = True  # section 15: no BYE before the ACK, or before it is overdue
                self._end(EndReason.LOCAL_HANGUP)
            case CallState.CONFIRMED:
                self._bye(now)
                self._end(EndReason.LOCAL_HANGUP)
            case CallState.ENDED:
                pass

    def handle_timer(self, *, now: float) -> None:
        """Repeat the 200, give up, or try a change again."""
        deadlines = self._deadlines
        if deadlines.timeout is not None and deadlines.timeout <= now:
            deadlines.clear()
            if self._incoming is not None:
                self._incoming = None
                self._bye(now)
                self._end(EndReason.NO_ACK)
            elif self._invite is not None:
                self._line.drop(self._invite)
                self._invite = None
                self._forget_early()
        elif deadlines.retransmit is not None and deadlines.retransmit <= now and self._incoming is not None:
            # section 13.3.1.4: over TCP too, for a hop beyond may be UDP
            response = self._incoming.transaction.last_response
            if response is not None and not self._incoming.transaction.is_over:
                self._line.respond(self._incoming, response, now=now)
            self._interval = min(2 * self._interval, self._line.values.t2)
            deadlines.retransmit = now + self._interval
        if self._retry_offer_at is not None and self._retry_offer_at <= now:
            self._retry_offer_at = None
            self._offer_next(now)

    # --- inside ------------------------------------------------------------------------------------------------------

    @property
    def _invite_is_proceeding(self) -> bool:
        return self._invite is not None and self._invite.transaction.state is State.PROCEEDING

    def _dialog_of(self, request: Request) -> Dialog:
        tag = from_tag(request)
        if self.dialog is not None and self.dialog.remote_tag == tag:
            return self.dialog
        return self._early[tag]

    def _unanswered(self, verb: str) -> Incoming:
        if self.state is not CallState.INCOMING or self._incoming is None:
            raise LocalProtocolError(f"cannot {verb}: the call is {self.state}")
        return self._incoming

    def _dressed(self, request: Request) -> Request:
        if request.method in ("INVITE", "UPDATE"):
            request.headers.set("Contact", self._line.contact)
            request.headers.set("Allow", ALLOW)
            if request.body:
                request.headers.set("Content-Type", MEDIA_TYPE)
        return request

    def _answer(self, incoming: Incoming, status: int, body: bytes) -> Response:
        headers = (Header("Contact", self._line.contact), Header("Allow", ALLOW))
        return reply_to(incoming.request, status, tag=self._tag, headers=headers, body=body, media_type=MEDIA_TYPE)

    def _send_ok(self, incoming: Incoming, body: bytes, now: float) -> None:
        self._incoming = incoming
        if self.dialog is not None:
            self.dialog.state = DialogState.CONFIRMED
        self._line.respond(incoming, self._answer(incoming, 200, body), now=now)
        self._interval = self._line.values.t1
        self._deadlines.retransmit = now + self._interval
        self._deadlines.timeout = now + self._line.values.give_up

    def _refuse(self, incoming: Incoming, status: int, headers: Iterable[Header], now: float) -> None:
        self._line.respond(incoming, reply_to(incoming.request, status, tag=self._tag, headers=headers), now=now)
        if incoming is self._incoming:
            self._incoming = None

    def _change_requested(self, incoming: Incoming, dialog: Dialog, now: float) -> None:
        request = incoming.request
        if self._invite is not None or self._incoming is not None or dialog is not self.dialog:
            # section 14.2: glare, or an earlier change of theirs is still open
            ours = self._invite is not None
            headers = () if ours else (Header("Retry-After", "2"),)
            self._line.respond(incoming, reply_to(request, 491 if ours else 500, headers=headers), now=now)
            return
        dialog.refresh_target(request)
        negotiation = self._negotiation
        local = negotiation.capability or negotiation.agreed
        if local is None:
            self._line.respond(incoming, reply_to(request, 500), now=now)
            return
        try:
            offer = session_in(request)
            body = negotiation.answer(offer, local) if offer else negotiation.offer(local)
        except RemoteProtocolError as error:
            self._line.respond(incoming, reply_to(request, error.reply or 488), now=now)
            return
        self._send_ok(incoming, body, now)

    def _offer_next(self, now: float) -> None:
        session = self._next_offer
        busy = self._invite is not None or self._incoming is not None or self._retry_offer_at is not None
        if session is None or busy or self.dialog is None or self.state is not CallState.CONFIRMED:
            return
        request = self.dialog.request("INVITE")
        request.body = self._negotiation.offer(session)
        self._next_offer = None
        self._invite = self._line.send(self._dressed(request), self, now=now)

    def _change_response(self, outgoing: Outgoing, response: Response, now: float) -> None:
        number = sequence(outgoing.request).sequence
        key = f"{number}"
        if 200 <= response.code < 300 and key in self._acks:
            self._line.send_again(self._acks[key])
            return
        if outgoing is not self._invite or response.code < 200:
            return
        self._invite = None
        if self.dialog is None or self.dialog.state is DialogState.TERMINATED:
            return
        if response.code < 300:
            self.dialog.refresh_target(response)
            self._acks = {key: self._line.send_ack(self.dialog.request("ACK", acknowledges=number))}
            if self.state is CallState.ENDED:
                return
            try:
                session = session_in(response)
                if session is None:
                    raise RemoteProtocolError("the answer holds no session description")
                offered = self._negotiation.offered
                self._negotiation.take_answer(session)
                if offered is not None:
                    self._negotiation.capability = offered
                    self._report(ChangeAccepted(self, offered, session))
            except RemoteProtocolError as error:
                self._bye(now)
                self._end(EndReason.MEDIA, response.code, error.what)
                return
        elif response.code in (408, 481):  # section 12.2.1.2: the dialog is gone
            self._bye(now)
            self._end(EndReason.REMOTE_HANGUP, response.code, response.phrase)
            return
        elif response.code == 491 and self._negotiation.offered is not None:
            # section 14.1: who made the Call-ID waits 2.1 to 4 s, the other one up to 2 s
            self._next_offer = self._next_offer or self._negotiation.offered
            fraction = self._line.ids.fraction()
            self._retry_offer_at = now + (2.1 + 1.9 * fraction if self.is_outgoing else 2.0 * fraction)
            self._negotiation.withdraw()
        else:
            self._negotiation.withdraw()
            self._report(ChangeRefused(self, response.code, response.phrase))
        self._offer_next(now)

    def _other_response(self, outgoing: Outgoing, response: Response, now: float) -> None:
        if response.code in (408, 481) and outgoing.request.method == "INFO" and self.state is CallState.CONFIRMED:
            self._bye(now)
            self._end(EndReason.REMOTE_HANGUP, response.code, response.phrase)

    def _remote_bye(self, request: Request, now: float) -> None:
        if self._incoming is not None and not self._incoming.transaction.is_answered:
            self._refuse(self._incoming, 487, (), now)
        self._incoming = None
        self._deadlines.clear()
        self._retry_offer_at = self._next_offer = None
        if self.dialog is not None:
            self.dialog.end()
            self._line.detach(self.dialog)
        self._end(EndReason.REMOTE_HANGUP, 0, request.headers.get("Reason") or "")

    def _bye(self, now: float) -> None:
        dialog = self.dialog
        if dialog is None or dialog.state is DialogState.TERMINATED:
            return
        self._deadlines.clear()
        self._retry_offer_at = self._next_offer = None
        self._line.send(self._dressed(dialog.request("BYE")), None, now=now)
        dialog.end()
        self._line.detach(dialog)

    def _forget_early(self) -> None:
        for dialog in self._early.values():
            self._line.detach(dialog)
        self._early.clear()
        self._early_sessions.clear()

    def _report(self, event: Event) -> None:
        if not self._reported_end:
            self._line.report(event)

    def _end(self, reason: EndReason, status: int = 0, text: str = "") -> None:
        self.state = CallState.ENDED
        if self.dialog is not None and self.dialog.state is DialogState.EARLY:
            self.dialog.end()
            self._line.detach(self.dialog)
        if not self._reported_end:
            self._line.report(CallEnded(self, reason, status, text))
            self._reported_end = True
