"""CSV that a spreadsheet does not carry out."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.app.services.csvcells import csv_text, guarded, unguarded


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-x", "\t=1", "\r=1"])
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["+49301234", "-5", "*55", "#31#", "Käthe", "O'Hara", "'quoted'", "", "a=b"])
def test_numbers_and_names_stay(text: str) -> None:
    assert guarded(text) == text
    assert unguarded(text) == text


@given(st.text())
def test_what_was_guarded_comes_back(text: str) -> None:
    if not text.startswith("'"):
        assert unguarded(guarded(text)) == text


def test_a_file_has_a_head_and_empty_cells() -> None:
    text = csv_text(("a", "b"), [("x,y", None), (3, "=1")])
    assert list(csv.reader(io.StringIO(text))) == [["a", "b"], ["x,y", ""], ["3", "'=1"]]
