"""A range of numbers drawn as a strip: which are used, which are free, where the next one comes from. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bridge.core import NumberRange

MOST_CELLS = 100
"""Cells of the strip; a larger range has several numbers in each."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A few numbers in a row."""

    first: str
    last: str
    used: int
    size: int
    is_next: bool = False
    """The search for a free number begins here."""

    @property
    def level(self) -> int:
        """How full it is, from 0 (free) to 4 (all used); 1 for a single one among many."""
        return 0 if not self.used else max(1, self.used * 4 // self.size)

    @property
    def title(self) -> str:
        """What a pointer over it is told."""
        name = self.first if self.first == self.last else f"{self.first}–{self.last}"
        state = "free" if not self.used else "used" if self.used == self.size else f"{self.used} of {self.size} used"
        return f"{name}: {state}" + (", next" if self.is_next else "")


@dataclass(frozen=True, slots=True)
class RangeChart:
    """The strip."""

    cells: tuple[Cell, ...]
    used: int
    free: int
    percent: int


def range_chart(numbers: NumberRange, in_use: Collection[str], next_number: str) -> RangeChart:
    """The strip of a range; no cells for an empty one."""
    total = len(numbers)
    if not total:
        return RangeChart((), 0, 0, 0)
    size = -(-total // MOST_CELLS)
    start = int(numbers.start)
    counts = [0] * -(-total // size)
    for number in in_use:
        if number in numbers:
            counts[(int(number) - start) // size] += 1
    at = (int(next_number) - start) // size if next_number in numbers else -1
    cells = tuple(
        Cell(
            numbers.at(place * size),
            numbers.at(min((place + 1) * size, total) - 1),
            used,
            min((place + 1) * size, total) - place * size,
            place == at,
        )
        for place, used in enumerate(counts)
    )
    used = sum(counts)
    return RangeChart(cells, used, total - used, round(used * 100 / total))
