"""A subscription kept alive: SUBSCRIBE, refresh, the NOTIFYs in their order, and a new one after an end (RFC 6665).

Challenges are answered by the user agent, as for every request. A subscription wants to stand until ``unsubscribe``:
whatever ends it (481, a timeout, ``terminated``, a restarted server) is followed by a new one, sooner or later.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from sipmessage import Request, Response

from bridge.errors import RemoteProtocolError
from bridge.sip.account import Account
from bridge.sip.addressing import parse_parameters, parse_uri
from bridge.sip.dialog import Dialog
from bridge.sip.events import Notified, SubscriptionEnded, SubscriptionFailed
from bridge.sip.ids import SipIds
from bridge.sip.message import content_type, from_tag, seconds, sequence, to_tag
from bridge.sip.timers import TimerValues
from bridge.sip.transaction import Outcome

FIRST_RETRY = 2.0
"""Seconds until the second attempt; doubled each time."""
LONGEST_RETRY = 120.0
HOPELESS_RETRY = 600.0
"""After 489, ``rejected``, ``noresource`` or ``invariant``: somebody has to change something first."""
LONGEST_EXPIRES = 86_400
MAX_RETRY_AFTER = 3_600
LARGEST_BODY = 32_768
"""Bytes of a NOTIFY's body that are passed on; a longer one is refused."""
_AT_ONCE = frozenset({"deactivated", "timeout"})
"""Reasons of an end after which a new subscription may follow at once (section 4.1.3)."""
_FORGOTTEN = frozenset({481, 500})
"""Answers to a refresh from a server that does not know the subscription any more, after a restart mostly. 500 is what
Asterisk says while it remembers the dialog, but nothing in it."""
_HOPELESS = frozenset({"rejected", "noresource", "invariant"})


class SubscriptionState(StrEnum):
    """Where a subscription stands."""

    SUBSCRIBING = "subscribing"
    """The first SUBSCRIBE is out, or answered, and no NOTIFY has come."""
    ACTIVE = "active"
    REFRESHING = "refreshing"
    """A SUBSCRIBE within the dialog is out; what was told still counts."""
    WAITING = "waiting to try again"
    LEAVING = "unsubscribing"
    ENDED = "ended"


_IDLE = frozenset({SubscriptionState.WAITING, SubscriptionState.ENDED})
SubscriptionEvent = Notified | SubscriptionFailed | SubscriptionEnded


class Subscription:
    """One watched resource. SUBSCRIBEs to be sent come out of ``requests``, without Via."""

    __slots__ = (
        "_account",
        "_at",
        "_call_id",
        "_dialog",
        "_event",
        "_expires",
        "_failures",
        "_ids",
        "_sent_at",
        "_sequence",
        "_tag",
        "_type",
        "_until",
        "_values",
        "_wanted",
        "contact",
        "events",
        "requests",
        "state",
        "user",
    )

    def __init__(
        self,
        account: Account,
        ids: SipIds,
        user: str,
        *,
        event: str,
        media_type: str,
        expires: int,
        contact: str,
        values: TimerValues,
    ) -> None:
        self.user = user
        """User part of what is watched, as it goes into the Request-URI."""
        self.contact = contact
        """Our Contact header, for the next SUBSCRIBE."""
        self.state = SubscriptionState.SUBSCRIBING
        self.events: deque[SubscriptionEvent] = deque()
        self.requests: deque[Request] = deque()
        self._account = account
        self._ids = ids
        self._event = event
        self._type = media_type
        self._expires = expires
        self._values = values
        self._wanted = True
        self._call_id = self._tag = ""
        self._sequence = 0
        self._dialog: Dialog | None = None
        self._failures = 0
        self._sent_at = 0.0
        self._at: float | None = None
        self._until = 0.0

    def __repr__(self) -> str:
        return f"<Subscription {self.user} {self.state}>"

    # --- what can be read --------------------------------------------------------------------------------------------

    @property
    def key(self) -> tuple[str, str]:
        """Call-ID and local tag: what a NOTIFY names."""
        return self._call_id, self._tag

    @property
    def is_over(self) -> bool:
        """True when nothing is awaited any more."""
        return self.state is SubscriptionState.ENDED

    # --- what the owner wants ----------------------------------------------------------------------------------------

    def subscribe(self, *, now: float) -> None:
        """Start, with a new dialog."""
        self._call_id, self._tag = self._ids.call_id(), self._ids.tag()
        self._sequence = 0
        self._dialog = None
        self._until = 0.0
        self.state = SubscriptionState.SUBSCRIBING
        self._send(self._expires, now)

    def refresh(self, *, now: float) -> None:
        """Ask anew what there is to know: within the dialog where it stands, else with a new one, at once."""
        match self.state:
            case SubscriptionState.ACTIVE:
                self.state = SubscriptionState.REFRESHING
                self._send(self._expires, now)
            case SubscriptionState.WAITING:
                self.subscribe(now=now)
            case _:
                pass  # a request is out already, or nobody wants it any more

    def unsubscribe(self, *, now: float) -> None:
        """Stop. Reports SubscriptionEnded, at once where no dialog stands."""
        if not self._wanted:
            return
        self._wanted = False
        if self._dialog is None:
            self._end()
            return
        self.state = SubscriptionState.LEAVING
        self._send(0, now)

    def connection_lost(self, *, now: float) -> None:
        """The way to the server is gone: what stood there is tried again once there is a new one."""
        if self.state is SubscriptionState.LEAVING:
            self._end()
        elif not self.is_over:
            self._fail(503, "the server cannot be reached", self._back_off(), now)

    # --- time --------------------------------------------------------------------------------------------------------

    def timer(self) -> float | None:
        """When to call ``handle_timer``, or None."""
        return self._at

    def handle_timer(self, *, now: float) -> None:
        """Refresh, try again, or give up waiting for a NOTIFY, when it is due."""
        if self._at is None or self._at > now:
            return
        self._at = None
        match self.state:
            case SubscriptionState.WAITING:
                self.subscribe(now=now)
            case SubscriptionState.ACTIVE:
                self.refresh(now=now)
            case SubscriptionState.SUBSCRIBING | SubscriptionState.REFRESHING:
                # Timer N (section 4.1.2.4): the 200 came, or the old time ran out, and the NOTIFY did not.
                self._fail(408, "the server sends no NOTIFY", self._back_off(), now)
            case SubscriptionState.LEAVING:
                self._end()
            case SubscriptionState.ENDED:
                pass

    # --- answers -----------------------------------------------------------------------------------------------------

    def next_sequence(self) -> int:
        """Count our CSeq up and return it (for a SUBSCRIBE repeated with credentials)."""
        self._sequence = self._dialog.next_sequence() if self._dialog is not None else self._sequence + 1
        return self._sequence

    def is_current(self, request: Request) -> bool:
        """True when ``request`` is the SUBSCRIBE whose answer is awaited."""
        return request.headers["Call-ID"] == self._call_id and sequence(request).sequence == self._sequence

    def receive(self, request: Request, response: Response, *, now: float) -> None:
        """The final answer to a SUBSCRIBE of ours; challenges have been tried before."""
        if response.code < 200 or not self.is_current(request) or self.state in _IDLE:
            return
        if self.state is SubscriptionState.LEAVING:
            if response.code >= 300:
                self._end()
            else:
                self._at = now + self._values.give_up  # the last NOTIFY may come still
        elif response.code < 300:
            self._accepted(request, response, now)
        elif response.code == 423 and self._lengthened(seconds(response, "Min-Expires")):
            self._send(self._expires, now)
        else:
            self._refused(response, now)

    def failed(self, request: Request, outcome: Outcome, *, now: float) -> None:
        """Nobody answered our SUBSCRIBE, or it could not be sent."""
        if not self.is_current(request) or self.state in _IDLE:
            return
        if self.state is SubscriptionState.LEAVING:
            self._end()
        elif outcome is Outcome.TIMED_OUT:
            self._fail(408, "the server does not answer", self._back_off(), now)
        else:
            self._fail(503, "the server cannot be reached", self._back_off(), now)

    def notify(self, request: Request, *, now: float) -> int:
        """A NOTIFY that names us. Returns the status to answer it with.

        The first one makes the dialog, be it before or after the 200 of SUBSCRIBE (section 4.1.2.4). One out of order
        gets 500 (RFC 3261 section 12.2.2): what it would tell is older than what is known. But a subscription does not
        outlive that at Asterisk, and an Asterisk that comes back with subscriptions from its database counts from an
        old number in the same dialog: either way a new subscription is the way on.
        """
        headers = request.headers
        if self.state in _IDLE:
            return 481
        if (headers.get("Event") or "").partition(";")[0].strip().lower() != self._event:
            return 489
        stated = headers.get("Subscription-State") or ""
        state = stated.partition(";")[0].strip().lower()
        if state not in ("active", "pending", "terminated"):
            return 400
        if len(request.body) > LARGEST_BODY:
            return 513
        try:
            self._of_dialog(request)
        except RemoteProtocolError as error:
            if error.reply == 500 and self._wanted:
                self._again(now)
            return error.reply or 400
        parameters = parse_parameters(f";{stated.partition(';')[2]}")
        if request.body and state != "pending" and self._wanted:
            self.events.append(Notified(self, content_type(request), bytes(request.body)))
        if state == "terminated":
            self._terminated(parameters.get("reason") or "", parameters.get("retry-after") or "", now)
        elif self._wanted:
            self._told(_number(parameters.get("expires") or ""), now)
        return 200

    # --- inside ------------------------------------------------------------------------------------------------------

    def _of_dialog(self, request: Request) -> None:
        dialog = self._dialog
        if dialog is None:
            self._dialog = Dialog.of_callee(request, "")
            self._dialog.local = f"<{self._account.address_of_record}>;tag={self._tag}"
            self._dialog.local_tag = self._tag
            self._dialog.local_sequence = self._sequence
            return
        if dialog.remote_tag != from_tag(request):
            raise RemoteProtocolError("a NOTIFY of another dialog", reply=481)  # a fork: one subscription is enough
        dialog.receive_request(request)
        dialog.refresh_target(request)

    def _told(self, left: int | None, now: float) -> None:
        """A NOTIFY says that the subscription stands, perhaps for how long."""
        self._failures = 0
        if self.state is SubscriptionState.SUBSCRIBING:
            self.state = SubscriptionState.ACTIVE
            self._set_refresh(self._expires if left is None else left, now)
        elif self.state is SubscriptionState.ACTIVE and left is not None and now + left < self._until:
            self._set_refresh(left, now)

    def _accepted(self, request: Request, response: Response, now: float) -> None:
        stated = seconds(response, "Expires")
        granted = min(max(self._expires if stated is None else stated, 1), LONGEST_EXPIRES)
        if self.state is SubscriptionState.SUBSCRIBING and self._dialog is None:
            try:
                dialog = Dialog.of_caller(request, response)
            except RemoteProtocolError as error:
                self._fail(502, error.what, self._back_off(), now)
                return
            if dialog.remote_tag:
                self._dialog = dialog
            self._at = now + self._values.give_up
            return
        if self._dialog is not None and to_tag(response) == self._dialog.remote_tag:
            self._dialog.refresh_target(response)
        self.state = SubscriptionState.ACTIVE
        self._set_refresh(granted, now)

    def _set_refresh(self, granted: int, now: float) -> None:
        granted = min(max(granted, 1), LONGEST_EXPIRES)
        self._until = now + granted
        # Early enough for a lost first attempt where the time allows it, and spread over time.
        early = min(granted * 0.5, max(granted * 0.1, 40.0))
        self._at = self._until - early * (0.75 + 0.25 * self._ids.fraction())

    def _lengthened(self, shortest: int | None) -> bool:
        if shortest is None or not self._expires < shortest <= LONGEST_EXPIRES:
            return False
        self._expires = shortest
        return True

    def _refused(self, response: Response, now: float) -> None:
        after = seconds(response, "Retry-After")
        if response.code in _FORGOTTEN and self.state is SubscriptionState.REFRESHING:
            self._again(now)
            return
        if self.state is SubscriptionState.REFRESHING and after is None and response.code > 500 and now < self._until:
            # What was granted still stands (section 4.1.2.3).
            self.state = SubscriptionState.ACTIVE
            self._at = min(now + self._back_off(), self._until)
            return
        reason = response.phrase or "refused"
        if response.code in (401, 407):
            reason = "the server refused the user name or the secret"
        if after is not None:
            wait = float(min(max(after, 1), MAX_RETRY_AFTER))
        else:
            wait = HOPELESS_RETRY if response.code == 489 else self._back_off()
        self._fail(response.code, reason, wait, now)

    def _terminated(self, reason: str, retry_after: str, now: float) -> None:
        reason = reason.lower()
        if not self._wanted:
            self._end()
            return
        after = _number(retry_after)
        if reason in _AT_ONCE:
            self._again(now)
        elif reason in _HOPELESS:
            self._fail(0, f"terminated: {reason}", HOPELESS_RETRY, now)
        else:
            wait = self._back_off() if after is None else float(min(max(after, 1), MAX_RETRY_AFTER))
            self._fail(0, f"terminated: {reason or 'no reason given'}", wait, now)

    def _again(self, now: float) -> None:
        """A new dialog at once; but a server that ends every one at once is not asked without pause."""
        if now - self._sent_at < FIRST_RETRY and self._failures:
            self._fail(0, "the server ends it again and again", self._back_off(), now)
            return
        self._failures += 1
        self.subscribe(now=now)

    def _fail(self, status: int, reason: str, wait: float, now: float) -> None:
        if not self._wanted:
            self._end()
            return
        self.state = SubscriptionState.WAITING
        self._dialog = None
        self._at = now + wait
        self.events.append(SubscriptionFailed(self, status, reason, wait))

    def _back_off(self) -> float:
        wait = min(FIRST_RETRY * 2.0 ** min(self._failures, 16), LONGEST_RETRY)
        self._failures += 1
        return wait * (0.5 + 0.5 * self._ids.fraction())

    def _end(self) -> None:
        if self.state is not SubscriptionState.ENDED:
            self.state = SubscriptionState.ENDED
            self._dialog = None
            self._at = None
            self.events.append(SubscriptionEnded(self))

    def _send(self, expires: int, now: float) -> None:
        account = self._account
        if self._dialog is not None:
            request = self._dialog.request("SUBSCRIBE")
            self._sequence = self._dialog.local_sequence
        else:
            address = f"sip:{self.user}@{account.domain}"
            request = Request(method="SUBSCRIBE", uri=parse_uri(address))
            request.headers.set("Max-Forwards", "70")
            request.headers.set("From", account.from_header(self._tag))
            request.headers.set("To", f"<{address}>")
            request.headers.set("Call-ID", self._call_id)
            request.headers.set("CSeq", f"{self.next_sequence()} SUBSCRIBE")
        headers = request.headers
        headers.set("Contact", self.contact)
        headers.set("Event", self._event)
        headers.set("Accept", self._type)
        headers.set("Expires", str(expires))
        # While a refresh is out, what was granted runs on; without one the transaction's own end is waited for.
        self._at = self._until if self.state is SubscriptionState.REFRESHING else None
        self._sent_at = now
        self.requests.append(request)


def _number(text: str) -> int | None:
    return int(text[:9]) if text.isascii() and text.isdigit() else None
