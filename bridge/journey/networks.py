"""How the phones of each network fare with signalling, counted as they go.

A firewall between two networks shows in no single phone: only in that many of one network have their file and none of
them calls, while others do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network

from bridge.core import DeviceName, SignallingProtocol
from bridge.journey.phonejourney import PhoneJourney
from bridge.journey.sitefacts import NetworkState
from bridge.journey.stages import Stage

_Key = tuple[str, SignallingProtocol]


@dataclass(slots=True)
class _Count:
    """Phones of one network that speak one protocol."""

    stuck: int = 0
    up: int = 0

    @property
    def says(self) -> tuple[bool, bool]:
        """What the rules take from it: whether more than one is stuck, and whether any is up."""
        return self.stuck > 1, self.up > 0


class NetworkCounts:
    """Counts each phone once, where it is now."""

    def __init__(self) -> None:
        self._counts: dict[_Key, _Count] = {}
        self._counted: dict[DeviceName, tuple[_Key, bool]] = {}
        """Under what each phone is counted, and whether it is up."""
        self._states: tuple[NetworkState, ...] | None = None
        self.version = 0
        """Grows when a rule may take something else from the counts than before."""

    def count(self, journey: PhoneJourney, wanted: SignallingProtocol | None) -> None:
        """Take note of where a phone stands. ``wanted``: what it is to speak; None for a stranger."""
        network = network_of(journey.client)
        if not network or not (journey.stage.is_up or journey.stage is Stage.CONFIG):
            self.leave(journey.device)
            return
        standing = (network, wanted or journey.facts.protocol or SignallingProtocol.SIP), journey.stage.is_up
        if self._counted.get(journey.device) != standing:
            self.leave(journey.device)
            self._counted[journey.device] = standing
            self._add(*standing, 1)

    def leave(self, device: DeviceName) -> None:
        """Count this phone no more."""
        standing = self._counted.pop(device, None)
        if standing is not None:
            self._add(*standing, -1)

    def states(self) -> tuple[NetworkState, ...]:
        """How each network fares, in order."""
        if self._states is None:
            self._states = tuple(
                NetworkState(*key, each.stuck, each.up) for key, each in sorted(self._counts.copy().items())
            )
        return self._states

    def _add(self, key: _Key, is_up: bool, number: int) -> None:
        count = self._counts.setdefault(key, _Count())
        before = count.says
        if is_up:
            count.up += number
        else:
            count.stuck += number
        if count.says != before:
            self.version += 1
        if not count.stuck and not count.up:
            del self._counts[key]
        self._states = None


@lru_cache(maxsize=8192)
def network_of(client: str) -> str:
    """The /24 (or /64) that an address lies in; empty for what is no address."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return ""
    return str(ip_network((address, 24 if address.version == 4 else 64), strict=False))
