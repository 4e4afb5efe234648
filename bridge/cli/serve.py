"""``sepbridge serve``, ``status`` and ``db upgrade``."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from typing import Any

import click

from bridge.app.settings import Settings
from bridge.app.status import window_status
from bridge.app.system import SystemClock
from bridge.cli.control import ServiceNotRunning, ask
from bridge.cli.frame import Frame, in_words, json_option, table
from bridge.cli.main import root
from bridge.store import database


@root.command()
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True)
@click.pass_obj
def serve(frame: Frame, log_level: str) -> None:
    """Run the service: TFTP, HTTP files, doorway, Asterisk. Ends on SIGTERM and SIGINT."""
    logging.basicConfig(level=log_level.upper(), format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    settings = frame.settings
    with contextlib.suppress(ImportError):
        import uvloop  # noqa: PLC0415

        uvloop.install()
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    from bridge.web.node import running_node

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running_node(settings) as service:
        click.echo(f"sepbridge listens: {service.listens()}")
        failed = asyncio.create_task(service.failure())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({failed, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if failed.done():
            failed.result()
        failed.cancel()


@root.command()
@json_option
def status(frame: Frame) -> None:
    """How things stand: service, Asterisk, pending changes, window, numbers. Exit code 1 when something is wrong."""
    settings = frame.settings
    now = SystemClock().now()
    trouble: list[str] = []
    with contextlib.closing(database.open_store(settings.database_url)) as store, store.read() as work:
        autoregistration = work.autoregistration.load()
        window = window_status(autoregistration, work.devices.numbers_in_use(autoregistration.partition), now)
        phones = work.devices.all()
        refused = work.journal.refused()
    service: dict[str, Any] | None = None
    try:
        service = ask(settings.control_socket, "GET", "/status")
    except ServiceNotRunning as error:
        trouble.append(f"{error.what}; {error.fix}")
    rows: list[tuple[str, str]] = []
    if service is not None:
        pbx = service["pbx"]
        rows.append(("service", f"running, process {service['pid']}, version {service['version']}"))
        rows.append(("listens", f"TFTP {', '.join(service['tftp'])}; HTTP {', '.join(service['http'])}; doorway {', '.join(service['doorway'])}"))
        rows.append(("Asterisk", f"{pbx['version']}, connected" if pbx["connected"] else f"not connected: {pbx['trouble']}"))
        if pbx["pending"]:
            shown = ", ".join(pbx["pending"][:10])
            rows.append(("pending", f"{len(pbx['pending'])} endpoints wait for Asterisk: {shown}"))
            trouble.append(f"{len(pbx['pending'])} endpoints wait for Asterisk")
        if not pbx["connected"]:
            trouble.append(f"Asterisk: {pbx['trouble']}")
        elif pbx["trouble"]:
            rows.append(("trouble", pbx["trouble"]))
            trouble.append(pbx["trouble"])
        if service["database"]:
            trouble.append(f"database: {service['database']}")
    else:
        rows.append(("service", "not running"))
    left = f", closes in {in_words_seconds(window.seconds_left)}" if window.seconds_left is not None else ""
    rows.append(("autoregistration", (f"open{left}" if window.is_open else "closed") + f", {window.protocol}"))
    rows.append(("numbers", f"range {window.range}, {window.numbers_free} free, next {window.next_number}"))
    rows.append(("phones", f"{len(phones)}, {sum(phone.registered for phone in phones)} registered, {len(refused)} refused"))
    rows.extend(("attention", each) for each in trouble)
    data = {
        "service": service,
        "autoregistration": window,
        "phones": {"total": len(phones), "registered": sum(phone.registered for phone in phones), "refused": len(refused)},
        "trouble": trouble,
    }
    frame.show(data, table(("", ""), rows))
    if trouble:
        raise SystemExit(1)
