"""The whole content of a database as plain values that mean the same on SQLite, PostgreSQL and MariaDB, and back.

A value is what JSON knows; a moment is a text in UTC, to the microsecond. Tables come in an order in which each names
only rows of those before it.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, DateTime, Table, TypeDecorator, func, insert, select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bridge.errors import ConfigurationError, InvalidInput, StoreError
from bridge.store.engines import DatabaseAddress, make_engines, make_upgrade_engine, sqlite_url
from bridge.store.migrations.history import HEAD, REVISIONS, check, upgrade, upgrade_connection
from bridge.store.schema import metadata

Plain = str | int | float | bool | None
PlainRow = Sequence[Plain]
Rows = Callable[[], Iterator[PlainRow]]

SHORT_LIVED = frozenset({"login_session", "login_tries", "claim_tries"})
"""What nobody wants back: who is logged in, and who just tried."""
HISTORY = frozenset({"journey_event", "refused_phone", "call_record", "past_call"})
"""What happened, as opposed to what is set up."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class TableContent:
    """One table. ``rows`` reads them anew each time it is called."""

    name: str
    columns: tuple[str, ...]
    rows: Rows


@contextlib.contextmanager
def dumped(url: str, *, history: bool = True, timeout: float = 5.0) -> Iterator[Sequence[TableContent]]:
    """The content at one moment; rows can be read inside the block.

    Raises ConfigurationError for a database of another version, StoreError.
    """
    address = DatabaseAddress.parse(url)
    engines = make_engines(address, timeout=timeout)
    try:
        with engines.reader.connect() as connection, connection.begin():
            check(connection, str(address))
            left_out = SHORT_LIVED if history else SHORT_LIVED | HISTORY
            tables = [table for table in metadata.sorted_tables if table.name not in left_out]
            yield [_content(connection, table) for table in tables]
    finally:
        engines.dispose()


def row_counts(url: str, *, timeout: float = 5.0) -> Mapping[str, int]:
    """How many rows each table has now. Raises ConfigurationError, StoreError."""
    address = DatabaseAddress.parse(url)
    engines = make_engines(address, timeout=timeout)
    try:
        with engines.reader.connect() as connection:
            check(connection, str(address))
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in metadata.sorted_tables
            }
    finally:
        engines.dispose()


def load(url: str, content: Sequence[TableContent], revision: str, *, timeout: float = 5.0) -> None:
    """Replace what the named tables hold, all of it or nothing. The database is created or upgraded first.

    ``revision``: of the database that the content comes from. Content of an older one goes through the migrations.
    Raises InvalidInput for content that does not fit, ConfigurationError, StoreError.
    """
    if revision not in REVISIONS:
        raise InvalidInput(
            "this was written by a newer version of sepbridge",
            why=f"its database was at revision {revision}, this version knows up to {HEAD}",
            fix="install that version, and restore with it",
        )
    if revision != HEAD:
        with _brought_up(content, revision) as newer:
            load(url, newer, HEAD, timeout=timeout)
        return
    upgrade(url, timeout=timeout)
    engine = make_upgrade_engine(DatabaseAddress.parse(url), timeout=timeout)
    try:
        with engine.connect() as connection, connection.begin():
            _replace(connection, content)
    except IntegrityError as error:
        raise _contradiction(error) from error
    finally:
        engine.dispose()


def _content(connection: Connection, table: Table) -> TableContent:
    def rows() -> Iterator[PlainRow]:
        query = select(table).order_by(*table.primary_key)
        for row in connection.execute(query):
            yield [_plain(value, column) for value, column in zip(row, table.columns, strict=True)]

    return TableContent(table.name, tuple(column.name for column in table.columns), rows)


def _replace(connection: Connection, content: Sequence[TableContent]) -> None:
    tables = {table.name: table for table in metadata.sorted_tables}
    for each in content:
        if each.name not in tables or not set(each.columns) <= set(tables[each.name].columns.keys()):
            raise InvalidInput(f"there is no table {each.name} with the columns {', '.join(each.columns)}")
    for each in reversed(content):
        connection.execute(tables[each.name].delete())
    for each in content:
        table = tables[each.name]
        columns = [table.columns[name] for name in each.columns]
        for batch in _batches(each.rows()):
            rows = [
                {column.name: _value(value, column) for value, column in zip(row, columns, strict=True)}
                for row in batch
            ]
            connection.execute(insert(table), rows)
        _count_on(connection, table)


def _count_on(connection: Connection, table: Table) -> None:
    """PostgreSQL counts keys by itself, and does not see those that were given."""
    key = table.autoincrement_column
    if connection.dialect.name != "postgresql" or key is None:
        return
    newest = connection.execute(select(func.max(key))).scalar()
    if newest is not None:
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, :column), :newest)"),
            {"table": table.name, "column": key.name, "newest": newest},
        )


@contextlib.contextmanager
def _brought_up(content: Sequence[TableContent], revision: str) -> Iterator[Sequence[TableContent]]:
    """The content as a database of today has it: put into one of its own time, which is then upgraded."""
    with tempfile.TemporaryDirectory(prefix="sepbridge-restore-") as place:
        url = sqlite_url(Path(place) / "old.db")
        address = DatabaseAddress.parse(url)
        address.create_file()
        engine = make_upgrade_engine(address, timeout=5.0)
        try:
            with engine.connect() as connection, connection.begin():
                upgrade_connection(connection, revision)
                for each in reversed(content):
                    connection.exec_driver_sql(f"DELETE FROM {_name(each.name)}")  # noqa: S608 - a checked name
                for each in content:
                    columns = ", ".join(map(_name, each.columns))
                    marks = ", ".join("?" * len(each.columns))
                    statement = f"INSERT INTO {_name(each.name)} ({columns}) VALUES ({marks})"  # noqa: S608 - the same
                    for batch in _batches(each.rows()):
                        connection.exec_driver_sql(statement, [tuple(row) for row in batch])
        except (SQLAlchemyError, StoreError, ConfigurationError) as error:
            # The database is a new one of ours, on this disk: what it refuses does not belong to that time.
            raise _contradiction(error) from error
        finally:
            engine.dispose()
        upgrade(url)
        with dumped(url) as newer:
            kept = {each.name for each in content}
            yield [each for each in newer if each.name in kept or each.name not in HISTORY]


def _contradiction(error: Exception) -> InvalidInput:
    cause = str(getattr(error, "orig", None) or error)
    return InvalidInput(
        "what is to be restored contradicts itself",
        why=cause.splitlines()[0][:300] if cause else type(error).__name__,
        fix="the file was damaged or changed: take another backup; nothing was written",
    )


def _name(name: str) -> str:
    """A name of a table or column, from a file. Raises InvalidInput for what cannot be one."""
    if not name.isidentifier() or not name.isascii():
        raise InvalidInput(f"{name!r} is no name of a table or column")
    return f'"{name}"'


def _batches(rows: Iterable[PlainRow]) -> Iterator[list[PlainRow]]:
    batch: list[PlainRow] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _plain(value: Any, column: Column[Any]) -> Plain:
    kind = column.type
    if isinstance(kind, TypeDecorator):
        value = kind.process_bind_param(value, None)  # type: ignore[arg-type]  # types of ours, which ask no dialect
    if isinstance(value, datetime):
        return value.isoformat(" ", timespec="microseconds")  # as SQLite keeps it
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"{column} holds a {type(value).__name__}, which a backup cannot hold")


def _value(value: Plain, column: Column[Any]) -> Any:
    kind = column.type
    plain: Any = value
    try:
        if isinstance(value, str) and isinstance(getattr(kind, "impl", kind), DateTime):
            plain = datetime.fromisoformat(value)
        return kind.process_result_value(plain, None) if isinstance(kind, TypeDecorator) else plain  # type: ignore[arg-type]  # types of ours, which ask no dialect
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"{column} cannot hold {str(value)[:40]!r}", why=str(error)) from error
