"""A registration kept alive: REGISTER, refresh, 423, Retry-After, back-off, leaving (RFC 3261 section 10).

Challenges are answered by the user agent for every request alike; a 401 that reaches this machine means that the
credentials were refused. ``register`` and ``unregister`` state the wish; the server's answers decide the rest.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from sipmessage import Request, Response

from bridge.sip.account import Account
from bridge.sip.addressing import parse_address, parse_uri
from bridge.sip.events import Registered, RegistrationFailed, Unregistered
from bridge.sip.ids import SipIds
from bridge.sip.message import seconds
from bridge.sip.transaction import Outcome

FIRST_RETRY = 2.0
"""Seconds until the second attempt after silence or a server's trouble; doubled each time."""
LONGEST_RETRY = 120.0
REFUSED_RETRIES = (0.5, 2.0, 8.0, 60.0)
"""After a clear no (401, 403, 404) an admin has to mend something first, save in the moments in which a server reads a
new account: it may know the one half of it already, and not the other."""
LONGEST_EXPIRES = 7 * 86_400
MAX_RETRY_AFTER = 3_600


class RegistrationState(StrEnum):
    """Where a registration stands."""

    UNREGISTERED = "not registered"
    REGISTERING = "registering"
    REGISTERED = "registered"
    REFRESHING = "refreshing"
    """A REGISTER is under way while the former one still stands."""
    WAITING = "waiting to try again"
    UNREGISTERING = "leaving"


RegistrationEvent = Registered | RegistrationFailed | Unregistered


class Registration:
    """One binding of one account. REGISTERs to be sent come out of ``requests``, without Via."""

    __slots__ = (
        "_account",
        "_at",
        "_call_id",
        "_expires",
        "_expires_at",
        "_failures",
        "_ids",
        "_refusals",
        "_sequence",
        "_tag",
        "_wish_changed",
        "events",
        "local",
        "requests",
        "state",
        "wanted",
    )

    def __init__(self, account: Account, ids: SipIds, local: tuple[str, int]) -> None:
        self.state = RegistrationState.UNREGISTERED
        self.wanted = False
        """True from ``register`` until ``unregister``: also while it fails or the connection is away."""
        self.local = local
        self.events: deque[RegistrationEvent] = deque()
        self.requests: deque[Request] = deque()
        self._account = account
        self._ids = ids
        self._call_id = ""
        self._tag = ""
        self._sequence = 0
        self._expires = account.expires
        self._expires_at: float | None = None
        self._failures = 0
        self._refusals = 0
        self._at: float | None = None
        self._wish_changed = False

    def log_in_as(self, account: Account) -> None:
        """The next REGISTER is this account's, for the same address of record."""
        self._account = account

    @property
    def call_id(self) -> str:
        """Call-ID of our REGISTERs; empty before the first one. A restart request must name it."""
        return self._call_id

    def register(self, *, now: float) -> None:
        """Register now, and keep registered."""
        self.wanted = True
        if self._is_busy:
            self._wish_changed = self.state is RegistrationState.UNREGISTERING
            return
        self._send(self._expires)

    def unregister(self, *, now: float) -> None:
        """Leave. Reports Unregistered, at once when nothing stands."""
        self.wanted = False
        self._at = None
        if self._is_busy:
            self._wish_changed = self.state is not RegistrationState.UNREGISTERING
        elif self._expires_at is not None and now < self._expires_at:
            self._send(0)
        else:
            self._left()

    def connection_lost(self, *, now: float) -> None:
        """The connection is gone: nothing is under way any more. ``register`` again once there is a new one."""
        self._at = None
        self._wish_changed = False
        if self.state is RegistrationState.UNREGISTERING:
            self._left()
        else:
            self.state = RegistrationState.UNREGISTERED

    def next_sequence(self) -> int:
        """Count our CSeq up and return it (for a REGISTER repeated with credentials)."""
        self._sequence += 1
        return self._sequence

    def timer(self) -> float | None:
        """When to call ``handle_timer``, or None."""
        return self._at

    def handle_timer(self, *, now: float) -> None:
        """Refresh, or try again, when it is due."""
        if self._at is not None and self._at <= now:
            self._at = None
            if self.wanted and not self._is_busy:
                self._send(self._expires)

    def receive(self, response: Response, *, now: float) -> None:
        """The final answer to our REGISTER; challenges have been tried before."""
        if response.code < 200 or not self._is_busy:
            return
        if self.state is RegistrationState.UNREGISTERING:
            self._left()  # whatever the server says: we do not refresh, so it ends
        elif response.code < 300:
            self._accepted(response, now)
        elif response.code == 423 and self._lengthened(seconds(response, "Min-Expires")):
            self._send(self._expires)
            return
        else:
            self._refused(response, now)
        self._after_answer(now)

    def failed(self, outcome: Outcome, *, now: float) -> None:
        """Nobody answered our REGISTER, or it could not be sent."""
        if not self._is_busy:
            return
        if self.state is RegistrationState.UNREGISTERING:
            self._left()
        elif outcome is Outcome.TIMED_OUT:
            self._wait(408, "the server does not answer", self._back_off(), now)
        else:
            self._wait(503, "the server cannot be reached", self._back_off(), now)
        self._after_answer(now)

    # --- inside ------------------------------------------------------------------------------------------------------

    @property
    def _is_busy(self) -> bool:
        return self.state in (
            RegistrationState.REGISTERING,
            RegistrationState.REFRESHING,
            RegistrationState.UNREGISTERING,
        )

    def _after_answer(self, now: float) -> None:
        if self._wish_changed:
            self._wish_changed = False
            if self.wanted:
                self.register(now=now)
            else:
                self.unregister(now=now)

    def _send(self, expires: int) -> None:
        if not self._call_id:
            self._call_id = self._ids.call_id()
        self._tag = self._ids.tag()
        account = self._account
        request = Request(method="REGISTER", uri=parse_uri(f"sip:{account.domain}"))
        headers = request.headers
        headers.set("Max-Forwards", "70")
        headers.set("From", account.from_header(self._tag))
        headers.set("To", f"<{account.address_of_record}>")
        headers.set("Call-ID", self._call_id)
        headers.set("CSeq", f"{self.next_sequence()} REGISTER")
        headers.set("Contact", f"<{account.contact_uri(self.local)}>{account.contact_parameters}")
        headers.set("Expires", str(expires))
        for header in account.register_headers:
            headers.add(header.name, header.value)
        self._at = None
        if expires == 0:
            self.state = RegistrationState.UNREGISTERING
        elif self.state is RegistrationState.REGISTERED:
            self.state = RegistrationState.REFRESHING
        elif not self._is_busy:
            self.state = RegistrationState.REGISTERING
        self.requests.append(request)

    def _accepted(self, response: Response, now: float) -> None:
        granted = self._granted(response)
        refreshed = self.state is RegistrationState.REFRESHING
        self.state = RegistrationState.REGISTERED
        self._refusals = 0
        self._failures = 0
        self._expires_at = now + granted
        # Early enough for a lost first attempt (32 s) where the time allows it, and spread over time.
        early = min(granted * 0.5, max(granted * 0.1, 40.0))
        self._at = now + granted - early * (0.75 + 0.25 * self._ids.fraction())
        self.events.append(Registered(granted, refreshed))

    def _granted(self, response: Response) -> int:
        """Expiry of our own contact among those that the 200 lists (section 10.2.4)."""
        ours = parse_uri(self._account.contact_uri(self.local))
        values = response.headers.getlist("Contact")
        for value in values:
            try:
                contact = parse_address(value)
            except ValueError:
                continue
            same = (contact.uri.user, contact.uri.host, contact.uri.port) == (ours.user, ours.host, ours.port)
            expires = contact.parameters.get("expires") or ""
            if (same or len(values) == 1) and expires.isascii() and expires.isdigit():
                return min(max(int(expires[:9]), 1), LONGEST_EXPIRES)
        stated = seconds(response, "Expires")
        return min(max(self._expires if stated is None else stated, 1), LONGEST_EXPIRES)

    def _lengthened(self, shortest: int | None) -> bool:
        """Take the server's minimum (423). False when that changes nothing: the answer is then a refusal."""
        if shortest is None or not self._expires < shortest <= LONGEST_EXPIRES:
            return False
        self._expires = shortest
        return True

    def _refused(self, response: Response, now: float) -> None:
        after = seconds(response, "Retry-After")
        reason = response.phrase or "refused"
        if response.code in (401, 407):
            reason = "the server refused the user name or the secret"
        if after is not None:
            wait = float(min(max(after, 1), MAX_RETRY_AFTER))
        elif response.code in (401, 403, 404, 407):
            wait = REFUSED_RETRIES[min(self._refusals, len(REFUSED_RETRIES) - 1)]
            self._refusals += 1
        else:
            wait = self._back_off()
        if response.code < 500:
            self._expires_at = None
        self._wait(response.code, reason, wait, now)

    def _wait(self, status: int, reason: str, wait: float, now: float) -> None:
        self.state = RegistrationState.WAITING
        self._at = now + wait
        self.events.append(RegistrationFailed(status, reason, wait))

    def _back_off(self) -> float:
        wait = min(FIRST_RETRY * 2.0 ** min(self._failures, 16), LONGEST_RETRY)
        self._failures += 1
        return wait * (0.5 + 0.5 * self._ids.fraction())

    def _left(self) -> None:
        self.state = RegistrationState.UNREGISTERED
        self._expires_at = None
        self._at = None
        self.events.append(Unregistered())
