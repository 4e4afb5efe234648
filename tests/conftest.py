"""Fixtures for every kind of test."""

from __future__ import annotations
