"""The command ``sepbridge``."""

from __future__ import annotations

from bridge.cli import (
    autoregistration,
    autoregistrationpolicy,
    backup,
    calls,
    checklist,
    claims,
    dhcp,
    directory,
    firmware,
    lab,
    phonechanges,
    phones,
    phonestrace,
    phoneswatch,
    serve,
    setup,
    site,
    status,
    temporary,
    tftp,
    users,
)
from bridge.cli.main import main

__all__ = [
    "autoregistration",
    "autoregistrationpolicy",
    "backup",
    "calls",
    "checklist",
    "claims",
    "dhcp",
    "directory",
    "firmware",
    "lab",
    "main",
    "phonechanges",
    "phones",
    "phonestrace",
    "phoneswatch",
    "serve",
    "setup",
    "site",
    "status",
    "temporary",
    "tftp",
    "users",
]
