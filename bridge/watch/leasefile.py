"""A DHCP server's lease file, read anew whenever it changes: it is rewritten as a whole, not appended to alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from pathlib import Path

log = logging.getLogger(__name__)

POLL = 2.0
LARGEST = 32 << 20
"""Octets; the end of a larger file is left out."""


class LeaseFileSource:
    """The lines of a lease file, each time that it has changed."""

    def __init__(self, path: Path, *, poll: float = POLL) -> None:
        self._path = path
        self._poll = poll
        self.trouble = ""
        """Why it cannot be read at the moment; empty while all is well."""

    async def contents(self) -> AsyncGenerator[list[str], None]:
        """All lines, at the start and after every change, without end."""
        known: tuple[int, int, int] | None = None
        while True:
            try:
                status = await asyncio.to_thread(self._path.stat)
                stamp = status.st_ino, status.st_mtime_ns, status.st_size
                if stamp != known:
                    text = await asyncio.to_thread(self._read)
                    known = stamp
                    self.trouble = ""
                    yield text.split("\n")
            except OSError as error:
                trouble = f"{self._path} cannot be read: {error.strerror or error}"
                if trouble != self.trouble:
                    log.warning("%s", trouble)
                self.trouble = trouble
            await asyncio.sleep(self._poll)

    def _read(self) -> str:
        with self._path.open("rb") as file:
            return file.read(LARGEST).decode("utf-8", "replace")
