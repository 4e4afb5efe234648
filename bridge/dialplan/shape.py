"""The set of strings that a pattern matches: a set of keys for each position, and whether digits may follow.

A pattern with ``?`` or ``+`` inside has several shapes. Shapes intersect exactly: two fixed ones of equal length
position by position, an open one with a fixed one that is long enough, two open ones to an open one (dial-plan
reference, section 4.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from bridge.dialplan.keys import ALPHABET, DIGITS, size


@dataclass(frozen=True, slots=True)
class Shape:
    """Strings of ``len(keys)`` keys; with ``is_open`` also those with any number of digits behind."""

    keys: tuple[int, ...]
    is_open: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether there is just one such string."""
        return not self.is_open and all(size(mask) == 1 for mask in self.keys)

    def matches(self, dialled: str) -> bool:
        """Whether ``dialled`` is one of the strings."""
        length = len(self.keys)
        if len(dialled) < length or (len(dialled) > length and not self.is_open):
            return False
        return all(
            (self.keys[index] if index < length else DIGITS) >> ALPHABET.index(key) & 1
            for index, key in enumerate(dialled)
        )

    def may_follow(self, dialled: str) -> bool:
        """Whether ``dialled`` and at least one more key is one of the strings."""
        length = len(self.keys)
        if len(dialled) >= length and not self.is_open:
            return False
        return all(
            (self.keys[index] if index < length else DIGITS) >> ALPHABET.index(key) & 1
            for index, key in enumerate(dialled)
        )

    def strings_of_length(self, length: int) -> int:
        """How many strings have this length: CUCM's measure of how close a match is (section 3, rule 4)."""
        extra = length - len(self.keys)
        if extra < 0 or (extra and not self.is_open):
            return 0
        count: int = 10**extra
        for mask in self.keys:
            count *= size(mask)
        return count

    def meet(self, other: Shape) -> Shape | None:
        """The strings that both match, or None where there are none."""
        short, long = (self, other) if len(self.keys) <= len(other.keys) else (other, self)
        if len(short.keys) < len(long.keys) and not short.is_open:
            return None
        keys = []
        for one, two in zip_longest(short.keys, long.keys, fillvalue=DIGITS):
            if not one & two:
                return None
            keys.append(one & two)
        return Shape(tuple(keys), self.is_open and other.is_open)

    def contains(self, other: Shape) -> bool:
        """Whether every string of ``other`` is one of these."""
        return self.meet(other) == other
