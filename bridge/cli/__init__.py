"""The command ``sepbridge``."""

from __future__ import annotations

from bridge.cli import autoregistration, directory, firmware, lab, phonechanges, phones, serve, setup, site, status
from bridge.cli.main import main

__all__ = [
    "autoregistration",
    "directory",
    "firmware",
    "lab",
    "main",
    "phonechanges",
    "phones",
    "serve",
    "setup",
    "site",
    "status",
]
