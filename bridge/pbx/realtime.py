"""Endpoints as rows of Asterisk's realtime tables, ps_endpoints, ps_auths and ps_aors, in place of sections of a file.

The tables are those of Asterisk's own schema; where they are missing, ``create_tables`` makes them with the columns
that we fill. Which rows are ours stands in a table of our own, so that nobody else's are ever touched. Asterisk looks a
phone up when it is needed: a new one costs no reload (Asterisk reference, section 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, Text, bindparam, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from bridge.errors import ConfigurationError, InvalidInput, WriteFailed
from bridge.pbx.conffile import Section

ENDPOINTS, AUTHS, AORS = "ps_endpoints", "ps_auths", "ps_aors"
TABLES = (ENDPOINTS, AUTHS, AORS)
OURS = "sepbridge_pjsip"
"""Names the rows that are ours: ``kind`` is a table, ``id`` the row."""
_TABLE_OF = {"endpoint": ENDPOINTS, "auth": AUTHS, "aor": AORS}
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    ENDPOINTS: (
        *("context", "disallow", "allow", "aors", "auth", "callerid", "identify_by", "rewrite_contact", "direct_media"),
        *("dtmf_mode", "timers", "100rel", "trust_id_inbound", "send_rpid", "send_pai", "send_connected_line"),
        *("send_diversion", "device_state_busy_at", "allow_subscribe", "named_call_group", "named_pickup_group"),
        *("moh_suggest", "mailboxes", "transport"),
    ),
    AUTHS: ("auth_type", "username", "password"),
    AORS: ("max_contacts", "remove_existing", "qualify_frequency"),
}
"""What our endpoints are made of; all of it is text to Asterisk."""
_LONG = {ENDPOINTS: ("set_var",)}
_BATCH = 500
"""Rows that one statement asks for: a database takes a limited number of parameters."""

Row = dict[str, str]
Key = tuple[str, str]
"""Table and id."""


@dataclass(frozen=True, slots=True)
class RowsWritten:
    """What a write did."""

    changed: frozenset[str]
    """Endpoints whose rows were made, changed or removed."""
    new: frozenset[str]
    """Those whose rows were made or changed."""


def rows(sections: Iterable[Section]) -> dict[Key, Row]:
    """An endpoint's sections as rows. Raises InvalidInput for a section that no table holds.

    A setting that stands several times goes into one column, with semicolons between; Asterisk takes them apart there,
    so that a semicolon in a value is written ``^3B``, and the sign that escapes ``^5E``.
    """
    found: dict[Key, Row] = {}
    for section in sections:
        section.text()  # what a file could not hold, no row shall
        kind = section.last("type")
        if kind not in _TABLE_OF:
            raise InvalidInput(f"{kind!r} has no table", fix="use asterisk.backend = files")
        row = found.setdefault((_TABLE_OF[kind], section.name), {"id": section.name})
        for item in section.items:
            if item.key != "type":
                value = item.value.replace("^", "^5E").replace(";", "^3B")
                row[item.key] = f"{row[item.key]};{value}" if item.key in row else value
    return found


def create_tables(engine: Engine) -> tuple[str, ...]:
    """Make the tables that are missing, and return their names. Raises WriteFailed."""
    try:
        there = set(inspect(engine).get_table_names())
        missing = [name for name in (*TABLES, OURS) if name not in there]
        model = MetaData()
        for name in missing:
            _model(name, model)
        model.create_all(engine)
    except SQLAlchemyError as error:
        raise _failed(error) from error
    return tuple(missing)


def _model(name: str, model: MetaData) -> None:
    if name == OURS:
        Table(name, model, Column("kind", String(40), primary_key=True), Column("id", String(255), primary_key=True))
        return
    short = [Column(each, String(255)) for each in _COLUMNS[name]]
    long = [Column(each, Text) for each in _LONG.get(name, ())]
    Table(name, model, Column("id", String(255), primary_key=True), *short, *long)


class RealtimeTables:
    """Writes them. Blocking; one call at a time. ``engine`` is of the database that Asterisk reads by ODBC."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tables: dict[str, Table] = {}

    def taken(self, names: Sequence[str]) -> frozenset[str]:
        """Of these endpoints those that somebody else has rows for. Raises WriteFailed, ConfigurationError."""
        try:
            with self._engine.connect() as connection:
                tables, ours = self._reflected(connection), self._ours(connection)
                return frozenset(
                    name
                    for table in TABLES
                    for name in self._standing(connection, tables[table], names)
                    if (table, name) not in ours
                )
        except SQLAlchemyError as error:
            raise _failed(error) from error

    def ours(self) -> frozenset[str]:
        """Names of endpoints whose rows are ours. Raises WriteFailed, ConfigurationError."""
        try:
            with self._engine.connect() as connection:
                self._reflected(connection)
                return frozenset(id_ for kind, id_ in self._ours(connection) if kind == ENDPOINTS)
        except SQLAlchemyError as error:
            raise _failed(error) from error

    def write(self, endpoints: Mapping[str, Sequence[Section]]) -> RowsWritten:
        """Bring our rows to be exactly these, in one transaction. Raises WriteFailed; nothing has changed then."""
        wanted: dict[Key, Row] = {}
        owner: dict[Key, str] = {}
        for name, sections in endpoints.items():
            for key, row in rows(sections).items():
                wanted[key], owner[key] = row, name
        try:
            with self._engine.begin() as connection:
                tables, ours = self._reflected(connection), self._ours(connection)
                standing: dict[Key, Row] = {}
                for table in TABLES:
                    ids = sorted({id_ for kind, id_ in ours | set(wanted) if kind == table})
                    found = self._standing(connection, tables[table], ids)
                    standing |= {(table, id_): row for id_, row in found.items()}
                gone = [key for key in ours if key not in wanted]
                # A row that somebody else has made meanwhile lets all of it fail, since two cannot have one id.
                different = [key for key, row in wanted.items() if key not in ours or standing.get(key) != row]
                self._delete(connection, tables, [key for key in (*gone, *different) if key in ours])
                self._insert(connection, tables, {key: wanted[key] for key in different})
                self._note(connection, tables[OURS], gone=gone, new=[key for key in wanted if key not in ours])
        except SQLAlchemyError as error:
            raise _failed(error) from error
        new = frozenset(owner[key] for key in different)
        return RowsWritten(new | {id_ for kind, id_ in gone if kind == ENDPOINTS}, new)

    def close(self) -> None:
        """End all connections."""
        self._engine.dispose()

    # --- details

    def _reflected(self, connection: Connection) -> Mapping[str, Table]:
        """The tables as they are: columns may be enumerations there, and some may be missing."""
        if not self._tables:
            there = inspect(connection)
            missing = [name for name in (*TABLES, OURS) if not there.has_table(name)]
            if missing:
                raise ConfigurationError(
                    f"the database has no table {', '.join(missing)}", fix="sepbridge setup realtime makes it"
                )
            model = MetaData()
            self._tables = {name: Table(name, model, autoload_with=connection) for name in (*TABLES, OURS)}
        return self._tables

    @staticmethod
    def _ours(connection: Connection) -> set[Key]:
        table = Table(OURS, MetaData(), Column("kind", String), Column("id", String))
        return {(row.kind, row.id) for row in connection.execute(select(table))}

    @staticmethod
    def _standing(connection: Connection, table: Table, ids: Sequence[str]) -> dict[str, Row]:
        found: dict[str, Row] = {}
        filled = (*_COLUMNS[table.name], *_LONG.get(table.name, ()))
        query = select(table).where(table.c.id.in_(bindparam("ids", expanding=True)))
        for start in range(0, len(ids), _BATCH):
            for row in connection.execute(query, {"ids": list(ids[start : start + _BATCH])}).mappings():
                # Defaults of columns that we never fill do not make a row another one.
                found[row["id"]] = {
                    key: str(value)
                    for key, value in row.items()
                    if value is not None and (key == "id" or key in filled)
                }
        return found

    @staticmethod
    def _delete(connection: Connection, tables: Mapping[str, Table], keys: Sequence[Key]) -> None:
        for name in TABLES:
            ids = [{"gone": id_} for kind, id_ in keys if kind == name]
            if ids:
                table = tables[name]
                connection.execute(table.delete().where(table.c.id == bindparam("gone")), ids)

    @staticmethod
    def _insert(connection: Connection, tables: Mapping[str, Table], wanted: Mapping[Key, Row]) -> None:
        for name in TABLES:
            table = tables[name]
            columns: set[str] = set()
            for (kind, _), row in wanted.items():
                columns |= set(row) if kind == name else set()
            if lacking := sorted(columns - set(table.c.keys())):
                raise ConfigurationError(
                    f"{name} has no column {', '.join(lacking)}",
                    why="the table is from an older Asterisk than ours needs",
                    fix="bring the tables up to date with the alembic scripts of your Asterisk (contrib/ast-db-manage)",
                )
            values: list[dict[str, Any]] = [
                {column: row.get(column) for column in columns} for (kind, _), row in wanted.items() if kind == name
            ]
            if values:
                connection.execute(table.insert(), values)

    @staticmethod
    def _note(connection: Connection, ours: Table, *, gone: Sequence[Key], new: Sequence[Key]) -> None:
        if gone:
            matches = (ours.c.kind == bindparam("a")) & (ours.c.id == bindparam("b"))
            connection.execute(ours.delete().where(matches), [{"a": kind, "b": id_} for kind, id_ in gone])
        if new:
            connection.execute(ours.insert(), [{"kind": kind, "id": id_} for kind, id_ in new])


def _failed(error: SQLAlchemyError) -> WriteFailed:
    # The statement may hold passwords: only what the database itself said is repeated.
    said = str(getattr(error, "orig", "") or type(error).__name__).strip().splitlines()
    return WriteFailed(
        "Asterisk's tables could not be written",
        why=said[0][:200] if said else "",
        fix="see asterisk.realtime_url, and that its account may read and write ps_endpoints, ps_auths and ps_aors",
    )
