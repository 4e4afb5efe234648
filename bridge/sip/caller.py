"""How a call of ours comes about: INVITE, provisional answers, forking, CANCEL, ACK (RFC 3261 sections 9.1, 13.2)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from sipmessage import URI, Request, Response

from bridge.errors import LocalProtocolError, RemoteProtocolError
from bridge.sip.account import EXTENSIONS
from bridge.sip.callrecord import CallRecord, CallState
from bridge.sip.dialog import Dialog
from bridge.sip.events import CallAnswered, CallProgress, EndReason, OfferReceived
from bridge.sip.exchange import Outgoing
from bridge.sip.message import Header, from_tag, seconds, sequence, to_tag, tokens
from bridge.sip.negotiation import session_in
from bridge.sip.redirection import next_target
from bridge.sip.sdp import MEDIA_TYPE, AudioSession
from bridge.sip.transaction import Outcome
from bridge.sip.transaction_tables import State

LATE_OFFER_SUPPORTED = ", ".join(sorted(EXTENSIONS - {"100rel"}))
"""A reliable provisional answer would bring the offer too early: its answer would have to go into the PRACK."""
MAX_FORKS = 8
"""Early dialogs of one call that are remembered."""


@dataclass(frozen=True, slots=True)
class LateOffer:
    """The offer of a 200 whose ACK waits for our answer."""

    tag: str
    sequence: int
    offer: AudioSession


class Caller:
    """The calling side, until the call stands."""

    __slots__ = (
        "_acks",
        "_cancel_sent",
        "_early",
        "_early_sessions",
        "_late",
        "_record",
        "_reliable",
        "_tried",
        "cancel_wanted",
    )

    def __init__(self, record: CallRecord) -> None:
        self.cancel_wanted = False
        self._cancel_sent = False
        self._record = record
        self._early: dict[str, Dialog] = {}
        self._early_sessions: dict[str, AudioSession] = {}
        self._acks: dict[str, bytes] = {}
        self._late: LateOffer | None = None
        self._reliable: dict[str, int] = {}
        """RSeq of the last reliable answer (RFC 3262) of each early dialog."""
        self._tried: list[str] = []
        """Addresses that a redirected call went to, the first one included."""

    def invite(
        self, target: URI, call_id: str, offer: AudioSession | None, headers: Iterable[Header], *, now: float
    ) -> None:
        """Send the INVITE. Without ``offer`` the other side makes it, in its 200."""
        record = self._record
        record.negotiation.capability = offer
        request = Request(method="INVITE", uri=target, body=record.negotiation.offer(offer) if offer else b"")
        request.headers.set("Max-Forwards", "70")
        request.headers.set("From", record.line.account.from_header(record.tag))
        request.headers.set("To", f"<{target}>")
        request.headers.set("Call-ID", call_id)
        request.headers.set("CSeq", "1 INVITE")
        if offer is None:
            request.headers.set("Supported", LATE_OFFER_SUPPORTED)
        for header in headers:
            request.headers.add(header.name, header.value)
        record.send_invite(request, now=now)

    def early_dialog(self, request: Request) -> Dialog | None:
        """The early dialog that a request of the peer's belongs to."""
        return self._early.get(from_tag(request))

    @property
    def first_early_dialog(self) -> Dialog | None:
        """The first early dialog that the peer made; None where there is none."""
        return next(iter(self._early.values()), None)

    def early_dialog_tagged(self, tag: str) -> Dialog | None:
        """The early dialog with this tag of the peer's."""
        return self._early.get(tag)

    def receive(self, outgoing: Outgoing, response: Response, *, now: float) -> None:
        """An answer to the INVITE."""
        if response.code < 200:
            self._provisional(outgoing, response, now)
        elif response.code < 300:
            self._accepted(outgoing, response, now)
        elif not self._try_again(outgoing, response, now):
            self._forget(outgoing)
            after = seconds(response, "Retry-After")
            self._record.end(EndReason.REFUSED, response.code, response.phrase, after)

    def failed(self, outgoing: Outgoing, outcome: Outcome) -> None:
        """The INVITE got no answer, or could not be sent."""
        self._forget(outgoing)
        if outcome is Outcome.TIMED_OUT:
            self._record.end(EndReason.NO_ANSWER, 408)
        else:
            self._record.end(EndReason.TRANSPORT, 503)

    def hang_up(self, *, now: float) -> None:
        """Give up before an answer. No CANCEL before a provisional answer (section 9.1): it waits for one."""
        record = self._record
        self.cancel_wanted = True
        invite = record.invite
        if record.state is CallState.RINGING or (invite and invite.transaction.state is State.PROCEEDING):
            self._cancel(now)
        record.end(EndReason.LOCAL_HANGUP)

    def overdue(self, *, now: float) -> None:
        """No final answer came after the CANCEL: the INVITE counts as cancelled. Or nobody answered a late offer."""
        if self._late is not None:
            self.abandon(EndReason.MEDIA, "the offer was not answered in time", now=now)
        if self._record.invite is not None:
            self._record.line.drop(self._record.invite)
            self._forget(self._record.invite)

    def _provisional(self, outgoing: Outgoing, response: Response, now: float) -> None:
        record = self._record
        if outgoing is not record.invite:
            return
        if self.cancel_wanted:
            self._cancel(now)
            return
        if response.code == 100:
            return
        tag = to_tag(response)
        if tag and tag not in self._early and len(self._early) < MAX_FORKS:
            with suppress(RemoteProtocolError):
                self._early[tag] = Dialog.of_caller(outgoing.request, response)
                record.line.attach(self._early[tag], record.call)
        if not self._acknowledge_provisional(outgoing, response, tag, now):
            return
        session: AudioSession | None = None
        with suppress(RemoteProtocolError):  # early media that cannot be read is no reason to give up: the 200 decides
            session = session_in(response)
        if session is not None and tag in self._early:
            self._early_sessions[tag] = session
        record.state = CallState.RINGING
        identity = record.note_identity(response)
        record.report(CallProgress(record.call, response.code, response.phrase, session, identity))

    def _acknowledge_provisional(self, outgoing: Outgoing, response: Response, tag: str, now: float) -> bool:
        """Send the PRACK of a reliable answer. False for one that is repeated or out of order (RFC 3262 section 4)."""
        number, dialog = seconds(response, "RSeq"), self._early.get(tag)
        if "100rel" not in tokens(response, "Require") or number is None or dialog is None:
            return True
        if tag in self._reliable and number != self._reliable[tag] + 1:
            return False
        self._reliable[tag] = number
        dialog.refresh_target(response)
        prack = dialog.request("PRACK")
        prack.headers.set("RAck", f"{number} {sequence(outgoing.request).sequence} INVITE")
        self._record.line.send(prack, self._record.call, now=now)
        return True

    def _accepted(self, outgoing: Outgoing, response: Response, now: float) -> None:
        record = self._record
        tag = to_tag(response)
        if tag in self._acks:
            record.line.send_again(self._acks[tag])
            return
        if self._late is not None and self._late.tag == tag:
            return  # their 200 once more: its ACK waits for the owner's answer
        dialog = self._early.pop(tag, None)
        try:
            if dialog is None:
                dialog = Dialog.of_caller(outgoing.request, response)
            else:
                # a challenge may have come between the provisional answer and this one
                dialog.local_sequence = max(dialog.local_sequence, sequence(outgoing.request).sequence)
                dialog.confirm(response)
        except RemoteProtocolError as error:
            self._forget(outgoing)
            record.end(EndReason.PROTOCOL, response.code, error.what)
            return
        number = sequence(outgoing.request).sequence
        is_wanted = record.dialog is None and not self.cancel_wanted and record.state is not CallState.ENDED
        if is_wanted and not outgoing.request.body and (offer := self._offer_in(response)):
            self._take_late_offer(outgoing, response, dialog, LateOffer(tag, number, offer), now)
            return
        ack = record.line.send_ack(dialog.request("ACK", acknowledges=number))
        if len(self._acks) < MAX_FORKS:
            self._acks[tag] = ack
        if not is_wanted:
            # another branch of a forked call won, or the owner hung up meanwhile (section 13.2.2.4)
            self._forget(outgoing)
            record.line.detach(dialog)
            record.line.send(dialog.request("BYE"), None, now=now)
            dialog.end()
            return
        self._forget(outgoing, but=tag)
        record.dialog = dialog
        record.line.attach(dialog, record.call)
        record.state = CallState.CONFIRMED
        try:
            session = session_in(response) or self._early_sessions.get(tag)
            if session is None or not outgoing.request.body:
                raise RemoteProtocolError("the answer holds no session description that can be used")
            record.negotiation.take_answer(session)
        except RemoteProtocolError as error:
            record.send_bye(now=now)
            record.end(EndReason.MEDIA, response.code, error.what)
            return
        self._early_sessions.clear()
        record.accepted(response, now=now)
        record.report(CallAnswered(record.call, session, record.note_identity(response)))

    # --- the other side's offer --------------------------------------------------------------------------------------

    def answer_offer(self, session: AudioSession, capability: AudioSession | None = None, *, now: float) -> None:
        """Acknowledge their 200 with our answer to its offer. A session without a common codec ends the call."""
        record, late = self._record, self._late
        if late is None or record.state is not CallState.ACCEPTING:
            raise LocalProtocolError(f"there is no offer to answer: the call is {record.state}")
        try:
            body = record.negotiation.answer(late.offer, session)
        except RemoteProtocolError as error:
            self.abandon(EndReason.MEDIA, error.what, now=now)
            return
        record.negotiation.capability = capability or session
        self._acknowledge(late, body)
        record.state = CallState.CONFIRMED
        record.report(CallAnswered(record.call, late.offer, record.identity))

    def abandon(self, reason: EndReason, text: str = "", *, now: float) -> None:
        """End a call whose late offer nobody wants to answer: the ACK must hold an answer, so it refuses the stream."""
        record = self._record
        if self._late is not None:
            refused = replace(self._late.offer, port=0, other_media=(), audio_index=0)
            self._acknowledge(self._late, record.negotiation.answer(self._late.offer, refused))
            record.send_bye(now=now)
        record.end(reason, 0, text)

    def _offer_in(self, response: Response) -> AudioSession | None:
        try:
            return session_in(response)
        except RemoteProtocolError:
            return None

    def _take_late_offer(
        self, outgoing: Outgoing, response: Response, dialog: Dialog, late: LateOffer, now: float
    ) -> None:
        record = self._record
        self._forget(outgoing, but=late.tag)
        self._early_sessions.clear()
        self._late = late
        record.dialog = dialog
        record.line.attach(dialog, record.call)
        record.state = CallState.ACCEPTING
        record.negotiation.remote = late.offer
        record.deadlines.timeout = now + record.line.values.give_up
        record.accepted(response, now=now)
        record.report(OfferReceived(record.call, late.offer, record.note_identity(response)))

    def _acknowledge(self, late: LateOffer, body: bytes) -> None:
        record = self._record
        self._late = None
        record.deadlines.clear()
        if record.dialog is None:
            return
        ack = record.dialog.request("ACK", acknowledges=late.sequence)
        ack.body = body
        ack.headers.set("Content-Type", MEDIA_TYPE)
        self._acks[late.tag] = record.line.send_ack(ack)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _try_again(self, outgoing: Outgoing, response: Response, now: float) -> bool:
        """Send the INVITE again where the answer asks for it: a longer session timer (422), another address (3xx)."""
        record, request = self._record, outgoing.request
        if outgoing is not record.invite or self.cancel_wanted or record.state is CallState.ENDED:
            return False
        target: URI | None = None
        if response.code == 422 and record.session_timer.lengthened(response):
            target = request.uri
        elif response.code in (300, 301, 302):
            self._tried.append(str(request.uri))
            target = next_target(response, record.line.account, self._tried)
        if target is None:
            return False
        self._forget(outgoing)
        again = Request(method="INVITE", uri=target, body=request.body)
        for name in request.headers.keys():  # noqa: SIM118  sipmessage's Headers cannot be iterated
            if name not in ("Via", "Content-Length", "Authorization", "Proxy-Authorization"):
                again.headers.setlist(name, list(request.headers.getlist(name)))
        again.headers.set("CSeq", f"{sequence(request).sequence + 1} INVITE")
        record.state = CallState.CALLING
        record.send_invite(again, now=now)
        return True

    def _cancel(self, now: float) -> None:
        record = self._record
        if record.invite is not None and not self._cancel_sent:
            self._cancel_sent = True
            record.line.cancel(record.invite, now=now)
            record.deadlines.timeout = now + record.line.values.give_up

    def _forget(self, outgoing: Outgoing, but: str = "") -> None:
        """The INVITE is over, and with it the early dialogs; ``but`` is the tag of the one that won."""
        if outgoing is self._record.invite:
            self._record.invite = None
            self._record.deadlines.clear()
        for dialog in self._early.values():
            self._record.line.detach(dialog)
        self._early.clear()
        self._reliable.clear()
        if not but:
            self._early_sessions.clear()
