"""Reads a growing log file line by line, through rotation, truncation and restarts. No line twice, none left out.

``rename`` and ``create``: the old file is read to its end, and a while longer, because its writer goes on until it is
told to open the new one. ``copytruncate``: the file is suddenly shorter, or begins otherwise; what the copy holds
beyond the place that was reached is lost with it, as for every reader of such a log. After a restart the place is found
again by the file's inode, even if it has been renamed since.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

from bridge.watch.loglines import LONGEST_LINE

CHUNK = 256 * 1024
"""Octets read at a time."""
HEAD = 128
"""Octets at a file's beginning by which it is told from another in the same place."""
LINGER = 60.0
"""Seconds for which a rotated file is still read."""
MAX_OLD = 4


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a log file, to go on from after a restart."""

    inode: int
    offset: int
    """Where the first line begins that has not been read."""
    head: str
    """Hash of the first octets before ``offset``, ``HEAD`` at most."""


class _Open:
    """A file that is being read."""

    def __init__(self, path: Path, offset: int) -> None:
        self._file = io.FileIO(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY), "rb")
        self.inode = os.fstat(self._file.fileno()).st_ino
        self.offset = offset
        """Where to read on."""
        self._rest = b""
        self._skipping = False
        self._head = self._read_head()
        self.retired_at: float | None = None

    def close(self) -> None:
        self._file.close()

    @property
    def place(self) -> Place:
        offset = self.offset - len(self._rest)
        return Place(self.inode, offset, _hash(self._file.fileno(), min(offset, HEAD)))

    def fits(self, place: Place) -> bool:
        """Whether this is the file of that place, grown at most."""
        size = os.fstat(self._file.fileno()).st_size
        known = _hash(self._file.fileno(), min(place.offset, HEAD))
        return self.inode == place.inode and size >= place.offset and known == place.head

    def read(self) -> list[str]:
        """The next complete lines; empty at the end of the file."""
        if self._is_begun_anew():
            self.offset, self._rest, self._skipping, self._head = 0, b"", False, b""
        while data := os.pread(self._file.fileno(), CHUNK, self.offset):
            self.offset += len(data)
            if len(self._head) < HEAD:
                self._head = self._read_head()
            *lines, self._rest = (self._rest + data).split(b"\n")
            if self._skipping and lines:
                del lines[0]
                self._skipping = False
            if len(self._rest) > LONGEST_LINE:
                self._rest, self._skipping = b"", True
            if kept := [line.decode("utf-8", "replace") for line in lines if len(line) <= LONGEST_LINE]:
                return kept
        return []

    def _is_begun_anew(self) -> bool:
        if os.fstat(self._file.fileno()).st_size < self.offset:
            return True
        known = self._head
        return bool(known) and os.pread(self._file.fileno(), len(known), 0) != known

    def _read_head(self) -> bytes:
        return os.pread(self._file.fileno(), min(self.offset, HEAD), 0)


class LogFollower:
    """Follows one path. Not thread-safe: one caller at a time."""

    def __init__(self, path: Path, place: Place | None = None) -> None:
        """Without a ``place`` it begins at the end of the file that is there: what was before is the past."""
        self._path = path
        self._place = place
        self._from_end = place is None
        self._current: _Open | None = None
        self._old: list[_Open] = []

    def read(self, *, now: float) -> list[str]:
        """The next lines, none when nothing is new. ``now``: seconds of a clock that never goes back.

        Raises OSError when the file is there and cannot be read; it may be called again.
        """
        if self._current is None:
            self._open_first(now)
        lines: list[str] = []
        for old in list(self._old):
            lines += self._drain(old)
            if old.retired_at is not None and now - old.retired_at > LINGER:
                old.close()
                self._old.remove(old)
        if self._current is None:
            return lines
        more = self._current.read()
        if not more and self._is_replaced():
            self._retire(self._current, now)
            self._current = None
            self._open_at(0)
            more = self._current.read() if self._current is not None else []
        return lines + more

    @property
    def place(self) -> Place | None:
        """Where to go on after a restart; None before the file was there."""
        return self._current.place if self._current is not None else self._place

    def close(self) -> None:
        """Let go of the files."""
        for each in (*self._old, *([self._current] if self._current else [])):
            each.close()
        self._old, self._current = [], None

    def _open_first(self, now: float) -> None:
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            self._from_end = False  # whatever it will hold once it is there is new
            return
        if self._place is None:
            self._open_at(size if self._from_end else 0)
            return
        self._open_at(self._place.offset)
        if self._current is not None and not self._current.fits(self._place):
            self._current.close()
            self._current = None
            self._find_renamed(self._place, now)
            self._open_at(0)
        if self._current is not None:
            self._place = None

    def _open_at(self, offset: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._current = _Open(self._path, offset)

    def _find_renamed(self, place: Place, now: float) -> None:
        """The file of that place, where rotation has put it: beside the log, with a longer name."""
        for candidate in sorted(self._path.parent.glob(f"{self._path.name}?*")):
            with contextlib.suppress(OSError):
                if candidate.stat().st_ino != place.inode:
                    continue
                opened = _Open(candidate, place.offset)
                if opened.fits(place):
                    self._retire(opened, now)
                    return
                opened.close()

    def _retire(self, opened: _Open, now: float) -> None:
        opened.retired_at = now
        self._old.append(opened)
        if len(self._old) > MAX_OLD:
            self._old.pop(0).close()

    def _is_replaced(self) -> bool:
        try:
            return self._current is not None and self._path.stat().st_ino != self._current.inode
        except FileNotFoundError:
            return False  # between rename and create

    @staticmethod
    def _drain(opened: _Open) -> list[str]:
        lines: list[str] = []
        while more := opened.read():
            lines += more
        return lines


def _hash(descriptor: int, size: int) -> str:
    return hashlib.sha256(os.pread(descriptor, size, 0)).hexdigest()
