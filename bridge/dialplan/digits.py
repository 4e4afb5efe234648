"""Collecting digits: when a number is complete, told key by key while a user dials.

Built once for each search list and shared by all phones that have it; a look at one key costs the patterns that are no
plain numbers, not all numbers of the site. Source: dial-plan reference, section 8.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.dialplan.keys import ALPHABET
from bridge.dialplan.matching import Entry, Tie, Waiting, winner

_KEYS = frozenset(ALPHABET)


class DigitPlan:
    """What may be dialled by one search list. Never changed after it was made."""

    __slots__ = ("_numbers", "_prefixes", "_tones", "_wide")

    def __init__(self, entries: Iterable[Entry[Any]], outside_tone_after: Iterable[str] = ()) -> None:
        """``outside_tone_after``: access codes behind which the user hears the outside dial tone."""
        self._wide: list[Entry[None]] = []
        # Of a number in several partitions the earliest counts, as it would win; of equals the urgent one.
        entries = sorted(entries, key=lambda entry: (entry.rank, not entry.urgent))
        numbers: dict[str, bool] = {}
        for entry in entries:
            number = entry.pattern.number
            if number is None:
                self._wide.append(Entry(entry.pattern, entry.rank, None, entry.urgent))
            else:
                numbers.setdefault(number, entry.urgent)
        self._numbers = numbers
        self._prefixes = frozenset(number[:end] for number in numbers for end in range(len(number)))
        self._tones = frozenset(outside_tone_after) - {""}

    def waiting(self, dialled: str) -> Waiting:
        """What ``dialled`` says about the rest of the number."""
        if not _KEYS.issuperset(dialled):
            return Waiting.NO_MATCH
        longer = dialled in self._prefixes or any(
            one.shape.may_follow(dialled) for entry in self._wide for one in entry.pattern.shapes
        )
        urgent = self._numbers.get(dialled)  # a plain number is the closest match of all
        if urgent is None:
            found = winner(self._wide, dialled) if dialled else None
            if found is None:
                return Waiting.MORE if longer else Waiting.NO_MATCH
            urgent = found.one.urgent or found.other.urgent if isinstance(found, Tie) else found.urgent
        return Waiting.MAY_END if longer and not urgent else Waiting.COMPLETE

    def is_complete(self, dialled: str) -> bool:
        """Whether the number is to be dialled at once."""
        return self.waiting(dialled) is Waiting.COMPLETE

    def takes_hash(self, dialled: str) -> bool:
        """Whether a pattern wants a ``#`` after these keys, which then does not end the number."""
        return self.waiting(f"{dialled}#") is not Waiting.NO_MATCH

    def outside_tone(self, dialled: str) -> bool:
        """Whether the outside dial tone is due after exactly these keys."""
        return dialled in self._tones
