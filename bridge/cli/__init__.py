"""The command ``sepbridge``."""

from __future__ import annotations

from bridge.cli import (
    autoregistration,
    autoregistrationpolicy,
    calls,
    checklist,
    claims,
    directory,
    lab,
    phonechanges,
    phones,
    serve,
    setup,
    site,
    status,
    temporary,
)
from bridge.cli.main import main

__all__ = [
    "autoregistration",
    "autoregistrationpolicy",
    "calls",
    "checklist",
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
    "temporary",
]
