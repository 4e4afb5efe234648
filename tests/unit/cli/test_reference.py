"""The page on all commands is the commands' own help."""

from __future__ import annotations

from pathlib import Path

from bridge.cli.reference import commands_page


def test_the_page_is_current() -> None:
    page = Path(__file__).parents[3] / "docs/commands.md"
    assert page.read_text(encoding="utf-8") == commands_page(), (
        "run: python scripts/commands-page.py > docs/commands.md"
    )
