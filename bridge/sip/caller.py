"""How a call of ours comes about: INVITE, provisional answers, forking, CANCEL, ACK (RFC 3261 sections 9.1, 13.2)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from sipmessage import URI, Request, Response

from bridge.errors import RemoteProtocolError
from bridge.sip.callrecord import CallRecord, CallState
from bridge.sip.dialog import Dialog
from bridge.sip.events import CallAnswered, CallProgress, EndReason
from bridge.sip.exchange import Outgoing
from bridge.sip.message import Header, from_tag, sequence, to_tag
from bridge.sip.negotiation import session_in
from bridge.sip.sdp import AudioSession
from bridge.sip.transaction import Outcome
from bridge.sip.transaction_tables import State

MAX_FORKS = 8
"""Early dialogs of one call that are remembered."""


class Caller:
    """The calling side, until the call stands."""

    __slots__ = ("_acks", "_cancel_sent", "_early", "_early_sessions", "_record", "cancel_wanted")

    def __init__(self, record: CallRecord) -> None:
        self.cancel_wanted = False
        self._cancel_sent = False
        self._record = record
        self._early: dict[str, Dialog] = {}
        self._early_sessions: dict[str, AudioSession] = {}
        self._acks: dict[str, bytes] = {}

    def invite(self, target: URI, call_id: str, offer: AudioSession, headers: Iterable[Header], *, now: float) -> None:
        """Send the INVITE."""
        record = self._record
        record.negotiation.capability = offer
        request = Request(method="INVITE", uri=target, body=record.negotiation.offer(offer))
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
        record.report(CallProgress(record.call, response.code, response.phrase, session))

    def _accepted(self, outgoing: Outgoing, response: Response, now: float) -> None:
        record = self._record
        tag = to_tag(response)
        if tag in self._acks:
            record.line.send_again(self._acks[tag])
            return
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
        ack = record.line.send_ack(dialog.request("ACK", acknowledges=sequence(outgoing.request).sequence))
        if len(self._acks) < MAX_FORKS:
            self._acks[tag] = ack
        if record.dialog is not None or self.cancel_wanted or record.state is CallState.ENDED:
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
            if session is None:
                raise RemoteProtocolError("the answer holds no session description")
            record.negotiation.take_answer(session)
        except RemoteProtocolError as error:
            record.send_bye(now=now)
            record.end(EndReason.MEDIA, response.code, error.what)
            return
        self._early_sessions.clear()
        record.report(CallAnswered(record.call, session))

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
