"""MAC addresses, as Cisco phones write them: twelve hexadecimal digits, upper case, no separators."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bridge.errors import InvalidInput

_SEPARATORS = re.compile(r"[:.\-\s]")
_TWELVE_HEX = re.compile(r"[0-9A-F]{12}")


@dataclass(frozen=True, slots=True, order=True)
class MacAddress:
    """A MAC address. ``value`` is always twelve upper-case hexadecimal digits."""

    value: str

    def __post_init__(self) -> None:
        if not _TWELVE_HEX.fullmatch(self.value):
            raise InvalidInput(f"{self.value!r} is not a MAC address", fix="give twelve hexadecimal digits")

    @classmethod
    def parse(cls, text: str) -> MacAddress:
        """Read ``001122aabbcc``, ``00:11:22:AA:BB:CC``, ``00-11-22-…`` or ``0011.22aa.bbcc``.

        Raises InvalidInput for anything else.
        """
        return cls(_SEPARATORS.sub("", text).upper())

    @property
    def oui(self) -> str:
        """The first six digits: the maker's prefix."""
        return self.value[:6]

    @property
    def is_multicast(self) -> bool:
        """True for group addresses (and all-ones), which no phone can have as its own."""
        return bool(int(self.value[:2], 16) & 1)

    @property
    def colons(self) -> str:
        """``00:11:22:AA:BB:CC``."""
        return ":".join(self.value[i : i + 2] for i in range(0, 12, 2))

    def __str__(self) -> str:
        return self.value
