"""The command ``sepbridge``."""

from __future__ import annotations

from bridge.cli import autoregistration, calls, directory, lab, phonechanges, phones, serve, setup, site, status
from bridge.cli.main import main

__all__ = [
    "autoregistration",
    "calls",
    "directory",
    "lab",
    "main",
    "phonechanges",
    "phones",
    "serve",
    "setup",
    "site",
    "status",
]
