"""The support bundle: what somebody needs who helps from afar, without anything that opens a door.

Two rules keep secrets out, and every text passes both (``app/operations/redaction.py``): each secret of this
installation is looked for as it stands, and whatever stands where secrets stand is removed unseen.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import secrets
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bridge import __version__
from bridge.app.asjson import plain
from bridge.app.files.filedesk import FileDesk
from bridge.app.firstlogin import FirstLoginFile
from bridge.app.operations.eventfields import event_fields
from bridge.app.operations.recorder import describe
from bridge.app.operations.redaction import REMOVED, Redactor, plain_url
from bridge.app.settings import LogSettings, Settings
from bridge.errors import ConfigurationError, Conflict, SepbridgeError, WriteFailed
from bridge.ports import Store
from bridge.store import HEAD, dumped, row_counts

MOST_EVENTS = 1000
MOST_PHONES = 20
"""Phones whose files are in it; the rest look like these."""
MOST_LOG = 2_000_000
"""Octets of the end of each log."""
_JOURNAL = ("journalctl", "--unit=sepbridge", "--lines=5000", "--no-pager", "--output=short-iso")
_LIBRARIES = ("aiohttp", "alembic", "click", "jinja2", "panoramisk", "prometheus-client", "sipmessage", "sqlalchemy")
_DOCTOR_SECONDS = 60
_SECRET_COLUMNS = ("secret", "password", "digest", "pin")
_README = """\
What sepbridge knows of itself, for whoever helps you. Made by `sepbridge support-bundle`.

Removed: SIP passwords, Asterisk's manager secret, passwords and hashes of users, tokens, PINs, passwords in addresses,
and whatever follows a word like "password" or "token".
Not removed: names of phones, their MAC and IP addresses, directory numbers, numbers of calls in the last events.
Look through it before you give it away: it is an ordinary ZIP of texts.
"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What only who asks for the bundle knows how to get."""

    status: object
    """The running service's own words; why there are none, where it does not run."""
    doctor: str = ""
    """What `sepbridge doctor` says; empty: it was not asked."""


def make_bundle(settings: Settings, store: Store, path: Path, around: Surroundings, *, address: str) -> Sequence[str]:
    """Write the file (mode 0600); the names in it. ``address``: the node's own.

    A part that cannot be had leaves its reason in its place. Raises Conflict, StoreError, WriteFailed.
    """
    if path.exists():
        raise Conflict(f"{path} is there already", fix="name another file, or remove it")
    clean = Redactor(known_secrets(settings))
    names: list[str] = []
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with (
            os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for name, text in _parts(settings, store, around, address):
                archive.writestr(name, text if name == "README.txt" else clean(text))
                names.append(name)
        part.rename(path)
    except OSError as error:
        raise WriteFailed(f"the bundle cannot be written to {path}", why=error.strerror or str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return names


def doctor_words(config: Path | None) -> str:
    """What ``sepbridge doctor`` says of this installation. ``config``: the settings file in use. Blocking.

    It runs in a process of its own: what it looks at shall not depend on what the service has in hand.
    """
    words = [] if config is None else ["--config", str(config)]
    program = [sys.executable, "-c", "from bridge.cli import main; main()", *words, "doctor"]
    try:
        done = subprocess.run(program, capture_output=True, text=True, timeout=_DOCTOR_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"it did not end well: {error}"
    return done.stdout + done.stderr


def known_secrets(settings: Settings) -> frozenset[str]:
    """Every secret of this installation that stands in its settings or its database. Raises StoreError."""
    found = set(known_settings_secrets(settings))
    if (first := FirstLoginFile(settings.first_login_file).read()) is not None:
        found.add(first.password)
    with dumped(settings.database_url, history=False) as content:
        for table in content:
            places = [place for place, name in enumerate(table.columns) if name in _SECRET_COLUMNS]
            if places:
                found.update(str(row[place]) for row in table.rows() for place in places if row[place])
    return frozenset(found - {""})


def known_settings_secrets(settings: Settings) -> frozenset[str]:
    """Those of the settings alone, wherever these come from: file, environment, and files that they name."""
    return frozenset({*_secrets_of_settings(settings), _secret_of_freepbx(settings)} - {""})


def shown_settings(settings: Settings) -> Mapping[str, object]:
    """The settings as they may be shown to others."""
    return {section.name: _shown_section(getattr(settings, section.name)) for section in fields(settings)}


# --- the parts -------------------------------------------------------------------------------------------------------


def _parts(settings: Settings, store: Store, around: Surroundings, address: str) -> Iterator[tuple[str, str]]:
    yield "README.txt", _README
    yield "versions.json", _json(_versions())
    yield "settings.json", _json(shown_settings(settings))
    yield "status.json", _json(around.status)
    if around.doctor:
        yield "doctor.txt", around.doctor
    yield "tables.json", _tried(lambda: _json(row_counts(settings.database_url)))
    yield "phones.json", _tried(lambda: _phones(store))
    yield "events.jsonl", _tried(lambda: _events(store))
    yield "audit.jsonl", _tried(lambda: _audit(store))
    yield from _files(settings, store, address)
    yield from _logs(settings.log)


def _versions() -> Mapping[str, object]:
    libraries = {}
    for name in _LIBRARIES:
        try:
            libraries[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            libraries[name] = "not installed"
    try:
        system = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        system = platform.system()
    return {
        "sepbridge": __version__,
        "schema": HEAD,
        "python": sys.version.split()[0],
        "system": system,
        "kernel": platform.release(),
        "machine": platform.machine(),
        "libraries": libraries,
    }


def _phones(store: Store) -> str:
    with store.read() as work:
        devices = work.devices.all()
        refused = work.journal.refused()
    shown = [
        {each.name: plain(getattr(device, each.name)) for each in fields(device) if each.name != "secret"}
        for device in devices
    ]
    return _json({"phones": shown, "refused": refused})


def _events(store: Store) -> str:
    with store.read() as work:
        events = work.journal.newest(limit=MOST_EVENTS)
        numbers = {device.name: device.number for device in work.devices.all() if device.lines}
    return "\n".join(
        json.dumps(
            {"at": plain(event.at), "words": describe(event), **event_fields(event, numbers)}, ensure_ascii=False
        )
        for event in events
    )


def _audit(store: Store) -> str:
    with store.read() as work:
        return "\n".join(json.dumps(plain(entry), ensure_ascii=False) for entry in work.journal.audit_trail())


def _files(settings: Settings, store: Store, address: str) -> Iterator[tuple[str, str]]:
    try:
        desk = FileDesk(settings, store, address)
        with store.read() as work:
            names = sorted(device.name for device in work.devices.all())[:MOST_PHONES]
    except SepbridgeError as error:
        yield "files/why-none.txt", str(error)
        return
    for name in names:
        try:
            for file in desk.files(name):
                findings = "".join(f"\n{each.path}: {each.what}" for each in file.findings)
                yield f"files/{file.name}", file.text
                if findings:
                    yield f"files/{file.name}.findings.txt", findings
        except SepbridgeError as error:
            yield f"files/{name}.why-none.txt", str(error)


def _logs(settings: LogSettings) -> Iterator[tuple[str, str]]:
    if settings.file is not None:
        for path in (settings.file, settings.file.with_name(f"{settings.file.name}.1")):
            if path.exists():
                yield f"log/{path.name}", _tried(lambda path=path: _end_of(path))  # type: ignore[misc]  # the default binds the loop's path
    try:
        done = subprocess.run(_JOURNAL, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return
    if done.returncode == 0 and done.stdout:
        yield "log/journal.txt", done.stdout[-MOST_LOG:].decode(errors="replace")


def _end_of(path: Path) -> str:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - MOST_LOG))
        if size > MOST_LOG:
            file.readline()  # of a line that is cut, nobody knows what stood at its beginning
        return file.read().decode(errors="replace")


def _tried(make: Callable[[], str]) -> str:
    try:
        return make()
    except (SepbridgeError, OSError) as error:
        return f"not to be had: {error}"


def _json(data: object) -> str:
    return json.dumps(plain(data), indent=1, ensure_ascii=False)


# --- secrets ---------------------------------------------------------------------------------------------------------


def _shown_section(section: object) -> Mapping[str, object]:
    if not is_dataclass(section):
        raise TypeError(f"{type(section).__name__} is no section of the settings")
    return {
        each.name: (REMOVED if getattr(section, each.name) else "")
        if not each.repr
        else _shown_value(each.name, getattr(section, each.name))
        for each in fields(section)
    }


def _shown_value(name: str, value: object) -> object:
    if isinstance(value, str) and ("://" in value or "@" in value):
        return plain_url(value)
    if name.endswith("_command") and isinstance(value, tuple):
        return [*value[:1], *[REMOVED] * len(value[1:])]
    return plain(value)


def _secrets_of_settings(settings: Settings) -> Iterator[str]:
    for section in fields(settings):
        held = getattr(settings, section.name)
        for each in fields(held):
            value = getattr(held, each.name)
            if not each.repr and isinstance(value, str):
                yield value
            if isinstance(value, str) and "://" in value:
                yield from _secrets_of_address(value)
            elif each.name.endswith("_command") and isinstance(value, tuple):
                yield from (word for word in value[1:] if len(word) > 7)


def _secret_of_freepbx(settings: Settings) -> str:
    """Also where it stands in a file of its own."""
    try:
        return settings.freepbx.secret()
    except ConfigurationError:
        return ""


def _secrets_of_address(address: str) -> Iterator[str]:
    try:
        parts = urlsplit(address)
        password = parts.password or ""
    except ValueError:
        return
    yield from (password, unquote(password))
    for pair in parts.query.split("&"):
        yield pair.partition("=")[2]
