"""Transfer within a call: REFER and the NOTIFYs that tell how it goes (RFC 3515, RFC 5589), both ways."""

from __future__ import annotations

from sipmessage import URI, Request, Response

from bridge.errors import LocalProtocolError, RemoteProtocolError
from bridge.sip.addressing import parse_address
from bridge.sip.callrecord import CallRecord, CallState
from bridge.sip.events import TransferEnded, TransferProgress, TransferRequested
from bridge.sip.exchange import Incoming
from bridge.sip.message import Header, reply_to
from bridge.sip.replaces import Replaces, parse_refer_to, refer_to
from bridge.sip.sipfrag import MEDIA_TYPE, StatusFragment, parse_fragment
from bridge.sip.transaction import Outcome


class Transfers:
    """Our REFER, one at a time, and theirs."""

    __slots__ = ("_answered", "_asked", "_given_up", "_record", "_sent", "_subscribed", "answer_by")

    def __init__(self, record: CallRecord) -> None:
        self._record = record
        self._sent = False
        """Our transfer has no outcome yet."""
        self._answered = False
        """Our REFER has its final response."""
        self._given_up = 0
        """REFERs of ours that were given up before they were answered."""
        self._asked: Incoming | None = None
        """Their REFER that the owner has not answered."""
        self._subscribed = False
        """We took on a transfer of theirs and owe them its outcome."""
        self.answer_by: float | None = None
        """When their REFER is refused for want of an answer: no request but INVITE may wait longer."""

    # --- our transfer ------------------------------------------------------------------------------------------------

    def refer(self, target: URI, replaces: Replaces | None, *, now: float) -> None:
        """Ask the peer to call ``target``, in the place of the dialog ``replaces`` if given."""
        record = self._record
        if record.dialog is None or record.state is not CallState.CONFIRMED:
            raise LocalProtocolError(f"a call that is {record.state} cannot be transferred")
        if self._sent:
            raise LocalProtocolError("this call is being transferred already")
        request = record.dialog.request("REFER")
        request.headers.set("Contact", record.line.contact)
        request.headers.set("Refer-To", refer_to(target, replaces))
        request.headers.set("Referred-By", f"<{record.line.account.address_of_record}>")
        record.line.send(request, record.call, now=now)
        self._sent, self._answered = True, False

    def abandon(self) -> None:
        """Wait no longer for the outcome of our transfer: a NOTIFY that comes still is refused."""
        if self._sent and not self._answered:
            self._given_up += 1
        self._sent = False

    def receive(self, response: Response) -> None:
        """An answer to our REFER."""
        if response.code < 200:
            return
        if self._given_up:
            self._given_up -= 1
            return
        if not self._sent:
            return
        self._answered = True
        if response.code < 300:
            self._record.report(TransferProgress(self._record.call, response.code, response.phrase))
        else:
            self._end(response.code, response.phrase)

    def failed(self, outcome: Outcome) -> None:
        """Our REFER got no answer, or could not be sent."""
        if self._given_up:
            self._given_up -= 1
        elif self._sent:
            self._end(408 if outcome is Outcome.TIMED_OUT else 503, "")

    def notified(self, incoming: Incoming, *, now: float) -> None:
        """A NOTIFY about our transfer."""
        record, request = self._record, incoming.request
        if not self._sent:  # its outcome is known, or there was none: the peer must not go on (RFC 6665, 481)
            record.line.respond(incoming, reply_to(request, 481), now=now)
            return
        record.line.respond(incoming, reply_to(request, 200), now=now)
        fragment = parse_fragment(request.body)
        state = (request.headers.get("Subscription-State") or "").partition(";")[0].strip().lower()
        if fragment is not None and fragment.status >= 200:
            self._end(fragment.status, fragment.reason)
        elif state == "terminated":
            self._end(0, "the peer does not tell how the transfer went")
        elif fragment is not None:
            record.report(TransferProgress(record.call, fragment.status, fragment.reason))

    def _end(self, status: int, reason: str) -> None:
        self._sent = False
        self._record.report(TransferEnded(self._record.call, status, reason))

    # --- their transfer ----------------------------------------------------------------------------------------------

    def requested(self, incoming: Incoming, *, now: float) -> None:
        """Their REFER. The owner decides; without a word from it it is refused."""
        record, request = self._record, incoming.request
        try:
            target = parse_refer_to(request)
        except RemoteProtocolError as error:
            record.line.respond(incoming, reply_to(request, error.reply or 400), now=now)
            return
        if self._asked is not None or self._subscribed or record.state is not CallState.CONFIRMED:
            record.line.respond(incoming, reply_to(request, 491), now=now)
            return
        self._asked = incoming
        self.answer_by = now + record.line.values.give_up / 2
        record.report(TransferRequested(record.call, target, _referrer(request)))

    def accept(self, *, now: float) -> None:
        """Take their transfer on: 202, and the first NOTIFY, which RFC 3515 section 2.4.4 wants at once."""
        incoming = self._open()
        record = self._record
        headers = (Header("Contact", record.line.contact),)
        record.line.respond(incoming, reply_to(incoming.request, 202, headers=headers), now=now)
        self._subscribed = True
        self._notify(StatusFragment(100), now)

    def refuse(self, status: int, *, now: float) -> None:
        """Refuse their transfer."""
        if not 400 <= status <= 699:
            raise LocalProtocolError(f"{status} is no refusal of a transfer", fix="use 603 (decline)")
        incoming = self._open()
        self._record.line.respond(incoming, reply_to(incoming.request, status), now=now)

    def progress(self, status: int, reason: str, *, now: float) -> None:
        """Tell the peer how the new call goes; a status from 200 is the last word."""
        if not self._subscribed:
            raise LocalProtocolError("there is no transfer to report on")
        if not 100 <= status <= 699:
            raise LocalProtocolError(f"{status} is no SIP status")
        self._notify(StatusFragment(status, reason), now)

    def handle_timer(self, *, now: float) -> None:
        """Refuse what the owner did not answer."""
        if self.answer_by is not None and self.answer_by <= now:
            self.refuse(603, now=now)

    def forget(self, *, now: float) -> None:
        """The call is over: what was not answered is refused, and nobody is told anything any more."""
        if self._asked is not None:
            self.refuse(603, now=now)
        self._subscribed = self._sent = False

    def _open(self) -> Incoming:
        if self._asked is None:
            raise LocalProtocolError("there is no transfer to answer")
        incoming, self._asked, self.answer_by = self._asked, None, None
        return incoming

    def _notify(self, fragment: StatusFragment, now: float) -> None:
        record = self._record
        if record.dialog is None or not record.is_confirmed:
            self._subscribed = False
            return
        is_last = fragment.status >= 200
        request = record.dialog.request("NOTIFY")
        request.body = fragment.body
        request.headers.set("Contact", record.line.contact)
        request.headers.set("Event", "refer")
        request.headers.set("Subscription-State", "terminated;reason=noresource" if is_last else "active;expires=60")
        request.headers.set("Content-Type", MEDIA_TYPE)
        self._subscribed = not is_last
        record.line.send(request, None, now=now)


def is_of_transfer(request: Request) -> bool:
    """True for a NOTIFY about a transfer."""
    event = request.headers.get("Event") or ""
    return request.method == "NOTIFY" and event.partition(";")[0].strip().lower() == "refer"


def _referrer(request: Request) -> str:
    try:
        return parse_address(request.headers.get("Referred-By") or "").uri.user or ""
    except ValueError:
        return ""
