"""Packages of firmware or locales as an admin gets them: zip, tar, cop, or a folder; read with suspicion.

Nothing is ever extracted by the archive's own paths: members are handed out one by one, and whoever takes them decides
where they go. Links, devices, absolute paths and paths that climb are refused as a whole, since no such package has
any. Sizes are counted while reading, not believed.
"""

from __future__ import annotations

import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from bridge.errors import InvalidInput

MOST_MEMBERS = 5_000
LARGEST_MEMBER = 512 << 20
"""Octets; the largest firmware image known has about a quarter of it."""
LARGEST_IN_ALL = 2 << 30
_SIGNATURE_ROOM = 64 << 10
"""Where a signed package has begun its archive at the latest."""
_COP = (".cop", ".cop.sgn", ".cop.sha512", ".sgn")
"""Endings of Cisco's packages; all but the first have a signature before the archive."""
_CHUNK = 1 << 20
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
_GZIP = b"\x1f\x8b\x08"


@dataclass(frozen=True)
class Member:
    """One file of a package."""

    path: str
    """As the package writes it, for messages."""
    copy: Callable[[IO[bytes]], int]
    """Write the content to a file; returns the octets. Valid until the next member is asked for."""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.replace("\\", "/").rpartition("/")[2]


class Package:
    """A package on disk. Iterate ``members()`` once; every count and size is bounded."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._left = LARGEST_IN_ALL

    def members(self) -> Iterator[Member]:
        """The regular files. Raises InvalidInput for what is no package, or one that is up to something."""
        try:
            for count, member in enumerate(self._members()):
                if count == MOST_MEMBERS:
                    raise self._refused(f"it has more than {MOST_MEMBERS} members")
                yield member
        except InvalidInput:
            raise
        except _BROKEN as error:
            raise self._refused(f"it cannot be read: {error}") from error
        except OSError as error:
            raise self._refused(error.strerror or str(error)) from error

    def _members(self) -> Iterator[Member]:
        if self._path.is_dir():
            return self._folder()
        if not self._path.is_file():
            raise InvalidInput(f"there is no {self._path}", fix="name a zip, tar or cop file, or a folder")
        if zipfile.is_zipfile(self._path) and not self._path.name.lower().endswith((*_COP, ".tar")):
            return self._zip()
        return self._tar()

    def _folder(self) -> Iterator[Member]:
        for path in sorted(self._path.rglob("*")):
            shown = str(path.relative_to(self._path))
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                raise self._refused(f"{shown} is a link")
            if stat.S_ISREG(mode):
                with path.open("rb") as content:
                    yield Member(shown, self._copier(shown, content))
            elif not stat.S_ISDIR(mode):
                raise self._refused(f"{shown} is no regular file")

    def _zip(self) -> Iterator[Member]:
        with zipfile.ZipFile(self._path) as archive:
            for entry in archive.infolist():
                path = self._checked(entry.filename)
                mode = entry.external_attr >> 16
                if stat.S_ISLNK(mode):
                    raise self._refused(f"{path} is a link")
                if entry.is_dir():
                    continue
                if entry.flag_bits & 1:
                    raise self._refused(f"{path} is encrypted")
                with archive.open(entry) as content:
                    yield Member(path, self._copier(path, content))

    def _tar(self) -> Iterator[Member]:
        with self._path.open("rb") as file:
            start = file.read(_SIGNATURE_ROOM)
            at = start.find(_GZIP) if self._path.name.lower().endswith(_COP) else 0
            file.seek(max(at, 0))
            with tarfile.open(fileobj=file, mode="r|*") as archive:
                for entry in archive:
                    path = self._checked(entry.name)
                    if entry.isdir():
                        continue
                    if not entry.isreg():
                        raise self._refused(
                            f"{path} is a {'link' if entry.issym() or entry.islnk() else 'special file'}"
                        )
                    content = archive.extractfile(entry)
                    if content is not None:
                        yield Member(path, self._copier(path, content))

    def _checked(self, path: str) -> str:
        parts = path.replace("\\", "/").split("/")
        if path.startswith(("/", "\\")) or path[1:2] == ":" or ".." in parts or not path.isprintable():
            raise self._refused(f"it has a path that leads out: {path[:80]!r}")
        return path

    def _copier(self, path: str, content: object) -> Callable[[IO[bytes]], int]:
        source = cast("IO[bytes]", content)

        def copy(target: IO[bytes]) -> int:
            size = 0
            while piece := self._read(path, source):
                size += len(piece)
                self._left -= len(piece)
                if size > LARGEST_MEMBER or self._left < 0:
                    limit = LARGEST_MEMBER if size > LARGEST_MEMBER else LARGEST_IN_ALL
                    raise self._refused(f"{path} unpacks to more than the limit of {limit >> 20} MB")
                target.write(piece)
            return size

        return copy

    def _read(self, path: str, source: IO[bytes]) -> bytes:
        try:
            return source.read(_CHUNK)
        except (*_BROKEN, OSError) as error:
            raise self._refused(f"{path} cannot be read: {error}") from error

    def _refused(self, why: str) -> InvalidInput:
        return InvalidInput(
            f"{self._path.name} is not taken", why=why, fix="get the package again from where it is to come from"
        )
