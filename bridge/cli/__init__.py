"""The command ``sepbridge``."""

from __future__ import annotations

from bridge.cli import (
    autoregistration,
    autoregistrationpolicy,
    checklist,
    claims,
    dhcp,
    directory,
    lab,
    phonechanges,
    phones,
    serve,
    setup,
    site,
    status,
    temporary,
    tftp,
)
from bridge.cli.main import main

__all__ = [
    "autoregistration",
    "autoregistrationpolicy",
    "checklist",
    "claims",
    "dhcp",
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
    "tftp",
]
