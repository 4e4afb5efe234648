"""The command ``sepbridge``."""

from __future__ import annotations

from bridge.cli.main import main

__all__ = ["main"]
