"""Traces of single phones, backups and support bundles: large answers, made on the disk and sent piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from aiohttp import web

from bridge.app.operations.tracing import LONGEST, TraceProgress
from bridge.core import Role
from bridge.web.api.operations import Ask, Operations
from bridge.web.api.schema import Number, Schema, Schemas, Text
from bridge.web.upkeep import PCAP, ZIP, send_backup, send_bundle, send_trace, start_trace

upkeep = Operations("Upkeep")


@dataclass(frozen=True, slots=True)
class NewTrace:
    """Whom to listen to, and how long."""

    phone: Annotated[str, Text(50, 1)]
    """Its name, MAC or number; of a phone that nobody has seen yet, its name or MAC."""
    seconds: Annotated[float, Number(1, LONGEST)] = 60.0


@dataclass(frozen=True, slots=True)
class Traces:
    """Traces that are kept: those under way, and those that nobody fetched yet."""

    traces: tuple[TraceProgress, ...]


@dataclass(frozen=True, slots=True)
class BackupWish:
    """What is in it beside the database, the own templates and the settings file."""

    firmware: bool = False
    """Firmware, rings and locales, too: as large as they are."""
    history: bool = True
    """Journeys, refusals and calls."""


@dataclass(frozen=True, slots=True)
class BundleWish:
    """What is in it."""

    doctor: bool = True
    """What `sepbridge doctor` says; it takes some seconds to look."""


def _file(_: Schemas) -> Schema:
    return {"type": "string", "format": "binary"}


@upkeep.add("GET", "/traces", role=Role.ADMIN)
async def list_traces(ask: Ask) -> Traces:
    """List the traces"""
    return Traces(tuple(ask.service.tracing.running()))


@upkeep.add("POST", "/traces", status=201)
async def add_trace(ask: Ask, body: NewTrace) -> TraceProgress:
    """Begin to write down what a phone and this server say to each other

    SCCP, TFTP, HTTP, and the SIP of phones with SCCP firmware; what a SIP phone says to Asterisk does not pass here. A
    trace that nobody fetches is forgotten an hour after its end.
    """
    return await start_trace(ask.request, body.phone, body.seconds)


@upkeep.add("GET", "/traces/{trace}", role=Role.ADMIN)
async def show_trace(ask: Ask, trace: str) -> TraceProgress:
    """Say how far a trace is"""
    return ask.service.tracing.progress(trace)


@upkeep.add("DELETE", "/traces/{trace}")
async def remove_trace(ask: Ask, trace: str) -> TraceProgress:
    """End a trace and throw it away"""
    return ask.service.tracing.discard(trace)


@upkeep.add("POST", "/traces/{trace}/capture", media=PCAP, answer=_file)
async def fetch_trace(ask: Ask, trace: str) -> web.StreamResponse:
    """End a trace and fetch its capture file

    For Wireshark. Passwords in it are asterisks; dialled digits are not.
    """
    return await send_trace(ask.request, trace)


@upkeep.add("POST", "/backup", media=ZIP, answer=_file)
async def fetch_backup(ask: Ask, body: BackupWish) -> web.StreamResponse:
    """Fetch the whole site in one file

    It holds every password of the site: keep it as you keep those. `sepbridge restore` goes back to it, with the
    service stopped.
    """
    return await send_backup(ask.request, firmware=body.firmware, history=body.history)


@upkeep.add("POST", "/support-bundle", media=ZIP, answer=_file)
async def fetch_support_bundle(ask: Ask, body: BundleWish) -> web.StreamResponse:
    """Fetch versions, settings, status, last events, logs and phones' files, with secrets removed

    Names, numbers and addresses of phones are in it.
    """
    return await send_bundle(ask.request, doctor=body.doctor)
