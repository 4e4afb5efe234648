"""The same database, clock and files as the tests of the use cases."""

from __future__ import annotations

from tests.unit.app.conftest import clock, files, store

__all__ = ["clock", "files", "store"]
