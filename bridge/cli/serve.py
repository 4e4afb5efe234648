"""``sepbridge serve`` and ``sepbridge db upgrade``."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import signal
from pathlib import Path

import click

from bridge.app.operations.logs import start_logging
from bridge.app.settings import LogLevel, Settings
from bridge.app.system import spare_what_stands
from bridge.cli.frame import Frame, json_option
from bridge.cli.main import root
from bridge.net.supervisor import Supervisor
from bridge.store import upgrade
from bridge.web.node import running_node


@root.command()
@click.option(
    "--log-level",
    type=click.Choice([each.value for each in LogLevel]),
    default=None,
    help="What is worth a line. Default: log.level of the settings.",
)
@click.pass_obj
def serve(frame: Frame, log_level: str | None) -> None:
    """Run the service: TFTP, HTTP files, doorway, Asterisk. Ends on SIGTERM and SIGINT."""
    start_logging(frame.settings.log, level=log_level or "")
    with contextlib.suppress(ImportError):  # faster under load, never needed
        importlib.import_module("uvloop").install()
    asyncio.run(_serve(frame.settings, frame.config))


async def _serve(settings: Settings, config: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    supervisor = Supervisor()
    async with running_node(settings, config) as service:
        spare_what_stands()
        supervisor.ready(service.listens())
        click.echo(f"sepbridge serves phones: {service.listens()}")
        if service.first_login is not None:
            # Not the password itself: what a service prints is kept in journals, and sent to who knows where.
            click.echo(
                f"First login on the dashboard: user {service.first_login.account}; "
                "`sepbridge users first-login` shows the password"
            )
        failed = asyncio.create_task(service.failure())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({failed, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        supervisor.stopping()
        if failed.done():
            failed.result()
        failed.cancel()


@root.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@json_option
def upgrade_database(frame: Frame) -> None:
    """Create the database, or bring it to the form that this version needs. Harmless when it is current."""
    settings = frame.settings
    if not settings.database.url:
        settings.state.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    revision = upgrade(settings.database_url)
    frame.show({"revision": revision}, f"The database is ready (revision {revision}).")
