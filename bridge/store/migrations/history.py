"""Which revision a database has, and how it gets the newest one."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from bridge.errors import ConfigurationError, StoreUnavailable
from bridge.store.engines import DatabaseAddress, make_engines, make_upgrade_engine
from bridge.store.failures import UPGRADE

REVISIONS = tuple(f"{number:04d}" for number in range(1, 18))
"""Every revision, oldest first. Known here so that a start of the service needs no Alembic."""

HEAD = REVISIONS[-1]

_LOCK_NUMBER = 0x5E9B21D6E
_LOCK_NAME = "sepbridge_upgrade"


def current(url: str, *, timeout: float = 5.0) -> str | None:
    """The revision of the database, or None where there are no tables yet. Raises ConfigurationError, StoreError."""
    address = DatabaseAddress.parse(url)
    if address.is_sqlite and not address.file.exists():
        return None
    engines = make_engines(address, timeout=timeout)
    try:
        with engines.reader.connect() as connection:
            return revision_of(connection)
    finally:
        engines.dispose()


def upgrade(url: str, *, timeout: float = 5.0) -> str:
    """Bring the database to the newest revision, creating SQLite's file (mode 0600) or the tables; return the revision.

    Harmless when nothing is to be done, and when another node does the same at the same moment. On SQLite and
    PostgreSQL all of it happens or nothing. Raises ConfigurationError (also for a database that a newer version wrote)
    and StoreError.
    """
    address = DatabaseAddress.parse(url)
    if address.is_sqlite:
        address.create_file()
    engine = make_upgrade_engine(address, timeout=timeout)
    try:
        with engine.connect() as connection, connection.begin():
            _lock(connection, timeout)
            found = revision_of(connection)
            _refuse_newer(found, str(address))
            if found != HEAD:
                upgrade_connection(connection)
            return HEAD
    finally:
        engine.dispose()


def check(connection: Connection, shown: str) -> None:
    """Raise ConfigurationError unless the database has exactly the schema that this version was written for."""
    found = revision_of(connection)
    if found == HEAD:
        return
    _refuse_newer(found, shown)
    if found is None:
        raise ConfigurationError(f"the database {shown} has no tables yet", fix=UPGRADE)
    raise ConfigurationError(
        f"the database {shown} has an old schema",
        why=f"it is at revision {found}, this version needs {HEAD}",
        fix=UPGRADE,
    )


def revision_of(connection: Connection) -> str | None:
    """The revision that the database says it has."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _refuse_newer(found: str | None, shown: str) -> None:
    if found is not None and found not in REVISIONS:
        raise ConfigurationError(
            f"the database {shown} was written by a newer version of sepbridge",
            why=f"it is at revision {found}, this version knows up to {HEAD}",
            fix="install that version again, or restore the backup made before the upgrade",
        )


def _lock(connection: Connection, timeout: float) -> None:
    """Keep other nodes out until the transaction or the connection ends. SQLite's transaction does that itself."""
    match connection.dialect.name:
        case "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
        case "mysql" | "mariadb":
            query = text("SELECT GET_LOCK(:name, :seconds)")
            if connection.execute(query, {"name": _LOCK_NAME, "seconds": timeout}).scalar() != 1:
                raise StoreUnavailable(
                    "the database is being upgraded by another node", fix="wait until that one is done"
                )


def upgrade_connection(connection: Connection, revision: str = "head") -> None:
    """Bring the database to that revision, in the transaction that is under way."""
    # Alembic costs a fifth of a second to import; the service does not need it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
