"""From a database URL to two engines: one that only reads, and one that writes.

SQLite gets one writing connection, so that writers of this process queue fairly instead of polling the file's lock;
readers see a snapshot and wait for nobody (WAL).
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from bridge.errors import ConfigurationError
from bridge.store.failures import FailureCount, translate_errors

# In WAL mode NORMAL may lose the last commits in a power cut: numbers that were promised to phones. For what phones did
# that is good enough, and a phone that asks for its number does not wait until the disk has it.
_LASTING = "PRAGMA synchronous = FULL"
_LASTING_SOON = "PRAGMA synchronous = NORMAL"

STATEMENT_TIMEOUT = 30.0
"""Seconds that a statement may take on a database server."""

_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}


def _holds_no_row(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith("Row ")


# At DEBUG level SQLAlchemy logs every row that it reads, SIP passwords included. Parameters are hidden by an option.
logging.getLogger("sqlalchemy.engine.Engine").addFilter(_holds_no_row)

_EXTRAS = {"postgresql": "postgresql", "mysql": "mariadb", "mariadb": "mariadb"}


def sqlite_url(file: Path) -> str:
    """The URL of a SQLite file, whatever its name: in a URL, percent and question signs mean something."""
    return URL.create("sqlite", database=str(file.absolute())).render_as_string()


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A checked database URL."""

    url: URL

    @classmethod
    def parse(cls, text: str) -> DatabaseAddress:
        """Read ``sqlite:////var/lib/sepbridge/sepbridge.db``, ``postgresql://…``, ``mariadb://…``.

        SQLite takes ``?mode=ro`` for a file that must not be written. Raises ConfigurationError.
        """
        try:
            url = make_url(text)
        except ArgumentError:
            # The text may hold a password, so the message does not repeat it.
            raise ConfigurationError(
                "the database URL cannot be read",
                fix="write it like sqlite:////var/lib/sepbridge/sepbridge.db or postgresql://user:password@host/name",
            ) from None
        if "+" not in url.drivername and url.drivername in _DRIVERS:
            url = url.set(drivername=_DRIVERS[url.drivername])
        address = cls(url)
        if address.is_sqlite:
            address._check_sqlite()
        return address

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def is_read_only(self) -> bool:
        """Whether the URL itself says that nothing is to be written."""
        return self.is_sqlite and self.url.query.get("mode") == "ro"

    @property
    def file(self) -> Path:
        """SQLite's file."""
        return Path(self.url.database or "").absolute()

    def __str__(self) -> str:
        return str(self.file) if self.is_sqlite else self.url.render_as_string(hide_password=True)

    def create_file(self) -> None:
        """Create SQLite's file if it is missing, for its owner's eyes only: it will hold SIP passwords."""
        try:
            os.close(os.open(self.file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            return
        except OSError as error:
            raise ConfigurationError(
                f"the database {self} cannot be created",
                why=error.strerror or str(error),
                fix="create its directory and give it to the service's user, or correct [database] url",
            ) from None

    def _check_sqlite(self) -> None:
        if not self.url.database or self.url.database == ":memory:":
            raise ConfigurationError(
                "a database in memory would forget every phone", fix="name a file, like sqlite:////tmp/sepbridge.db"
            )
        if self.url.query not in ({}, {"mode": "ro"}, {"mode": "rw"}):
            raise ConfigurationError(
                f"the database URL has unknown options: {', '.join(self.url.query)}", fix="SQLite takes only ?mode=ro"
            )


@dataclass(frozen=True, slots=True)
class Engines:
    """The pair of engines of one store."""

    reader: Engine
    writer: Engine
    failures: FailureCount = field(default_factory=FailureCount)
    """Of both."""

    def dispose(self) -> None:
        """Close every connection; one that a thread still works with, when that is done with it."""
        for engine in (self.reader, self.writer):
            event.listen(engine.pool, "checkin", _close)
            engine.dispose()


def _close(_: object, record: ConnectionPoolEntry) -> None:
    record.invalidate()  # else it would lie in a pool that nobody has any more


def make_engines(address: DatabaseAddress, *, timeout: float) -> Engines:
    """Both engines. ``timeout``: seconds to wait for a connection, and for a lock. Connects to nothing yet."""
    pool: dict[str, Any] = {"pool_timeout": timeout, "failures": FailureCount()}
    if address.is_sqlite:
        reader = _sqlite_engine(address, timeout=timeout, reads_only=True, pool_size=5, max_overflow=10, **pool)
        writer = _sqlite_engine(address, timeout=timeout, reads_only=False, pool_size=1, max_overflow=0, **pool)
        return Engines(reader, writer, pool["failures"])
    pool |= {"pool_size": 5, "max_overflow": 5, "pool_pre_ping": True}
    return Engines(
        _server_engine(address, timeout=timeout, reads_only=True, **pool),
        _server_engine(address, timeout=timeout, reads_only=False, **pool),
        pool["failures"],
    )


def make_upgrade_engine(address: DatabaseAddress, *, timeout: float) -> Engine:
    """An engine for one migration: no pool, so that nothing stays open."""
    if address.is_sqlite:
        return _sqlite_engine(address, timeout=timeout, reads_only=False, poolclass=NullPool)
    return _server_engine(address, timeout=timeout, reads_only=False, poolclass=NullPool)


def _engine(address: DatabaseAddress, *, failures: FailureCount | None = None, **options: Any) -> Engine:
    try:
        # SQLite's options are in the creator's URI, and SQLAlchemy warns of those it does not know.
        url = address.url.set(query={}) if address.is_sqlite else address.url
        engine = create_engine(url, hide_parameters=True, **options)
    except NoSuchModuleError:
        raise ConfigurationError(
            f"there is no database of the kind {address.url.get_backend_name()!r}",
            fix="use sqlite, postgresql or mariadb",
        ) from None
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(address.url.get_backend_name(), "postgresql")
        raise ConfigurationError(
            f"the database driver {error.name} is not installed", fix=f"install sepbridge[{extra}]"
        ) from None
    translate_errors(engine, str(address), failures or FailureCount())
    return engine


def _sqlite_engine(address: DatabaseAddress, *, timeout: float, reads_only: bool, **pool: Any) -> Engine:
    mode = "ro" if address.is_read_only else "rw"
    uri = f"file:{quote(str(address.file))}?mode={mode}"
    engine = _engine(address, creator=_sqlite_creator(uri, timeout=timeout, reads_only=reads_only), **pool)
    begin = "BEGIN" if reads_only else "BEGIN IMMEDIATE"

    # The driver would begin a transaction only before the first write, too late for a reading that must hold.
    @event.listens_for(engine, "begin")
    def begin_at_once(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _sqlite_creator(uri: str, *, timeout: float, reads_only: bool) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(uri, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(_LASTING)
            if reads_only:
                connection.execute("PRAGMA query_only = ON")
            elif connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                _switch_to_wal(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    return connect


def set_urgency(connection: Connection, *, urgent: bool) -> None:
    """Say, before a transaction of SQLite's begins, whether its commit is to wait for the disk."""
    # On the driver's own connection: SQLAlchemy would begin the transaction, in which this cannot be said any more.
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101  it was connected just now
    driver.execute(_LASTING if urgent else _LASTING_SOON)


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        # A read-only file stays as it is; whoever writes to it will be told.
        if (error.sqlite_errorcode or 0) & 0xFF != sqlite3.SQLITE_READONLY:
            raise


def _server_engine(address: DatabaseAddress, *, timeout: float, reads_only: bool, **pool: Any) -> Engine:
    # Readers see one snapshot; writers lock the row they allocate from, and after the lock must see what others
    # committed before it, which a snapshot taken earlier would hide.
    isolation = "REPEATABLE READ" if reads_only else "READ COMMITTED"
    if address.url.get_backend_name() == "postgresql":
        options = f"-c lock_timeout={timeout * 1000:.0f} -c statement_timeout={STATEMENT_TIMEOUT * 1000:.0f}"
        if reads_only:
            options += " -c default_transaction_read_only=on"
        arguments: dict[str, Any] = {"connect_timeout": max(2, round(timeout)), "options": options}
        return _engine(address, isolation_level=isolation, connect_args=arguments, **pool)
    access = "ONLY" if reads_only else "WRITE"
    arguments = {
        "connect_timeout": max(1, round(timeout)),
        "read_timeout": STATEMENT_TIMEOUT,
        "write_timeout": STATEMENT_TIMEOUT,
        "init_command": f"SET SESSION innodb_lock_wait_timeout = {max(1, round(timeout))}",
    }
    engine = _engine(address, isolation_level=isolation, connect_args=arguments, **pool)

    @event.listens_for(engine, "connect")
    def set_access(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION TRANSACTION READ {access}")

    return engine
