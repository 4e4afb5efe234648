"""Traces, backups and support bundles over HTTP: for the REST API and the dashboard, with one set of guards.

A trace never shows passwords here, a bundle has them removed; a backup holds every secret of the site, and is for
admins alone. Each is written into the audit trail. Going back to a backup needs the service stopped: that is for the
command line.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from aiohttp import web

from bridge.app.asjson import plain
from bridge.app.operations.backup import make_backup
from bridge.app.operations.support import Surroundings, doctor_words, make_bundle
from bridge.app.operations.tracing import TraceProgress
from bridge.app.system import own_address
from bridge.core import DeviceName
from bridge.errors import Conflict, InvalidInput, NotFound
from bridge.ports import AuditEntry
from bridge.web.access import actor
from bridge.web.downloads import made_file, send_file, send_octets
from bridge.web.site import SERVICE, desks

ZIP = "application/zip"
PCAP = "application/vnd.tcpdump.pcap"
_BUSY = web.AppKey("large files under way", asyncio.Lock)


async def large_files(site: web.Application) -> AsyncIterator[None]:
    """Lets one large file be made at a time, as long as the site is served."""
    site[_BUSY] = asyncio.Lock()
    yield


async def send_backup(request: web.Request, *, firmware: bool, history: bool) -> web.StreamResponse:
    """The whole site in one file. Raises Conflict while another file is made, StoreError, WriteFailed."""
    service = request.app[SERVICE]
    now = service.clock.now()

    def make(path: Path) -> None:
        make_backup(service.settings, service.config, path, now=now, firmware=firmware, history=history)

    async with _alone(request):
        file = await made_file(service.settings.state.directory, make)
    left = [*([] if firmware else ["firmware"]), *([] if history else ["history"])]
    await audit(request, "fetched a backup", f"without {' and '.join(left)}" if left else "")
    return await send_file(request, file, name=f"sepbridge-{_stamp(now)}.backup", media=ZIP)


async def send_bundle(request: web.Request, *, doctor: bool) -> web.StreamResponse:
    """The support bundle. Raises Conflict while another file is made, StoreError, WriteFailed."""
    service = request.app[SERVICE]
    status = plain(await service.status())

    def make(path: Path) -> None:
        around = Surroundings(status, doctor_words(service.config) if doctor else "")
        address = service.settings.server.address or own_address()
        make_bundle(service.settings, service.store, path, around, address=address)

    async with _alone(request):
        file = await made_file(service.settings.state.directory, make)
    await audit(request, "fetched a support bundle")
    return await send_file(request, file, name=f"sepbridge-support-{_stamp(service.clock.now())}.zip", media=ZIP)


async def start_trace(request: web.Request, phone: str, seconds: float) -> TraceProgress:
    """Begin to trace a phone, ours or not. Raises NotFound, InvalidInput, Conflict while too many run."""
    name = await asyncio.to_thread(_named, request, phone)
    begun = await request.app[SERVICE].traces.start(name, seconds)
    await audit(request, f"began to trace {name}", f"for {seconds:.0f} s")
    return begun


async def send_trace(request: web.Request, trace: str) -> web.StreamResponse:
    """End a trace and send its capture file, passwords masked. Raises NotFound."""
    service = request.app[SERVICE]
    done = await service.traces.finish(trace, secrets=False)
    await audit(request, f"fetched the trace of {done.device}")
    name = f"{done.device}-{_stamp(service.clock.now())}.pcap"
    return await send_octets(request, done.content, name=name, media=PCAP)


async def audit(request: web.Request, action: str, detail: str = "") -> None:
    """Note what leaves no trace in the database by itself."""
    service = request.app[SERVICE]
    entry = AuditEntry(service.clock.now(), actor(request), action, detail)

    def write() -> None:
        with service.store.write() as work:
            work.journal.audit(entry)
            work.commit()

    await asyncio.to_thread(write)


def _named(request: web.Request, phone: str) -> DeviceName:
    """A phone of ours by any of its names; of one that nobody has seen yet, its device name or MAC."""
    try:
        return desks(request).phones.find(phone)
    except NotFound:
        with contextlib.suppress(InvalidInput):
            name = DeviceName.parse(phone)
            if name.mac is not None:
                return name
        raise


@contextlib.asynccontextmanager
async def _alone(request: web.Request) -> AsyncIterator[None]:
    lock = request.app[_BUSY]
    if lock.locked():
        raise Conflict("a large file is being made already", fix="try again when it is done")
    async with lock:
        yield


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone():%Y%m%d-%H%M%S}"
