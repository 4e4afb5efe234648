"""The database: SQLAlchemy tables, repositories, Alembic migrations."""

from __future__ import annotations

from bridge.store.database import SqlStore, open_store
from bridge.store.engines import sqlite_url
from bridge.store.migrations import HEAD, REVISIONS, current, upgrade

__all__ = ["HEAD", "REVISIONS", "SqlStore", "current", "open_store", "sqlite_url", "upgrade"]
