"""Fixtures for every kind of test."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("tests.storecontract", "tests.serverfailures")

# A run that others depend on is repeatable: it looks at the same examples every time. At the desk the search goes on.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("searching", deadline=None)
settings.load_profile("repeatable" if os.environ.get("CI") == "true" else "searching")
