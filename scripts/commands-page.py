"""Prints docs/commands.md, made from the commands' own help: ``python scripts/commands-page.py > docs/commands.md``."""

from __future__ import annotations

from bridge.cli.reference import commands_page

if __name__ == "__main__":
    print(commands_page(), end="")
