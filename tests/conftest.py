"""Fixtures for every kind of test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("tests.storecontract", "tests.serverfailures")

# A run that others depend on is repeatable: it looks at the same examples every time. At the desk the search goes on.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("searching", deadline=None)
settings.load_profile("repeatable" if os.environ.get("CI") == "true" else "searching")

SLOWEST_FIRST = ("e2e", "packaging", "integration", "web", "property")
"""Kinds of tests that begin first, so that no worker is left with a long one in the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow kinds first; what is quick fills the gaps."""
    here = Path(__file__).parent
    items.sort(key=lambda item: _rank(item.path.relative_to(here).parts[0]))


def _rank(kind: str) -> int:
    return SLOWEST_FIRST.index(kind) if kind in SLOWEST_FIRST else len(SLOWEST_FIRST)
