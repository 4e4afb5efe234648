"""How a call to us comes about: ringing, answering, refusing, CANCEL, ACK (RFC 3261 sections 9.2 and 13.3)."""

from __future__ import annotations

from collections.abc import Iterable

from sipmessage import Request

from bridge.errors import LocalProtocolError, RemoteProtocolError
from bridge.sip.callrecord import CallRecord, CallState
from bridge.sip.dialog import Dialog
from bridge.sip.events import CallConfirmed, EndReason, SessionChanged
from bridge.sip.exchange import Incoming
from bridge.sip.message import Header, reply_to, sequence
from bridge.sip.negotiation import session_in
from bridge.sip.reliable import ReliableAnswers
from bridge.sip.sdp import AudioSession
from bridge.sip.transaction import Outcome


class Callee:
    """The answering side; also whoever answers a re-INVITE awaits its ACK here."""

    __slots__ = ("_held_back", "_record", "reliable")

    def __init__(self, record: CallRecord) -> None:
        self._record = record
        self.reliable = ReliableAnswers(record)
        self._held_back: tuple[AudioSession, AudioSession | None] | None = None
        """Answered by the owner, while the PRACK of an early session is still awaited."""

    def receive_invite(self, incoming: Incoming, *, now: float) -> AudioSession | None:
        """The INVITE that begins this call. Returns its offer. Raises RemoteProtocolError with the status to answer."""
        record = self._record
        record.session_timer.check(incoming.request)
        offer = session_in(incoming.request)
        record.note_identity(incoming.request)
        record.dialog = Dialog.of_callee(incoming.request, record.tag)
        record.incoming = incoming
        record.negotiation.remote = offer
        record.line.attach(record.dialog, record.call)
        record.line.respond(incoming, reply_to(incoming.request, 100), now=now)
        return offer

    def ring(self, status: int, session: AudioSession | None, *, now: float) -> None:
        """Send a provisional answer, with early media if ``session`` is given."""
        record = self._record
        incoming = record.must_be_open("ring")
        if not 101 <= status <= 199:
            raise LocalProtocolError(f"{status} is no provisional answer", fix="use 180, or 183 with early media")
        body = b""
        if session is not None and record.negotiation.remote is not None:
            body = record.negotiation.answer(record.negotiation.remote, session)
        response = record.answer_to(incoming, status, body)
        if ReliableAnswers.are_wanted(incoming.request):
            self.reliable.send(response, now=now)
        else:
            record.line.respond(incoming, response, now=now)

    def receive_prack(self, incoming: Incoming, *, now: float) -> None:
        """Their PRACK; a new offer in it is not taken, for the answer to the INVITE is on its way."""
        record = self._record
        if not self.reliable.acknowledged(incoming.request):
            record.line.respond(incoming, reply_to(incoming.request, 481), now=now)
            return
        record.line.respond(incoming, reply_to(incoming.request, 200), now=now)
        self.reliable.proceed(now=now)
        if self._held_back is not None and not self.reliable.holds_back_the_answer:
            self.answer(*self._held_back, now=now)

    def answer(self, session: AudioSession, capability: AudioSession | None = None, *, now: float) -> None:
        """Send the 200. The call counts as ``answered`` until the ACK comes.

        Later offers are answered from ``capability``, which is ``session`` unless it is given.
        """
        record = self._record
        incoming = record.must_be_open("answer")
        if self.reliable.holds_back_the_answer:
            self._held_back = (session, capability)
            return
        self._held_back = None
        self.reliable.forget()
        negotiation = record.negotiation
        negotiation.capability = capability or session
        offer = negotiation.remote
        try:
            body = negotiation.answer(offer, session) if offer else negotiation.offer(session)
        except RemoteProtocolError as error:
            record.refuse(incoming, error.reply or 488, now=now)
            record.end(EndReason.MEDIA, error.reply or 488, error.what)
            return
        record.state = CallState.ANSWERED
        record.send_ok(incoming, body, now=now)

    def reject(self, status: int, headers: Iterable[Header], *, now: float) -> None:
        """Refuse the call with a 3xx to 6xx."""
        if not 300 <= status <= 699:
            raise LocalProtocolError(f"{status} is no refusal", fix="use 486 (busy), 480, 603 (decline)")
        self._record.refuse(self._record.must_be_open("reject"), status, headers, now=now)
        self._record.end(EndReason.LOCAL_HANGUP, status)

    def cancelled(self, text: str, *, now: float) -> None:
        """The caller's CANCEL came; too late after an answer."""
        record = self._record
        if record.state is CallState.INCOMING and record.incoming is not None:
            record.refuse(record.incoming, 487, now=now)
            record.end(EndReason.CANCELLED, 487, text)

    def answer_failed(self, incoming: Incoming, outcome: Outcome) -> None:
        """Our answer could not be sent, or the ACK of our refusal did not come (which needs nothing)."""
        record = self._record
        if record.incoming is incoming and record.state is CallState.INCOMING and outcome is Outcome.FAILED:
            record.incoming = None
            record.end(EndReason.TRANSPORT, 503)

    def receive_ack(self, request: Request, *, now: float) -> bool:
        """The ACK of our 200, with the answer where the offer was ours. True when the call stands and is at rest."""
        record = self._record
        incoming = record.incoming
        if incoming is None or sequence(request).sequence != sequence(incoming.request).sequence:
            return False
        if record.deadlines.timeout is None:
            return False  # the INVITE is not answered yet: this ACK belongs to nothing
        record.incoming = None
        record.deadlines.clear()
        if record.hang_up_wanted:
            record.send_bye(now=now)
            return False
        first = record.state is CallState.ANSWERED
        record.state = CallState.CONFIRMED
        negotiation = record.negotiation
        try:
            if negotiation.offered is not None:
                session = session_in(request)
                if session is None:
                    raise RemoteProtocolError("the ACK holds no answer to our offer")
                negotiation.take_answer(session)
        except RemoteProtocolError as error:
            record.send_bye(now=now)
            record.end(EndReason.MEDIA, 0, error.what)
            return False
        if negotiation.agreed is not None and negotiation.remote is not None:
            if first:
                record.report(CallConfirmed(record.call, negotiation.remote))
            else:
                record.report(SessionChanged(record.call, negotiation.agreed, negotiation.remote))
        return True

    def overdue(self, *, now: float) -> None:
        """The ACK never came: end it (section 13.3.1.4)."""
        self._record.incoming = None
        self._record.send_bye(now=now)
        self._record.end(EndReason.NO_ACK)
