"""One account's way to its server: what registration and calls ask for, put into transactions.

Here requests get their User-Agent and their credentials, and challenges are answered (RFC 3261 section 22) for every
kind of request alike.
"""

from __future__ import annotations

from collections import deque

from sipmessage import Request, Response

from bridge.errors import RemoteProtocolError
from bridge.sip.account import Account
from bridge.sip.calls import Call
from bridge.sip.dialog import Dialog
from bridge.sip.digest import DigestClient, by_realm
from bridge.sip.events import Event, MessageIgnored
from bridge.sip.exchange import Exchange, Incoming, Outgoing
from bridge.sip.ids import SipIds
from bridge.sip.message import Header, from_tag, reply_to, sequence, to_tag, top_via
from bridge.sip.registration import Registration
from bridge.sip.subscription import Subscription
from bridge.sip.timers import TimerValues

_STALE = "stale"
MAX_REALMS = 4
"""Servers and proxies whose challenges one account remembers."""


class Line:
    """What calls know as their ``CallLine``."""

    __slots__ = ("_dialogs", "_digests", "account", "events", "exchange", "ids", "values")

    def __init__(self, account: Account, ids: SipIds, local: tuple[str, int], values: TimerValues) -> None:
        self.account = account
        self.ids = ids
        self.values = values
        self.exchange = Exchange(ids, local, values=values)
        self.events: deque[Event] = deque()
        self._dialogs: dict[tuple[str, str, str], Call] = {}
        self._digests: dict[str, DigestClient] = {}
        """By header and realm: a proxy and the server behind it challenge each for itself (section 22.3)."""

    @property
    def contact(self) -> str:
        """Our Contact header."""
        return f"<{self.account.contact_uri(self.exchange.local)}>"

    def log_in_as(self, account: Account) -> None:
        """Prove ourselves otherwise from the next request on; old challenges were answered with another password."""
        self.account = account
        self._digests.clear()

    # --- sending -----------------------------------------------------------------------------------------------------

    def send(self, request: Request, owner: Call | Registration | Subscription | None, *, now: float) -> Outgoing:
        """Start a client transaction."""
        request.headers.set("User-Agent", self.account.product)
        if isinstance(owner, Registration | Subscription):
            self._authorize(request, frozenset(mark for mark in self._digests if mark.startswith("Authorization ")))
        return self.exchange.send(request, self.account.server, owner, now=now)

    def send_ack(self, request: Request) -> bytes:
        """Send an ACK; the bytes can be sent again."""
        return self.exchange.send_ack(request, self.account.server)

    def send_again(self, data: bytes) -> None:
        """Send bytes once more."""
        self.exchange.send_again(data, self.account.server)

    def cancel(self, outgoing: Outgoing, *, now: float) -> None:
        """Send the CANCEL of an INVITE: same branch, same target, same CSeq number (section 9.1)."""
        invite = outgoing.request
        cancel = Request(method="CANCEL", uri=invite.uri)
        cancel.headers.set("Max-Forwards", "70")
        if routes := invite.headers.getlist("Route"):
            cancel.headers.setlist("Route", list(routes))
        for name in ("From", "To", "Call-ID"):
            cancel.headers.set(name, invite.headers[name])
        cancel.headers.set("CSeq", f"{sequence(invite).sequence} CANCEL")
        branch = top_via(invite).parameters.get("branch") or ""
        self.exchange.send(cancel, outgoing.destination, None, now=now, branch=branch)

    def drop(self, outgoing: Outgoing) -> None:
        """Forget a transaction."""
        self.exchange.drop(outgoing)

    def respond(self, incoming: Incoming, response: Response, *, now: float) -> None:
        """Answer in a transaction."""
        if response.code > 100:
            response.headers.set("Server", self.account.product)
        self.exchange.respond(incoming, response, now=now)

    def reply(self, incoming: Incoming, status: int, *headers: Header, now: float) -> None:
        """Answer a request that belongs to no call."""
        self.respond(incoming, reply_to(incoming.request, status, tag=self.ids.tag(), headers=headers), now=now)

    def report(self, event: Event) -> None:
        """Tell the owner."""
        self.events.append(event)

    # --- dialogs -----------------------------------------------------------------------------------------------------

    def attach(self, dialog: Dialog, call: Call) -> None:
        """Requests of this dialog are for this call."""
        self._dialogs[dialog.key] = call

    def detach(self, dialog: Dialog) -> None:
        """They are no longer."""
        self._dialogs.pop(dialog.key, None)

    def call_of(self, request: Request) -> Call | None:
        """The call that a request within a dialog belongs to."""
        return self._dialogs.get((request.headers["Call-ID"], to_tag(request), from_tag(request)))

    # --- challenges --------------------------------------------------------------------------------------------------

    def try_credentials(self, outgoing: Outgoing, response: Response, *, now: float) -> bool:
        """Send a challenged request again with our answer. False where that cannot help: no password that fits.

        A challenge is answered once; a second time only where the server says that the nonce was stale.
        """
        owner = outgoing.owner
        if isinstance(owner, Call) and not owner.may_repeat(outgoing):
            return False
        if isinstance(owner, Subscription) and not owner.is_current(outgoing.request):
            return False
        proxy = response.code == 407
        header = "Proxy-Authorization" if proxy else "Authorization"
        challenges = response.headers.getlist("Proxy-Authenticate" if proxy else "WWW-Authenticate")
        answered = outgoing.answered
        realms = by_realm(challenges)
        try:
            for realm, values in realms.items():
                mark = f"{header} {realm}"
                digest = self._digests.get(mark) or DigestClient(self.account.credentials)
                challenge = digest.learn(values, proxy=proxy)
                stale = f"{_STALE} {mark}"
                if mark in answered and (not challenge.stale or stale in answered):
                    # The new challenge is kept: where two requests crossed, and the server knows its last nonce only,
                    # dropping it would make the two spoil each other's next attempt in the same way, for ever.
                    return False
                if len(self._digests) < MAX_REALMS or mark in self._digests:
                    self._digests[mark] = digest
                answered |= {mark, stale} if mark in answered else {mark}
        except RemoteProtocolError as error:
            self.report(MessageIgnored(str(outgoing.destination), str(error)))
            return False
        request = self._repeated(outgoing)
        self._authorize(request, answered)
        new = self.exchange.send(request, outgoing.destination, owner, now=now, answered=answered)
        if isinstance(owner, Call):
            owner.repeated(outgoing, new)
        return True

    def _repeated(self, outgoing: Outgoing) -> Request:
        request, owner = outgoing.request, outgoing.owner
        copy = Request(method=request.method, uri=request.uri, body=request.body)
        for name in request.headers.keys():  # noqa: SIM118  sipmessage's Headers cannot be iterated
            if name not in ("Via", "Content-Length", "Authorization", "Proxy-Authorization"):
                copy.headers.setlist(name, list(request.headers.getlist(name)))
        match owner:
            case Call():
                number = owner.next_sequence(request)
            case Registration() | Subscription():
                number = owner.next_sequence()
            case _:
                number = sequence(request).sequence + 1
        copy.headers.set("CSeq", f"{number} {request.method}")
        return copy

    def _authorize(self, request: Request, marks: frozenset[str]) -> None:
        for mark in sorted(marks & self._digests.keys()):
            if answer := self._digests[mark].answer(request.method, str(request.uri), self.ids.cnonce()):
                request.headers.add(*answer)
