"""``make bench`` and the page on performance name the same programs, and all there are."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROGRAM = re.compile(r"python -m (bench\.\w+)")


def programs() -> set[str]:
    """The modules of ``bench`` that can be run."""
    found = {path.stem for path in (ROOT / "bench").glob("*.py") if "\ndef main(" in path.read_text(encoding="utf-8")}
    packages = {path.parent.name for path in (ROOT / "bench").glob("*/__main__.py")}
    return {f"bench.{name}" for name in found | packages}


def test_make_runs_every_bench() -> None:
    rule = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nbench: ")[2].partition("\n\n")[0]
    assert set(PROGRAM.findall(rule)) == programs()


def test_the_page_has_every_bench() -> None:
    table = (ROOT / "docs/performance.md").read_text(encoding="utf-8").partition("\n## ")[0]
    assert set(PROGRAM.findall(table)) == programs()
