"""Where a phone hangs in the network, as it says itself."""

from __future__ import annotations

from dataclasses import dataclass

NO_VLAN = 4095
"""What a phone without a voice VLAN reports."""


@dataclass(frozen=True, slots=True)
class NetworkPlace:
    """Voice VLAN and switch neighbour (CDP or LLDP). Empty, and 0, where the phone did not say."""

    vlan: int = 0
    neighbour: str = ""
    """The switch, by the name that it announces."""
    neighbour_port: str = ""

    def __str__(self) -> str:
        told = [f"VLAN {self.vlan}"] if self.vlan else []
        told += [f"switch {self.neighbour}"] if self.neighbour else []
        told += [f"port {self.neighbour_port}"] if self.neighbour_port else []
        return ", ".join(told)


NOWHERE = NetworkPlace()
