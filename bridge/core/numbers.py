"""Directory numbers and ranges of them. Numbers are texts: leading zeros count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.errors import InvalidInput

_DIGITS = re.compile(r"[0-9]{1,15}")


def check_directory_number(text: str) -> str:
    """Return ``text`` if it is one to fifteen digits. Raises InvalidInput."""
    if not _DIGITS.fullmatch(text):
        raise InvalidInput(f"{text!r} is not a directory number", fix="use one to fifteen digits")
    return text


@dataclass(frozen=True, slots=True)
class NumberRange:
    """A range of directory numbers, both ends included.

    Ends have the same length; equal ends mean "no number at all", as in CUCM, where 1000-1000 switches
    autoregistration off (reference: autoregistration rules, 3.1; requirement AR-11).
    """

    start: str
    end: str

    def __post_init__(self) -> None:
        check_directory_number(self.start)
        check_directory_number(self.end)
        if len(self.start) != len(self.end):
            raise InvalidInput(
                f"the range {self.start}-{self.end} has ends of unequal length",
                why=f"{self.start} has {len(self.start)} digits, {self.end} has {len(self.end)}",
                fix="write both ends with the same number of digits, with leading zeros if need be",
            )
        if self.start > self.end:
            raise InvalidInput(
                f"the range {self.start}-{self.end} starts after its end", fix=f"write it as {self.end}-{self.start}"
            )

    @classmethod
    def parse(cls, text: str) -> NumberRange:
        """Read ``1000-1999``. Raises InvalidInput."""
        start, dash, end = text.strip().partition("-")
        if not dash:
            raise InvalidInput(f"{text!r} is not a range", fix="write the first and the last number, like 1000-1999")
        return cls(start.strip(), end.strip())

    @property
    def is_empty(self) -> bool:
        """True when both ends are equal, which means that autoregistration is off."""
        return self.start == self.end

    def overlaps(self, other: NumberRange) -> bool:
        """Whether some number is in both."""
        same_length = len(self.start) == len(other.start)
        return bool(self and other and same_length and self.start <= other.end and other.start <= self.end)

    def __len__(self) -> int:
        return 0 if self.is_empty else int(self.end) - int(self.start) + 1

    def __contains__(self, number: str) -> bool:
        if self.is_empty or len(number) != len(self.start) or not _DIGITS.fullmatch(number):
            return False
        return self.start <= number <= self.end

    def __iter__(self) -> Iterator[str]:
        return (self.at(index) for index in range(len(self)))

    def at(self, index: int) -> str:
        """The number ``index`` places after the start, wrapping from the end to the start."""
        return str(int(self.start) + index % len(self)).zfill(len(self.start))

    def after(self, number: str) -> str:
        """The next number after ``number``, wrapping from the end to the start."""
        return self.at(int(number) - int(self.start) + 1)

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"
