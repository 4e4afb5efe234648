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
from bridge.sip.events import EndReason, InfoReceived
from bridge.sip.exchange import Incoming, Outgoing
from bridge.sip.identity import RemoteIdentity
from bridge.sip.message import Header, content_type, from_tag, reply_to, sequence, to_tag
from bridge.sip.replaces import Replaces
from bridge.sip.sdp import AudioSession
from bridge.sip.transaction import Outcome
from bridge.sip.transfer import Transfers, is_of_transfer
from bridge.sip.updates import Updates


class Call:
    """One call. Read ``state``, ``is_outgoing``, ``call_id``, ``local``, ``remote``; the rest is the user agent's."""

    __slots__ = (
        "_callee",
        "_caller",
        "_changes",
        "_record",
        "_transfers",
        "_updates",
        "call_id",
        "is_outgoing",
        "replaces",
    )

    def __init__(self, line: CallLine, call_id: str, tag: str, *, is_outgoing: bool) -> None:
        self.call_id = call_id
        self.is_outgoing = is_outgoing
        state = CallState.CALLING if is_outgoing else CallState.INCOMING
        self._record = CallRecord(self, line, call_id, tag, state)
        self._caller = Caller(self._record)
        self._callee = Callee(self._record)
        self._changes = Changes(self._record, is_outgoing=is_outgoing)
        self._updates = Updates(self._record, is_outgoing=is_outgoing)
        self._transfers = Transfers(self._record)
        self.replaces: Call | None = None
        """The call of ours whose place this one takes when it is answered."""

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
    def identity(self) -> RemoteIdentity | None:
        """The other side, as the server vouched for it last; None when it did not."""
        return self._record.identity

    @property
    def dialog_name(self) -> Replaces | None:
        """The dialog as a third party must name it to take our place in it; None where there is none yet."""
        dialog = self._record.dialog
        return Replaces(dialog.call_id, dialog.remote_tag, dialog.local_tag) if dialog is not None else None

    @property
    def remote_target(self) -> URI | None:
        """Where the other side is reached, None where that is not known yet."""
        return self._record.dialog.remote_target if self._record.dialog is not None else None

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

    def is_named(self, name: Replaces) -> bool:
        """True when an INVITE with this Replaces means this call."""
        dialog = self._record.dialog or self._caller.early_dialog_tagged(name.from_tag)
        return dialog is not None and dialog.key == (name.call_id, name.to_tag, name.from_tag)

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

    def reject(self, status: int, headers: Iterable[Header], *, now: float) -> None:
        """Refuse."""
        self._callee.reject(status, headers, now=now)

    def offer(self, session: AudioSession, *, now: float) -> None:
        """Change the session."""
        self._changes.offer(session, now=now)

    def refresh(self, *, now: float) -> None:
        """Ask whether the peer still knows the call: by a re-INVITE that changes nothing; by OPTIONS while it rings."""
        record = self._record
        if record.state not in (CallState.INCOMING, CallState.RINGING):
            self._changes.refresh(now=now)
        elif (dialog := record.dialog or self._caller.first_early_dialog) is not None:
            record.line.send(dialog.request("OPTIONS"), self, now=now)

    def answer_offer(self, session: AudioSession, capability: AudioSession | None, *, now: float) -> None:
        """Answer their late offer."""
        self._caller.answer_offer(session, capability, now=now)

    def update(self, session: AudioSession | None, *, now: float) -> None:
        """Send an UPDATE."""
        self._updates.offer(session, now=now)

    @property
    def transfers(self) -> Transfers:
        """REFER, both ways."""
        return self._transfers

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
                self._forget(now)
                self._record.send_bye(now=now)
                self._record.end(EndReason.LOCAL_HANGUP)
            case CallState.ACCEPTING:
                self._caller.abandon(EndReason.LOCAL_HANGUP, now=now)
            case CallState.ENDED:
                pass

    def replaced(self, *, now: float) -> None:
        """Another call took this one's place (RFC 3891 section 3): the owner is told so, then it ends."""
        if self.state is CallState.ENDED:
            return
        self._record.end_reported(EndReason.REPLACED)
        self.hang_up(now=now)

    # --- what the network brings -------------------------------------------------------------------------------------

    def receive_invite(self, incoming: Incoming, *, now: float) -> AudioSession | None:
        """The INVITE that begins this call. Returns its offer. Raises RemoteProtocolError with the status to answer."""
        return self._callee.receive_invite(incoming, now=now)

    def receive_ack(self, request: Request, *, now: float) -> None:
        """The ACK of a 200 of ours."""
        if self._callee.receive_ack(request, now=now):
            self._proceed(now)

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
            case "PRACK":
                self._callee.receive_prack(incoming, now=now)
            case "UPDATE":
                self._updates.requested(incoming, dialog, now=now)
            case "REFER":
                self._transfers.requested(incoming, now=now)
            case "NOTIFY" if is_of_transfer(request):
                self._transfers.notified(incoming, now=now)
            case "BYE":
                record.line.respond(incoming, reply_to(request, 200), now=now)
                self._remote_bye(request, now)
            case "INVITE":
                self._changes.requested(incoming, now=now)
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
            if request.method == "UPDATE":
                self._updates.receive(outgoing, response, now=now)
                self._proceed(now)
            elif request.method == "REFER":
                self._transfers.receive(response)
            elif request.method == "OPTIONS" and response.code == 481:
                self._forgotten(now)
            if response.code in (408, 481) and record.state is CallState.CONFIRMED:
                self._forget(now)
                record.send_bye(now=now)
                record.end(EndReason.REMOTE_HANGUP, response.code, response.phrase)
        elif to_tag(request):
            self._changes.receive(outgoing, response, now=now)
            self._updates.proceed(now=now)
        else:
            self._caller.receive(outgoing, response, now=now)

    def request_failed(self, outgoing: Outgoing, outcome: Outcome, *, now: float) -> None:
        """A request of this call got no answer, or could not be sent."""
        if outgoing is self._record.update:
            self._updates.failed(outcome, now=now)
            return
        if outgoing.request.method == "REFER":
            self._transfers.failed(outcome)
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
        dialog = self._record.dialog or self._caller.early_dialog_tagged(to_tag(request))
        return dialog.next_sequence() if dialog is not None else sequence(request).sequence + 1

    def may_repeat(self, outgoing: Outgoing) -> bool:
        """False when a challenge came for an INVITE that nobody wants any more."""
        return not (outgoing is self._record.invite and self._record.state is CallState.ENDED)

    def repeated(self, old: Outgoing, new: Outgoing) -> None:
        """The request went out again with credentials."""
        if self._record.invite is old:
            self._record.invite = new
        if self._record.update is old:
            self._record.update = new

    def timer(self) -> float | None:
        """When to call ``handle_timer``, or None."""
        changes, updates = self._changes.retry_at, self._updates.retry_at
        session, reliable = self._record.session_timer.timer(), self._callee.reliable.timer()
        times = (self._record.deadlines.next(), changes, updates, self._transfers.answer_by, session, reliable)
        return min((at for at in times if at is not None), default=None)

    def handle_timer(self, *, now: float) -> None:
        """Repeat the 200, give up, or try a change again."""
        record, deadlines = self._record, self._record.deadlines
        if deadlines.timeout is not None and deadlines.timeout <= now:
            deadlines.clear()
            if record.incoming is not None:
                self._forget(now)
                self._callee.overdue(now=now)
            else:
                self._caller.overdue(now=now)
        elif deadlines.retransmit is not None and deadlines.retransmit <= now:
            record.repeat_ok(now=now)
        self._transfers.handle_timer(now=now)
        for at in (self._changes.retry_at, self._updates.retry_at):
            if at is not None and at <= now:
                self._proceed(now)

        self._keep_session(now)
        self._callee.reliable.handle_timer(now=now)

    def _keep_session(self, now: float) -> None:
        """Refresh the session, or end it when nobody did (RFC 4028 section 10)."""
        record, session = self._record, self._record.session_timer
        if session.expires_at is not None and session.expires_at <= now:
            session.stop()
            if record.state is CallState.CONFIRMED:
                self._forget(now)
                record.send_bye(now=now)
                record.end(EndReason.SESSION_EXPIRED)
        elif session.refresh_at is not None and session.refresh_at <= now:
            session.refresh_at = None
            if record.state is CallState.CONFIRMED and record.peer_updates:
                self._updates.offer(None, now=now)
            elif record.state is CallState.CONFIRMED:
                self._changes.refresh(now=now)

    def _proceed(self, now: float) -> None:
        """Whatever waited for its turn may have it now."""
        self._changes.proceed(now=now)
        self._updates.proceed(now=now)

    def _forget(self, now: float) -> None:
        self._changes.forget()
        self._updates.forget()
        self._transfers.forget(now=now)

    def _forgotten(self, now: float) -> None:
        """The peer does not know the call, which rings still: neither CANCEL nor answer will ever come."""
        record = self._record
        if record.state is CallState.INCOMING:
            self._callee.cancelled("", now=now)
        elif record.state is CallState.RINGING and (invite := record.invite) is not None:
            record.line.drop(invite)
            self._caller.failed(invite, Outcome.FAILED)

    def _remote_bye(self, request: Request, now: float) -> None:
        record = self._record
        if record.incoming is not None and not record.incoming.transaction.is_answered:
            record.refuse(record.incoming, 487, now=now)
        record.incoming = None
        record.deadlines.clear()
        self._forget(now)
        if record.dialog is not None:
            record.dialog.end()
            record.line.detach(record.dialog)
        record.end(EndReason.REMOTE_HANGUP, 0, request.headers.get("Reason") or "")


__all__ = ["Call", "CallLine", "CallState"]
