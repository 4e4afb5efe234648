"""How a call of ours comes about: INVITE, provisional answers, forking, CANCEL, ACK (RFC 3261 sections 9.1, 13.2)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from sipmessage import URI, Request, Response

from bridge.errors import LocalProtocolError, RemoteProtocolError
from bridge.sip.callrecord import CallRecord, CallState
from bridge.sip.dialog import Dialog
from bridge.sip.events import CallAnswered, CallProgress, EndReason
from bridge.sip.exchange import Outgoing
from bridge.sip.message import Header, from_tag, sequence, to_tag
from bridge.sip.negotiation import session_in
from bridge.sip.sdp import MEDIA_TYPE, AudioSession
from bridge.sip.transaction import Outcome
from bridge.sip.transaction_tables import State

MAX_FORKS = 8
"""Early dialogs of one call that are remembered."""


class Caller:
    """The calling side, until the call stands."""

    __slots__ = (
        "_ack_due",
        "_acks",
        "_cancel_sent",
        "_early",
        "_early_sessions",
        "_is_late",
        "_record",
        "cancel_wanted",
    )

    def __init__(self, record: CallRecord) -> None:
        self.cancel_wanted = False
        self._cancel_sent = False
        self._record = record
        self._is_late = False
        self._ack_due: tuple[str, int] | None = None
        self._early: dict[str, Dialog] = {}
        self._early_sessions: dict[str, AudioSession] = {}
        self._acks: dict[str, bytes] = {}

    def invite(
        self, target: URI, call_id: str, offer: AudioSession | None, headers: Iterable[Header], *, now: float
    ) -> None:
        """Send the INVITE. Without ``offer`` the other side makes one in its 200 (RFC 3264 section 4)."""
        record = self._record
        record.negotiation.capability = offer
        self._is_late = offer is None
        request = Request(method="INVITE", uri=target, body=b"" if offer is None else record.negotiation.offer(offer))
        request.headers.set("Max-Forwards", "70")
        request.headers.set("From", record.line.account.from_header(record.tag))
        request.headers.set("To", f"<{target}>")
        request.headers.set("Call-ID", call_id)
        request.headers.set("CSeq", "1 INVITE")
        for header in headers:
            request.headers.add(header.name, header.value)
        record.send_invite(request, now=now)

    def early_dialog(self, request: Request) -> Dialog | None:
        """The early dialog that a request of the peer's belongs to."""
        return self._early.get(from_tag(request))

    def receive(self, outgoing: Outgoing, response: Response, *, now: float) -> None:
        """An answer to the INVITE."""
        if response.code < 200:
            self._provisional(outgoing, response, now)
        elif response.code < 300:
            self._accepted(outgoing, response, now)
        else:
            self._forget(outgoing)
            self._record.end(EndReason.REFUSED, response.code, response.phrase)

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

    def overdue(self) -> None:
        """No final answer came after the CANCEL: the INVITE counts as cancelled."""
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
        session: AudioSession | None = None
        with suppress(RemoteProtocolError):  # early media that cannot be read is no reason to give up: the 200 decides
            session = session_in(response)
        if session is not None and tag in self._early:
            self._early_sessions[tag] = session
        record.state = CallState.RINGING
        record.identify(response)
        record.report(CallProgress(record.call, response.code, response.phrase, session))

    def _accepted(self, outgoing: Outgoing, response: Response, now: float) -> None:
        record = self._record
        tag = to_tag(response)
        if tag in self._acks:
            record.line.send_again(self._acks[tag])
            return
        if self._ack_due is not None and tag == self._ack_due[0]:
            return  # the answer to its offer is still being made
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
        lost = record.dialog is not None or self.cancel_wanted or record.state is CallState.ENDED
        if lost or not self._is_late:
            self._acknowledge(dialog, tag, number, b"")
        if lost:
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
        if self._is_late:
            self._ack_due = (tag, number)
        try:
            session = session_in(response) or self._early_sessions.get(tag)
            if session is None:
                raise RemoteProtocolError("the answer holds no session description")
            if self._is_late:
                record.negotiation.remote = session
            else:
                record.negotiation.take_answer(session)
        except RemoteProtocolError as error:
            self.settle()
            record.send_bye(now=now)
            record.end(EndReason.MEDIA, response.code, error.what)
            return
        self._early_sessions.clear()
        record.identify(response)
        record.report(CallAnswered(record.call, session))

    def acknowledge(self, session: AudioSession, capability: AudioSession | None, *, now: float) -> None:
        """Send the ACK with our answer to the offer of a 200. Raises LocalProtocolError where none waits for one."""
        record = self._record
        due, offer = self._ack_due, record.negotiation.remote
        if due is None or record.dialog is None or offer is None:
            raise LocalProtocolError(f"there is nothing to acknowledge: the call is {record.state}")
        record.negotiation.capability = capability or session
        try:
            body = record.negotiation.answer(offer, session)
        except RemoteProtocolError as error:
            self.settle()
            record.send_bye(now=now)
            record.end(EndReason.MEDIA, error.reply or 488, error.what)
            return
        self._ack_due = None
        self._acknowledge(record.dialog, due[0], due[1], body)

    def settle(self) -> None:
        """Send the ACK that is due without an answer: a BYE follows."""
        due, self._ack_due = self._ack_due, None
        if due is not None and self._record.dialog is not None:
            self._acknowledge(self._record.dialog, due[0], due[1], b"")

    @property
    def is_settled(self) -> bool:
        """False while the other side's 200 waits for our acknowledgement."""
        return self._ack_due is None

    def _acknowledge(self, dialog: Dialog, tag: str, number: int, body: bytes) -> None:
        request = dialog.request("ACK", acknowledges=number)
        if body:
            request.body = body
            request.headers.set("Content-Type", MEDIA_TYPE)
        ack = self._record.line.send_ack(request)
        if len(self._acks) < MAX_FORKS:
            self._acks[tag] = ack

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
        if not but:
            self._early_sessions.clear()
