"""Which traffic belongs to the phone that is traced, and when a trace ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridge.app.operations import tracing
from bridge.app.operations.tracing import Traced, Tracing
from bridge.capture import Carrier, Passage, Passed, Wire
from bridge.core import DeviceName, SignallingProtocol
from bridge.core.events import PhoneAdmitted
from bridge.errors import Conflict, InvalidInput, NotFound
from bridge.net.tap import Wiretap

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PHONE, OTHER = DeviceName("SEP001122334455"), DeviceName("SEP00AABBCCDDEE")
OWN = ("0.0.0.0", 69)


class FixedClock:
    def now(self) -> datetime:
        return AT


class Bench:
    def __init__(self, traced: Traced | None = None, *, seconds: float = 60.0) -> None:
        self.time = 100.0
        self.tap = Wiretap()
        self.tracing = Tracing(self.tap, FixedClock(), "192.0.2.1", lambda: self.time)
        nobody: frozenset[str] = frozenset()
        self.traced = traced or Traced(PHONE, nobody, nobody, nobody)
        self.name = self.tracing.start(self.traced, seconds).id

    def passes(self, passed: Passed) -> None:
        if self.tap.heard is not None:
            self.tap.heard(passed)

    @property
    def counts(self) -> dict[str, int]:
        return self.tracing.progress(self.name).pieces

    async def capture(self, *, secrets: bool = False) -> bytes:
        return (await self.tracing.finish(self.name, self.traced, secrets=secrets)).content


def request(name: str, host: str, port: int = 50000) -> Passed:
    data = b"\0\1" + name.encode() + b"\0octet\0"
    return Passed(Wire.TFTP, Carrier.UDP, OWN, (host, port), outgoing=False, data=data)


def block(host: str, port: int = 50000) -> Passed:
    return Passed(Wire.TFTP, Carrier.UDP, ("192.0.2.1", 40000), (host, port), outgoing=True, data=b"\0\3\0\1abc")


def station(host: str, data: bytes = b"", passage: Passage = Passage.DATA, port: int = 51000) -> Passed:
    return Passed(Wire.SCCP, Carrier.TCP, ("192.0.2.1", 2000), (host, port), False, data, passage)


def test_who_names_the_phone_is_the_phone_and_who_names_another_is_not() -> None:
    bench = Bench()
    bench.passes(request(f"{PHONE}.cnf.xml", "192.0.2.7"))
    bench.passes(block("192.0.2.7"))
    bench.passes(request(f"{OTHER}.cnf.xml", "192.0.2.8"))
    bench.passes(block("192.0.2.8"))
    assert bench.counts == {"TFTP": 2}
    # Behind one address with the phone, but another one by its own words.
    bench.passes(request(f"{OTHER}.cnf.xml", "192.0.2.7", 50001))
    bench.passes(block("192.0.2.7", 50001))
    assert bench.counts == {"TFTP": 2}
    # Nameless, from where the phone was seen.
    bench.passes(request("ringlist.xml", "192.0.2.7", 50002))
    bench.passes(request("ringlist.xml", "192.0.2.9", 50002))
    assert bench.counts == {"TFTP": 3}
    # The same port asks anew, for another phone.
    bench.passes(request(f"{OTHER}.cnf.xml", "192.0.2.7", 50000))
    bench.passes(block("192.0.2.7", 50000))
    assert bench.counts == {"TFTP": 3}


def test_names_of_other_forms_count() -> None:
    bench = Bench()
    bench.passes(request("SIP001122334455.cnf", "192.0.2.7"))
    bench.passes(request("sep001122334455.cnf.xml", "192.0.2.7", 50001))
    assert bench.counts == {"TFTP": 2}


async def test_a_connection_is_held_until_it_says_whose_it_is() -> None:
    bench = Bench()
    for host, device in (("192.0.2.7", PHONE), ("192.0.2.8", OTHER)):
        bench.passes(station(host, passage=Passage.OPENED))
        bench.passes(station(host, b"\x01\0\0\0" + str(device).encode()))
        bench.passes(station(host, b"more"))
        bench.passes(station(host, passage=Passage.CLOSED))
    assert bench.counts == {"SCCP": 2}
    capture = await bench.capture()
    # 24 octets of header; 16 of each record. Three frames to open, two pieces, three to close.
    frames = []
    rest = capture[24:]
    while rest:
        length = int.from_bytes(rest[8:12], "little")
        frames.append(rest[16 : 16 + length])
        rest = rest[16 + length :]
    assert len(frames) == 8
    assert frames[0][6:12] == bytes.fromhex("001122334455")
    assert str(OTHER).encode() not in capture


async def test_a_socket_on_all_addresses_shows_the_nodes_own() -> None:
    bench = Bench()
    bench.passes(request(f"{PHONE}.cnf.xml", "192.0.2.7"))
    assert bytes((192, 0, 2, 7, 192, 0, 2, 1)) in await bench.capture()


def test_the_lines_of_a_phone_that_gets_its_number_during_the_trace() -> None:
    bench = Bench()
    invite = Passed(Wire.SIP, Carrier.UDP, ("127.0.0.1", 5), ("127.0.0.1", 5060), True, b"INVITE", number="1001")
    bench.passes(invite)
    assert bench.counts == {}
    bench.tracing.event(
        PhoneAdmitted(at=AT, device=PHONE, number="1001", client="192.0.2.7", protocol=SignallingProtocol.SCCP)
    )
    bench.passes(invite)
    assert bench.counts == {"SIP": 1}


async def test_nobody_listens_before_and_after() -> None:
    tap = Wiretap()
    assert tap.heard is None
    bench = Bench(seconds=5.0)
    bench.passes(request(f"{PHONE}.cnf.xml", "192.0.2.7"))
    bench.time += 6
    bench.passes(block("192.0.2.7"))
    assert bench.tap.heard is None
    assert bench.tracing.progress(bench.name).seconds_left == 0
    assert bench.counts == {"TFTP": 1}
    await bench.capture()
    with pytest.raises(NotFound):
        bench.tracing.progress(bench.name)


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "MOST_PIECES", 3)
    bench = Bench()
    for number in range(5):
        bench.passes(request(f"{PHONE}.cnf.xml", "192.0.2.7", 50000 + number))
    assert (bench.counts, bench.tracing.progress(bench.name).lost) == ({"TFTP": 3}, 2)
    for _ in range(tracing.MOST_TRACES - 1):
        bench.tracing.start(bench.traced, 5)
    with pytest.raises(Conflict, match="kept already"):
        bench.tracing.start(bench.traced, 5)
    for seconds in (0.0, -1.0, tracing.LONGEST + 1, float("nan")):
        with pytest.raises(InvalidInput):
            bench.tracing.start(bench.traced, seconds)
