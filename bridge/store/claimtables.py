"""The tables of claims: extensions that wait for their phones."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Named, String, Table, TypedColumns

from bridge.store.columntypes import Moment
from bridge.store.tables import EXACT, NAME, NUMBER, metadata


class _ClaimColumns(TypedColumns):
    number = Column(String(NUMBER), primary_key=True)
    created_at: Named[datetime] = Column(Moment)
    pin: Named[str] = Column(String(255))
    route_partition: Named[str] = Column(String(NAME))
    # No foreign keys: a claim whose pool, template or prepared device is gone is refused when somebody makes it, and
    # must not keep an admin from tidying up.
    device_name: Named[str] = Column(String(NAME))
    pool: Named[str] = Column(String(NAME))
    display_name: Named[str] = Column(String(NAME))
    description: Named[str] = Column(String(NAME))
    css: Named[str] = Column(String(NAME))
    button_template: Named[str] = Column(String(NAME))
    softkey_template: Named[str] = Column(String(NAME))
    device_template: Named[str] = Column(String(NAME))
    claimed_at: Named[datetime | None] = Column(Moment)
    claimed_by: Named[str] = Column(String(NAME))


claim = Table("claim", metadata, _ClaimColumns, **EXACT)


class _ProtectedNumberColumns(TypedColumns):
    pattern = Column(String(NUMBER), primary_key=True)


protected_number = Table("protected_number", metadata, _ProtectedNumberColumns, **EXACT)


class _ClaimTriesColumns(TypedColumns):
    # "phone:" and a device, or "number:" and an extension.
    subject = Column(String(80), primary_key=True)
    count: Named[int]
    last_at: Named[datetime] = Column(Moment)


claim_tries = Table("claim_tries", metadata, _ClaimTriesColumns, **EXACT)
