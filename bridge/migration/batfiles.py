"""Any file of a BAT export or of Import/Export: which kind it is, and what it says.

Source: migration reference, sections 2.1 and 2.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bridge.migration.batphones import are_phones, read_phones
from bridge.migration.columns import SECRET, Column, columns
from bridge.migration.csvtext import CsvRecord, decoded, records, separator
from bridge.migration.inventory import CucmPool, CucmUser, Inventory
from bridge.migration.notes import Note, Origin, Weight
from bridge.migration.unsupported import is_worth_telling

_POOL = {
    "cisco unified callmanager group": "group",
    "date/time group": "date_time_group",
    "region": "region",
    "calling search space for auto-registration": "autoreg_css",
    "network locale": "network_locale",
    "local route group": "local_route_group",
}
_EMPTY = frozenset({"null", "disable", "default", "-1"})
"""What Import/Export writes for "nothing"."""


def read_file(content: bytes, file: str) -> Inventory:
    """What a file says. Raises InvalidInput for a file that is too large; all else becomes notes."""
    text, notes = decoded(content, file)
    between, word = separator(text)
    found = list(records(text, file, between))
    broken = [each for each in found if isinstance(each, Note)]
    rows = [each for each in found if isinstance(each, CsvRecord)]
    told = Inventory(notes=(*notes, *broken))
    if not rows:
        return told + Inventory(notes=(Note(Weight.BROKEN, file, "there is nothing in it", Origin(file, 1)),))
    header, *rest = rows
    named = columns(header.cells)
    names = {each.name for each in named}
    read: Callable[[Sequence[str], Iterable[CsvRecord], str], Inventory]
    if are_phones(named):
        read = read_phones
    elif "device pool name" in names:
        read = _pools
    elif "user id" in names and names & {"last name", "first name"}:
        read = _users
    else:
        what = "this kind of file is not imported: phones, users and device pools are"
        weight = Weight.LOST if len(header.cells) > 1 else Weight.BROKEN
        return told + Inventory(notes=(Note(weight, file, what, Origin(file, header.line)),))
    if word:
        what = f"{word} between the cells: Excel has written it, which drops zeros at the front: look at the numbers"
        told += Inventory(notes=(Note(Weight.CHANGED, file, what, Origin(file, header.line)),))
    if rest and not text.endswith(("\n", "\r")) and len(rest[-1].cells) < len(header.cells):
        what = "the file ends in the middle of this record: was it copied whole? If it was, end its last line"
        told += Inventory(notes=(Note(Weight.BROKEN, file, what, Origin(file, rest.pop().line)),))
    return told + read(header.cells, rest, file)


def _pools(header: Sequence[str], rows: Iterable[CsvRecord], file: str) -> Inventory:
    named = columns(header)
    pools: list[CucmPool] = []
    notes: list[Note] = []
    for row in rows:
        origin = Origin(file, row.line)
        cells = {column.name: cell for column, cell in zip(named, row.cells, strict=False)}
        name = cells.pop("device pool name", "")
        if not name:
            notes.append(Note(Weight.BROKEN, file, "the record has no pool name", origin))
            continue
        values = {field: _given(cells.pop(column, "")) for column, field in _POOL.items()}
        pools.append(CucmPool(name, **values, origin=origin))
        notes.extend(
            Note(Weight.LOST, column, "device pools have no such setting here", origin)
            for column, cell in cells.items()
            if _given(cell) and is_worth_telling(column, cell)
        )
    return Inventory(pools=tuple(pools), notes=tuple(notes), counts={"device pools": len(pools)})


def _users(header: Sequence[str], rows: Iterable[CsvRecord], file: str) -> Inventory:
    named = columns(header)
    users: list[CucmUser] = []
    notes: list[Note] = []
    for row in rows:
        origin = Origin(file, row.line)
        pairs = list(zip(named, row.cells, strict=False))
        cells = {column.name: cell for column, cell in reversed(pairs)}
        user = cells.get("user id", "")
        if not user:
            notes.append(Note(Weight.BROKEN, file, "the record has no user ID", origin))
            continue
        devices = tuple(cell for column, cell in pairs if _names_device(column) and cell)
        users.append(
            CucmUser(
                user,
                cells.get("first name", ""),
                cells.get("last name", ""),
                cells.get("primary extension", ""),
                devices,
                origin,
            )
        )
        notes.extend(
            Note(Weight.LOST, column.name, "passwords and PINs are not imported: give new ones", origin)
            for column, cell in pairs
            if column.name in SECRET and cell
        )
    return Inventory(users=tuple(users), notes=tuple(notes), counts={"users": len(users)})


def _names_device(column: Column) -> bool:
    return column.name.startswith(("device name", "controlled device"))


def _given(text: str) -> str:
    return "" if text.strip().casefold() in _EMPTY else text.strip()
