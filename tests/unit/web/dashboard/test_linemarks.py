"""What is wrong with a text, at its lines."""

from __future__ import annotations

import pytest

from bridge.errors import Conflict, InvalidInput, SepbridgeError
from bridge.web.dashboard.linemarks import Mark, marked_text, marks_of


@pytest.mark.parametrize(
    ("error", "marks"),
    [
        (InvalidInput("line 3: there is no section 'x'", fix="y"), [Mark(3, "there is no section 'x'", "", "y")]),
        (
            InvalidInput("2 errors", why="line 2: a; why: b; fix: c; d\nline 40: e: f\nand 3 more"),
            [Mark(2, "a", "b", "c; d"), Mark(40, "e: f")],
        ),
        (
            InvalidInput("no TOML", why="Invalid value (at line 7, column 3)", fix="mend it"),
            [Mark(7, "Invalid value", "", "mend it")],
        ),
        (Conflict("line 12: the number 5 is used", why="by x"), [Mark(12, "the number 5 is used", "by x")]),
        (Conflict("the site was changed by somebody else"), []),
        (InvalidInput("the text is too large", why="a line 5 of it"), []),
    ],
)
def test_the_lines_that_an_error_names(error: SepbridgeError, marks: list[Mark]) -> None:
    assert list(marks_of(error)) == marks


def test_lines_with_marks_are_shown_with_those_around_them_and_gaps_between() -> None:
    text = "\n".join(f"l{number}" for number in range(1, 31))
    lines = marked_text(text, [Mark(2, "a"), Mark(20, "b"), Mark(20, "c"), Mark(99, "d")])
    assert [each.number for each in lines] == [1, 2, 3, 4, 5, 0, *range(17, 24), 0, 27, 28, 29, 30]
    assert {each.number: [mark.what for mark in each.marks] for each in lines if each.marks} == {
        2: ["a"],
        20: ["b", "c"],
        30: ["d"],
    }
    assert lines[1].text == "l2"
