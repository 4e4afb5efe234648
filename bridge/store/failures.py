"""What the drivers report, as errors of ours with a cause and a fix.

Each driver has its own numbers: SQLite's result codes, PostgreSQL's SQLSTATE, MariaDB's error numbers. Violated
constraints are not touched here: the repositories know what they mean.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from bridge.errors import ConfigurationError, SepbridgeError, StoreError, StoreReadOnly, StoreUnavailable

UPGRADE = "run `sepbridge db upgrade`"

_LOCKED = "find out which program keeps it locked; the service tries again by itself"
_FULL = "make room on the disk; the service then goes on by itself"
_AWAY = "start the database server, or correct [database] url; the service tries again by itself"
_ACCOUNT = "correct the account in [database] url, or its rights in the database"
_READ_ONLY = "make it writable for the service's user, and look whether its disk was remounted read-only"
_DAMAGED = "restore it from a backup, or let `sqlite3 FILE .recover` save what can be saved"

_SQLITE: dict[int, tuple[type[SepbridgeError], str, str]] = {
    sqlite3.SQLITE_BUSY: (StoreUnavailable, "is locked", _LOCKED),
    sqlite3.SQLITE_LOCKED: (StoreUnavailable, "is locked", _LOCKED),
    sqlite3.SQLITE_FULL: (StoreUnavailable, "has no room to grow", _FULL),
    sqlite3.SQLITE_CANTOPEN: (
        StoreUnavailable,
        "cannot be opened",
        "see that file and directory exist and are writable for the service's user",
    ),
    sqlite3.SQLITE_READONLY: (StoreReadOnly, "is read-only", _READ_ONLY),
    sqlite3.SQLITE_PERM: (StoreReadOnly, "is read-only", _READ_ONLY),
    sqlite3.SQLITE_CORRUPT: (StoreError, "is damaged", _DAMAGED),
    sqlite3.SQLITE_NOTADB: (StoreError, "is damaged, or no database at all", _DAMAGED),
    sqlite3.SQLITE_IOERR: (StoreUnavailable, "cannot be read or written", "look after the disk it lies on"),
}

_POSTGRESQL: dict[str, tuple[type[SepbridgeError], str, str]] = {
    "08": (StoreUnavailable, "cannot be reached", _AWAY),
    "25006": (StoreReadOnly, "is read-only", "point [database] url at the primary server"),
    "28": (StoreUnavailable, "refused our account", _ACCOUNT),
    "3D": (ConfigurationError, "does not exist", "create it, or correct [database] url"),
    "40": (StoreUnavailable, "stopped the transaction in favour of another one", "nothing: it is tried again"),
    "42501": (StoreReadOnly, "does not allow us to write", _ACCOUNT),
    "42P01": (ConfigurationError, "lacks a table", UPGRADE),
    "42703": (ConfigurationError, "lacks a column", UPGRADE),
    "53100": (StoreUnavailable, "has no room to grow", _FULL),
    "53": (StoreUnavailable, "is overloaded", "raise the server's limits (max_connections, memory)"),
    "55P03": (StoreUnavailable, "is locked", _LOCKED),
    "57": (StoreUnavailable, "did not finish in time, or shuts down", _AWAY),
}
"""By SQLSTATE, or by its first two characters (its class)."""

_MARIADB_GROUPS: tuple[tuple[tuple[int, ...], tuple[type[SepbridgeError], str, str]], ...] = (
    ((0, 2002, 2003, 2005, 2006, 2013, 2055, 1053, 1927), (StoreUnavailable, "cannot be reached", _AWAY)),
    ((1040, 1203, 1226), (StoreUnavailable, "is overloaded", "raise the server's limits (max_connections)")),
    ((1205, 1206, 1969), (StoreUnavailable, "is locked", _LOCKED)),
    (
        (1213, 1020),
        (StoreUnavailable, "stopped the transaction in favour of another one", "nothing: it is tried again"),
    ),
    ((1036, 1290, 1792, 1142), (StoreReadOnly, "is read-only", "point [database] url at the primary server")),
    ((1021, 1114), (StoreUnavailable, "has no room to grow", _FULL)),
    ((1044, 1045, 1698), (StoreUnavailable, "refused our account", _ACCOUNT)),
    ((1049,), (ConfigurationError, "does not exist", "create it, or correct [database] url")),
    ((1054, 1146), (ConfigurationError, "lacks a table or a column", UPGRADE)),
)
_MARIADB = {number: meaning for numbers, meaning in _MARIADB_GROUPS for number in numbers}


def translate(error: BaseException, shown: str) -> SepbridgeError | None:
    """Our error for a driver's error, or None for a violated constraint. ``shown`` names the database for people."""
    if "IntegrityError" in (each.__name__ for each in type(error).__mro__):
        return None
    meaning = _meaning(error)
    if meaning is None:
        return StoreError(
            f"the database {shown} reports an error", why=_words(error), fix="see the log; this may be a fault of ours"
        )
    kind, what, fix = meaning
    return kind(f"the database {shown} {what}", why=_words(error), fix=fix)


class FailureCount:
    """How often the database failed, for whoever watches over it."""

    def __init__(self) -> None:
        self.count = 0


def _is_probe(context: ExceptionContext) -> bool:
    """SQLAlchemy itself tries things that may fail: a ping before a pooled connection is used, and on MariaDB DESCRIBE
    to see whether a table exists. What it did not wrap is no driver's error at all, but a programming error of ours."""
    tried = context.is_pre_ping or (context.statement or "").startswith("DESCRIBE ")
    return tried or context.sqlalchemy_exception is None


def translate_errors(engine: Engine, shown: str, failures: FailureCount) -> None:
    """From now on ``engine`` raises our errors, also for failed connections, and counts them."""

    def raise_ours(context: ExceptionContext) -> None:
        if _is_probe(context):
            return
        ours = translate(context.original_exception, shown)
        if ours is not None:
            failures.count += 1
            raise ours

    event.listen(engine, "handle_error", raise_ours)


def _meaning(error: BaseException) -> tuple[type[SepbridgeError], str, str] | None:
    if isinstance(error, sqlite3.Error):
        text = str(error)
        if text.startswith(("no such table", "no such column")):
            return ConfigurationError, "lacks a table or a column", UPGRADE
        code = getattr(error, "sqlite_errorcode", None)
        return None if code is None else _SQLITE.get(code & 0xFF)
    number = error.args[0] if error.args else None
    if isinstance(number, int):
        return _MARIADB.get(number)
    if hasattr(error, "sqlstate"):
        # A connection that could not be made, or broke, has no SQLSTATE.
        state = error.sqlstate
        if state is None:
            return _POSTGRESQL["08"] if type(error).__name__ in {"OperationalError", "ConnectionTimeout"} else None
        return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
    return None


def _words(error: BaseException) -> str:
    """The driver's own words, first line only: the lines after it may quote rows, and rows hold secrets."""
    diagnosis = getattr(getattr(error, "diag", None), "message_primary", None)
    if diagnosis:
        return str(diagnosis)
    text = str(error.args[-1]) if error.args else str(error)
    return text.splitlines()[0] if text else type(error).__name__
