"""The database: SQLAlchemy tables, repositories, Alembic migrations."""

from __future__ import annotations

from bridge.store.database import SqlStore, open_store
from bridge.store.dump import TableContent, dumped, load, row_counts
from bridge.store.engines import sqlite_url
from bridge.store.migrations import HEAD, REVISIONS, current, upgrade
from bridge.store.pruning import Retention

__all__ = [
    "HEAD",
    "REVISIONS",
    "Retention",
    "SqlStore",
    "TableContent",
    "current",
    "dumped",
    "load",
    "open_store",
    "row_counts",
    "sqlite_url",
    "upgrade",
]
