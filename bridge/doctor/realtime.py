"""Checks of endpoints in a database (``asterisk.backend = "realtime"``): our way to it, and Asterisk's by ODBC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.core.findings import Finding, Weight
from bridge.doctor.ailment import Ailment, Area

DATABASE = Ailment(
    "realtime_database",
    Area.ASTERISK,
    Weight.PROBLEM,
    "the database of asterisk.realtime_url does not answer, or its tables for endpoints are missing",
    "phones' endpoints go there, and so none can be added or changed",
    "start the database server, or correct asterisk.realtime_url; sepbridge setup realtime makes missing tables",
)
FILES = Ailment(
    "realtime_files",
    Area.ASTERISK,
    Weight.PROBLEM,
    "sorcery.conf, extconfig.conf or res_odbc.conf do not lead Asterisk to the tables",
    "it then knows only the endpoints of pjsip.conf",
    "sepbridge setup realtime --show has the lines; write them, and restart Asterisk",
)
CONNECTION = Ailment(
    "realtime_no_connection",
    Area.ASTERISK,
    Weight.PROBLEM,
    "Asterisk has no connection to the database",
    "the dsn of res_odbc.conf is not in /etc/odbc.ini, its driver is not installed, or the account is refused",
    "grep res_odbc /var/log/asterisk/full says which; isql -v DSN USER PASSWORD tries it without Asterisk",
)
AILMENTS = (DATABASE, FILES, CONNECTION)


@dataclass(frozen=True, slots=True)
class RealtimeFacts:
    """What was learnt about both ways to the tables."""

    trouble: str = ""
    """Why we cannot use them; empty when we can."""
    lacking: tuple[str, ...] = ()
    """What Asterisk's files should say and do not, ``extconfig.conf: ps_endpoints => odbc,…``."""
    connection: str = ""
    """The section of ``res_odbc.conf`` that the tables are read by."""
    connections: int | None = None
    """How many of it Asterisk has open, or -1 where it does not know the section; None: it could not be asked."""


def check_realtime(facts: RealtimeFacts) -> Iterator[Finding]:
    """Both ways to the tables."""
    if facts.trouble:
        yield DATABASE.found(facts.trouble)
    if facts.lacking:
        yield FILES.found(f"missing: {'; '.join(facts.lacking)}")
    elif facts.connections is not None and facts.connections < 1:
        what = (
            f"Asterisk has no connection {facts.connection}: res_odbc did not take its section"
            if facts.connections < 0
            else f"Asterisk's connection {facts.connection} of res_odbc.conf is down"
        )
        yield CONNECTION.found(what)
