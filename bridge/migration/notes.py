"""What an import tells the admin: rows that cannot be read, what is not carried over and why, what was changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Weight(StrEnum):
    """How much a note matters."""

    BROKEN = "broken"
    """This row or object cannot be imported; the option says whether the others are."""
    LOST = "not supported"
    """Something that CUCM had and this system does not carry over."""
    CHANGED = "changed"
    """It was carried over, but not letter for letter."""
    TODO = "to do"
    """An admin's hand is needed."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something was read: a file and a line in it (from 1), or an AXL answer."""

    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}" if self.line else self.file


NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class Note:
    """One remark. Never holds the value of a column that may be secret."""

    weight: Weight
    subject: str
    """The phone, pool, column or file that it is about."""
    what: str
    origin: Origin = NOWHERE
    count: int = 1
    """How many objects it is about; ``origin`` is the first one's."""

    def __str__(self) -> str:
        where = f"{self.origin}: " if self.origin.file else ""
        times = f" ({self.count} times)" if self.count > 1 else ""
        return f"{where}{self.subject}: {self.what}{times}"


def gathered(notes: Iterable[Note]) -> tuple[Note, ...]:
    """The notes with equal ones counted, the weightiest kind first, else in their order."""
    found: dict[tuple[Weight, str, str], Note] = {}
    for each in notes:
        key = (each.weight, each.subject, each.what)
        known = found.get(key)
        found[key] = each if known is None else replace(known, count=known.count + each.count)
    order = list(Weight)
    return tuple(sorted(found.values(), key=lambda each: order.index(each.weight)))
