"""The tree of the admin's own files (firmware, ring tones, locales), read by phones that do not agree on letter case.

Lists of directories are kept and read anew when the directory's time of modification changes, so that a lookup is one
``stat`` per level. Nothing outside the tree is ever opened: names with ``..``, absolute names and drive letters are not
found, and after opening the kernel is asked where the file really lies, so that a symbolic link cannot lead out, not
even one that is made between the check and the opening.

Large files are copied once into an unnamed temporary file, which is memory-mapped and shared by all transfers. The
admin's file itself is not mapped: whoever overwrites a mapped file in place cuts it short for a moment, and a process
that reads a mapped page which is no longer there is killed.
"""

from __future__ import annotations

import mmap
import os
import stat
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from bridge.core import StoredFile, content_digest
from bridge.errors import ConfigurationError, StoreError

MAPPED_FROM = 1 << 20
"""Octets from which a file is mapped; smaller ones are read as they are asked for."""
LARGEST_FILE = 1 << 30
"""Octets. No firmware image comes near it; a disk image that strayed into the tree shall not fill the disk."""
SNAPSHOTS = 64
"""Large files kept mapped; those not asked for longest are given up first."""
SNAPSHOT_OCTETS = 2 << 30
"""Their size in all."""
RECENT = 512
"""Small files kept whole; those not asked for longest are given up first."""
RECENT_OCTETS = 32 << 20
"""Their size in all."""
DIRECTORIES = 1024
"""Directory lists kept."""
ENTRIES = 100_000
"""Files of one directory that are looked at."""
DEPTH = 16
"""Levels below the root."""
_SETTLED = 100_000_000
"""Nanoseconds: what was changed more recently than this may change again without its time of modification moving."""


@dataclass(frozen=True, slots=True)
class _Listing:
    modified: int
    settled: bool
    exact: frozenset[str]
    by_lower: dict[str, str]

    def find(self, name: str) -> str | None:
        """The entry's own spelling: the very name if it exists, else the first that differs in letter case only."""
        return name if name in self.exact else self.by_lower.get(name.lower())


class _Identity(NamedTuple):
    """What changes whenever a file is replaced or written to."""

    device: int
    inode: int
    size: int
    modified: int


class FileTree:
    """``FileStore`` over a directory, for any number of threads. Hidden files (``.name``) are not part of the tree."""

    def __init__(self, root: Path) -> None:
        try:
            self._root = os.path.realpath(root, strict=True)
        except OSError as error:
            raise ConfigurationError(
                f"the directory of files for phones, {root}, cannot be used",
                why=error.strerror or str(error),
                fix="create it, or name another one",
            ) from error
        self._lock = threading.Lock()
        self._listings: OrderedDict[str, _Listing] = OrderedDict()
        self._snapshots: OrderedDict[_Identity, memoryview] = OrderedDict()
        self._recent: OrderedDict[str, tuple[_Identity, StoredFile]] = OrderedDict()
        self._recent_octets = 0

    def read(self, name: str) -> memoryview | None:
        """The content of ``name``; see ``look``."""
        found = self.look(name)
        return None if found is None else found.content

    def look(self, name: str) -> StoredFile | None:
        """The file ``name``, a relative path with ``/`` or backslash; None where there is no such regular file.

        Raises StoreError for a file that is there and cannot be read.
        """
        parts = _split(name)
        if parts is None:
            return None
        with self._lock:
            return self._read(parts)

    def at_once(self, name: str) -> tuple[bool, StoredFile | None]:
        """As ``look``, if that takes no time to speak of: the file is missing, small, or mapped already.

        False where it would have to be copied first, or somebody else is just having one copied. Raises StoreError.
        """
        parts = _split(name)
        if parts is None:
            return True, None
        if not self._lock.acquire(blocking=False):
            return False, None
        try:
            directory = self._root
            for part in parts:
                if (found := self._find(directory, part)) is None:
                    return True, None
                directory = f"{directory}/{found}"
            try:
                status = os.stat(directory)  # noqa: PTH116  # Path costs more than the call, at every request
            except OSError:
                return True, None
            if not stat.S_ISREG(status.st_mode) or status.st_size >= MAPPED_FROM:
                return not stat.S_ISREG(status.st_mode), None
            return True, self._recently(directory, status) or self._open(directory)
        finally:
            self._lock.release()

    def files(self, directory: str) -> Sequence[tuple[str, int]]:
        """Names and sizes in octets of the regular files of a directory, "" for the root, by name.

        Empty for a directory that is not there. Raises StoreError for one that cannot be read.
        """
        parts = _split(directory) if directory else []
        if parts is None:
            return []
        with self._lock:
            place = self._root
            for part in parts:
                if (found := self._find(place, part)) is None:
                    return []
                place = f"{place}/{found}"
            listing = self._listing(place)
            names = sorted(listing.exact) if listing is not None else []
            return [(name, size) for name in names if (size := _size(f"{place}/{name}")) is not None]

    def _read(self, parts: list[str]) -> StoredFile | None:
        directory = self._root
        for part in parts[:-1]:
            found = self._find(directory, part)
            if found is None:
                return None
            directory = f"{directory}/{found}"
        found = self._find(directory, parts[-1])
        return None if found is None else self._open(f"{directory}/{found}")

    def _find(self, directory: str, name: str) -> str | None:
        listing = self._listing(directory)
        return None if listing is None else listing.find(name)

    def _listing(self, directory: str) -> _Listing | None:
        try:
            modified = os.stat(directory).st_mtime_ns  # noqa: PTH116  # Path costs more than the call, at every request
            listing = self._listings.get(directory)
            if listing is not None and listing.modified == modified and listing.settled:
                self._listings.move_to_end(directory)
                return listing
            if not self._inside(os.path.realpath(directory)):
                return None
            listing = _read_directory(directory, modified)
        except NotADirectoryError:
            return None
        except FileNotFoundError:
            self._listings.pop(directory, None)
            return None
        except OSError as error:
            raise _unreadable(directory, error) from error
        self._listings[directory] = listing
        if len(self._listings) > DIRECTORIES:
            self._listings.popitem(last=False)
        return listing

    def _open(self, path: str) -> StoredFile | None:
        try:
            # Looked at before it is opened, because opening a device can do something.
            if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116  Path costs more than the call, at every request
                return None
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(path, error) from error
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or not self._inside(
                os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115  # Path costs more than the call, at every request
            ):
                return None
            read_at = time.time_ns()
            content = self._content(descriptor, path, status)
            version = f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}"
            modified = datetime.fromtimestamp(status.st_mtime, UTC)
            if len(content) >= MAPPED_FROM or read_at - status.st_mtime_ns < _SETTLED:
                return StoredFile(content, modified, version)
            found = StoredFile(content, modified, version, content_digest(content))
            self._keep(path, _identity(status), found)
            return found
        except OSError as error:
            raise _unreadable(path, error) from error
        finally:
            os.close(descriptor)

    def _recently(self, path: str, status: os.stat_result) -> StoredFile | None:
        """A small file as it was read before, if it is still the same one: an office's phones ask for the same few."""
        kept = self._recent.get(path)
        if kept is None or kept[0] != _identity(status):
            return None
        self._recent.move_to_end(path)
        return kept[1]

    def _keep(self, path: str, identity: _Identity, found: StoredFile) -> None:
        before = self._recent.pop(path, None)
        self._recent[path] = identity, found
        self._recent_octets += len(found.content) - (len(before[1].content) if before else 0)
        while len(self._recent) > RECENT or self._recent_octets > RECENT_OCTETS:
            _, (_, oldest) = self._recent.popitem(last=False)
            self._recent_octets -= len(oldest.content)

    def _inside(self, real: str) -> bool:
        return real == self._root or real.startswith(self._root.rstrip("/") + "/")

    def _content(self, descriptor: int, path: str, status: os.stat_result) -> memoryview:
        if status.st_size > LARGEST_FILE:
            raise StoreError(
                f"{path} is too large to be served",
                why=f"it has {status.st_size} octets; the limit is {LARGEST_FILE}",
                fix="remove it from the directory of files for phones",
            )
        if status.st_size < MAPPED_FROM:
            return memoryview(_read_all(descriptor, status.st_size))
        identity = _identity(status)
        snapshot = self._snapshots.get(identity)
        if snapshot is None:
            snapshot = self._snapshots[identity] = _snapshot(descriptor, status.st_size)
            while len(self._snapshots) > SNAPSHOTS or sum(map(len, self._snapshots.values())) > SNAPSHOT_OCTETS:
                self._snapshots.popitem(last=False)
        self._snapshots.move_to_end(identity)
        return snapshot


def _identity(status: os.stat_result) -> _Identity:
    return _Identity(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _size(path: str) -> int | None:
    """Octets of a regular file; None for what is none, or is gone by now."""
    try:
        status = os.stat(path)  # noqa: PTH116  # Path costs more than the call, at every request
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _split(name: str) -> list[str] | None:
    """The levels of a relative name; None for a name that cannot be in the tree."""
    if "\0" in name or len(name) > 4096:
        return None
    name = name.replace("\\", "/")
    if name.startswith("/") or name[1:2] == ":":
        return None
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not parts or len(parts) > DEPTH or name.endswith("/"):
        return None
    # ".." begins with a dot as well.
    return None if any(part.startswith(".") for part in parts) else parts


def _read_directory(directory: str, modified: int) -> _Listing:
    names: list[str] = []
    read_at = time.time_ns()
    with os.scandir(directory) as entries:
        for entry in entries:
            if not entry.name.startswith("."):
                names.append(entry.name)
                if len(names) == ENTRIES:
                    break
    by_lower: dict[str, str] = {}
    for name in sorted(names):
        by_lower.setdefault(name.lower(), name)
    return _Listing(modified, read_at - modified > _SETTLED, frozenset(names), by_lower)


def _read_all(descriptor: int, size: int) -> bytes:
    pieces: list[bytes] = []
    while size and (piece := os.read(descriptor, size)):
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _snapshot(descriptor: int, size: int) -> memoryview:
    """A private copy of the file as it is now, mapped. The temporary file goes when the last user lets go of it."""
    with tempfile.TemporaryFile(prefix="sepbridge-") as copy:
        done = 0
        while done < size:
            sent = os.sendfile(copy.fileno(), descriptor, done, size - done)
            if sent == 0:
                raise OSError(0, "it became shorter while it was being read")
            done += sent
        return memoryview(mmap.mmap(copy.fileno(), size, prot=mmap.PROT_READ))


def _unreadable(path: str, error: OSError) -> StoreError:
    return StoreError(
        f"{path} cannot be read",
        why=error.strerror or str(error),
        fix="give the user of the service the right to read the files for phones, and see that the disk is well",
    )
