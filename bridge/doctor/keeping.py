"""Checks of what sepbridge keeps: the settings file, the database, the directories, the space on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.core.findings import Finding, Weight
from bridge.doctor.ailment import Ailment, Area

SETTINGS_NONE = Ailment(
    "settings_missing",
    Area.SETTINGS,
    Weight.PROBLEM,
    "there is no sepbridge.toml",
    "the defaults are in force, and they hold no secret for Asterisk's manager interface",
    "sepbridge setup",
)
SETTINGS_WRONG = Ailment(
    "settings_wrong",
    Area.SETTINGS,
    Weight.PROBLEM,
    "sepbridge.toml cannot be read or understood",
    "the service does not start with it",
    "correct what the message names; docs/settings.md has every key",
)
SETTINGS_OPEN = Ailment(
    "settings_readable_by_all",
    Area.SETTINGS,
    Weight.PROBLEM,
    "everybody on this machine may read sepbridge.toml",
    "it holds the secret of Asterisk's manager account",
    "chmod 640 it, with the service's user or group as owner",
)
NO_SECRET = Ailment(
    "ami_secret_missing",
    Area.SETTINGS,
    Weight.PROBLEM,
    "ami.secret is empty",
    "Asterisk lets nobody log in without one",
    "sepbridge setup asterisk",
)
DATABASE_AWAY = Ailment(
    "database_unreachable",
    Area.SETTINGS,
    Weight.PROBLEM,
    "the database does not answer",
    "numbers, phones and the window live there",
    "start the database server, or correct [database] url",
)
DATABASE_OLD = Ailment(
    "database_not_migrated",
    Area.SETTINGS,
    Weight.PROBLEM,
    "the database has no tables yet, or those of an older version",
    "the service does not start with them",
    "sepbridge db upgrade",
)
DATABASE_NEW = Ailment(
    "database_too_new",
    Area.SETTINGS,
    Weight.PROBLEM,
    "the database was written by a newer version",
    "this version would not understand what it reads",
    "install the newer version again, or restore the backup made before the upgrade",
)
STATE_NONE = Ailment(
    "state_directory_missing",
    Area.SETTINGS,
    Weight.PROBLEM,
    "the state directory does not exist, or may not be written",
    "the database, the control socket and the files for phones belong there",
    "create it and give it to the service's user, or correct state.directory",
)
FILES_CLOSED = Ailment(
    "files_unreadable",
    Area.SETTINGS,
    Weight.PROBLEM,
    "files for phones that may not be read",
    "a phone that asks for them is told that there are none",
    "chmod and chown them so that the service's user may read them",
)
DISK_FULL = Ailment(
    "disk_full",
    Area.SETTINGS,
    Weight.PROBLEM,
    "less than 100 MB or 1,000 files left on a disk that is written to",
    "numbers given to phones can no longer be kept",
    "make room: old recordings, logs and firmware first",
)
DISK_LOW = Ailment(
    "disk_low",
    Area.SETTINGS,
    Weight.NOTE,
    "less than 1 GB left on a disk that is written to",
    "firmware, recordings and the journal grow",
    "make room before it is full",
)
AILMENTS = (
    *(SETTINGS_NONE, SETTINGS_WRONG, SETTINGS_OPEN, NO_SECRET, DATABASE_AWAY, DATABASE_OLD, DATABASE_NEW),
    *(STATE_NONE, FILES_CLOSED, DISK_FULL, DISK_LOW),
)

_FULL = 100_000_000
_LOW = 1_000_000_000
_FEW_INODES = 1000
_NAMED = 5
_OTHERS_READ = 0o004


@dataclass(frozen=True, slots=True)
class SettingsFacts:
    """The settings file."""

    path: str | None
    """None where there is none."""
    mode: int = 0
    """Its permission bits."""
    has_secret: bool = False
    trouble: str = ""
    """Why it cannot be used; empty when it can."""


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """The database."""

    revision: str | None
    head: str
    """The revision that this version was written for."""
    known: tuple[str, ...]
    """All revisions that it knows."""
    trouble: str = ""
    fix: str = ""
    """What mends that trouble; empty where the trouble's own words do not say."""


@dataclass(frozen=True, slots=True)
class StateFacts:
    """The directories."""

    directory: str
    is_there: bool = True
    is_writable: bool = True
    unreadable: tuple[str, ...] = ()
    """Files for phones that the one who asks may not read."""


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """The file system under one directory."""

    directory: str
    free: int
    """Bytes that the service may still write."""
    inodes: int | None = None
    """Files that may still be created; None where the file system has no limit."""


def check_settings(facts: SettingsFacts) -> Iterator[Finding]:
    """The settings file."""
    if facts.trouble:
        yield SETTINGS_WRONG.found(
            facts.trouble, why=f"{SETTINGS_WRONG.why}; all that is said below goes by the usual settings in its place"
        )
        return
    if facts.path is None:
        yield SETTINGS_NONE.found("no settings file was found")
        return
    if facts.has_secret and facts.mode & _OTHERS_READ:
        yield SETTINGS_OPEN.found(f"{facts.path} has mode {facts.mode:04o}", fix=f"chmod 640 {facts.path}")
    if not facts.has_secret:
        yield NO_SECRET.found("ami.secret is empty")


def check_database(facts: DatabaseFacts) -> Iterator[Finding]:
    """The database."""
    if facts.trouble:
        yield DATABASE_AWAY.found(facts.trouble, fix=facts.fix)
    elif facts.revision is None:
        yield DATABASE_OLD.found("the database has no tables yet")
    elif facts.revision not in facts.known:
        yield DATABASE_NEW.found(f"the database is at revision {facts.revision}, this version knows up to {facts.head}")
    elif facts.revision != facts.head:
        yield DATABASE_OLD.found(f"the database is at revision {facts.revision}, this version needs {facts.head}")


def check_state(facts: StateFacts) -> Iterator[Finding]:
    """The directories."""
    if not facts.is_there:
        yield STATE_NONE.found(f"there is no directory {facts.directory}")
    elif not facts.is_writable:
        yield STATE_NONE.found(f"{facts.directory} may not be written")
    if facts.unreadable:
        more = "" if len(facts.unreadable) <= _NAMED else f" and {len(facts.unreadable) - _NAMED} more"
        yield FILES_CLOSED.found(f"may not be read: {', '.join(facts.unreadable[:_NAMED])}{more}")


def check_disks(disks: tuple[DiskFacts, ...]) -> Iterator[Finding]:
    """The space that is left."""
    for disk in disks:
        room = f"{disk.free // 1_000_000} MB"
        if disk.free < _FULL:
            yield DISK_FULL.found(f"{room} are left for {disk.directory}")
        elif disk.inodes is not None and disk.inodes < _FEW_INODES:
            yield DISK_FULL.found(f"{disk.inodes} more files can be created in {disk.directory}")
        elif disk.free < _LOW:
            yield DISK_LOW.found(f"{room} are left for {disk.directory}")
