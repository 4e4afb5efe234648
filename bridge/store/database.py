"""The database as the rest of the house sees it."""

from __future__ import annotations

from bridge.errors import ConfigurationError
from bridge.store.engines import DatabaseAddress, Engines, make_engines
from bridge.store.failures import UPGRADE
from bridge.store.migrations.history import check
from bridge.store.pruning import JourneyPruner, Retention
from bridge.store.unitofwork import SqlUnitOfWork


class SqlStore:
    """The Store over SQLAlchemy. Safe to use from many threads; each unit of work belongs to one."""

    def __init__(self, engines: Engines, retention: Retention | None = None) -> None:
        self._engines = engines
        self._pruner = JourneyPruner(retention)

    @property
    def errors(self) -> int:
        """How often the database failed since it was opened."""
        return self._engines.failures.count

    def read(self) -> SqlUnitOfWork:
        """A transaction that only reads, and sees one moment of the database. Raises StoreUnavailable on entry."""
        return SqlUnitOfWork(self._engines.reader, self._pruner, writes=False)

    def write(self, *, urgent: bool = True) -> SqlUnitOfWork:
        """A transaction that may write. Raises StoreUnavailable or StoreReadOnly on entry.

        A commit that is not ``urgent`` does not wait for SQLite's disk: the next one that is takes it along, or the
        kernel does, within half a minute. A crash of ours loses nothing of it, a power cut may.
        """
        return SqlUnitOfWork(self._engines.writer, self._pruner, writes=True, urgent=urgent)

    def close(self) -> None:
        """Close every connection, or have it closed when the unit of work that another thread is in ends."""
        self._engines.dispose()


def open_store(url: str, *, timeout: float = 5.0, retention: Retention | None = None) -> SqlStore:
    """Open a database that ``upgrade`` has prepared. ``timeout``: seconds to wait for connections and locks.
    ``retention``: how much of phones' journeys is kept.

    Raises ConfigurationError when the URL is wrong, the file or the tables are missing, or the schema is older or newer
    than this version; StoreUnavailable when the server is away or the file is locked; StoreError for a damaged file.
    """
    address = DatabaseAddress.parse(url)
    if address.is_sqlite and not address.file.exists():
        raise ConfigurationError(f"there is no database {address}", fix=UPGRADE)
    engines = make_engines(address, timeout=timeout)
    try:
        with engines.reader.connect() as connection:
            check(connection, str(address))
    except BaseException:
        engines.dispose()
        raise
    return SqlStore(engines, retention)
