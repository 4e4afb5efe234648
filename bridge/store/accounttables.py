"""The tables of accounts, sessions, API tokens and wrong logins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Named, String, Table, TypedColumns

from bridge.core import Role
from bridge.store.columntypes import Moment, WordOf
from bridge.store.tables import EXACT, NAME, metadata

DIGEST = 64
"""Hexadecimal digits of a SHA-256."""


class _AccountColumns(TypedColumns):
    name = Column(String(NAME), primary_key=True)
    role: Named[Role] = Column(WordOf(Role))
    created_at: Named[datetime] = Column(Moment)
    password: Named[str] = Column(String(255))
    one_time: Named[bool]
    last_login_at: Named[datetime | None] = Column(Moment)
    logs_in_until: Named[datetime | None] = Column(Moment)


account = Table("account", metadata, _AccountColumns, **EXACT)


class _SessionColumns(TypedColumns):
    # The hash of the cookie alone: who reads the database cannot log in with it.
    digest = Column(String(DIGEST), primary_key=True)
    account_name: Named[str] = Column(String(NAME), ForeignKey("account.name", ondelete="CASCADE"), index=True)
    created_at: Named[datetime] = Column(Moment)
    seen_at: Named[datetime] = Column(Moment)
    expires_at: Named[datetime] = Column(Moment)


login_session = Table("login_session", metadata, _SessionColumns, **EXACT)


class _TokenColumns(TypedColumns):
    name = Column(String(NAME), primary_key=True)
    role: Named[Role] = Column(WordOf(Role))
    digest: Named[str] = Column(String(DIGEST), unique=True)
    created_at: Named[datetime] = Column(Moment)
    created_by: Named[str] = Column(String(255))
    last_used_at: Named[datetime | None] = Column(Moment)
    expires_at: Named[datetime | None] = Column(Moment)


api_token = Table("api_token", metadata, _TokenColumns, **EXACT)


class _TriesColumns(TypedColumns):
    # A user's name, an address, or both.
    subject = Column(String(120), primary_key=True)
    count: Named[int]
    last_at: Named[datetime] = Column(Moment)


login_tries = Table("login_tries", metadata, _TriesColumns, **EXACT)
