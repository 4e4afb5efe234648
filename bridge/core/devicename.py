"""Device names: the key by which CUCM, and this project, know a device."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bridge.core.mac import MacAddress
from bridge.errors import InvalidInput

# CUCM's own limit for device names is 15 characters for phones; free names of other devices may be longer.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")
_WITH_MAC = re.compile(r"(SEP|ATA|BAT)([0-9A-F]{12})")


@dataclass(frozen=True, slots=True, order=True)
class DeviceName:
    """A device's name: ``SEP`` or ``ATA`` and a MAC for hardware, a free name (``CSFJOHN``) for the rest.

    Rule RG-02: hexadecimal digits are kept in upper case, prefixes other than SEP are kept as they are.
    """

    value: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.value):
            raise InvalidInput(
                f"{self.value!r} is not a device name",
                why="a device name is a letter or digit followed by at most 49 letters, digits, dots, dashes",
                fix="use SEP followed by the phone's MAC address, for example SEP001122AABBCC",
            )

    @classmethod
    def parse(cls, text: str) -> DeviceName:
        """Read a device name, or a bare MAC (which becomes ``SEP`` + MAC). Raises InvalidInput."""
        stripped = text.strip()
        try:
            return cls.from_mac(MacAddress.parse(stripped))
        except InvalidInput:
            pass
        upper = stripped.upper()
        return cls(upper if _WITH_MAC.fullmatch(upper) else stripped)

    @classmethod
    def from_mac(cls, mac: MacAddress, prefix: str = "SEP") -> DeviceName:
        """The name of the phone with this MAC."""
        return cls(prefix + mac.value)

    @property
    def mac(self) -> MacAddress | None:
        """The MAC that the name holds, or None for a free name."""
        match = _WITH_MAC.fullmatch(self.value)
        return MacAddress(match.group(2)) if match else None

    @property
    def prefix(self) -> str:
        """``SEP``, ``ATA`` or ``BAT`` for names that hold a MAC, else an empty text."""
        match = _WITH_MAC.fullmatch(self.value)
        return match.group(1) if match else ""

    def __str__(self) -> str:
        return self.value
