"""Call references: one counter for the whole server (SCCP flows reference, section 7)."""

from __future__ import annotations

_LAST = 2**31 - 1


class CallReferences:
    """Hands out 1 to 2**31 - 1 in turn, so that a number comes again only after all the others."""

    __slots__ = ("_next",)

    def __init__(self, first: int = 1) -> None:
        self._next = first if 0 < first <= _LAST else 1

    def take(self) -> int:
        """The next one."""
        number = self._next
        self._next = 1 if number == _LAST else number + 1
        return number
