"""Short words for events of one phone, and for judging them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bridge.core import Device, DeviceName, Line, LineAppearance, SignallingProtocol, Via
from bridge.core.events import (
    DhcpLeaseSeen,
    Event,
    FileDelivered,
    FileNotFound,
    FileRequested,
    PhoneAlarmed,
    PhoneConnecting,
    PhonePageRead,
    PhoneRefused,
    PhoneRegistered,
    PhoneRegistering,
    SipChallenged,
    SipRefused,
    TransferAborted,
    TrustListSeen,
)
from bridge.journey import Finding, PhoneJourney, SiteFacts, diagnose, follow

PHONE = DeviceName("SEP001122334455")
OWN = "SEP001122334455.cnf.xml"
START = datetime(2026, 1, 1, tzinfo=UTC)
CLIENT = "192.168.1.9"
SERVER = "192.168.1.2"
SITE = SiteFacts(servers=(SERVER,))
SCCP, SIP = SignallingProtocol.SCCP, SignallingProtocol.SIP


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def lease(seconds: float = 0, client: str = CLIENT) -> DhcpLeaseSeen:
    return DhcpLeaseSeen(at=at(seconds), device=PHONE, address=client)


def asks(name: str = OWN, seconds: float = 1, *, server: str = SERVER, client: str = CLIENT) -> FileRequested:
    return FileRequested(at=at(seconds), device=PHONE, name=name, client=client, via=Via.TFTP, server=server)


def gets(name: str = OWN, seconds: float = 2, *, client: str = CLIENT) -> FileDelivered:
    return FileDelivered(at=at(seconds), device=PHONE, name=name, client=client, via=Via.TFTP, size=4711, seconds=0.1)


def misses(name: str = OWN, seconds: float = 2, why: str = "") -> FileNotFound:
    return FileNotFound(at=at(seconds), device=PHONE, name=name, client=CLIENT, via=Via.TFTP, why=why)


def aborts(name: str = OWN, seconds: float = 2, acknowledged: int = 0) -> TransferAborted:
    return TransferAborted(
        at=at(seconds),
        device=PHONE,
        name=name,
        client=CLIENT,
        via=Via.TFTP,
        size=4711,
        acknowledged=acknowledged,
        why="no answer",
    )


def signed(seconds: float = 1) -> TrustListSeen:
    return TrustListSeen(at=at(seconds), device=PHONE, name=f"{OWN}.sgn", client=CLIENT, via=Via.TFTP)


def connects(seconds: float = 3) -> PhoneConnecting:
    return PhoneConnecting(at=at(seconds), device=PHONE, client=CLIENT, port=51000, server_port=2000, protocol=SCCP)


def registers(protocol: SignallingProtocol = SIP, seconds: float = 4) -> PhoneRegistering:
    return PhoneRegistering(at=at(seconds), device=PHONE, client=CLIENT, protocol=protocol)


def registered(seconds: float = 5, protocol: SignallingProtocol = SIP, address: str = CLIENT) -> PhoneRegistered:
    return PhoneRegistered(at=at(seconds), device=PHONE, endpoint="1001", address=f"{address}:5060", protocol=protocol)


def challenged(seconds: float = 3, client: str = CLIENT) -> SipChallenged:
    return SipChallenged(at=at(seconds), device=PHONE, client=client, port=5060, transport="tcp", account="1001")


def sip_refused(reason: str, seconds: float = 4) -> SipRefused:
    return SipRefused(
        at=at(seconds), device=PHONE, client=CLIENT, port=5060, transport="tcp", account="1001", reason=reason
    )


def refused(reason: str, seconds: float = 3, text: str = "no") -> PhoneRefused:
    return PhoneRefused(at=at(seconds), device=PHONE, client=CLIENT, reason=reason, text=text)


def alarm(cause: int, seconds: float = 3, last: str = "x", load: str = "") -> PhoneAlarmed:
    text = f"{cause}: Name={PHONE} Load={load} Last={last}"
    return PhoneAlarmed(at=at(seconds), device=PHONE, text=text, severity="informational")


def shows(*messages: str, seconds: float = 3, **page: object) -> PhonePageRead:
    return PhonePageRead(at=at(seconds), device=PHONE, address=CLIENT, messages=messages, **page)  # type: ignore[arg-type]  # given by name: the call itself checks


def device(protocol: SignallingProtocol = SIP, model: str = "7961G", number: str = "1001") -> Device:
    return Device(
        name=PHONE,
        desired_protocol=protocol,
        created_at=START,
        version_stamp="1",
        model=model,
        lines=(LineAppearance(1, Line(number)),),
    )


def site(protocol: SignallingProtocol = SIP, **facts: object) -> SiteFacts:
    """A site that knows the phone."""
    return replace(SITE, device=device(protocol), **facts)  # type: ignore[arg-type]  # given by name: the call itself checks


def journey(*events: Event) -> PhoneJourney:
    known: PhoneJourney | None = None
    for event in events:
        known = follow(known, event)
    assert known is not None
    return known


def judge(*events: Event, facts: SiteFacts = SITE, after: float) -> tuple[Finding, ...]:
    """What is found ``after`` so many seconds."""
    return diagnose(journey(*events), facts, now=at(after))


def codes(*events: Event, facts: SiteFacts = SITE, after: float) -> list[str]:
    return [each.code for each in judge(*events, facts=facts, after=after)]
