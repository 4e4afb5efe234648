"""Which number comes next: CUCM's rule, not "the lowest free one" (autoregistration reference, section 4)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from bridge.core import NumberRange


@dataclass(frozen=True, slots=True)
class Allocation:
    """A number for a phone, and where the next search begins."""

    number: str
    next_number: str


def allocate(numbers: NumberRange, next_number: str, in_use: AbstractSet[str]) -> Allocation | None:
    """Take the first free number at or after ``next_number``, wrapping from the range's end to its start.

    ``in_use`` holds every number of the plan in that partition: devices, and whatever else Asterisk dials. The new
    pointer stands one past the number taken. A pointer outside the range counts as the range's start. Returns None
    when every number was tried once and none is free (requirements AR-12, AR-15).
    """
    if numbers.is_empty:
        return None
    candidate = next_number if next_number in numbers else numbers.start
    for _ in range(len(numbers)):
        following = numbers.after(candidate)
        if candidate not in in_use:
            return Allocation(candidate, following)
        candidate = following
    return None


def free_numbers(numbers: NumberRange, in_use: AbstractSet[str]) -> int:
    """How many numbers of the range are free."""
    return len(numbers) - sum(1 for number in in_use if number in numbers)
