"""A database with something in every table, and every column, whatever tables there are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Float, Integer, String, Table, func, insert, select

from bridge.core import SignallingProtocol
from bridge.store import dumped
from bridge.store.columntypes import Moment, OptionalName, ProtocolName, TextList, WordOf, WordsOf
from bridge.store.engines import DatabaseAddress, make_upgrade_engine
from bridge.store.schema import metadata

AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
_KINDS = {"dial_pattern": "route", "journey_event": "PhoneAdmitted"}
"""What columns of that name may say."""
Content = dict[str, tuple[tuple[str, ...], list[list[object]]]]


def fill_every_table(url: str) -> None:
    """Put a row into each table that has none yet."""
    engine = make_upgrade_engine(DatabaseAddress.parse(url), timeout=5.0)
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if not connection.execute(select(func.count()).select_from(table)).scalar():
                connection.execute(insert(table), _row(connection, table))
    engine.dispose()


def content_of(url: str, *, history: bool = True) -> Content:
    """Everything that a backup holds."""
    with dumped(url, history=history) as content:
        return {each.name: (each.columns, [list(row) for row in each.rows()]) for each in content}


def _row(connection: Connection, table: Table) -> dict[str, Any]:
    row = {column.name: _value(column) for column in table.columns}
    for constraint in table.foreign_key_constraints:
        target = constraint.referred_table
        found = connection.execute(select(target)).mappings().first()
        assert found is not None, f"{table.name} names {target.name}, which is empty"
        for element in constraint.elements:
            row[element.parent.name] = found[element.column.name]
    return row


def _value(column: Column[Any]) -> Any:
    kind = column.type
    if column.name == "kind" and column.table.name in _KINDS:
        return _KINDS[column.table.name]
    if isinstance(kind, Moment):
        return AT
    if isinstance(kind, ProtocolName):
        return SignallingProtocol.SCCP
    if isinstance(kind, OptionalName):
        return ""
    if isinstance(kind, TextList):
        return ("first", 'second "ü"')
    if isinstance(kind, WordOf):
        return next(iter(kind.words))
    if isinstance(kind, WordsOf):
        return tuple(kind.words)[:2]
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Float):
        return 1.25
    if isinstance(kind, Integer) or kind.python_type is int:
        return 1
    text = f"ü\u2028{column.name}\n"
    return text[: kind.length] if isinstance(kind, String) and kind.length else text
