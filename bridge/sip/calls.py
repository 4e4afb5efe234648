"""A call: one INVITE and everything that follows from it (RFC 3261 sections 12 to 15).

The owner gets it as a handle with readable fields; what it can be told, it is told through the user agent's methods.
"""

from __future__ import annotations

from collections.abc import Iterable

from sipmessage import URI, Request, Response

from bridge.errors import LocalProtocolError, RemoteProtocolError
from bridge.sip.callee import Callee
from bridge.sip.caller import Caller
from bridge.sip.callrecord import CallLine, CallRecord, CallState
from bridge.sip.changes import Changes
from bridge.sip.events import EndReason, InfoReceived, TransferProgress
from bridge.sip.exchange import Incoming, Outgoing
from bridge.sip.message import Header, content_type, from_tag, reply_to, sequence, to_tag
from bridge.sip.sdp import AudioSession
from bridge.sip.transaction import Outcome
from bridge.sip.transfers import progress_in, refer, replaces


class Call:
    """One call. Read ``state``, ``is_outgoing``, ``call_id``, ``local``, ``remote``; the rest is the user agent's."""

    __slots__ = ("_callee", "_caller", "_changes", "_record", "call_id", "is_outgoing")

    def __init__(self, line: CallLine, call_id: str, tag: str, *, is_outgoing: bool) -> None:
        self.call_id = call_id
        self.is_outgoing = is_outgoing
        state = CallState.CALLING if is_outgoing else CallState.INCOMING
        self._record = CallRecord(self, line, call_id, tag, state)
        self._caller = Caller(self._record)
        self._callee = Callee(self._record)
        self._changes = Changes(self._record, is_outgoing=is_outgoing)

    def __repr__(self) -> str:
        return f"<Call {self.call_id} {self.state}>"

    # --- what can be read --------------------------------------------------------------------------------------------

    @property
    def state(self) -> CallState:
        """Where it stands."""
        return self._record.state

    @property
    def local(self) -> AudioSession | None:
        """Our side of the session as agreed, None before."""
        return self._record.negotiation.agreed

    @property
    def remote(self) -> AudioSession | None:
        """Their side of the session; their offer before we answered."""
        return self._record.negotiation.remote

    @property
    def capability(self) -> AudioSession | None:
        """What our side can do, apart from what was agreed."""
        return self._record.negotiation.capability

    @property
    def is_over(self) -> bool:
        """True when nothing is awaited any more."""
        record = self._record
        return record.state is CallState.ENDED and record.invite is None and record.deadlines.next() is None

    def is_of(self, invite: Request) -> bool:
        """True when their ``invite`` began this call."""
        dialog = self._record.dialog
        return (
            dialog is not None and dialog.call_id == invite.headers["Call-ID"] and dialog.remote_tag == from_tag(invite)
        )

    @property
    def replaces(self) -> str:
        """What a Replaces header must say to take this call over. Raises LocalProtocolError where it does not stand."""
        return replaces(self._record)

    # --- what the owner wants ----------------------------------------------------------------------------------------

    def invite(self, target: URI, offer: AudioSession | None, headers: Iterable[Header], *, now: float) -> None:
        """Call ``target``."""
        self._caller.invite(target, self.call_id, offer, headers, now=now)

    def ring(self, status: int, session: AudioSession | None, *, now: float) -> None:
        """Tell the caller that it rings."""
        self._callee.ring(status, session, now=now)

    def answer(self, session: AudioSession, capability: AudioSession | None, *, now: float) -> None:
        """Answer."""
        self._callee.answer(session, capability, now=now)

    def acknowledge(self, session: AudioSession, capability: AudioSession | None, *, now: float) -> None:
        """Answer the offer of their 200."""
        self._caller.acknowledge(session, capability, now=now)
        self._changes.proceed(now=now)

    def reject(self, status: int, headers: Iterable[Header], *, now: float) -> None:
        """Refuse."""
        self._callee.reject(status, headers, now=now)

    def offer(self, session: AudioSession, *, now: float) -> None:
        """Change the session."""
        if not self._caller.is_settled:
            raise LocalProtocolError("the session cannot be changed: the answer is not acknowledged")
        self._changes.offer(session, now=now)

    def refer(self, target: URI, replaced: Call | None, *, now: float) -> None:
        """Ask the peer to call somebody else."""
        dialog = "" if replaced is None else replaced.replaces
        self._record.line.send(refer(self._record, target, dialog), self, now=now)

    def notified(self, incoming: Incoming, *, now: float) -> None:
        """A NOTIFY of the peer's about our REFER."""
        self._record.line.respond(incoming, reply_to(incoming.request, 200), now=now)
        if status := progress_in(incoming.request.body):
            self._record.report(TransferProgress(self, status))

    def send_info(self, media_type: str, body: bytes, *, now: float) -> None:
        """Send an INFO, for DTMF."""
        record = self._record
        if record.dialog is None or record.state is not CallState.CONFIRMED:
            raise LocalProtocolError(f"an INFO cannot be sent: the call is {record.state}")
        request = record.dialog.request("INFO")
        request.body = body
        request.headers.set("Content-Type", media_type)
        record.line.send(request, self, now=now)

    def hang_up(self, *, now: float) -> None:
        """End the call, whatever its state. Does nothing to a call that has ended."""
        match self._record.state:
            case CallState.CALLING | CallState.RINGING:
                self._caller.hang_up(now=now)
            case CallState.INCOMING:
                self.reject(603, (), now=now)
            case CallState.ANSWERED:
                self._record.hang_up_wanted = True  # section 15: no BYE before the ACK, or before it is overdue
                self._record.end(EndReason.LOCAL_HANGUP)
            case CallState.CONFIRMED:
                self._changes.forget()
                self._caller.settle()
                self._record.send_bye(now=now)
                self._record.end(EndReason.LOCAL_HANGUP)
            case CallState.ENDED:
                pass

    # --- what the network brings -------------------------------------------------------------------------------------

    def receive_invite(self, incoming: Incoming, *, now: float) -> AudioSession | None:
        """The INVITE that begins this call. Returns its offer. Raises RemoteProtocolError with the status to answer."""
        return self._callee.receive_invite(incoming, now=now)

    def receive_ack(self, request: Request, *, now: float) -> None:
        """The ACK of a 200 of ours."""
        if self._callee.receive_ack(request, now=now):
            self._changes.proceed(now=now)

    def cancelled(self, text: str, *, now: float) -> None:
        """The caller's CANCEL came."""
        self._callee.cancelled(text, now=now)

    def receive_request(self, incoming: Incoming, *, now: float) -> None:
        """A BYE, INFO or re-INVITE of the peer's within this call."""
        record, request = self._record, incoming.request
        dialog = self._caller.early_dialog(request) or record.dialog
        if dialog is None:
            record.line.respond(incoming, reply_to(request, 481), now=now)
            return
        try:
            dialog.receive_request(request)
        except RemoteProtocolError as error:
            record.line.respond(incoming, reply_to(request, error.reply or 500), now=now)
            return
        match request.method:
            case "BYE":
                record.line.respond(incoming, reply_to(request, 200), now=now)
                self._remote_bye(request, now)
            case "INVITE":
                self._changes.requested(incoming, now=now)
            case "UPDATE":
                self._changes.updated(incoming, dialog, now=now)
            case "INFO":
                record.line.respond(incoming, reply_to(request, 200), now=now)
                text = request.body.decode("utf-8", errors="replace")
                record.report(InfoReceived(self, content_type(request), text))
            case _:
                record.line.respond(incoming, reply_to(request, 501), now=now)

    def receive_response(self, outgoing: Outgoing, response: Response, *, now: float) -> None:
        """An answer to a request of this call."""
        record, request = self._record, outgoing.request
        if request.method != "INVITE":
            if response.code in (408, 481) and record.state is CallState.CONFIRMED:
                self._changes.forget()
                record.send_bye(now=now)
                record.end(EndReason.REMOTE_HANGUP, response.code, response.phrase)
            elif request.method == "REFER" and response.code >= 300:
                record.report(TransferProgress(self, response.code))
        elif to_tag(request):
            self._changes.receive(outgoing, response, now=now)
        else:
            self._caller.receive(outgoing, response, now=now)

    def request_failed(self, outgoing: Outgoing, outcome: Outcome, *, now: float) -> None:
        """A request of this call got no answer, or could not be sent."""
        if outgoing.request.method == "REFER":
            self._record.report(TransferProgress(self, 408 if outcome is Outcome.TIMED_OUT else 503))
        if outgoing is not self._record.invite:
            return  # an INFO was lost: the next request will tell whether the peer is still there
        if to_tag(outgoing.request):
            self._changes.failed(outcome, now=now)
        else:
            self._caller.failed(outgoing, outcome)

    def answer_failed(self, incoming: Incoming, outcome: Outcome) -> None:
        """Our answer could not be sent, or nobody acknowledged it."""
        self._callee.answer_failed(incoming, outcome)

    def next_sequence(self, request: Request) -> int:
        """The CSeq for ``request`` when it is repeated with credentials."""
        dialog = self._record.dialog
        return dialog.next_sequence() if dialog is not None else sequence(request).sequence + 1

    def may_repeat(self, outgoing: Outgoing) -> bool:
        """False when a challenge came for an INVITE that nobody wants any more."""
        return not (outgoing is self._record.invite and self._record.state is CallState.ENDED)

    def repeated(self, old: Outgoing, new: Outgoing) -> None:
        """The request went out again with credentials."""
        if self._record.invite is old:
            self._record.invite = new

    def timer(self) -> float | None:
        """When to call ``handle_timer``, or None."""
        times = (self._record.deadlines.next(), self._changes.retry_at)
        return min((at for at in times if at is not None), default=None)

    def handle_timer(self, *, now: float) -> None:
        """Repeat the 200, give up, or try a change again."""
        record, deadlines = self._record, self._record.deadlines
        if deadlines.timeout is not None and deadlines.timeout <= now:
            deadlines.clear()
            if record.incoming is not None:
                self._changes.forget()
                self._callee.overdue(now=now)
            else:
                self._caller.overdue()
        elif deadlines.retransmit is not None and deadlines.retransmit <= now:
            record.repeat_ok(now=now)
        if self._changes.retry_at is not None and self._changes.retry_at <= now:
            self._changes.proceed(now=now)

    def _remote_bye(self, request: Request, now: float) -> None:
        record = self._record
        if record.incoming is not None and not record.incoming.transaction.is_answered:
            record.refuse(record.incoming, 487, now=now)
        record.incoming = None
        record.deadlines.clear()
        self._changes.forget()
        if record.dialog is not None:
            record.dialog.end()
            record.line.detach(record.dialog)
        record.end(EndReason.REMOTE_HANGUP, 0, request.headers.get("Reason") or "")


__all__ = ["Call", "CallLine", "CallState"]
