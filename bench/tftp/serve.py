"""The real TFTP server as a process of its own, with files from memory and a sink that counts events.

``python -m bench.tftp.serve ADDRESS PORT DIRECTORY asyncio|uvloop``; prints ``ready``; ends at SIGTERM with one line of
counters on standard error.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge.core import FileAnswer, FileFound, FileMissing, FileRequest
from bridge.core.events import Event
from bridge.net.tftp import TftpLimits, TftpServer


class Files:
    """A provider that knows a directory's files by heart."""

    def __init__(self, directory: Path) -> None:
        self._files = {path.name: path.read_bytes() for path in directory.iterdir()}

    async def provide(self, request: FileRequest) -> FileAnswer:
        """The file of exactly that name."""
        content = self._files.get(request.name)
        return FileMissing() if content is None else FileFound(name=request.name, content=content)


class Counting:
    """A sink that counts events by kind."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def record(self, event: Event) -> None:
        """Count it."""
        self.counts[type(event).__name__] += 1


class SystemClock:
    """The time of day."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)


async def serve(address: str, port: int, directory: Path) -> None:
    """Serve until SIGTERM."""
    sink = Counting()
    server = TftpServer(Files(directory), sink, SystemClock(), listen=[(address, port)], limits=TftpLimits())
    await server.start()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    print("ready", flush=True)
    await stopped.wait()
    await server.close()
    print(server.counters, dict(sink.counts), file=sys.stderr, flush=True)


def main() -> None:
    """Entry point."""
    address, port, directory, loop = sys.argv[1:]
    run: Callable[[Coroutine[Any, Any, None]], None] = asyncio.run
    if loop == "uvloop":
        import uvloop

        run = uvloop.run
    run(serve(address, int(port), Path(directory)))


if __name__ == "__main__":
    main()
