"""How a session changes in the middle of a call: re-INVITE both ways, and their collision (RFC 3261 section 14)."""

from __future__ import annotations

from sipmessage import Response

from bridge.errors import LocalProtocolError, RemoteProtocolError
from bridge.sip.callrecord import CallRecord, CallState, headers_of_refusal
from bridge.sip.events import ChangeAccepted, ChangeRefused, EndReason, SessionChanged
from bridge.sip.exchange import Incoming, Outgoing
from bridge.sip.message import Header, reply_to, sequence
from bridge.sip.negotiation import session_in
from bridge.sip.sdp import AudioSession
from bridge.sip.transaction import Outcome


class Changes:
    """Our changes, one at a time, and theirs."""

    __slots__ = ("_ack", "_ack_of", "_is_outgoing", "_is_refresh", "_next", "_record", "retry_at")

    def __init__(self, record: CallRecord, *, is_outgoing: bool) -> None:
        self.retry_at: float | None = None
        """When to try again after a collision."""
        self._record = record
        self._is_outgoing = is_outgoing
        self._next: AudioSession | None = None
        self._is_refresh = False
        """Our re-INVITE says nothing new: it keeps a session timer going."""
        self._ack = b""
        self._ack_of = 0

    def offer(self, session: AudioSession, *, now: float) -> None:
        """Ask for a change; it waits its turn while another one is under way. Only the newest wish counts."""
        record = self._record
        if record.state not in (CallState.CONFIRMED, CallState.ANSWERED) or record.hang_up_wanted:
            raise LocalProtocolError(f"the session cannot be changed: the call is {record.state}")
        self._next, self._is_refresh = session, False
        self.proceed(now=now)

    def refresh(self, *, now: float) -> None:
        """Send a re-INVITE that changes nothing, unless another one is on its way or waits: that one does it too."""
        record = self._record
        session = record.negotiation.capability or record.negotiation.agreed
        if self._next is None and record.invite is None and session is not None:
            direction = record.negotiation.agreed.direction if record.negotiation.agreed else session.direction
            self._next, self._is_refresh = session.with_direction(direction), True
            self.proceed(now=now)

    def proceed(self, *, now: float) -> None:
        """Send what waits, if its turn has come."""
        record, session = self._record, self._next
        if self.retry_at is not None:
            if self.retry_at > now:
                return
            self.retry_at = None
        if record.update is not None:
            return
        if session is None or record.invite is not None or record.incoming is not None or record.dialog is None:
            return
        if record.state is not CallState.CONFIRMED:
            return
        request = record.dialog.request("INVITE")
        request.body = record.negotiation.offer(session)
        self._next = None
        record.send_invite(request, now=now)

    def forget(self) -> None:
        """The call is over."""
        self._next = self.retry_at = None

    def receive(self, outgoing: Outgoing, response: Response, *, now: float) -> None:
        """An answer to our re-INVITE."""
        record = self._record
        number = sequence(outgoing.request).sequence
        if 200 <= response.code < 300 and number == self._ack_of:
            record.line.send_again(self._ack)
            return
        if outgoing is not record.invite or response.code < 200:
            return
        record.invite = None
        if not record.is_confirmed or record.dialog is None:
            return
        if response.code < 300:
            record.dialog.refresh_target(response)
            self._ack = record.line.send_ack(record.dialog.request("ACK", acknowledges=number))
            self._ack_of = number
            record.accepted(response, now=now)
            record.report_identity(response)
            self._accepted(response, now)
        elif response.code in (408, 481):  # section 12.2.1.2: the dialog is gone
            self._end(EndReason.REMOTE_HANGUP, response.code, response.phrase, now)
        elif response.code == 491 and record.negotiation.offered is not None:
            # section 14.1: who made the Call-ID waits 2.1 to 4 s, the other one up to 2 s
            self._next = self._next or record.negotiation.offered
            fraction = record.line.ids.fraction()
            self.retry_at = now + (2.1 + 1.9 * fraction if self._is_outgoing else 2.0 * fraction)
            record.negotiation.withdraw()
        elif response.code == 422 and record.session_timer.lengthened(response):
            self._next = self._next or record.negotiation.offered
            record.negotiation.withdraw()
        else:
            record.negotiation.withdraw()
            if not self._is_refresh:
                record.report(ChangeRefused(record.call, response.code, response.phrase))
        self.proceed(now=now)

    def failed(self, outcome: Outcome, *, now: float) -> None:
        """Our re-INVITE got no answer, or could not be sent."""
        record = self._record
        record.invite = None
        record.negotiation.withdraw()
        if outcome is Outcome.TIMED_OUT:
            self._end(EndReason.NO_ANSWER, 408, "", now)
        else:  # the connection broke, the call need not: the change alone is lost
            record.report(ChangeRefused(record.call, 503, "the server cannot be reached"))

    def requested(self, incoming: Incoming, *, now: float) -> None:
        """Their re-INVITE, whose order the dialog has checked. It is answered with what our side can."""
        record = self._record
        request = incoming.request
        if record.invite is not None or (record.update is not None and record.negotiation.offered is not None):
            record.line.respond(incoming, reply_to(request, 491), now=now)
            return
        if record.incoming is not None or record.dialog is None:
            headers = (Header("Retry-After", "2"),)  # section 14.2: an earlier one of theirs is still open
            record.line.respond(incoming, reply_to(request, 500, headers=headers), now=now)
            return
        negotiation = record.negotiation
        local = negotiation.capability or negotiation.agreed
        if local is None:
            record.line.respond(incoming, reply_to(request, 500), now=now)
            return
        try:
            record.session_timer.check(request)
            offer = session_in(request)
            body = negotiation.answer(offer, local) if offer else negotiation.offer(local)
        except RemoteProtocolError as error:
            status = error.reply or 488
            record.line.respond(incoming, reply_to(request, status, headers=headers_of_refusal(status)), now=now)
            return
        record.dialog.refresh_target(request)
        record.send_ok(incoming, body, now=now)
        record.report_identity(request)

    def _accepted(self, response: Response, now: float) -> None:
        record = self._record
        offered, before = record.negotiation.offered, record.negotiation.remote
        try:
            session = session_in(response)
            if session is None:
                raise RemoteProtocolError("the answer holds no session description")
            record.negotiation.take_answer(session)
        except RemoteProtocolError as error:
            self._end(EndReason.MEDIA, response.code, error.what, now)
            return
        if offered is not None and record.negotiation.agreed is not None:
            if not self._is_refresh:
                record.negotiation.capability = offered
                record.report(ChangeAccepted(record.call, record.negotiation.agreed, session))
            elif session != before:
                record.report(SessionChanged(record.call, record.negotiation.agreed, session))

    def _end(self, reason: EndReason, status: int, text: str, now: float) -> None:
        self.forget()
        self._record.send_bye(now=now)
        self._record.end(reason, status, text)
