"""The command ``sepbridge``."""

from __future__ import annotations

from bridge.cli import autoregistration, dhcp, directory, lab, phonechanges, phones, serve, setup, site, status, tftp
from bridge.cli.main import main

__all__ = [
    "autoregistration",
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
    "tftp",
]
