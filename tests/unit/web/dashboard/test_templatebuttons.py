"""The buttons of a template as rows of a form."""

from __future__ import annotations

import pytest

from bridge.core.phonebuttons import MAX_BUTTONS
from bridge.errors import InvalidInput
from bridge.web.dashboard.templatebuttons import ButtonRow, button_rows, buttons_of, typed_rows

TABLE = ["line", {"kind": "directed-park", "label": "Park 1", "argument": "701"}, "none", "dnd"]


def test_rows_and_back_again() -> None:
    rows = button_rows(TABLE)
    assert rows[1] == ButtonRow(2, "directed-park", "Park 1", "701")
    assert [each.place for each in rows] == list(range(1, 9)), "with some to spare"
    assert buttons_of(rows) == TABLE
    assert len(button_rows(None)) == 6
    assert buttons_of(button_rows(None)) == []
    assert len(button_rows(["line"] * MAX_BUTTONS)) == MAX_BUTTONS


def test_a_gap_is_a_button_without_a_use_and_the_end_is_cut() -> None:
    rows = typed_rows({"b1.kind": "line", "b2.kind": "", "b3.kind": "dnd", "b3.label": " Quiet ", "b4.kind": ""})
    assert buttons_of(rows) == ["line", "none", {"kind": "dnd", "label": "Quiet"}]


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(InvalidInput, match="button 2 has a label"):
        buttons_of([ButtonRow(1, "line"), ButtonRow(2, "", "Lost")])
    with pytest.raises(InvalidInput, match="button 1"):
        typed_rows({"b1.kind": "line", "b1.label": "x" * 300})
