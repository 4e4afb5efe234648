"""The command ``sepbridge``."""

from __future__ import annotations

from bridge.cli import autoregistration, claims, directory, lab, phonechanges, phones, serve, setup, site, status
from bridge.cli.main import main

__all__ = [
    "autoregistration",
    "claims",
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
