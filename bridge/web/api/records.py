"""What happened, and how things stand: calls, audit, status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from aiohttp import web

from bridge.app.stations.calllog import as_csv
from bridge.app.status import ServiceStatus, WindowStatus
from bridge.core import CallQuality, CallRecord, DeviceName
from bridge.web.api.operations import Ask, Operations
from bridge.web.api.schema import Many, Number, Text
from bridge.web.downloads import send_octets

records = Operations("Records and status")


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Which calls."""

    phone: Annotated[tuple[Annotated[str, Text(50, 1)], ...], Many(100)] = ()
    since: datetime | None = None
    """Ended then or later."""
    until: datetime | None = None
    """Ended before."""
    skip: Annotated[int, Number(0, 2_000_000)] = 0
    """Without the newest so many."""
    limit: Annotated[int, Number(1, 10_000)] = 100
    """The newest so many."""


@dataclass(frozen=True, slots=True)
class CallExport:
    """Which calls."""

    phone: Annotated[tuple[Annotated[str, Text(50, 1)], ...], Many(100)] = ()
    since: datetime | None = None
    """Ended then or later."""
    until: datetime | None = None
    """Ended before."""
    limit: Annotated[int, Number(1, 100_000)] = 100_000
    """The newest so many."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one phone."""

    device: DeviceName
    line: str
    outgoing: bool
    number: str
    """The other side's; empty where it is withheld."""
    name: str
    started: datetime
    answered: datetime | None
    ended: datetime
    seconds: float
    """Talking time."""
    why: str
    status: int
    """The SIP status that refused it; 0 for a normal end."""
    codec: str
    quality: CallQuality | None
    malicious: bool
    recording: str


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls, oldest first."""

    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """How much."""

    limit: Annotated[int, Number(1, 10_000)] = 200


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who changed what, when, from where."""

    at: datetime
    who: str
    origin: str
    """The address; empty where it is this machine."""
    action: str
    detail: str


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """The newest entries, oldest first."""

    entries: tuple[AuditLine, ...]


@dataclass(frozen=True, slots=True)
class PhoneCounts:
    """How many phones there are."""

    total: int
    registered: int
    temporary: int
    refused: int


@dataclass(frozen=True, slots=True)
class Status:
    """One look at everything."""

    service: ServiceStatus
    autoregistration: WindowStatus
    phones: PhoneCounts
    trouble: tuple[str, ...]
    """What needs attention, in words; empty while all is well."""


@records.add("GET", "/calls")
async def list_calls(ask: Ask, query: CallQuery) -> Calls:
    """List the calls of SCCP phones"""
    found = await _read_calls(ask, query, skip=query.skip)
    return Calls(tuple(_shown(each) for each in found))


@records.add("GET", "/calls/export", media="text/csv", answer=lambda _: {"type": "string"})
async def export_calls(ask: Ask, query: CallExport) -> web.StreamResponse:
    """Fetch calls as a CSV file, oldest first

    A name that a spreadsheet would take for a formula has an apostrophe in front.
    """
    found = await _read_calls(ask, query)
    text = await ask.run(as_csv, found)
    return await send_octets(ask.request, text.encode(), name="calls.csv", media="text/csv; charset=utf-8")


async def _read_calls(ask: Ask, query: CallQuery | CallExport, *, skip: int = 0) -> Sequence[CallRecord]:
    names = [await ask.phone(each) for each in query.phone]
    store = ask.service.store

    def read() -> Sequence[CallRecord]:
        with store.read() as work:
            return work.calls.newest(devices=names, since=query.since, until=query.until, skip=skip, most=query.limit)

    return await ask.run(read)


@records.add("GET", "/audit")
async def list_audit(ask: Ask, query: AuditQuery) -> AuditTrail:
    """List who changed what; every admission and refusal"""
    store = ask.service.store

    def read() -> tuple[AuditLine, ...]:
        with store.read() as work:
            found = []
            for each in work.journal.audit_trail(limit=query.limit):
                who, _, origin = each.actor.partition(" from ")
                found.append(AuditLine(each.at, who, origin, each.action, each.detail))
            return tuple(found)

    return AuditTrail(await ask.run(read))


@records.add("GET", "/status")
async def show_status(ask: Ask) -> Status:
    """How things stand: node, Asterisk, window, phones"""
    service = await ask.service.status()
    window = await ask.run(ask.desks.window.status, ask.service.known_plan)
    everything = await ask.run(ask.service.shelf.list)
    counts = PhoneCounts(
        len(everything.phones),
        sum(each.registered for each in everything.phones),
        sum(each.temporary for each in everything.phones),
        len(everything.refused),
    )
    pending = len(service.pbx.pending)
    trouble = [
        *([f"Asterisk: {service.pbx.trouble}"] if service.pbx.trouble else []),
        *([f"{pending} endpoints wait for Asterisk"] if pending else []),
        *([f"database: {service.database}"] if service.database else []),
        *(f"beside the other TFTP server: {each}" for each in service.beside),
    ]
    return Status(service, window, counts, tuple(trouble))


def _shown(call: CallRecord) -> Call:
    return Call(
        call.device,
        call.line,
        call.outgoing,
        call.number,
        call.name,
        call.started,
        call.answered,
        call.ended,
        round(call.seconds, 3),
        call.why,
        call.status,
        call.codec,
        call.quality,
        call.malicious,
        call.recording,
    )
