"""CSV files that people open in a spreadsheet: a cell that it would take for a formula gets an apostrophe in front.

Names come from callers and phones; a cell that begins with ``=`` would be carried out by the program of whoever opens
the file. A number of a telephone may begin with ``+``, and stays as it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?[0-9*#.]*")


def csv_text(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A whole file; None is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow(["" if each is None else guarded(each) if isinstance(each, str) else each for each in row])
    return out.getvalue()


def guarded(text: str) -> str:
    """A text as a cell that no spreadsheet carries out."""
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def unguarded(text: str) -> str:
    """The text of such a cell."""
    return text[1:] if text.startswith("'") and guarded(text[1:]) != text[1:] else text
