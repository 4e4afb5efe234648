"""The command ``sepbridge``."""

from __future__ import annotations

from bridge.cli import autoregistration, directory, lab, phones, serve, setup, status
from bridge.cli.main import main

__all__ = ["autoregistration", "directory", "lab", "main", "phones", "serve", "setup", "status"]
