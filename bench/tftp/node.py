"""A whole node with everything on: database, journal of events, log, firmware store, HTTP, SCCP, templates.

``python -m bench.tftp.node ADDRESS PORT DIRECTORY asyncio|uvloop``; ``DIRECTORY`` is the admin's tree of files. State
goes into a directory of its own; Asterisk is not there, as after a crash, and phones get their files all the same.
Prints ``ready``; ends at SIGTERM.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import signal
import sys
import tempfile
from pathlib import Path

from bridge.app.settings import (
    Address,
    AmiSettings,
    AsteriskSettings,
    FilesSettings,
    HttpSettings,
    SccpSettings,
    ServerSettings,
    Settings,
    SipSettings,
    StateSettings,
    TftpSettings,
)
from bridge.app.system import spare_what_stands
from bridge.store import upgrade
from bridge.web.node import running_node


async def serve(address: str, port: int, directory: Path, state: Path) -> None:
    """Serve until SIGTERM."""
    anywhere = (Address(address, 0),)
    settings = Settings(
        server=ServerSettings(address=address),
        state=StateSettings(state),
        tftp=TftpSettings(listen=(Address(address, port),), max_transfers_per_client=2000),
        http=HttpSettings(listen=anywhere),
        files=FilesSettings(directory=directory),
        sip=SipSettings(doorway=anywhere),
        sccp=SccpSettings(listen=anywhere),
        ami=AmiSettings(address=Address(address, 9), secret="x"),
        asterisk=AsteriskSettings(state / "asterisk"),
    )
    settings.asterisk.directory.mkdir()
    upgrade(settings.database_url)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with running_node(settings) as service:
        spare_what_stands()
        print("ready", flush=True)
        await stopped.wait()
        print(service.tftp.counters, f"events dropped: {service.recorder.dropped}", file=sys.stderr, flush=True)


def main() -> None:
    """Entry point."""
    address, port, directory, loop = sys.argv[1:]
    logging.basicConfig(level=logging.INFO)
    if loop == "uvloop":
        importlib.import_module("uvloop").install()
    with tempfile.TemporaryDirectory(prefix="sepbridge-bench-node-") as state:
        asyncio.run(serve(address, int(port), Path(directory), Path(state)))


if __name__ == "__main__":
    main()
