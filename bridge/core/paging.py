"""Paging groups: a number, and the phones that are heard when it is dialled."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bridge.errors import InvalidInput

MOST_PAGED = 100
"""Phones of one group: each is a call for the PBX."""
_NUMBER = re.compile(r"[0-9*#]{1,20}")


@dataclass(frozen=True, slots=True)
class PagingGroup:
    """A group, written ``8600=1001,1002``. Raises InvalidInput."""

    number: str
    members: tuple[str, ...]

    def __post_init__(self) -> None:
        for each in (self.number, *self.members):
            if not _NUMBER.fullmatch(each):
                raise InvalidInput(f"{each[:40]!r} is no number for a paging group", fix="use up to 20 digits, * and #")
        if not 0 < len(self.members) <= MOST_PAGED:
            raise InvalidInput(f"the paging group {self.number} has {len(self.members)} phones, not 1 to {MOST_PAGED}")

    @classmethod
    def parse(cls, text: str) -> PagingGroup:
        """Read ``8600=1001,1002``. Raises InvalidInput."""
        number, equals, members = text.partition("=")
        if not equals:
            raise InvalidInput(f"{text[:60]!r} is no paging group", fix='write it as "8600=1001,1002"')
        return cls(number.strip(), tuple(dict.fromkeys(each.strip() for each in members.split(","))))

    def __str__(self) -> str:
        return f"{self.number}={','.join(self.members)}"
