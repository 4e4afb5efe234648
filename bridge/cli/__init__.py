"""The command ``sepbridge``."""

from __future__ import annotations


def main() -> None:
    """Entry point of the command line."""
