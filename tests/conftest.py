"""Fixtures for every kind of test."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.storecontract", "tests.serverfailures")
