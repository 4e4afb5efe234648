"""The tables around phones' files: elements that an admin sets, and onboarding codes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Named, String, Table, TypedColumns

from bridge.store.columntypes import Moment
from bridge.store.tables import EXACT, NAME, NUMBER, metadata

PATH = 200


class _FileElementColumns(TypedColumns):
    # A device's name, or nothing for all phones: no foreign key can say that.
    scope = Column(String(NAME), primary_key=True)
    path = Column(String(PATH), primary_key=True)
    value: Named[str] = Column(String(255))


file_element = Table("file_element", metadata, _FileElementColumns, **EXACT)


class _OnboardingCodeColumns(TypedColumns):
    digest = Column(String(64), primary_key=True)
    last_digits: Named[str] = Column(String(4))
    created_at: Named[datetime] = Column(Moment)
    expires_at: Named[datetime] = Column(Moment)
    number: Named[str] = Column(String(NUMBER))
    display_name: Named[str] = Column(String(NAME))
    pool: Named[str] = Column(String(NAME))
    used_at: Named[datetime | None] = Column(Moment)
    used_by: Named[str] = Column(String(NAME))


onboarding_code = Table("onboarding_code", metadata, _OnboardingCodeColumns, **EXACT)
