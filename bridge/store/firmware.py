"""The firmware in the tree of files for phones: what loads lie there, and how new ones get in.

Phones ask for firmware by its bare name, so that all of it lies in the root of the tree. A package is unpacked into a
hidden directory beside it first and checked as a whole; then its files are renamed into place, lists last, so that no
phone ever finds a load before the files that it names.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import Conflict, InvalidInput, NotFound, StoreError, WriteFailed
from bridge.phones.loadlists import LARGEST_LIST, LoadList, is_firmware, is_load_list, read_load_list
from bridge.phones.loads import FirmwareLoad, parse_load
from bridge.store.archives import Package

_INCOMING = ".sepbridge-incoming-"
_LOCK = ".sepbridge-lock"
_PACKAGES = (".zip", ".tar", ".tar.gz", ".tgz", ".cop", ".cop.sgn", ".cop.sha512")


@dataclass(frozen=True)
class StoredLoad:
    """One load in the tree: a list with its files, or a single image that no list names."""

    name: str
    """As ``loadInformation`` names it, without ``.loads``."""
    file: str
    files: tuple[str, ...]
    """The files that a phone fetches, the load's own not included."""
    missing: tuple[str, ...]
    """Those of them that are not there."""
    size: int
    """Octets of everything that is there."""
    list: LoadList | None
    """None for a single image, and for a list that cannot be read."""
    trouble: str = ""
    """Why the list cannot be read."""

    @property
    def is_complete(self) -> bool:
        """Whether a phone finds everything that it needs."""
        return not self.missing and not self.trouble

    @property
    def says(self) -> FirmwareLoad:
        """What its name says of protocol, models and version."""
        return parse_load(self.name)


@dataclass(frozen=True, slots=True)
class Added:
    """What a package brought."""

    loads: tuple[StoredLoad, ...]
    new: tuple[str, ...]
    same: tuple[str, ...]
    """Files that were there already, octet for octet."""
    replaced: tuple[str, ...]
    ignored: tuple[str, ...]
    """Members that are no firmware files."""


class FirmwareStore:
    """The firmware files in one directory."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def loads(self) -> tuple[StoredLoad, ...]:
        """Every load, ordered by name. Raises StoreError."""
        present = self._present()
        lists = [self._stored(file, present) for file in present.values() if is_load_list(file)]
        named = {name.lower() for each in lists for name in each.files}
        singles = [
            StoredLoad(_bare(file), file, (), (), self._size(file), None)
            for key, file in present.items()
            if not is_load_list(file) and key not in named and _is_whole(file)
        ]
        return tuple(sorted((*lists, *singles), key=lambda each: each.name.lower()))

    def find(self, name: str) -> StoredLoad | None:
        """The load of this name, letter case and ending ignored."""
        bare = _bare(name).lower()
        return next((each for each in self.loads() if each.name.lower() == bare), None)

    def add(self, source: Path, *, replace: bool = False, incomplete: bool = False) -> Added:
        """Take the firmware files out of a package; all of them or none.

        Raises InvalidInput for a package without firmware, with tricks in it, or with a list whose files are neither
        in it nor in the tree (unless ``incomplete``); Conflict for a file that differs from the one of its name that
        is there (unless ``replace``); WriteFailed.
        """
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            with self._locked(), tempfile.TemporaryDirectory(prefix=_INCOMING, dir=self._root) as directory:
                incoming = Path(directory)
                ignored = self._unpack(source, incoming)
                return self._take(incoming, source.name, ignored, replace=replace, incomplete=incomplete)
        except OSError as error:
            raise WriteFailed(
                f"the firmware of {source.name} could not be stored in {self._root}",
                why=error.strerror or str(error),
                fix="see to free space and to the permissions of the directory",
            ) from error

    def remove(self, name: str) -> tuple[str, ...]:
        """Remove a load and those of its files that no other load names; which these were. Raises NotFound."""
        with self._locked():
            loads = self.loads()
            gone = next((each for each in loads if each.name.lower() == _bare(name).lower()), None)
            if gone is None:
                raise NotFound(f"there is no load {name}", fix="`sepbridge firmware list` shows those that are there")
            others = {file.lower() for each in loads if each is not gone for file in (each.file, *each.files)}
            present = self._present()
            files = [
                present[file.lower()] for file in gone.files if file.lower() in present and file.lower() not in others
            ]
            removed: list[str] = []
            try:
                for file in (gone.file, *files):  # the list goes first: no phone finds it without its files
                    (self._root / file).unlink(missing_ok=True)
                    removed.append(file)
            except OSError as error:
                raise WriteFailed(f"{file} cannot be removed", why=error.strerror or str(error)) from error
        return tuple(removed)

    # --- adding ------------------------------------------------------------------------------------------------------

    def _unpack(self, source: Path, incoming: Path) -> tuple[str, ...]:
        ignored: list[str] = []
        seen: dict[str, str] = {}
        for member in Package(source).members():
            name = member.name
            if not is_firmware(name):
                ignored.append(member.path)
                continue
            if name.lower() in seen:
                raise InvalidInput(
                    f"{source.name} is not taken",
                    why=f"it has two files of one name: {seen[name.lower()]} and {member.path}",
                    fix="phones know no letter case: keep one of them",
                )
            seen[name.lower()] = member.path
            with (incoming / name).open("xb") as target:
                size = member.copy(target)
                target.flush()
                os.fsync(target.fileno())
            if size == 0:
                raise InvalidInput(f"{source.name} is not taken", why=f"{member.path} is empty")
        if not seen and (inner := next((each for each in ignored if each.lower().endswith(_PACKAGES)), "")):
            raise InvalidInput(
                f"there is no firmware in {source.name}",
                why=f"it holds {inner}, which is a package itself",
                fix="unpack it, and add that one",
            )
        if not seen:
            raise InvalidInput(
                f"there is no firmware in {source.name}",
                why=f"none of its {len(ignored)} files has the name of a firmware file",
                fix="firmware files end in .loads, .sbn, .sb2, .bin, .zup, .sbin or .sgn",
            )
        return tuple(ignored)

    def _take(self, incoming: Path, shown: str, ignored: tuple[str, ...], *, replace: bool, incomplete: bool) -> Added:
        names = sorted(path.name for path in incoming.iterdir())
        present = self._present()
        after = {**present, **{name.lower(): name for name in names}}
        for name in names:
            if is_load_list(name):
                listed = read_load_list(name, (incoming / name).read_bytes()[: LARGEST_LIST + 1])
                missing = [each for each in listed.files if each.lower() not in after]
                if missing and not incomplete:
                    raise InvalidInput(
                        f"{shown} is not taken",
                        why=f"{name} names files that are neither in it nor here: {', '.join(missing)}",
                        fix="get the whole package, or add --incomplete and the missing files later",
                    )
        same = [
            name for name in names if name.lower() in present and self._equal(incoming / name, present[name.lower()])
        ]
        differ = [name for name in names if name.lower() in present and name not in same]
        if differ and not replace:
            raise Conflict(
                f"{shown} is not taken",
                why=f"other files of these names are here: {', '.join(differ)}",
                fix="compare them; --replace puts the new ones in their place",
            )
        new = [name for name in names if name not in same]
        self._move(incoming, sorted(new, key=lambda each: (is_load_list(each), each)), present)
        brought = {_bare(name).lower() for name in names}
        loads = tuple(each for each in self.loads() if each.name.lower() in brought)
        return Added(loads, tuple(each for each in new if each not in differ), tuple(same), tuple(differ), ignored)

    def _move(self, incoming: Path, names: Sequence[str], present: dict[str, str]) -> None:
        """Rename into place; what was renamed goes back when one of them fails."""
        aside = incoming / ".aside"
        aside.mkdir()
        done: list[str] = []
        try:
            for name in names:
                done.append(name)
                old = present.get(name.lower())
                if old is not None:
                    os.link(self._root / old, aside / name)
                (incoming / name).chmod(0o644)
                (incoming / name).replace(self._root / name)
                if old is not None and old != name:
                    (self._root / old).unlink()
            _sync(self._root)
        except OSError:
            for name in done:
                old = present.get(name.lower())
                with contextlib.suppress(OSError):
                    if not (incoming / name).exists():
                        (self._root / name).unlink()
                    if old is not None and (aside / name).exists():
                        (aside / name).replace(self._root / old)
            raise

    def _equal(self, one: Path, present: str) -> bool:
        other = self._root / present
        return one.stat().st_size == other.stat().st_size and _digest(one) == _digest(other)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One change at a time, whoever makes it."""
        with (self._root / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for leftover in self._root.glob(f"{_INCOMING}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            yield

    # --- looking -----------------------------------------------------------------------------------------------------

    def _present(self) -> dict[str, str]:
        """Firmware files that are there: by lower-case name, the file's own spelling."""
        try:
            with os.scandir(self._root) as entries:
                names = sorted(entry.name for entry in entries if is_firmware(entry.name) and entry.is_file())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StoreError(f"{self._root} cannot be read", why=error.strerror or str(error)) from error
        found: dict[str, str] = {}
        for name in names:
            found.setdefault(name.lower(), name)
        return found

    def _stored(self, file: str, present: dict[str, str]) -> StoredLoad:
        try:
            with (self._root / file).open("rb") as content:
                listed = read_load_list(file, content.read(LARGEST_LIST + 1))
        except (OSError, InvalidInput) as error:
            return StoredLoad(_bare(file), file, (), (), self._size(file), None, str(error))
        trouble = "" if listed.files else "it names no files that we can make out"
        missing = tuple(name for name in listed.files if name.lower() not in present)
        there = [present[name.lower()] for name in listed.files if name.lower() in present]
        size = sum(self._size(name) for name in (file, *there))
        return StoredLoad(listed.name, file, listed.files, missing, size, listed, trouble)

    def sizes(self, files: Collection[str]) -> dict[str, int]:
        """Octets of these files, by lower-case name; those that are not there are left out."""
        present = self._present()
        return {name.lower(): self._size(present[name.lower()]) for name in files if name.lower() in present}

    def _size(self, file: str) -> int:
        try:
            return (self._root / file).stat().st_size
        except OSError:
            return 0


def _bare(name: str) -> str:
    """A load's name as ``loadInformation`` has it."""
    for ending in (".loads", ".sbin", ".sbn", ".sb2", ".bin", ".zup"):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name


def _is_whole(file: str) -> bool:
    """Whether a file without a list is a load by itself, as those of 7905, 7910, 7920 and 7936 are."""
    return not file.lower().endswith(".sgn") and bool(parse_load(file).families)


def _digest(path: Path) -> bytes:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest()


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
