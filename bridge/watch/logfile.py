"""A log file as a source of entries: woken by watchdog, and once a second in case a file system tells nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from bridge.watch.follower import LogFollower, Place
from bridge.watch.places import PlaceFile

log = logging.getLogger(__name__)

POLL = 1.0
"""Seconds between two looks when nothing wakes us."""
_NEWS = frozenset({"modified", "created", "moved", "deleted"})


class LogFileSource:
    """Lines of one log file, in batches."""

    def __init__(self, path: Path, *, remember: Path | None = None, poll: float = POLL) -> None:
        """``remember``: where the place that was reached is kept; None begins at the file's end every time."""
        self._path = path
        self._places = PlaceFile(remember) if remember is not None else None
        self._poll = poll
        self.trouble = ""
        """Why nothing can be read at the moment; empty while all is well."""

    async def batches(self) -> AsyncGenerator[Sequence[str], None]:
        """Complete lines as they come, without end. A batch counts as done when the next one is asked for."""
        place = self._places.load() if self._places is not None else None
        follower = LogFollower(self._path, place if isinstance(place, Place) else None)
        woken = asyncio.Event()
        watching = _Watching(self._path, asyncio.get_running_loop(), woken.set)
        try:
            while True:
                await asyncio.to_thread(watching.ensure)
                woken.clear()
                lines = await self._read(follower)
                if lines:
                    yield lines
                if self._places is not None:
                    await asyncio.to_thread(self._places.save, follower.place)
                if not lines:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._poll):  # wait_for can forget that it was cancelled
                            await woken.wait()
        finally:
            watching.stop()
            follower.close()

    async def _read(self, follower: LogFollower) -> list[str]:
        try:
            lines = await asyncio.to_thread(follower.read, now=time.monotonic())
        except OSError as error:
            self._report(
                f"{self._path} cannot be read: {error.strerror or error}; give the user of the service the right to "
                "read it (often the group adm)"
            )
            return []
        self._report("" if follower.place is not None else f"{self._path} is not there yet")
        return lines

    def _report(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            log.warning("%s", trouble)
        self.trouble = trouble


class _Watching(FileSystemEventHandler):
    """An observer of the log's directory, as soon as there is one."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        self._path = path
        self._loop = loop
        self._wake = wake
        self._observer: BaseObserver | None = None

    def ensure(self) -> None:
        """Watch, if it can be done now; polling does without."""
        if self._observer is not None and self._observer.is_alive():
            return
        observer = Observer()
        try:
            observer.schedule(self, str(self._path.parent))
            observer.start()
        except OSError:
            return
        self._observer = observer

    def stop(self) -> None:
        if self._observer is not None:
            self._observer.stop()
            self._observer.join(5)

    def on_any_event(self, event: FileSystemEvent) -> None:
        """In watchdog's thread."""
        if event.event_type in _NEWS and str(self._path) in (event.src_path, event.dest_path):
            with contextlib.suppress(RuntimeError):  # the loop is closed: we are stopping
                self._loop.call_soon_threadsafe(self._wake)
