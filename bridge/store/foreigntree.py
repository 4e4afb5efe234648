"""Our files in the directory of a TFTP server that is not ours. Nothing that is somebody else's is ever touched.

A manifest in our own state directory holds the hashes of what we wrote. A file counts as ours only while its content is
still one of those: whoever edits one of our files, or puts one of his own in its place, makes it his. The manifest is
written before the files are, so that a crash in between leaves nothing behind that nobody knows.
"""

from __future__ import annotations

import contextlib
import errno
import grp
import hashlib
import json
import os
import pwd
import re
import stat
import tempfile
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bridge.errors import ConfigurationError, WriteFailed

LARGEST = 1 << 20
"""Octets. None of our files is larger, so a larger one is not ours."""
_NAME = re.compile(r"(?:Desktops/\d{1,4}x\d{1,4}x\d{1,2}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
"""In the root, or in a folder of backgrounds that is there already."""
_TEMPORARY = ".sepbridge-"
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_ABSENT = object()

_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Changes:
    """What one visit to the directory did."""

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    """Names that we wanted, and that somebody else's files have."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whom our files belong to, and who may read them."""

    user: int = -1
    """-1: the user of the service."""
    group: int = -1
    """-1: its group, or the directory's where that has the set-group-ID bit."""
    mode: int = 0o644

    @classmethod
    def parse(cls, owner: str, mode: str) -> Ownership:
        """Read ``user:group``, ``user`` or ``:group``, and ``0644``. Raises ConfigurationError."""
        if not re.fullmatch(r"0?[0-7]{3}", mode):
            raise ConfigurationError(f"beside.mode = {mode!r} is no file mode", fix='write it as "0644" or "0640"')
        user, _, group = owner.partition(":")
        try:
            return cls(
                pwd.getpwnam(user).pw_uid if user else -1, grp.getgrnam(group).gr_gid if group else -1, int(mode, 8)
            )
        except KeyError as error:
            raise ConfigurationError(
                f"beside.owner = {owner!r} cannot be used", why=str(error.args[0]), fix='write it as "user:group"'
            ) from error


@dataclass(slots=True)
class _Manifest:
    root: str
    hashes: dict[str, tuple[str, ...]] = field(default_factory=dict)


class ForeignTree:
    """Our files in ``root``. Safe to use from several threads."""

    def __init__(self, root: Path, manifest: Path, ownership: Ownership) -> None:
        self.root = root
        self._manifest_path = manifest
        self._ownership = ownership
        self._lock = threading.Lock()
        self._stamps: dict[str, _Stamp] = {}
        known = _load(manifest)
        self._hashes = known.hashes if known is not None and known.root == str(root) else {}

    @property
    def ours(self) -> frozenset[str]:
        """The names of the files that we wrote and did not remove."""
        return frozenset(self._hashes)

    def put(self, wanted: Mapping[str, bytes]) -> Changes:
        """Write those that differ. Raises WriteFailed; every file is then the old one or the new one, whole."""
        with self._lock:
            return self._put(wanted)

    def keep_only(self, names: Collection[str]) -> Changes:
        """Remove our files with other names. Raises WriteFailed."""
        with self._lock:
            return self._remove([name for name in self._hashes if name not in names])

    def remove(self, name: str) -> Changes:
        """Remove one of our files, if it is there and still ours. Raises WriteFailed."""
        with self._lock:
            return self._remove([name] if name in self._hashes else [])

    def remove_leftovers(self) -> None:
        """Remove what a crash in the middle of a write may have left."""
        with contextlib.suppress(OSError):
            for leftover in self.root.glob(f"{_TEMPORARY}*.new"):
                leftover.unlink(missing_ok=True)

    def _put(self, wanted: Mapping[str, bytes]) -> Changes:
        changed: dict[str, bytes] = {}
        foreign: list[str] = []
        adopted = False
        for name, content in wanted.items():
            if not _NAME.fullmatch(name):
                raise WriteFailed(f"{name!r} is no name for a file of ours")
            digest = _digest(content)
            found = self._found(name)
            if found == digest:
                # What we would write stands there already: the manifest was lost, say.
                adopted |= name not in self._hashes
                self._hashes.setdefault(name, (digest,))
            elif found is _ABSENT or found in self._hashes.get(name, ()):
                changed[name] = content
            else:
                foreign.append(name)
        if not changed:
            if adopted:
                self._save()
            return Changes(foreign=tuple(foreign))
        before = dict(self._hashes)
        for name, content in changed.items():
            self._hashes[name] = (*before.get(name, ())[-1:], _digest(content))
        self._save()
        written = []
        try:
            for name, content in changed.items():
                if self._write(name, content, new=name not in before):
                    written.append(name)
                    self._hashes[name] = (_digest(content),)
                else:
                    foreign.append(name)
                    del self._hashes[name]
            self._sync()
        finally:
            self._save()
        return Changes(written=tuple(written), foreign=tuple(foreign))

    def _write(self, name: str, content: bytes, *, new: bool) -> bool:
        """False when somebody else's file came there in the meantime."""
        target = self.root / name
        temporary: Path | None = None
        try:
            descriptor, path = tempfile.mkstemp(prefix=_TEMPORARY, suffix=".new", dir=self.root)
            temporary = Path(path)
            try:
                if (self._ownership.user, self._ownership.group) != (-1, -1):
                    os.fchown(descriptor, self._ownership.user, self._ownership.group)
                os.fchmod(descriptor, self._ownership.mode)
                rest = memoryview(content)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
                os.fsync(descriptor)
                status = os.fstat(descriptor)
            finally:
                os.close(descriptor)
            if new and not _link(temporary, target):
                return False
            if not new or temporary.exists():
                temporary.replace(target)
            temporary = None
            self._stamps[name] = _stamp(status)
            return True
        except OSError as error:
            raise WriteFailed(
                f"could not write {target}",
                why=error.strerror or str(error),
                fix="give the service's user write access to the directory by its group, and see beside.owner and "
                "free space; what was there before is untouched",
            ) from error
        finally:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    temporary.unlink()

    def _remove(self, names: Collection[str]) -> Changes:
        removed: list[str] = []
        foreign: list[str] = []
        try:
            for name in names:
                if (found := self._found(name)) is _ABSENT:
                    pass
                elif found in self._hashes[name]:
                    (self.root / name).unlink()
                    removed.append(name)
                else:
                    foreign.append(name)
                del self._hashes[name]
                self._stamps.pop(name, None)
        except OSError as error:
            raise WriteFailed(
                f"could not remove {error.filename or name}",
                why=error.strerror or str(error),
                fix="give the service's user write access to the directory by its group",
            ) from error
        finally:
            if names:
                self._save()
        return Changes(removed=tuple(removed), foreign=tuple(foreign))

    def _found(self, name: str) -> object:
        """The hash of what is there; ``_ABSENT``, or None for what cannot be ours."""
        path = self.root / name
        try:
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
                return None
            known = self._hashes.get(name, ())
            if len(known) == 1 and self._stamps.get(name) == _stamp(status):
                return known[0]
            content = path.read_bytes()
        except FileNotFoundError:
            return _ABSENT
        except OSError:
            return None
        digest = _digest(content)
        if known == (digest,):
            self._stamps[name] = _stamp(status)
        return digest

    def _save(self) -> None:
        record = {"root": str(self.root), "files": self._hashes}
        try:
            new = self._manifest_path.with_name(self._manifest_path.name + ".new")
            with new.open("w", encoding="utf-8") as file:
                json.dump(record, file)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._manifest_path)
        except OSError as error:
            raise WriteFailed(
                f"could not write {self._manifest_path}",
                why=error.strerror or str(error),
                fix="see to free space and the permissions of the state directory",
            ) from error

    def _sync(self) -> None:
        with contextlib.suppress(OSError):
            descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def left_behind(manifest: Path) -> Path | None:
    """The directory in which files of ours are, by the manifest; None where there are none."""
    known = _load(manifest)
    return Path(known.root) if known is not None and known.hashes else None


def _link(temporary: Path, target: Path) -> bool:
    """Give the file its name if nobody has it. The temporary name is left only where there are no hard links."""
    try:
        target.hardlink_to(temporary)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno in _NO_LINKS:
            return not target.exists()
        raise
    temporary.unlink()
    return True


def _load(path: Path) -> _Manifest | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        files = {str(name): tuple(str(each) for each in hashes) for name, hashes in record["files"].items()}
        return _Manifest(str(record["root"]), {name: each for name, each in files.items() if _NAME.fullmatch(name)})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_ino, status.st_mtime_ns, status.st_size
