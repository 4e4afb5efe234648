"""A wire in memory for SIP: both ends are pure, time is a number, and loss happens on demand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sipmessage import Request, Response

from bridge.sip.destination import Destination, Transport
from bridge.sip.digest import Challenge, is_right, parse_authorization
from bridge.sip.events import Event
from bridge.sip.exchange import Exchange, RequestArrived
from bridge.sip.ids import MAGIC_COOKIE
from bridge.sip.message import Header, reply_to, sequence
from bridge.sip.normalise import read_message
from bridge.sip.sdp import AudioSession

PHONE = ("192.0.2.10", 5062)
PBX = ("192.0.2.1", 5060)
PHONE_MEDIA = AudioSession("192.0.2.10", 30000)
PBX_MEDIA = AudioSession("192.0.2.1", 20000)


class CountingIds:
    """``SipIds`` that can be foretold."""

    def __init__(self, name: str, fraction: float = 0.5) -> None:
        self._name = name
        self._count = 0
        self._fraction = fraction

    def _next(self) -> str:
        self._count += 1
        return f"{self._name}{self._count}"

    def branch(self) -> str:
        return MAGIC_COOKIE + self._next()

    def tag(self) -> str:
        return "tag" + self._next()

    def call_id(self) -> str:
        return "call" + self._next()

    def cnonce(self) -> str:
        return "cnonce" + self._next()

    def fraction(self) -> float:
        return self._fraction


class Party(Protocol):
    """Whoever has an address on the wire."""

    @property
    def local(self) -> tuple[str, int]: ...
    def receive_datagram(self, data: bytes, source: tuple[str, int], *, now: float) -> None: ...
    def handle_timer(self, *, now: float) -> None: ...
    def timer(self) -> float | None: ...
    def data_to_send(self) -> list[tuple[bytes, Destination]]: ...


class Talker(Protocol):
    def next_event(self) -> Event | None: ...


@dataclass(frozen=True, slots=True)
class Passed:
    """One datagram that was sent."""

    at: float
    sender: tuple[str, int]
    data: bytes
    lost: bool

    @property
    def title(self) -> str:
        """``INVITE``, ``200 INVITE``."""
        message = read_message(self.data)
        if isinstance(message, Request):
            return message.method
        return f"{message.code} {sequence(message).method}" if message else "keep-alive"


@dataclass(slots=True)
class Wire:
    """Delivers at once; ``lose`` decides on every datagram."""

    parties: list[Party]
    lose: Callable[[Passed], bool] = lambda passed: False
    now: float = 1000.0
    log: list[Passed] = field(default_factory=list)

    def settle(self) -> None:
        """Deliver until nobody has anything to say at this moment."""
        for _ in range(10_000):
            moved = False
            for party in self.parties:
                for data, destination in party.data_to_send():
                    moved = True
                    self._carry(party, data, destination)
            due = [party for party in self.parties if (at := party.timer()) is not None and at <= self.now]
            for party in due:
                party.handle_timer(now=self.now)
            if not moved and not due:
                return
        raise AssertionError("they never stop talking")

    def advance(self, seconds: float) -> None:
        """Let time pass, timer by timer."""
        self.settle()
        end = self.now + seconds
        while True:
            times = [at for party in self.parties if (at := party.timer()) is not None and at <= end]
            if not times:
                break
            self.now = max(self.now, min(times))
            self.settle()
        self.now = end

    def titles(self, sender: tuple[str, int]) -> list[str]:
        """What ``sender`` sent, lost or not."""
        return [passed.title for passed in self.log if passed.sender == sender]

    def times(self, title: str) -> list[float]:
        """When datagrams of that title were sent, counted from the first."""
        at = [passed.at for passed in self.log if passed.title == title]
        return [round(one - at[0], 6) for one in at]

    def _carry(self, sender: Party, data: bytes, destination: Destination) -> None:
        passed = Passed(self.now, sender.local, data, lost=False)
        if self.lose(passed):
            self.log.append(Passed(self.now, sender.local, data, lost=True))
            return
        self.log.append(passed)
        for party in self.parties:
            if party.local == (destination.host, destination.port):
                party.receive_datagram(data, sender.local, now=self.now)


def events(party: Talker) -> list[Event]:
    """Everything that ``party`` has to report."""
    found: list[Event] = []
    while (event := party.next_event()) is not None:
        found.append(event)
    return found


class Registrar:
    """A small server of our own for tests: REGISTER with digest, and scripted answers to everything else."""

    def __init__(self, algorithms: tuple[str, ...] = ("MD5",)) -> None:
        self.exchange = Exchange(CountingIds("server"), PBX)
        self.password = "secret"
        self.algorithms = algorithms
        self.expires = 3600
        self.challenges = True
        self.script: Callable[[Request], Response | None] = lambda request: None
        """Looks at each request first."""
        self.requests: list[Request] = []
        self._nonce = 0

    @property
    def local(self) -> tuple[str, int]:
        return PBX

    def receive_datagram(self, data: bytes, source: tuple[str, int], *, now: float) -> None:
        self.exchange.receive(data, Destination(*source, Transport.UDP), now=now)
        while event := self.exchange.next_event():
            if isinstance(event, RequestArrived):
                self.requests.append(event.incoming.request)
                response = self.script(event.incoming.request) or self._answer(event.incoming.request)
                self.exchange.respond(event.incoming, response, now=now)

    def handle_timer(self, *, now: float) -> None:
        self.exchange.handle_timer(now=now)

    def timer(self) -> float | None:
        return self.exchange.timer()

    def data_to_send(self) -> list[tuple[bytes, Destination]]:
        return self.exchange.data_to_send()

    def _answer(self, request: Request) -> Response:
        if self.challenges and not self._is_allowed(request):
            return self.challenge(request)
        if request.method != "REGISTER":
            return reply_to(request, 200, tag="server")
        wanted = int(request.headers["Expires"])
        contact = request.headers["Contact"]
        granted = min(wanted, self.expires)
        return reply_to(request, 200, tag="server", headers=[Header("Contact", f"{contact};expires={granted}")])

    def challenge(self, request: Request, *, stale: bool = False) -> Response:
        """A 401 with one challenge for each algorithm."""
        self._nonce += 1
        headers = [
            Header("WWW-Authenticate", str(Challenge("asterisk", f"n{self._nonce}", name, "o", qop=True, stale=stale)))
            for name in self.algorithms
        ]
        return reply_to(request, 401, tag="server", headers=headers)

    def _is_allowed(self, request: Request) -> bool:
        answer = parse_authorization(request.headers.get("Authorization") or "")
        if answer is None or answer.nonce != f"n{self._nonce}":
            return False
        return is_right(answer, self.password, method=request.method)
