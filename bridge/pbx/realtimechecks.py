"""Looking at both ways to the realtime tables, for the doctor: ours, and Asterisk's through its files and ODBC."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from bridge.doctor.realtime import RealtimeFacts
from bridge.errors import ConfigurationError, SepbridgeError, WriteFailed
from bridge.pbx.conffile import Section
from bridge.pbx.included import included
from bridge.pbx.realtime import AORS, AUTHS, ENDPOINTS, RealtimeTables

_TABLE_OF = {"endpoint": ENDPOINTS, "auth": AUTHS, "aor": AORS}
_NAME = re.compile(r"\s*Name:\s+(\S+)")
_OPEN = re.compile(r"Number of active connections:\s+(\d+)")


def inspect_realtime(etc: Path, tables: RealtimeTables, ask: Callable[[str], str]) -> RealtimeFacts:
    """Look. ``ask`` has a command carried out on Asterisk's command line, and raises SepbridgeError where it cannot.

    Raises ConfigurationError where Asterisk's files cannot be read.
    """
    trouble = ""
    try:
        tables.ours()
    except (WriteFailed, ConfigurationError) as error:
        trouble = "; ".join(each for each in (error.what, error.why) if each)
    lacking, connection = _lacking(etc)
    connections: int | None = None
    if connection:
        try:
            connections = open_connections(ask("odbc show all")).get(connection, -1)
        except SepbridgeError:
            connections = None
    return RealtimeFacts(trouble, lacking, connection, connections)


def open_connections(text: str) -> dict[str, int]:
    """The connections that ``odbc show all`` tells of, by the sections of ``res_odbc.conf``."""
    found: dict[str, int] = {}
    name = ""
    for line in text.splitlines():
        if named := _NAME.match(line):
            name = named.group(1)
        elif count := _OPEN.search(line):
            found[name] = int(count.group(1))
    return found


def _lacking(etc: Path) -> tuple[tuple[str, ...], str]:
    """What the files should say and do not; and the connection that they name."""
    lacking: list[str] = []
    for kind, table in _TABLE_OF.items():
        wizards = _values(_sections(etc, "sorcery.conf", "res_pjsip"), kind)
        if not any(_words(each)[:2] == ["realtime", table] for each in wizards):
            lacking.append(f"sorcery.conf: {kind}=realtime,{table}")
    connection = ""
    for table in _TABLE_OF.values():
        driven = [_words(each) for each in _values(_sections(etc, "extconfig.conf", "settings"), table)]
        by = next((each[1] for each in driven if len(each) > 1 and each[0] == "odbc"), "")
        if not by:
            lacking.append(f"extconfig.conf: {table} => odbc,sepbridge")
        connection = connection or by
    if connection and not _values(_sections(etc, "res_odbc.conf", connection), "dsn"):
        lacking.append(f"res_odbc.conf: [{connection}] with its dsn")
    return tuple(lacking), connection


def _sections(etc: Path, file: str, name: str) -> list[Section]:
    return [section for each in included(etc, file) for section in each.named(name)]


def _values(sections: Iterable[Section], key: str) -> list[str]:
    # Options of sorcery stand behind a slash: endpoint/cache=memory_cache,….
    return [item.value for section in sections for item in section.items if item.key.partition("/")[0] == key]


def _words(value: str) -> list[str]:
    return [each.strip() for each in value.split(",")]
