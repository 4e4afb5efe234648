"""CSV as CUCM and Excel write it: bytes to records with line numbers. Reading never raises anything but InvalidInput.

Source: migration reference, sections 2.1 and 2.2.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.errors import InvalidInput
from bridge.migration.notes import Note, Origin, Weight

MAX_FILE = 64 * 1024 * 1024
"""Octets: 12,000 wide records, CUCM's own advice for one file, are well below."""
MAX_RECORDS = 100_000
MAX_COLUMNS = 4096
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS = {",": "", ";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True, slots=True)
class CsvRecord:
    """One record: its cells, and the line it begins in."""

    line: int
    cells: tuple[str, ...]


def decoded(content: bytes, file: str) -> tuple[str, tuple[Note, ...]]:
    """The text of a file: UTF-8 or UTF-16, with or without mark, else Windows-1252, which is told.

    Raises InvalidInput for a file that is too large.
    """
    if len(content) > MAX_FILE:
        raise InvalidInput(
            f"{file} is larger than {MAX_FILE // 1024 // 1024} MiB", fix="export fewer phones into one file"
        )
    for mark, encoding in (*_MARKS, *_unmarked(content[:2])):
        if content.startswith(mark):
            try:
                return content.decode(encoding), ()
            except UnicodeDecodeError:
                break
    told = "it is not UTF-8, and was read as Windows-1252: look at letters with accents"
    return content.decode("cp1252", errors="replace"), (Note(Weight.CHANGED, file, told, Origin(file, 1)),)


def _unmarked(begin: bytes) -> tuple[tuple[bytes, str], ...]:
    """UTF-16 shows by its first letter, since the header is plain English."""
    if len(begin) < 2 or 0 not in begin:
        return ((b"", "utf-8"),)
    return ((b"", "utf-16-be" if begin[0] == 0 else "utf-16-le"),)


def separator(text: str) -> tuple[str, str]:
    """What stands between the cells, as the header has it, and the word for it: empty for commas, as CUCM writes them.

    Excel writes semicolons where the comma is for decimals, and tabs as "Unicode text".
    """
    header = text.lstrip().partition("\n")[0]
    found = max(_SEPARATORS, key=header.count)
    return found, _SEPARATORS[found]


def records(text: str, file: str, between: str = ",") -> Iterator[CsvRecord | Note]:
    """The records that are not empty; a note where one cannot be read, after which there are no more."""
    source = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=between)
    line = 1
    for _ in range(MAX_RECORDS):
        try:
            cells = next(source, None)
        except csv.Error as error:
            yield Note(Weight.BROKEN, file, f"no CSV from here on ({error})", Origin(file, line))
            return
        if cells is None:
            return
        if len(cells) > MAX_COLUMNS:
            yield Note(Weight.BROKEN, file, f"more than {MAX_COLUMNS} columns", Origin(file, line))
        elif any(cell.strip() for cell in cells):
            yield CsvRecord(line, tuple(cell.strip() for cell in cells))
        line = source.line_num + 1
    yield Note(Weight.BROKEN, file, f"more than {MAX_RECORDS} records; the rest was not read", Origin(file, line))
