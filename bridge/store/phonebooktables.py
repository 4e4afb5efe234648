"""The tables of directories and of the calls that phones had."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, Named, String, Table, TypedColumns

from bridge.store.columntypes import Moment
from bridge.store.tables import COUNTER, EXACT, NAME, NUMBER, metadata


class _ContactColumns(TypedColumns):
    # The device whose personal directory it is; empty for the corporate one. No foreign key: a phone that is replaced
    # may get its directory back.
    owner = Column(String(NAME), primary_key=True)
    name = Column(String(100), primary_key=True)
    number = Column(String(NUMBER), primary_key=True)


contact = Table("contact", metadata, _ContactColumns, **EXACT)


class _DirectoryPinColumns(TypedColumns):
    owner = Column(String(NAME), primary_key=True)
    hashed: Named[str] = Column(String(255))


directory_pin = Table("directory_pin", metadata, _DirectoryPinColumns, **EXACT)


class _PastCallColumns(TypedColumns):
    id = Column(COUNTER, primary_key=True)
    device_name: Named[str] = Column(String(NAME))
    at: Named[datetime] = Column(Moment)
    kind: Named[str] = Column(String(16))
    number: Named[str] = Column(String(NUMBER))
    seconds: Named[int]


past_call = Table("past_call", metadata, _PastCallColumns, Index(None, "device_name", "kind", "id"), **EXACT)
