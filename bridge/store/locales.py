"""Languages and countries in the tree of files for phones: a folder for each, and how their files get there.

Phones name the folder and the file. A package is unpacked into a hidden directory and checked as a whole; then its
files are renamed into place.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException, ElementTree

from bridge.errors import Conflict, InvalidInput, NotFound, StoreError, WriteFailed
from bridge.phones import is_language_file, is_locale_folder, is_tone_file
from bridge.store.archives import Member, Package

LARGEST_FILE = 64 << 20
"""Octets; jars of languages have some hundred thousand."""
LARGEST_TONES = 1 << 20
MOST_FOLDERS = 500
_INCOMING = ".sepbridge-locales-"
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".zip")


@dataclass(frozen=True, slots=True)
class StoredLocale:
    """One folder with files of a language, of a country, or of both."""

    name: str
    language: tuple[str, ...]
    """Files of a language."""
    tones: tuple[str, ...]
    """Files of a country."""


@dataclass(frozen=True, slots=True)
class AddedLocales:
    """What a package brought."""

    locales: tuple[StoredLocale, ...]
    new: tuple[str, ...]
    same: tuple[str, ...]
    """Files that were there already, octet for octet."""
    replaced: tuple[str, ...]
    ignored: tuple[str, ...]
    """Members that are no files of a locale."""


class LocaleStore:
    """The locales in one directory."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def locales(self) -> tuple[StoredLocale, ...]:
        """Every folder that has such files, by name. Raises StoreError."""
        try:
            folders = sorted(path for path in self._root.iterdir() if is_locale_folder(path.name) and path.is_dir())
            found = [self._stored(path) for path in folders]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StoreError(f"{self._root} cannot be read", why=error.strerror or str(error)) from error
        return tuple(each for each in found if each.language or each.tones)

    def find(self, name: str) -> StoredLocale | None:
        """The locale of this name, letter case ignored."""
        return next((each for each in self.locales() if each.name.lower() == name.lower()), None)

    def add(self, source: Path, name: str = "", *, replace: bool = False) -> AddedLocales:
        """Take the files of locales out of a package; all of them or none.

        The folder in which a file lies is the locale's name. ``name``: another one, or one for files without a folder.
        Raises InvalidInput for a package without such files, or with broken ones; Conflict for a file that differs from
        the one that is there (unless ``replace``); WriteFailed.
        """
        if name and not is_locale_folder(name):
            raise InvalidInput(
                f"{name[:40]!r} cannot be the name of a locale", fix="use letters, digits and underscores: Germany"
            )
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            for leftover in self._root.glob(f"{_INCOMING}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=_INCOMING, dir=self._root) as directory:
                return self._take(source.name, _Unpacking(Path(directory), source, name), replace=replace)
        except OSError as error:
            raise WriteFailed(
                f"the locales of {source.name} could not be stored in {self._root}",
                why=error.strerror or str(error),
                fix="see to free space and to the permissions of the directory",
            ) from error

    def remove(self, name: str) -> StoredLocale:
        """Remove a locale's files; its folder too, if nothing else lies in it. Raises NotFound, WriteFailed."""
        gone = self.find(name)
        if gone is None:
            raise NotFound(f"there is no locale {name}", fix="`sepbridge locales list` shows those that are there")
        folder = self._root / gone.name
        try:
            for file in (*gone.language, *gone.tones):
                (folder / file).unlink(missing_ok=True)
            if not any(folder.iterdir()):
                folder.rmdir()
        except OSError as error:
            raise WriteFailed(f"{folder} cannot be removed", why=error.strerror or str(error)) from error
        return gone

    def _stored(self, folder: Path) -> StoredLocale:
        names = sorted(path.name for path in folder.iterdir() if path.is_file())
        return StoredLocale(
            folder.name,
            tuple(name for name in names if is_language_file(name)),
            tuple(name for name in names if is_tone_file(name)),
        )

    def _take(self, shown: str, unpacking: _Unpacking, *, replace: bool) -> AddedLocales:
        incoming = unpacking.files()
        present = {path.lower(): path for each in self.locales() for path in _paths(each)}
        same = [path for path in incoming if path.lower() in present and self._equal(incoming[path], present, path)]
        differ = [path for path in incoming if path.lower() in present and path not in same]
        if differ and not replace:
            raise Conflict(
                f"{shown} is not taken",
                why=f"other files of these names are here: {', '.join(differ[:10])}",
                fix="compare them; --replace puts the new ones in their place",
            )
        for path in incoming:
            if path in same:
                continue
            target = self._root / present.get(path.lower(), self._spelt(path))
            target.parent.mkdir(exist_ok=True)
            incoming[path].chmod(0o644)
            incoming[path].replace(target)
        folders = {path.partition("/")[0].lower() for path in incoming}
        taken = tuple(each for each in self.locales() if each.name.lower() in folders)
        new = tuple(path for path in incoming if path not in same and path not in differ)
        return AddedLocales(taken, new, tuple(same), tuple(differ), tuple(unpacking.ignored))

    def _equal(self, one: Path, present: Mapping[str, str], path: str) -> bool:
        return one.read_bytes() == (self._root / present[path.lower()]).read_bytes()

    def _spelt(self, path: str) -> str:
        """The path with the spelling of a folder that is there: phones know no letter case, and one of two is found."""
        folder, _, file = path.partition("/")
        known = next((each.name for each in self.locales() if each.name.lower() == folder.lower()), folder)
        return f"{known}/{file}"


class _Unpacking:
    """Files of locales, taken out of a package and what is packed in it, one level deep, into a directory."""

    def __init__(self, directory: Path, source: Path, name: str) -> None:
        self._directory = directory
        self._source = source
        self._name = name
        self._found: dict[str, Path] = {}
        self.ignored: list[str] = []

    def files(self) -> Mapping[str, Path]:
        """``folder/file``, and where it lies now. Raises InvalidInput."""
        for member in Package(self._source).members():
            if member.name.lower().endswith(_ARCHIVES):
                inner = self._directory / f"archive-{member.name[-40:]}"
                self._copy(member, inner)
                for each in Package(inner).members():
                    self._member(each)
                inner.unlink()
            else:
                self._member(member)
        if not self._found:
            raise self._refused(
                f"none of its {len(self.ignored)} files has the name of a locale's file",
                "they are called like mk-sip.jar, mk-sccp.jar or g3-tones.xml",
            )
        folders = {path.partition("/")[0].lower() for path in self._found}
        if self._name and len(folders) > 1:
            raise self._refused(f"it has {len(folders)} folders", "leave out --name: each folder is a locale")
        if len(folders) > MOST_FOLDERS:
            raise self._refused(f"it has {len(folders)} folders", "take a package with fewer")
        if self._name:
            return {f"{self._name}/{path.partition('/')[2]}": place for path, place in sorted(self._found.items())}
        return dict(sorted(self._found.items()))

    def _member(self, member: Member) -> None:
        if not (is_language_file(member.name) or is_tone_file(member.name)):
            self.ignored.append(member.path)
            return
        folder = member.path.replace("\\", "/").rpartition("/")[0].rpartition("/")[2]
        if not is_locale_folder(folder):
            if not self._name:
                raise self._refused(
                    f"{member.path} lies in no folder with the name of a locale", "say which it is: --name Germany"
                )
            folder = self._name
        path = f"{folder}/{member.name}"
        if any(known.lower() == path.lower() for known in self._found):
            raise self._refused(f"it has {path} twice", "keep one of them")
        place = self._directory / str(len(self._found))
        size = self._copy(member, place)
        self._check(member, place, size)
        self._found[path] = place

    def _copy(self, member: Member, place: Path) -> int:
        with place.open("xb") as target:
            size = member.copy(target)
            target.flush()
            os.fsync(target.fileno())
        return size

    def _check(self, member: Member, place: Path, size: int) -> None:
        """Whether it is what its name says, as far as a phone would stumble. Raises InvalidInput."""
        if size == 0 or size > LARGEST_FILE:
            raise self._refused(f"{member.path} has {size} octets", "get it again")
        if member.name.lower().endswith(".jar"):
            with place.open("rb") as jar:
                if jar.read(2) != b"PK":
                    raise self._refused(f"{member.path} is no jar", "get it again")
        elif is_tone_file(member.name):
            try:
                root = ElementTree.fromstring(place.read_bytes()[:LARGEST_TONES])
            except (ParseError, DefusedXmlException, ValueError) as error:
                raise self._refused(f"{member.path} is no XML that phones could read: {error}", "mend it") from error
            if root.tag != "tones":
                raise self._refused(f"{member.path} holds <{root.tag[:40]}> instead of <tones>", "mend it")

    def _refused(self, why: str, fix: str) -> InvalidInput:
        return InvalidInput(f"{self._source.name} is not taken", why=why, fix=fix)


def _paths(locale: StoredLocale) -> Iterator[str]:
    files: Sequence[str] = (*locale.language, *locale.tones)
    return (f"{locale.name}/{file}" for file in files)
