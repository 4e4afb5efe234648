"""What is wrong with a text, at the lines where it is wrong: errors of the site's description as marks. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.errors import SepbridgeError

AROUND = 3
"""Lines that are shown before and after one with a mark."""
_LINE = re.compile(r"line (\d{1,7}): (.+)", re.DOTALL)
_TOML = re.compile(r"(.*?) ?\(at line (\d{1,7}), column \d+\)", re.DOTALL)
_PARTS = re.compile(r"; (?=(?:why|fix): )")


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that is wrong."""

    line: int
    """From 1 on."""
    what: str
    why: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line of the text, with what is wrong with it. ``number`` 0 stands for lines that are not shown."""

    number: int
    text: str = ""
    marks: Sequence[Mark] = ()


def marks_of(error: SepbridgeError) -> tuple[Mark, ...]:
    """The lines that an error names; none where it names no line."""
    if (found := _LINE.match(error.what)) is not None:
        return (Mark(int(found[1]), found[2], error.why, error.fix),)
    if (found := _TOML.match(error.why)) is not None:
        return (Mark(int(found[2]), found[1], "", error.fix),)
    marks = []
    for told in error.why.split("\n"):
        if (found := _LINE.match(told)) is None:
            continue
        what, *rest = _PARTS.split(found[2])
        parts = dict(each.split(": ", 1) for each in rest)
        marks.append(Mark(int(found[1]), what, parts.get("why", ""), parts.get("fix", "")))
    return tuple(marks)


def marked_text(text: str, marks: Sequence[Mark]) -> tuple[MarkedLine, ...]:
    """The lines with marks, and those around them."""
    lines = text.split("\n")
    by_line: dict[int, list[Mark]] = {}
    for mark in marks:
        by_line.setdefault(min(max(1, mark.line), len(lines)), []).append(mark)
    shown = sorted(
        {number for line in by_line for number in range(line - AROUND, line + AROUND + 1) if 1 <= number <= len(lines)}
    )
    found: list[MarkedLine] = []
    last = 0
    for number in shown:
        if number != last + 1:
            found.append(MarkedLine(0))
        found.append(MarkedLine(number, lines[number - 1], tuple(by_line.get(number, ()))))
        last = number
    return tuple(found)
