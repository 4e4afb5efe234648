"""Writes the part of docs/troubleshooting.md that comes from the tables: what screens and alarms mean."""

from __future__ import annotations

import sys
from pathlib import Path

from bridge.journey.screenspage import with_tables

PAGE = Path(__file__).parents[1] / "docs/troubleshooting.md"

if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{PAGE} is current\n")
