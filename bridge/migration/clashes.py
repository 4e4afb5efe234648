"""Numbers that are the first line of phones in several partitions: Asterisk knows a phone by its number alone."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.migration.notes import Note, Weight
from bridge.migration.wishes import LineWish, PhoneWish


def without_clashes(phones: Sequence[PhoneWish]) -> tuple[list[PhoneWish], list[Note]]:
    """The phones whose first number is no earlier phone's in another partition; and a note on each of the others."""
    owners: dict[str, PhoneWish] = {}
    kept: list[PhoneWish] = []
    notes: list[Note] = []
    for phone in phones:
        first = _first(phone)
        owner = owners.setdefault(first.number, phone)
        if _first(owner).partition == first.partition:
            kept.append(phone)
            continue
        what = f"its number {first.number} is {owner.name}'s in another partition: Asterisk knows phones by it"
        notes.append(Note(Weight.BROKEN, str(phone.name), what, phone.origin))
    return kept, notes


def _first(phone: PhoneWish) -> LineWish:
    return min(phone.lines, key=lambda each: each.button).line
