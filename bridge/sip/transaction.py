"""One transaction: a request, its responses, and what it takes to get them through (RFC 3261 section 17, RFC 6026).

The tables say what happens in which state; here are the timers and the bytes. A transaction knows nothing of addresses:
whoever owns it sends what ``outbox`` holds. On reliable transports timers A, E and G never start, and D, I, J and K
fire at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from sipmessage import Request, Response

from bridge.errors import LocalProtocolError
from bridge.sip.message import sequence, to_bytes
from bridge.sip.timers import RFC_TIMERS, Deadlines, TimerValues
from bridge.sip.transaction_tables import (
    INVITE_CLIENT,
    INVITE_SERVER,
    NON_INVITE_CLIENT,
    NON_INVITE_SERVER,
    Do,
    Input,
    State,
    Table,
)


class Outcome(StrEnum):
    """What a step tells the transaction user."""

    DELIVER = "deliver"
    """Client: a response to be looked at. Server: the ACK of a 2xx."""
    TIMED_OUT = "timed out"
    FAILED = "transport failed"


def _input_of(status: int) -> Input:
    if status < 200:
        return Input.PROVISIONAL
    return Input.SUCCESS if status < 300 else Input.FAILURE


class _Transaction:
    """What client and server share: the table's machinery."""

    __slots__ = ("_deadlines", "_interval", "_last", "_reliable", "_table", "_values", "outbox", "request", "state")

    def __init__(self, request: Request, table: Table, state: State, *, reliable: bool, values: TimerValues) -> None:
        self.request = request
        self.state = state
        self.outbox: list[bytes] = []
        """Bytes to be sent; the owner empties it."""
        self._table = table
        self._reliable = reliable
        self._values = values
        self._deadlines = Deadlines()
        self._interval = values.t1
        self._last = b""

    @property
    def is_invite(self) -> bool:
        """True for INVITE transactions."""
        return self.request.method == "INVITE"

    @property
    def is_over(self) -> bool:
        """True when the owner may forget it."""
        return self.state is State.TERMINATED

    def timer(self) -> float | None:
        """When to call ``handle_timer``, or None."""
        return self._deadlines.next()

    def handle_timer(self, *, now: float) -> Outcome | None:
        """Do what is due at ``now``."""
        outcome: Outcome | None = None
        for event in self._due(now):
            outcome = self._step(event, now) or outcome
        return outcome

    def transport_failed(self, *, now: float) -> Outcome | None:
        """The transport reported that it cannot send."""
        return None if self.is_over else self._step(Input.TRANSPORT_ERROR, now)

    def _due(self, now: float) -> Iterator[Input]:
        # The timeout goes first: nothing is sent once more at the very moment of giving up.
        for name, event in (("timeout", Input.TIMEOUT), ("linger", Input.LINGER), ("retransmit", Input.RETRANSMIT)):
            at: float | None = getattr(self._deadlines, name)
            if at is not None and at <= now:
                setattr(self._deadlines, name, None)
                yield event

    def _step(self, event: Input, now: float, ack: bytes = b"") -> Outcome | None:
        cell = self._table[self.state].get(event)
        if cell is None:
            raise LocalProtocolError(
                f"{event} cannot happen to a {self.request.method} transaction that is {self.state}"
            )
        outcome: Outcome | None = None
        for action in cell.do:
            match action:
                case Do.SEND:
                    if self._last:
                        self.outbox.append(self._last)
                case Do.SEND_ACK:
                    self.outbox.append(ack)
                case Do.DELIVER:
                    outcome = Outcome.DELIVER
                case Do.TIMED_OUT:
                    outcome = Outcome.TIMED_OUT
                case Do.FAILED:
                    outcome = Outcome.FAILED
                case Do.STOP_TIMERS:
                    self._deadlines.clear()
                case Do.START_TIMEOUT:
                    self._deadlines.timeout = now + self._values.give_up
                case Do.START_RETRANSMIT:
                    if not self._reliable:
                        self._interval = self._values.t1
                        self._deadlines.retransmit = now + self._interval
                case Do.NEXT_RETRANSMIT:
                    self._interval = self._longer(self._interval)
                    self._deadlines.retransmit = now + self._interval
                case Do.SLOW_RETRANSMIT:
                    self._interval = self._values.t2
                    self._deadlines.retransmit = now + self._interval
                case Do.LINGER:
                    self._deadlines.linger = now + self._linger(cell.state)
        self.state = cell.state
        return outcome

    def _longer(self, interval: float) -> float:
        return min(2 * interval, self._values.t2)

    def _linger(self, state: State) -> float:
        raise NotImplementedError


class ClientTransaction(_Transaction):
    """Our request. ``start`` puts it into the outbox."""

    __slots__ = ()

    def __init__(self, request: Request, *, reliable: bool, values: TimerValues = RFC_TIMERS) -> None:
        invite = request.method == "INVITE"
        super().__init__(
            request,
            INVITE_CLIENT if invite else NON_INVITE_CLIENT,
            State.CALLING if invite else State.TRYING,
            reliable=reliable,
            values=values,
        )

    def start(self, *, now: float) -> None:
        """Send the request and start timers A and B, or E and F."""
        self._last = to_bytes(self.request)
        self.outbox.append(self._last)
        self._deadlines.timeout = now + self._values.give_up
        if not self._reliable:
            self._deadlines.retransmit = now + self._interval

    def receive(self, response: Response, *, now: float) -> Outcome | None:
        """A response to this request."""
        if self.is_over:
            return None
        ack = b""
        if self.is_invite and response.code >= 300:
            ack = to_bytes(self.acknowledge(response))
        return self._step(_input_of(response.code), now, ack)

    def acknowledge(self, response: Response) -> Request:
        """The ACK of a failure: same branch, same target, To from the response (RFC 3261 section 17.1.1.3)."""
        ack = Request(method="ACK", uri=self.request.uri)
        ack.headers.set("Via", self.request.headers["Via"])
        ack.headers.set("Max-Forwards", "70")
        if routes := self.request.headers.getlist("Route"):
            ack.headers.setlist("Route", list(routes))
        ack.headers.set("From", self.request.headers["From"])
        ack.headers.set("To", response.headers["To"])
        ack.headers.set("Call-ID", self.request.headers["Call-ID"])
        ack.headers.set("CSeq", f"{sequence(self.request).sequence} ACK")
        return ack

    def _longer(self, interval: float) -> float:
        # Timer A doubles without a ceiling, timer E stops at T2.
        return 2 * interval if self.is_invite else super()._longer(interval)

    def _linger(self, state: State) -> float:
        if state is State.ACCEPTED:
            return self._values.give_up
        if self._reliable:
            return 0.0
        return self._values.absorb if self.is_invite else self._values.t4


class ServerTransaction(_Transaction):
    """The peer's request, which is answered once and whose answer is repeated as often as it is asked again."""

    __slots__ = ("last_response",)

    def __init__(self, request: Request, *, reliable: bool, values: TimerValues = RFC_TIMERS) -> None:
        invite = request.method == "INVITE"
        super().__init__(
            request,
            INVITE_SERVER if invite else NON_INVITE_SERVER,
            State.PROCEEDING if invite else State.TRYING,
            reliable=reliable,
            values=values,
        )
        self.last_response: Response | None = None

    @property
    def is_answered(self) -> bool:
        """True once a final response was sent."""
        return self.last_response is not None and self.last_response.code >= 200

    def receive_again(self, *, now: float) -> Outcome | None:
        """The same request arrived once more."""
        return None if self.is_over else self._step(Input.REQUEST, now)

    def receive_ack(self, *, now: float) -> Outcome | None:
        """The ACK of this INVITE's answer arrived."""
        return None if self.is_over else self._step(Input.ACK, now)

    def respond(self, response: Response, *, now: float) -> None:
        """Send a response. Raises LocalProtocolError after a final one (a 2xx may be repeated)."""
        if Input(_input_of(response.code)) not in self._table[self.state]:
            raise LocalProtocolError(
                f"a {response.code} cannot be sent any more: the {self.request.method} is {self.state}"
            )
        self._last = to_bytes(response)
        self.last_response = response
        self._step(_input_of(response.code), now)

    def _linger(self, state: State) -> float:
        if state is State.ACCEPTED:
            return self._values.give_up
        if self._reliable:
            return 0.0
        return self._values.t4 if state is State.CONFIRMED else self._values.give_up
