"""One number in several partitions: CUCM takes them for two lines, Asterisk knows an endpoint by its number alone.

Imported as they are, calls for the one would ring at the other, as on a shared line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.migration.notes import Note, Weight
from bridge.migration.wishes import PhoneWish


def without_clashes(
    phones: Sequence[PhoneWish], taken: Mapping[str, tuple[str, str]]
) -> tuple[list[PhoneWish], list[Note]]:
    """The phones whose numbers stand in no other partition already; and a note on each of the others.

    ``taken`` are the numbers of other phones here: partition, and the name of the phone.
    """
    owners = dict(taken)
    kept: list[PhoneWish] = []
    notes: list[Note] = []
    for phone in phones:
        mine: dict[str, tuple[str, str]] = {}
        clash = ""
        for each in phone.lines:
            number, here = each.line.number, (each.line.partition, str(phone.name))
            partition, owner = owners.get(number) or mine.setdefault(number, here)
            if partition != each.line.partition:
                clash = f"its number {number} is {owner}'s in another partition: Asterisk knows lines by number alone"
                break
        if clash:
            notes.append(Note(Weight.BROKEN, str(phone.name), clash, phone.origin))
        else:
            owners |= mine
            kept.append(phone)
    return kept, notes
