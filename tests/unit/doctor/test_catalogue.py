"""The page about the doctor is the doctor's own."""

from __future__ import annotations

from pathlib import Path

from bridge.doctor.catalogue import AILMENTS, page


def test_the_page_is_current() -> None:
    file = Path(__file__).parents[3] / "docs/doctor.md"
    assert file.read_text(encoding="utf-8") == page(), "run: python scripts/doctor-page.py > docs/doctor.md"


def test_every_ailment_has_its_row() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `")]
    assert len(rows) == len(AILMENTS)
    assert all(row.count(" | ") == 4 for row in rows)
