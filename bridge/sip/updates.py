"""UPDATE (RFC 3311), both ways: a change without the three steps of a re-INVITE, and before the answer too.

With a session it is an offer like any other, so it must wait its turn; without one it says only that something else
changed: the contact, or who the other side is (connected line).
"""

from __future__ import annotations

from sipmessage import Response

from bridge.errors import LocalProtocolError, RemoteProtocolError
from bridge.sip.account import ALLOW, SUPPORTED
from bridge.sip.callrecord import CallRecord, CallState, headers_of_refusal
from bridge.sip.dialog import Dialog
from bridge.sip.events import ChangeAccepted, ChangeRefused, EndReason, SessionChanged
from bridge.sip.exchange import Incoming, Outgoing
from bridge.sip.message import reply_to
from bridge.sip.negotiation import session_in
from bridge.sip.sdp import MEDIA_TYPE, AudioSession
from bridge.sip.transaction import Outcome


class Updates:
    """Our UPDATEs, one at a time, and theirs."""

    __slots__ = ("_is_outgoing", "_next", "_record", "_wanted", "retry_at")

    def __init__(self, record: CallRecord, *, is_outgoing: bool) -> None:
        self.retry_at: float | None = None
        """When to try again after a collision."""
        self._record = record
        self._is_outgoing = is_outgoing
        self._wanted = False
        self._next: AudioSession | None = None

    def offer(self, session: AudioSession | None, *, now: float) -> None:
        """Send an UPDATE as soon as nothing else is under way; of several sessions that wait the newest counts."""
        record = self._record
        if record.state not in (CallState.CONFIRMED, CallState.ANSWERED) or record.hang_up_wanted:
            raise LocalProtocolError(f"an UPDATE cannot be sent: the call is {record.state}")
        self._wanted = True
        self._next = session or self._next
        self.proceed(now=now)

    def proceed(self, *, now: float) -> None:
        """Send what waits, if its turn has come."""
        record = self._record
        if self.retry_at is not None:
            if self.retry_at > now:
                return
            self.retry_at = None
        busy = record.update or record.invite or record.incoming
        if not self._wanted or busy is not None or record.dialog is None or record.state is not CallState.CONFIRMED:
            return
        request = record.dialog.request("UPDATE")
        request.headers.set("Contact", record.line.contact)
        request.headers.set("Allow", ALLOW)
        request.headers.set("Supported", SUPPORTED)
        for header in record.line.account.identity_headers(is_caller=self._is_outgoing):
            request.headers.add(header.name, header.value)
        for header in record.session_timer.request_headers():
            request.headers.set(header.name, header.value)
        if self._next is not None:
            request.body = record.negotiation.offer(self._next)
            request.headers.set("Content-Type", MEDIA_TYPE)
        self._wanted, self._next = False, None
        record.update = record.line.send(request, record.call, now=now)

    def forget(self) -> None:
        """The call is over."""
        self._wanted, self._next, self.retry_at, self._record.update = False, None, None, None

    def receive(self, outgoing: Outgoing, response: Response, *, now: float) -> None:
        """An answer to our UPDATE."""
        record = self._record
        if outgoing is not record.update or response.code < 200:
            return
        record.update = None
        if not record.is_confirmed or record.dialog is None:
            return
        offered = record.negotiation.offered if outgoing.request.body else None
        if response.code < 300:
            record.dialog.refresh_target(response)
            record.accepted(response, now=now)
            record.report_identity(response)
            if offered is not None:
                self._accepted(response, offered, now)
        elif response.code in (408, 481):
            self._end(EndReason.REMOTE_HANGUP, response.code, response.phrase, now)
        elif response.code == 422 and record.session_timer.lengthened(response):
            record.negotiation.withdraw()
            self._wanted, self._next = True, self._next or offered
        elif offered is not None:
            record.negotiation.withdraw()
            if response.code == 491:
                # RFC 3311 section 5.3 sends us to RFC 3261 section 14.1
                fraction = record.line.ids.fraction()
                self._wanted, self._next = True, self._next or offered
                self.retry_at = now + (2.1 + 1.9 * fraction if self._is_outgoing else 2.0 * fraction)
            else:
                record.report(ChangeRefused(record.call, response.code, response.phrase))

    def failed(self, outcome: Outcome, *, now: float) -> None:
        """Our UPDATE got no answer, or could not be sent."""
        record, update = self._record, self._record.update
        record.update = None
        if outcome is Outcome.TIMED_OUT:
            self._end(EndReason.NO_ANSWER, 408, "", now)
        elif update is not None and update.request.body:
            record.negotiation.withdraw()
            record.report(ChangeRefused(record.call, 503, "the server cannot be reached"))

    def requested(self, incoming: Incoming, dialog: Dialog, *, now: float) -> None:
        """Their UPDATE, whose order the dialog has checked."""
        record, request, negotiation = self._record, incoming.request, self._record.negotiation
        body = b""
        try:
            record.session_timer.check(request)
            offer = session_in(request)
            if offer is not None:
                body = self._answer(offer)
        except RemoteProtocolError as error:
            status = error.reply or 488
            record.line.respond(incoming, reply_to(request, status, headers=headers_of_refusal(status)), now=now)
            return
        dialog.refresh_target(request)
        response = record.answer_to(incoming, 200, body)
        if record.is_confirmed:
            for header in record.session_timer.accept(request, now=now):
                response.headers.set(header.name, header.value)
        record.note_allow(request)
        record.line.respond(incoming, response, now=now)
        record.report_identity(request)
        if offer is not None and negotiation.agreed is not None:
            record.report(SessionChanged(record.call, negotiation.agreed, offer))

    def _answer(self, offer: AudioSession) -> bytes:
        """Raises RemoteProtocolError: 491 while our own offer is open, 500 while theirs is (section 5.2)."""
        record, negotiation = self._record, self._record.negotiation
        if negotiation.offered is not None:
            raise RemoteProtocolError("an UPDATE crosses our own offer", reply=491)
        if record.incoming is not None and not record.incoming.transaction.is_answered:
            raise RemoteProtocolError("an UPDATE before their former offer was answered", reply=500)
        local = negotiation.capability or negotiation.agreed
        if local is None:
            raise RemoteProtocolError("an UPDATE before there is a session", reply=500)
        return negotiation.answer(offer, local)

    def _accepted(self, response: Response, offered: AudioSession, now: float) -> None:
        record = self._record
        try:
            session = session_in(response)
            if session is None:
                raise RemoteProtocolError("the answer holds no session description")
            record.negotiation.take_answer(session)
        except RemoteProtocolError as error:
            self._end(EndReason.MEDIA, response.code, error.what, now)
            return
        record.negotiation.capability = offered
        if record.negotiation.agreed is not None:
            record.report(ChangeAccepted(record.call, record.negotiation.agreed, session))

    def _end(self, reason: EndReason, status: int, text: str, now: float) -> None:
        self.forget()
        self._record.send_bye(now=now)
        self._record.end(reason, status, text)
