"""Dialogs: what two user agents remember about each other for the length of a call (RFC 3261 section 12)."""

from __future__ import annotations

from enum import StrEnum

from sipmessage import URI, Request, Response

from bridge.errors import LocalProtocolError, RemoteProtocolError
from bridge.sip.addressing import parse_address
from bridge.sip.message import contact_of, from_tag, sequence, to_tag

MAX_ROUTES = 16


class DialogState(StrEnum):
    """Where a dialog stands."""

    EARLY = "early"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


class Dialog:
    """One dialog. From and To are kept as the very texts, tags included, that the messages carry."""

    __slots__ = (
        "_routes",
        "call_id",
        "local",
        "local_sequence",
        "local_tag",
        "remote",
        "remote_sequence",
        "remote_tag",
        "remote_target",
        "state",
    )

    def __init__(
        self,
        *,
        call_id: str,
        local: str,
        local_tag: str,
        remote: str,
        remote_tag: str,
        remote_target: URI,
        routes: tuple[str, ...],
        local_sequence: int,
        remote_sequence: int | None,
        state: DialogState,
    ) -> None:
        self.call_id = call_id
        self.local = local
        """Our address with our tag, as From in requests that we send."""
        self.local_tag = local_tag
        self.remote = remote
        self.remote_tag = remote_tag
        self.remote_target = remote_target
        self.local_sequence = local_sequence
        self.remote_sequence = remote_sequence
        self.state = state
        self._routes = routes

    @classmethod
    def of_caller(cls, request: Request, response: Response) -> Dialog:
        """The dialog that ``response`` makes of our INVITE (section 12.1.2). Raises RemoteProtocolError."""
        contact = contact_of(response)
        if contact is None and response.code >= 200:
            raise RemoteProtocolError(f"a {response.code} without a Contact that can be read")
        return cls(
            call_id=request.headers["Call-ID"],
            local=request.headers["From"],
            local_tag=from_tag(request),
            remote=response.headers["To"],
            remote_tag=to_tag(response),
            # a provisional answer without Contact still makes an early dialog for us; requests then go to the target
            remote_target=contact.uri if contact else request.uri,
            routes=_routes(response, backwards=True),
            local_sequence=sequence(request).sequence,
            remote_sequence=None,
            state=DialogState.CONFIRMED if response.code >= 200 else DialogState.EARLY,
        )

    @classmethod
    def of_callee(cls, request: Request, tag: str) -> Dialog:
        """The dialog that the peer's INVITE makes (section 12.1.1). Raises RemoteProtocolError (400)."""
        contact = contact_of(request)
        if contact is None:
            raise RemoteProtocolError("an INVITE without a Contact that can be read", reply=400)
        return cls(
            call_id=request.headers["Call-ID"],
            local=f"{request.headers['To']};tag={tag}",
            local_tag=tag,
            remote=request.headers["From"],
            remote_tag=from_tag(request),
            remote_target=contact.uri,
            routes=_routes(request, backwards=False),
            local_sequence=0,
            remote_sequence=sequence(request).sequence,
            state=DialogState.EARLY,
        )

    @property
    def key(self) -> tuple[str, str, str]:
        """Call-ID, local tag, remote tag."""
        return self.call_id, self.local_tag, self.remote_tag

    @property
    def routes(self) -> tuple[str, ...]:
        """The route set, nearest hop first."""
        return self._routes

    def confirm(self, response: Response) -> None:
        """A 2xx came for this early dialog: the route set and the target are its own (section 13.2.2.4)."""
        self._routes = _routes(response, backwards=True)
        self.state = DialogState.CONFIRMED
        self.refresh_target(response)

    def refresh_target(self, message: Request | Response) -> None:
        """Take the peer's new Contact from a re-INVITE or UPDATE, or from its 2xx (section 12.2)."""
        if contact := contact_of(message):
            self.remote_target = contact.uri

    def next_sequence(self) -> int:
        """Count our CSeq up and return it."""
        self.local_sequence += 1
        return self.local_sequence

    def request(self, method: str, *, acknowledges: int | None = None) -> Request:
        """A request within the dialog (section 12.2.1.1), without Via.

        ``acknowledges`` is the CSeq of the INVITE that an ACK belongs to. Raises LocalProtocolError after the end.
        """
        if self.state is DialogState.TERMINATED:
            raise LocalProtocolError(f"a {method} cannot be sent: the dialog has ended")
        if method == "ACK":
            if acknowledges is None:
                raise LocalProtocolError("an ACK needs the CSeq of its INVITE")
            number = acknowledges
        else:
            number = self.next_sequence()
        target, routes = self.remote_target, list(self._routes)
        if routes:
            first = parse_address(routes[0]).uri
            if "lr" not in first.parameters:  # a strict router (RFC 2543): it wants to be the request's target
                routes = [*routes[1:], f"<{target}>"]
                target = first
        request = Request(method=method, uri=target)
        request.headers.set("Max-Forwards", "70")
        if routes:
            request.headers.setlist("Route", routes)
        request.headers.set("From", self.local)
        request.headers.set("To", self.remote)
        request.headers.set("Call-ID", self.call_id)
        request.headers.set("CSeq", f"{number} {method}")
        return request

    def receive_request(self, request: Request) -> None:
        """Check the order of the peer's requests (section 12.2.2). Raises RemoteProtocolError (500) for an old one."""
        number = sequence(request).sequence
        if request.method in ("ACK", "CANCEL"):
            return
        if self.remote_sequence is not None and number <= self.remote_sequence:
            raise RemoteProtocolError(
                f"a {request.method} out of order", why=f"CSeq {number} after {self.remote_sequence}", reply=500
            )
        self.remote_sequence = number

    def end(self) -> None:
        """The dialog is over."""
        self.state = DialogState.TERMINATED


def _routes(message: Request | Response, *, backwards: bool) -> tuple[str, ...]:
    routes: list[str] = []
    for value in message.headers.getlist("Record-Route")[:MAX_ROUTES]:
        try:
            parse_address(value)
        except ValueError as error:
            raise RemoteProtocolError("a Record-Route cannot be read", why=value[:80], reply=400) from error
        routes.append(value)
    return tuple(reversed(routes)) if backwards else tuple(routes)
