"""The systemd journal as a source of entries, by a child process: ``journalctl --follow --output=json``."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from bridge.watch.loglines import LogEntry, parse_journal
from bridge.watch.places import PlaceFile

log = logging.getLogger(__name__)

_CHUNK = 256 * 1024
_LONGEST = 1 << 20
"""Octets of one record; what is longer is left out."""
_LONGEST_PAUSE = 30.0


class JournalSource:
    """Entries of one systemd unit, or of programs by the names under which they log, in batches."""

    def __init__(
        self,
        *,
        unit: str = "",
        identifiers: Sequence[str] = (),
        remember: Path | None = None,
        command: Sequence[str] = ("journalctl",),
        pause: float = 1.0,
    ) -> None:
        """``pause``: seconds until a child that ended is started again; doubled each time, up to half a minute."""
        self._chosen = [f"--unit={unit}"] if unit else [f"--identifier={each}" for each in identifiers]
        self._places = PlaceFile(remember) if remember is not None else None
        self._command = tuple(command)
        self._pause = pause
        self._cursor = ""
        self.trouble = ""
        """Why nothing can be read at the moment; empty while all is well."""

    async def batches(self) -> AsyncGenerator[Sequence[LogEntry], None]:
        """Entries as they come, without end. A batch counts as done when the next one is asked for."""
        if self._places is not None and isinstance(cursor := self._places.load(), str):
            self._cursor = cursor
        pause = self._pause
        while True:
            came = False
            async for batch in self._run_once():
                came, pause = True, self._pause
                yield batch
                self._cursor = next((each.cursor for each in reversed(batch) if each.cursor), self._cursor)
                if self._places is not None and self._cursor:
                    await asyncio.to_thread(self._places.save, self._cursor)
            if not came:
                self._cursor = ""  # perhaps the journal does not have that place any more
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _run_once(self) -> AsyncGenerator[Sequence[LogEntry], None]:
        since = f"--after-cursor={self._cursor}" if self._cursor else "--lines=0"
        try:
            child = await asyncio.create_subprocess_exec(
                *self._command,
                *("--follow", "--output=json", "--all", "--no-pager", "--quiet", since, *self._chosen),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            self._report(f"{self._command[0]} cannot be started: {error.strerror or error}")
            return
        assert child.stdout is not None  # noqa: S101  asked for above
        self.trouble = ""
        complaint = asyncio.create_task(_last_words(child))
        rest = b""
        try:
            while data := await child.stdout.read(_CHUNK):
                *lines, rest = (rest + data).split(b"\n")
                if len(rest) > _LONGEST:
                    rest = b""  # its end will be no JSON either, and is left out as well
                entries = [entry for line in lines if (entry := parse_journal(line.decode("utf-8", "replace")))]
                if entries:
                    yield entries
            self._report(f"{self._command[0]} ended: {await complaint or 'without a word'}; it is started again")
        finally:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
            complaint.cancel()
            await asyncio.wait({complaint})  # from outside, so that our own cancellation is not taken for its

    def _report(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.warning("%s", trouble)
        self.trouble = trouble


async def _last_words(child: asyncio.subprocess.Process) -> str:
    assert child.stderr is not None  # noqa: S101  asked for by the caller
    words = b""
    while data := await child.stderr.read(4096):
        words = (words + data)[-500:]
    return words.decode("utf-8", "replace").strip()
