"""The whole site in one file, and back: the database's content, the admin's own templates, the settings file.

The file is a ZIP: ``manifest.json``, a file of JSON lines for each table (``tables/``), ``templates/``,
``sepbridge.toml``, and ``firmware/`` if it was asked for. It holds every password of the site.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Self

from bridge import __version__
from bridge.app.settings import Settings
from bridge.errors import Conflict, InvalidInput, NotFound, WriteFailed
from bridge.store import HEAD, TableContent, dumped, load

FORMAT = 1
_PRODUCT = "sepbridge backup"
_MANIFEST, _SETTINGS = "manifest.json", "sepbridge.toml"
_TABLES, _TEMPLATES, _FIRMWARE = "tables", "templates", "firmware"
_LONGEST_LINE = 1 << 20
"""Characters of one row; the longest texts of ours have some thousands."""
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What the library for ZIP files raises for one that is not whole, as it happens to be hurt."""
_DAMAGE = (*_BROKEN, OSError)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    version: str
    """Of the sepbridge that wrote it."""
    revision: str
    """Of the database."""
    created: datetime
    tables: Mapping[str, int]
    """Rows of each table, in the order in which they are to be written."""
    templates: Sequence[str]
    firmware: Sequence[str]
    has_settings: bool


def make_backup(
    settings: Settings, config: Path | None, path: Path, *, now: datetime, firmware: bool = False, history: bool = True
) -> Manifest:
    """Write the file (mode 0600), whole or not at all. ``config``: the settings file in use.

    Raises Conflict where there is a file already, ConfigurationError, StoreError, WriteFailed.
    """
    if path.exists():
        raise Conflict(f"{path} is there already", fix="name another file, or remove it")
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                manifest = _written(archive, settings, config, now, firmware=firmware, history=history)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError as error:
        raise WriteFailed(f"the backup cannot be written to {path}", why=error.strerror or str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


class Backup:
    """A backup file that was opened. Use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Raises NotFound, InvalidInput for what is no backup, or one that only a newer version can read."""
        self._path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except FileNotFoundError as error:
            raise NotFound(f"there is no file {path}", fix="name the file that `sepbridge backup` has made") from error
        except _DAMAGE as error:
            raise InvalidInput(f"{path} is not a backup of sepbridge", why=str(error)) from error
        try:
            self.manifest = _manifest(self._archive, path)
        except BaseException:
            self._archive.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def restore(self, settings: Settings, *, settings_to: Path | None = None, firmware: bool = False) -> list[str]:
        """Replace the site by this one; what was done, in words. The service must not be running.

        First everything is read and laid beside its place; then the database is written, in one transaction; then
        the files take their places by renaming. So a failure leaves the site as it was; a crash between the last two
        steps leaves the old templates, and the same command mends it.
        Raises InvalidInput for a damaged file, ConfigurationError, StoreError, WriteFailed.
        """
        try:
            bad = self._archive.testzip()
        except _DAMAGE as error:
            raise InvalidInput(f"{self._path} is damaged", why=str(error)) from error
        if bad is not None:
            raise InvalidInput(f"{self._path} is damaged", why=f"{bad} cannot be read whole")
        content = [self._table(name, count) for name, count in self.manifest.tables.items()]
        done: list[str] = []
        state = settings.state.directory
        staging = state / f".restore-{secrets.token_hex(4)}"
        try:
            state.mkdir(parents=True, exist_ok=True, mode=0o700)
            staging.mkdir(mode=0o700)
            self._unpack(_TEMPLATES, self.manifest.templates, staging / _TEMPLATES)
            if firmware:
                self._unpack(_FIRMWARE, self.manifest.firmware, staging / _FIRMWARE)
            if settings_to is not None:
                _write_private(settings_to.with_name(f".{settings_to.name}.restore"), self._archive.read(_SETTINGS))
            load(settings.database_url, content, self.manifest.revision)
            done.append(f"the database: {sum(self.manifest.tables.values())} rows in {len(content)} tables")
            done += _put_templates(staging / _TEMPLATES, settings.templates_directory)
            if firmware:
                done.append(_put_firmware(staging / _FIRMWARE, settings.files_directory))
            if settings_to is not None:
                settings_to.with_name(f".{settings_to.name}.restore").replace(settings_to)
                done.append(f"the settings file: {settings_to}")
        except OSError as error:
            raise WriteFailed(
                f"{error.filename or state} cannot be written", why=error.strerror or str(error)
            ) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            if settings_to is not None:
                with suppress(OSError):
                    settings_to.with_name(f".{settings_to.name}.restore").unlink(missing_ok=True)
        return done

    def _table(self, name: str, count: int) -> TableContent:
        return TableContent(name, tuple(self._header(name)), partial(self._rows, name, count))

    def _header(self, name: str) -> list[str]:
        return next(self._lines(name), [])

    def _rows(self, name: str, count: int) -> Iterator[list[Any]]:
        lines = self._lines(name)
        width = len(next(lines, []))
        found = 0
        for row in lines:
            if len(row) != width:
                raise InvalidInput(f"{self._path} is damaged", why=f"a row of {name} has {len(row)} values")
            found += 1
            yield row
        if found != count:
            raise InvalidInput(f"{self._path} is damaged", why=f"{name} has {found} rows in place of {count}")

    def _lines(self, name: str) -> Iterator[list[Any]]:
        try:
            with self._archive.open(f"{_TABLES}/{name}.jsonl") as file:
                while line := file.readline(_LONGEST_LINE):
                    row = json.loads(line)
                    if not isinstance(row, list):
                        raise ValueError("no list")
                    yield row
        except (KeyError, *_DAMAGE) as error:
            raise InvalidInput(f"{self._path} is damaged", why=f"{name}: {error}") from error

    def _unpack(self, kind: str, names: Sequence[str], directory: Path) -> None:
        directory.mkdir(mode=0o755)
        for name in names:
            target = directory / _safe(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with self._archive.open(f"{kind}/{name}") as source, target.open("xb") as file:
                    shutil.copyfileobj(source, file)
            except (KeyError, *_BROKEN) as error:
                raise InvalidInput(f"{self._path} is damaged", why=f"{name}: {error}") from error


def _written(
    archive: zipfile.ZipFile, settings: Settings, config: Path | None, now: datetime, *, firmware: bool, history: bool
) -> Manifest:
    tables: dict[str, int] = {}
    with dumped(settings.database_url, history=history) as content:
        for table in content:
            tables[table.name] = _write_table(archive, table)
    templates = _add_tree(archive, _TEMPLATES, settings.templates_directory)
    loads = _add_tree(archive, _FIRMWARE, settings.files_directory) if firmware else []
    if config is not None:
        archive.write(config, _SETTINGS)
    manifest = Manifest(__version__, HEAD, now, tables, templates, loads, config is not None)
    document = {
        "product": _PRODUCT,
        "format": FORMAT,
        "version": manifest.version,
        "revision": manifest.revision,
        "created": now.isoformat(timespec="seconds"),
        "tables": tables,
        "templates": list(templates),
        "firmware": list(loads),
        "settings": manifest.has_settings,
    }
    archive.writestr(_MANIFEST, json.dumps(document, indent=1, ensure_ascii=False))
    return manifest


def _write_table(archive: zipfile.ZipFile, table: TableContent) -> int:
    count = 0
    with archive.open(f"{_TABLES}/{table.name}.jsonl", "w", force_zip64=True) as file:
        file.write(json.dumps(list(table.columns)).encode() + b"\n")
        for row in table.rows():
            file.write(json.dumps(list(row)).encode() + b"\n")
            count += 1
    return count


def _add_tree(archive: zipfile.ZipFile, kind: str, directory: Path) -> list[str]:
    """Plain files below the directory. Links stay out: they may lead anywhere."""
    names: list[str] = []
    for path in sorted(directory.rglob("*")) if directory.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            name = path.relative_to(directory).as_posix()
            archive.write(path, f"{kind}/{name}")
            names.append(name)
    return names


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        document = json.loads(archive.read(_MANIFEST))
        if document["product"] != _PRODUCT:
            raise ValueError("it is something else")
        number = int(document["format"])
        if number > FORMAT:
            raise InvalidInput(
                f"{path} was written by a newer version of sepbridge",
                why=f"it has format {number}, by version {document.get('version')}; this version knows up to {FORMAT}",
                fix="install that version, and restore with it",
            )
        return Manifest(
            version=str(document["version"]),
            revision=str(document["revision"]),
            created=datetime.fromisoformat(document["created"]),
            tables={str(name): int(count) for name, count in document["tables"].items()},
            templates=[_safe(str(name)).as_posix() for name in document["templates"]],
            firmware=[_safe(str(name)).as_posix() for name in document["firmware"]],
            has_settings=bool(document["settings"]),
        )
    except (KeyError, TypeError, AttributeError, *_DAMAGE) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{path} is not a backup of sepbridge", why=str(error)) from error


def _safe(name: str) -> PurePosixPath:
    """A name inside the archive that stays inside the directory. Raises InvalidInput."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise InvalidInput(f"{name!r} is no name of a file of ours")
    return path


def _put_templates(new: Path, place: Path) -> list[str]:
    """The templates of the backup are all that there are afterwards; those of before stay beside them."""
    done = []
    if place.is_dir() and any(place.iterdir()):
        old = place.with_name(f"{place.name}.before-restore-{secrets.token_hex(4)}")
        place.rename(old)
        done.append(f"your templates of before are in {old}")
    elif place.is_dir():
        place.rmdir()
    count = sum(each.is_file() for each in new.rglob("*"))
    if count:
        place.parent.mkdir(parents=True, exist_ok=True)
        new.rename(place)
        done.insert(0, f"templates: {count}")
    return done


def _put_firmware(new: Path, place: Path) -> str:
    count = 0
    for source in sorted(new.rglob("*")):
        if source.is_file():
            target = place / source.relative_to(new)
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
            count += 1
    return f"files for phones: {count}"


def _write_private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
