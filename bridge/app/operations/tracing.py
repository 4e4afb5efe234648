"""Traces of single phones: everything that our sockets see and send of one phone, for a while, as a capture file.

What a phone with SIP firmware says to Asterisk does not pass through us, and is in no trace of ours.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from bridge.app.files.guard import plain_address
from bridge.capture import Carrier, PacketMaker, Passage, Passed, Stamped, Wire, mask, pcap_file
from bridge.core import DeviceName, SignallingProtocol
from bridge.core.events import Event, PhoneAdmitted, PhoneClaimed, PhoneRegistered
from bridge.errors import Conflict, InvalidInput, NotFound
from bridge.net.tap import Wiretap
from bridge.ports import Clock

MOST_TRACES = 4
MOST_PIECES = 200_000
MOST_OCTETS = 32 << 20
"""Of one trace; what comes later is counted, and lost."""
LONGEST = 3600.0
"""Seconds."""
_READ_REQUEST = b"\0\1"
_ANYBODY = re.compile(rb"(?i)(?:SEP|ATA|BAT)([0-9A-F]{12})")
_EVERYWHERE = {"0.0.0.0": 4, "::": 6}


@dataclass(frozen=True, slots=True)
class Traced:
    """Whom a trace is about."""

    device: DeviceName
    numbers: frozenset[str]
    """The numbers of its lines, if it has SCCP firmware: their SIP is ours."""
    addresses: frozenset[str]
    """Where it was seen before."""
    secrets: frozenset[str]
    """What its files hold that a trace shall not show."""
    is_sip: bool = False


@dataclass(frozen=True, slots=True)
class TraceFile:
    """A trace that ended."""

    device: DeviceName
    is_sip: bool
    """It has SIP firmware: what it says to Asterisk is not here."""
    pieces: dict[str, int]
    lost: int
    content: bytes
    """The capture file."""


@dataclass(frozen=True, slots=True)
class TraceProgress:
    """How far a trace is."""

    id: str
    device: DeviceName
    seconds_left: float
    pieces: dict[str, int]
    """Datagrams and pieces of streams, by protocol."""
    lost: int
    """How many did not fit any more."""


class Trace:
    """One trace under way. ``own`` is the node's address, where a socket does not know its own."""

    def __init__(self, traced: Traced, own: str, *, until: float) -> None:
        self.traced = traced
        self.until = until
        self.lost = 0
        self._own = own
        self._addresses = {plain_address(each) for each in traced.addresses if each}
        mac = traced.device.mac
        self._name = re.compile(re.escape((mac.value if mac else traced.device.value).encode()), re.IGNORECASE)
        self._verdicts: dict[tuple[Carrier, tuple[str, int]], bool | None] = {}
        self._held: dict[tuple[Carrier, tuple[str, int]], Stamped] = {}
        """Connections that were opened, while nobody knows by whom."""
        self._kept: list[Stamped] = []
        self._octets = 0

    def heard(self, stamped: Stamped) -> None:
        """Keep it if it is the phone's."""
        passed = stamped.passed
        key = passed.carrier, passed.other
        if not self._is_its(passed, key):
            if passed.passage is Passage.OPENED and self._verdicts.get(key) is None and len(self._held) < 1000:
                self._held[key] = stamped
            return
        if (opening := self._held.pop(key, None)) is not None:
            self._keep(opening)
        self._keep(stamped)

    def learn(self, traced: Traced) -> None:
        """More is known of the phone than at the beginning: it was unknown then, perhaps."""
        self.traced = replace(
            traced,
            numbers=self.traced.numbers | traced.numbers,
            secrets=self.traced.secrets | traced.secrets,
        )

    def counts(self) -> dict[str, int]:
        """What was kept, by protocol."""
        return dict(Counter(each.passed.wire.value for each in self._kept if each.passed.data))

    def capture(self, *, secrets: bool = False) -> bytes:
        """The capture file; with passwords only if ``secrets``. Takes a moment: it is meant for a thread."""
        kept = self._kept if secrets else mask(self._kept, self.traced.secrets)
        mac = self.traced.device.mac
        known = {} if mac is None else dict.fromkeys(self._addresses, bytes.fromhex(mac.value))
        known.pop(self._own, None)
        maker = PacketMaker(known)
        return pcap_file((each.at, frame) for each in kept for frame in maker.frames(each.passed))

    def _keep(self, stamped: Stamped) -> None:
        if len(self._kept) >= MOST_PIECES or self._octets + len(stamped.passed.data) > MOST_OCTETS:
            self.lost += 1
            return
        self._octets += len(stamped.passed.data)
        self._kept.append(replace(stamped, passed=self._addressed(stamped.passed)))

    def _is_its(self, passed: Passed, key: tuple[Carrier, tuple[str, int]]) -> bool:
        if passed.number:
            return passed.number in self.traced.numbers
        begins = passed.passage is Passage.OPENED or (passed.wire is Wire.TFTP and passed.data[:2] == _READ_REQUEST)
        if begins:
            self._verdicts.pop(key, None)
            self._held.pop(key, None)
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = self._verdict(passed)
            if passed.data:
                # By its address alone, or by its name: from now on this conversation is known.
                self._verdicts[key] = verdict
        if passed.passage is Passage.CLOSED:
            self._verdicts.pop(key, None)
            self._held.pop(key, None)
        return verdict

    def _verdict(self, passed: Passed) -> bool:
        """Who names the phone is the phone; who names another one is not, wherever it comes from."""
        if self._name.search(passed.data):
            self._addresses.add(plain_address(passed.other[0]))
            return True
        if not passed.data or _ANYBODY.search(passed.data):
            return False  # an opened connection is held until it says whose it is
        return plain_address(passed.other[0]) in self._addresses

    def _addressed(self, passed: Passed) -> Passed:
        other = plain_address(passed.other[0]), passed.other[1]
        own = plain_address(passed.own[0])
        if own in _EVERYWHERE:
            own = self._own
        own, host = own.partition("%")[0], other[0].partition("%")[0]
        if (":" in own) is not (":" in host):  # only where the node's address is of the other kind
            own = "::" if ":" in host else "0.0.0.0"
        return replace(passed, own=(own, passed.own[1]), other=(host, other[1]))


class Tracing:
    """The traces of a node. ``own`` is its address."""

    def __init__(self, tap: Wiretap, clock: Clock, own: str, now: Callable[[], float]) -> None:
        """``now``: the event loop's clock."""
        self._tap = tap
        self._clock = clock
        self._own = own
        self._now = now
        self._traces: dict[str, Trace] = {}

    def start(self, traced: Traced, seconds: float) -> TraceProgress:
        """Begin. Raises InvalidInput for an impossible time, Conflict while too many run."""
        if not 0 < seconds <= LONGEST:
            raise InvalidInput(f"a trace cannot take {seconds:g} seconds", fix="1s to 60m")
        self._forget()
        if len(self._traces) >= MOST_TRACES:
            raise Conflict(f"{MOST_TRACES} traces are kept already", fix="wait until one ends, or end one with Ctrl-C")
        name = secrets.token_hex(6)
        self._traces[name] = Trace(traced, self._own, until=self._now() + seconds)
        self._look()
        return self.progress(name)

    def progress(self, name: str) -> TraceProgress:
        """How far it is. Raises NotFound."""
        trace = self._trace(name)
        left = max(0.0, trace.until - self._now())
        self._look()
        return TraceProgress(name, trace.traced.device, left, trace.counts(), trace.lost)

    def running(self) -> list[TraceProgress]:
        """All that are kept, those that are over but were not fetched, too."""
        self._forget()
        return [self.progress(name) for name in self._traces]

    def discard(self, name: str) -> TraceProgress:
        """End it without a file. Raises NotFound."""
        progress = self.progress(name)
        del self._traces[name]
        self._look()
        return progress

    async def finish(self, name: str, traced: Traced, *, secrets: bool) -> TraceFile:
        """End it, and make its file. ``traced``: what is known of the phone by now. Raises NotFound."""
        trace = self._trace(name)
        trace.learn(traced)
        del self._traces[name]
        self._look()
        content = await asyncio.to_thread(trace.capture, secrets=secrets)
        return TraceFile(trace.traced.device, trace.traced.is_sip, trace.counts(), trace.lost, content)

    def event(self, event: Event) -> None:
        """A phone has a number now whose line is ours: from now on that line is heard, too."""
        match event:
            case PhoneAdmitted(protocol=SignallingProtocol.SCCP) | PhoneClaimed():
                number = event.number
            case PhoneRegistered(protocol=SignallingProtocol.SCCP):
                number = event.endpoint
            case _:
                return
        for trace in self._traces.values():
            if trace.traced.device == event.device:
                trace.traced = replace(trace.traced, numbers=trace.traced.numbers | {number})

    def close(self) -> None:
        """End all."""
        self._traces.clear()
        self._look()

    def _trace(self, name: str) -> Trace:
        found = self._traces.get(name)
        if found is None:
            raise NotFound("there is no such trace", why="it was ended, or the service was started again")
        return found

    def _forget(self) -> None:
        """Nobody fetches those any more."""
        for name in [name for name, each in self._traces.items() if each.until + LONGEST < self._now()]:
            del self._traces[name]

    def _look(self) -> None:
        """Listen while there is something to listen for."""
        runs = any(each.until > self._now() for each in self._traces.values())
        self._tap.heard = self._heard if runs else None

    def _heard(self, passed: Passed) -> None:
        stamped = Stamped(self._clock.now().timestamp(), passed)
        now, runs = self._now(), False
        for trace in self._traces.values():
            if trace.until > now:
                runs = True
                trace.heard(stamped)
        if not runs:
            self._tap.heard = None


def lines_seen(numbers: Collection[str], *, is_sip: bool) -> frozenset[str]:
    """The numbers whose SIP passes through us: those of phones with SCCP firmware."""
    return frozenset() if is_sip else frozenset(numbers)
