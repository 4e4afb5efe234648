"""The schema's history, and the way through it. Travels inside the package."""

from __future__ import annotations

from bridge.store.migrations.history import HEAD, REVISIONS, current, upgrade

__all__ = ["HEAD", "REVISIONS", "current", "upgrade"]
