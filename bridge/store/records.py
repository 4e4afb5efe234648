"""Objects of the site as rows: one way to read, write and remove them, whatever their kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Table, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bridge.errors import Conflict, NotFound, StoreError
from bridge.store.schema import metadata

Key = TypeVar("Key")
Record = TypeVar("Record")
Row = Mapping[str, Any]

KINDS = {
    "callmanager_group": "CallManager group",
    "callmanager_group_member": "CallManager group",
    "calling_search_space_member": "calling search space",
    "route_partition": "partition",
    "dial_pattern": "pattern",
    "device_pool_settings": "device pool",
    "device_defaults_settings": "device defaults",
    "device_settings": "device",
    "line_settings": "line",
    "line_appearance": "device",
    "autoregistration_settings": "autoregistration",
    "autoregistration_policy": "autoregistration",
}
"""What the rows of a table are called, where the table's name does not say it."""
_OWN_WORDS = {"name", "number", "pattern"}
_PLACES = {"id", "position"}
"""Columns of a key that say nothing to people."""


@dataclass(frozen=True, slots=True)
class Shape(Generic[Key, Record]):
    """How records of one kind lie in the database: a row each, and perhaps ordered rows of parts."""

    table: Table
    key: Callable[[Key], Row]
    """The key's columns."""
    key_of: Callable[[Record], Key]
    row: Callable[[Record], Row]
    """The columns that are no key."""
    build: Callable[[Row, Sequence[Row]], Record]
    parts: Table | None = None
    parts_of: Callable[[Record], Sequence[Row]] = lambda _: ()
    """The rows of the parts, without their owner's name; the owner stands in the parts' first column."""

    @property
    def kind(self) -> str:
        """What such a record is called."""
        return kind_of(self.table)


class SqlRecords(Generic[Key, Record]):
    """The Records of one kind in one transaction."""

    def __init__(self, connection: Connection, shape: Shape[Key, Record]) -> None:
        self._connection = connection
        self._shape = shape

    def all(self) -> Sequence[Record]:
        """Every one of them, ordered by its key."""
        shape = self._shape
        parts: dict[str, list[Row]] = {}
        if shape.parts is not None:
            for part in self._connection.execute(select(shape.parts).order_by(*shape.parts.primary_key)).mappings():
                parts.setdefault(part[_owner(shape.parts)], []).append(dict(part))
        rows = self._connection.execute(select(shape.table)).mappings().all()
        found = [shape.build(dict(row), parts.get(row.get("name", ""), ())) for row in rows]
        # Ordered here: each database has its own idea of the alphabet.
        return sorted(found, key=lambda record: tuple(shape.key(shape.key_of(record)).values()))

    def get(self, key: Key) -> Record | None:
        """The one with this key, or None."""
        shape = self._shape
        row = self._connection.execute(select(shape.table).where(self._is(key))).mappings().first()
        if row is None:
            return None
        parts: Sequence[Row] = ()
        if shape.parts is not None:
            mine = shape.parts.c[_owner(shape.parts)] == row["name"]
            query = select(shape.parts).where(mine).order_by(*shape.parts.primary_key)
            parts = [dict(part) for part in self._connection.execute(query).mappings()]
        return shape.build(dict(row), parts)

    def save(self, record: Record) -> None:
        """Write one, new or changed. Raises NotFound for another object that it names."""
        shape = self._shape
        key = shape.key(shape.key_of(record))
        parts = shape.parts_of(record)
        try:
            with self._connection.begin_nested():
                put(self._connection, shape.table, key, shape.row(record))
                if shape.parts is not None:
                    owner = _owner(shape.parts)
                    self._connection.execute(delete(shape.parts).where(shape.parts.c[owner] == key["name"]))
                    if parts:
                        self._connection.execute(insert(shape.parts), [{owner: key["name"], **part} for part in parts])
        except IntegrityError as error:
            raise self._reason({**key, **shape.row(record)}, parts, error) from None

    def remove(self, key: Key) -> None:
        """Remove one. Raises NotFound, or Conflict while another object names it."""
        shape = self._shape
        columns = shape.key(key)
        if self._connection.execute(select(shape.table).where(self._is(key))).first() is None:
            raise NotFound(
                f"there is no {shape.kind} {_shown(columns)}", fix="look for its name in `sepbridge site export`"
            )
        if (user := user_of(self._connection, shape.table, columns)) is not None:
            raise Conflict(
                f"the {shape.kind} {_shown(columns)} is in use",
                why=f"{user} names it",
                fix="let that name another one first",
            )
        self._connection.execute(delete(shape.table).where(self._is(key)))

    def _is(self, key: Key) -> Any:
        return _where(self._shape.table, self._shape.key(key))

    def _reason(self, row: Row, parts: Sequence[Row], error: IntegrityError) -> Exception:
        rows = [(self._shape.table, row)]
        if self._shape.parts is not None:
            rows += [(self._shape.parts, part) for part in parts]
        for table, values in rows:
            for constraint in table.foreign_key_constraints:
                target = constraint.referred_table
                named = {each.column.name: values.get(each.parent.name) for each in constraint.elements}
                if target is self._shape.table or not all(each is not None for each in named.values()):
                    continue
                if self._connection.execute(select(target).where(_where(target, named))).first() is None and any(
                    named.values()
                ):
                    return NotFound(
                        f"there is no {kind_of(target)} {_shown(named)}", fix="create it first, or choose another one"
                    )
        return StoreError(
            f"the {self._shape.kind} {_shown(row)} cannot be stored",
            why=type(error.orig).__name__,
            fix="report this as a fault",
        )


def flat(
    kind: type[Record], table: Table, *, key: Sequence[str] = ("name",), columns: Mapping[str, str] | None = None
) -> Shape[Any, Record]:
    """The shape of records whose fields are columns of the same names; ``columns`` names the fields that differ."""
    column = {each.name: (columns or {}).get(each.name, each.name) for each in dataclasses.fields(kind)}  # type: ignore[arg-type]  # a dataclass, by what it is for

    def key_of(record: Record) -> Any:
        values = tuple(getattr(record, name) for name in key)
        return values if len(values) > 1 else values[0]

    def key_columns(value: Any) -> Row:
        values = value if len(key) > 1 else (value,)
        return {column[name]: each for name, each in zip(key, values, strict=True)}

    return Shape(
        table,
        key=key_columns,
        key_of=key_of,
        row=lambda record: {column[name]: getattr(record, name) for name in column if name not in key},
        build=lambda row, _: kind(**{name: row[column[name]] for name in column}),
    )


def put(connection: Connection, table: Table, key: Row, values: Row) -> None:
    """Write a row whether it is there or not."""
    where = _where(table, key)
    if connection.execute(select(*table.primary_key).where(where)).first() is None:
        connection.execute(insert(table), {**key, **values})
    elif values:
        connection.execute(update(table).where(where).values(**values))


def kind_of(table: Table) -> str:
    """What a row of the table is called."""
    return KINDS.get(table.name, table.name.replace("_", " "))


def user_of(connection: Connection, table: Table, key: Row) -> str | None:
    """An object that names the one with this key, in words; None when nobody does."""
    for other in metadata.sorted_tables:
        for constraint in other.foreign_key_constraints:
            if constraint.referred_table is not table or constraint.ondelete == "CASCADE":
                continue
            named = {each.parent.name: key[each.column.name] for each in constraint.elements}
            row = connection.execute(select(*other.primary_key).where(_where(other, named))).mappings().first()
            if row is not None:
                return " ".join(["the", kind_of(other), *(str(row[name]) for name in row if name not in _PLACES)])
    return None


def _where(table: Table, values: Row) -> Any:
    return and_(*(table.c[name] == value for name, value in values.items()))


def _owner(parts: Table) -> str:
    return next(iter(parts.primary_key)).name


def _shown(columns: Row) -> str:
    named = [str(value) for name, value in columns.items() if name in _OWN_WORDS or name.endswith("_name")]
    return repr((named or [str(value) for value in columns.values()])[0])
