"""The command ``sepbridge``."""

from __future__ import annotations

from bridge.cli import (
    autoregistration,
    autoregistrationpolicy,
    backgrounds,
    calls,
    checklist,
    claims,
    dhcp,
    directory,
    firmware,
    lab,
    onboarding,
    phonechanges,
    phones,
    phoneswatch,
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
    "backgrounds",
    "calls",
    "checklist",
    "claims",
    "dhcp",
    "directory",
    "firmware",
    "lab",
    "main",
    "onboarding",
    "phonechanges",
    "phones",
    "phoneswatch",
    "serve",
    "setup",
    "site",
    "status",
    "temporary",
    "tftp",
]
