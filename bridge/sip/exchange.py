"""All transactions of one node: matching, Via, response routing, timers (RFC 3261 sections 17 and 18, RFC 3581).

Messages come in as bytes and go out as bytes with their destination; between, the transaction user sees requests,
responses and failures. It holds no more than ``limit`` transactions of the peers' making: beyond that a request is
answered 503 without any state.
"""

from __future__ import annotations

import heapq
import re
from collections import deque
from dataclasses import dataclass

from sipmessage import Request, Response

from bridge.sip.destination import Destination, host_and_port
from bridge.sip.ids import MAGIC_COOKIE, SipIds
from bridge.sip.message import Header, from_tag, reply_to, sequence, to_bytes, top_via
from bridge.sip.normalise import MalformedMessage, read_message
from bridge.sip.timers import RFC_TIMERS, TimerValues
from bridge.sip.transaction import ClientTransaction, Outcome, ServerTransaction

_ServerKey = tuple[str, str, str]
_ClientKey = tuple[str, str]
_EMPTY_RPORT = re.compile(r";\s*rport\s*(?=;|$)", re.IGNORECASE)
_RECEIVED = re.compile(r";\s*received\s*=[^;]*", re.IGNORECASE)


@dataclass(slots=True, eq=False)
class Outgoing:
    """A request of ours under way. ``owner`` is whoever sent it and will be told of its responses."""

    transaction: ClientTransaction
    destination: Destination
    owner: object
    answered: frozenset[str] = frozenset()
    """The kinds of challenge that this request already answered: ``Authorization``, ``Proxy-Authorization``."""
    scheduled: float | None = None

    @property
    def request(self) -> Request:
        """The request."""
        return self.transaction.request


@dataclass(slots=True, eq=False)
class Incoming:
    """A request of the peer's, to be answered through ``Exchange.respond``."""

    transaction: ServerTransaction
    source: Destination
    destination: Destination
    """Where the responses go."""
    scheduled: float | None = None

    @property
    def request(self) -> Request:
        """The request."""
        return self.transaction.request


@dataclass(frozen=True, slots=True)
class RequestArrived:
    """A new request."""

    incoming: Incoming


@dataclass(frozen=True, slots=True)
class AckArrived:
    """The ACK of a 2xx."""

    request: Request


@dataclass(frozen=True, slots=True)
class ResponseArrived:
    """A response to a request of ours, provisional or final."""

    outgoing: Outgoing
    response: Response


@dataclass(frozen=True, slots=True)
class RequestFailed:
    """Nobody answered our request, or it could not be sent."""

    outgoing: Outgoing
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class AnswerFailed:
    """The ACK of our failure response never came, or the response could not be sent."""

    incoming: Incoming
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class MessageDropped:
    """Something arrived that cannot be used."""

    source: Destination
    why: str


ExchangeEvent = RequestArrived | AckArrived | ResponseArrived | RequestFailed | AnswerFailed | MessageDropped


class Exchange:
    """The transactions of one node. ``local`` is the host and port that our Via names."""

    __slots__ = (
        "_clients",
        "_count",
        "_events",
        "_heap",
        "_ids",
        "_out",
        "_servers",
        "_values",
        "limit",
        "local",
    )

    def __init__(
        self, ids: SipIds, local: tuple[str, int], *, limit: int = 256, values: TimerValues = RFC_TIMERS
    ) -> None:
        self.local = local
        self.limit = limit
        self._ids = ids
        self._values = values
        self._clients: dict[_ClientKey, Outgoing] = {}
        self._servers: dict[_ServerKey, Incoming] = {}
        self._heap: list[tuple[float, int, Outgoing | Incoming]] = []
        self._count = 0
        self._events: deque[ExchangeEvent] = deque()
        self._out: deque[tuple[bytes, Destination]] = deque()

    # --- sending -----------------------------------------------------------------------------------------------------

    def send(
        self,
        request: Request,
        destination: Destination,
        owner: object,
        *,
        now: float,
        answered: frozenset[str] = frozenset(),
        branch: str = "",
    ) -> Outgoing:
        """Start a client transaction. ``branch`` is given only for a CANCEL, which shares its INVITE's."""
        self._put_via(request, destination, branch or self._ids.branch())
        transaction = ClientTransaction(request, reliable=destination.transport.reliable, values=self._values)
        outgoing = Outgoing(transaction, destination, owner, answered)
        self._clients[_client_key(request)] = outgoing
        transaction.start(now=now)
        self._collect(outgoing)
        return outgoing

    def send_ack(self, request: Request, destination: Destination) -> bytes:
        """Send the ACK of a 2xx, which is no transaction. Returns its bytes, to be repeated with ``send_again``."""
        self._put_via(request, destination, self._ids.branch())
        data = to_bytes(request)
        self._out.append((data, destination))
        return data

    def send_again(self, data: bytes, destination: Destination) -> None:
        """Send bytes once more: the ACK of a repeated 2xx, a keep-alive."""
        self._out.append((data, destination))

    def respond(self, incoming: Incoming, response: Response, *, now: float) -> None:
        """Send a response in its transaction. Raises LocalProtocolError after a final one."""
        incoming.transaction.respond(response, now=now)
        self._collect(incoming)

    def drop(self, outgoing: Outgoing) -> None:
        """Forget a client transaction: its late responses are nobody's."""
        self._clients.pop(_client_key(outgoing.request), None)

    def _put_via(self, request: Request, destination: Destination, branch: str) -> None:
        sent_by = host_and_port(*self.local)
        transport = destination.transport.upper()
        rport = "" if destination.transport.reliable else ";rport"
        request.headers.set("Via", f"SIP/2.0/{transport} {sent_by}{rport};branch={branch}")

    # --- the five verbs ----------------------------------------------------------------------------------------------

    def receive(self, data: bytes, source: Destination, *, now: float) -> None:
        """One datagram, or one message of a stream. Never raises for what it holds."""
        try:
            message = read_message(data)
        except MalformedMessage as error:
            if error.request is not None and error.reply is not None:
                self._answer_without_state(error.request, error.reply, source)
            self._events.append(MessageDropped(source, str(error)))
            return
        if message is None:
            return
        if isinstance(message, Response):
            self._receive_response(message, source, now)
        else:
            self._receive_request(message, source, now)

    def transport_failed(self, destination: Destination, *, now: float) -> None:
        """Nothing can be sent to ``destination`` any more: everything under way there fails (section 17.1.4)."""
        parties: list[Outgoing | Incoming] = [*self._clients.values(), *self._servers.values()]
        for party in parties:
            if party.destination == destination:
                self._told(party, party.transaction.transport_failed(now=now))
                self._collect(party)

    def handle_timer(self, *, now: float) -> None:
        """Do what is due at ``now``."""
        while (at := self.timer()) is not None and at <= now:
            party = heapq.heappop(self._heap)[2]
            party.scheduled = None
            self._told(party, party.transaction.handle_timer(now=now))
            self._collect(party)

    def timer(self) -> float | None:
        """When to call ``handle_timer``, or None."""
        while self._heap:
            at, _, party = self._heap[0]
            if party.transaction.timer() == at and self._is_known(party):
                return at
            heapq.heappop(self._heap)  # a deadline that was moved or is over
        return None

    def data_to_send(self) -> list[tuple[bytes, Destination]]:
        """What is to be sent, in order."""
        data = list(self._out)
        self._out.clear()
        return data

    def next_event(self) -> ExchangeEvent | None:
        """The next event, or None."""
        return self._events.popleft() if self._events else None

    # --- receiving ---------------------------------------------------------------------------------------------------

    def _receive_response(self, response: Response, source: Destination, now: float) -> None:
        try:
            branch = top_via(response).parameters.get("branch") or ""
        except (KeyError, ValueError):
            branch = ""
        outgoing = self._clients.get((branch, sequence(response).method))
        if outgoing is None:
            self._events.append(MessageDropped(source, f"a {response.code} to no request of ours"))
            return
        if outgoing.transaction.receive(response, now=now) is Outcome.DELIVER:
            self._events.append(ResponseArrived(outgoing, response))
        self._collect(outgoing)

    def _receive_request(self, request: Request, source: Destination, now: float) -> None:
        destination = _answer_address(request, source)
        key = _server_key(request)
        known = self._servers.get(key)
        if request.method == "ACK":
            if known is None or known.transaction.receive_ack(now=now) is Outcome.DELIVER:
                self._events.append(AckArrived(request))
            if known is not None:
                self._collect(known)
            return
        if known is not None:
            known.transaction.receive_again(now=now)
            self._collect(known)
            return
        if len(self._servers) >= self.limit:
            self._answer_without_state(request, 503, source, (Header("Retry-After", "10"),))
            self._events.append(MessageDropped(source, f"a {request.method}: too many transactions at a time"))
            return
        transaction = ServerTransaction(request, reliable=destination.transport.reliable, values=self._values)
        incoming = Incoming(transaction, source, destination)
        self._servers[key] = incoming
        self._events.append(RequestArrived(incoming))

    def cancelled(self, cancel: Request) -> Incoming | None:
        """The INVITE that a CANCEL means (section 9.2), or None."""
        return self._servers.get(_server_key(cancel, method="INVITE"))

    def merged(self, incoming: Incoming) -> bool:
        """True when the same request came by another way and is being served (section 8.2.2.2)."""
        request = incoming.request
        return any(
            other is not incoming
            and other.request.headers["CSeq"] == request.headers["CSeq"]
            and other.request.headers["Call-ID"] == request.headers["Call-ID"]
            and from_tag(other.request) == from_tag(request)
            for other in self._servers.values()
        )

    def _answer_without_state(
        self, request: Request, status: int, source: Destination, headers: tuple[Header, ...] = ()
    ) -> None:
        destination = _answer_address(request, source)
        response = reply_to(request, status, tag=self._ids.tag(), headers=headers)
        self._out.append((to_bytes(response), destination))

    # --- bookkeeping -------------------------------------------------------------------------------------------------

    def _told(self, party: Outgoing | Incoming, outcome: Outcome | None) -> None:
        if outcome is None or outcome is Outcome.DELIVER:
            return
        if isinstance(party, Outgoing):
            self._events.append(RequestFailed(party, outcome))
        else:
            self._events.append(AnswerFailed(party, outcome))

    def _collect(self, party: Outgoing | Incoming) -> None:
        transaction = party.transaction
        for data in transaction.outbox:
            self._out.append((data, party.destination))
        transaction.outbox.clear()
        if transaction.is_over:
            if isinstance(party, Outgoing):
                self._clients.pop(_client_key(party.request), None)
            else:
                self._servers.pop(_server_key(party.request), None)
        elif (at := transaction.timer()) is not None and at != party.scheduled:
            party.scheduled = at
            self._count += 1
            heapq.heappush(self._heap, (at, self._count, party))

    def _is_known(self, party: Outgoing | Incoming) -> bool:
        if isinstance(party, Outgoing):
            return self._clients.get(_client_key(party.request)) is party
        return not party.transaction.is_over


def _client_key(request: Request) -> _ClientKey:
    return top_via(request).parameters.get("branch") or "", request.method


def _server_key(request: Request, method: str = "") -> _ServerKey:
    """Section 17.2.3; the long form is for clients of RFC 2543, whose branch says nothing."""
    method = method or ("INVITE" if request.method == "ACK" else request.method)
    via = top_via(request)
    branch = via.parameters.get("branch") or ""
    if branch.startswith(MAGIC_COOKIE):
        return branch, f"{via.host.lower()}:{via.port}", method
    headers = request.headers
    return f"{headers['Call-ID']} {sequence(request).sequence} {from_tag(request)}", f"{via}", method


def _answer_address(request: Request, source: Destination) -> Destination:
    """Write ``received`` and ``rport`` into the top Via and tell where responses go.

    Only ever to the address that the request came from: a Via cannot make us send to somebody else.
    """
    via = top_via(request)
    values = request.headers.getlist("Via")
    text = _RECEIVED.sub("", values[0])
    wants_rport = "rport" in via.parameters
    if wants_rport:
        text = _EMPTY_RPORT.sub("", re.sub(r";\s*rport\s*=[^;]*", "", text, flags=re.IGNORECASE))
        text += f";rport={source.port}"
    if wants_rport or via.host.strip("[]") != source.host:
        text += f";received={source.host}"
    values[0] = text
    if source.transport.reliable or wants_rport:
        return source
    return Destination(source.host, via.port or 5060, source.transport)
