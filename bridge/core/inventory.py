"""What a phone was seen to be, kept beside what an admin set for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridge.core.place import NO_VLAN


class SecurityMode(StrEnum):
    """What a phone was seen to believe and to speak."""

    UNKNOWN = ""
    NON_SECURE = "non-secure"
    """It registered in clear, and asks for plain files."""
    TRUST_LIST = "trust list"
    """It asks for signed files: it believes what somebody signs, and nobody else."""
    TLS = "TLS"
    """It came over TLS."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """Empty, and 0, where nothing was seen yet (requirements RG-14, RG-32)."""

    family: str = ""
    """The family of its configuration, as the catalogue calls it."""
    firmware: str = ""
    """Its kind: enterprise, mpp or spa."""
    security: SecurityMode = SecurityMode.UNKNOWN
    voice_vlan: int = 0
    """4095: the phone says that it has none."""
    neighbour: str = ""
    """The switch, by the name that it announces."""
    neighbour_port: str = ""
    manager: str = ""
    """The call manager that manages the phones of its network, by the phone's own word: whose trust list it holds, or
    else by whom it goes."""

    @property
    def vlan_in_words(self) -> str:
        """For people."""
        if not self.voice_vlan:
            return ""
        return "none" if self.voice_vlan == NO_VLAN else str(self.voice_vlan)


NOTHING_SEEN = Inventory()
