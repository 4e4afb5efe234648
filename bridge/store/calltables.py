"""The table of call records."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table

from bridge.store.columntypes import Moment
from bridge.store.tables import COUNTER, EXACT, NAME, NUMBER, metadata

call_record = Table(
    "call_record",
    metadata,
    Column("id", COUNTER, primary_key=True),
    # No foreign key: what a phone did stays known when it is gone.
    Column("device_name", String(NAME), nullable=False),
    Column("line", String(NUMBER), nullable=False),
    Column("number", String(NUMBER), nullable=False),
    Column("name", String(100), nullable=False),
    Column("outgoing", Boolean, nullable=False),
    Column("started", Moment, nullable=False),
    Column("answered", Moment),
    Column("ended", Moment, nullable=False),
    Column("why", String(200), nullable=False),
    Column("status", Integer, nullable=False),
    Column("codec", String(50), nullable=False),
    # False where the phone told nothing: the five figures are 0 then.
    Column("measured", Boolean, nullable=False),
    *(Column(each, BigInteger, nullable=False) for each in ("sent", "received", "lost", "jitter", "latency")),
    Column("malicious", Boolean, nullable=False),
    Column("recording", String(255), nullable=False),
    Index(None, "device_name", "id"),
    **EXACT,
)
