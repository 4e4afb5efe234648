"""Addresses as media messages carry them: four bytes up to version 16, family and sixteen bytes from version 17 on.

Source: SCCP wire reference, section 6 (types ip4, ip6, ipx).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Self

from bridge.errors import InvalidInput
from bridge.sccp.openenum import OpenEnum

OCTETS = 16
_NO_TAIL = bytes(12)


class AddressFamily(OpenEnum):
    """IpType: which kind of address a field holds, or which kind is asked for."""

    IPV4 = 0
    IPV6 = 1
    BOTH = 2
    INVALID = 3


@dataclass(frozen=True, slots=True)
class StationAddress:
    """An address with its family; ``octets`` is always 16 bytes, an IPv4 address stands in the first four."""

    family: AddressFamily = AddressFamily.IPV4
    octets: bytes = bytes(OCTETS)

    def __post_init__(self) -> None:
        if len(self.octets) != OCTETS:
            raise InvalidInput(f"an SCCP address has {OCTETS} octets, not {len(self.octets)}")
        if self.family == AddressFamily.IPV4 and not self.octets.endswith(_NO_TAIL):
            raise InvalidInput("an IPv4 address fills only the first four octets of an SCCP address")

    @classmethod
    def of(cls, address: IPv4Address | IPv6Address | str) -> Self:
        """The address in SCCP's form. Raises InvalidInput where a text is no IP address."""
        if isinstance(address, str):
            try:
                address = ip_address(address)
            except ValueError:
                raise InvalidInput(f"{address!r} is not an IP address") from None
        if isinstance(address, IPv4Address):
            return cls(AddressFamily.IPV4, address.packed + _NO_TAIL)
        return cls(AddressFamily.IPV6, address.packed)

    @property
    def ip(self) -> IPv4Address | IPv6Address | None:
        """The IP address; None where the family is not one that names an address."""
        if self.family == AddressFamily.IPV4:
            return IPv4Address(self.octets[:4])
        if self.family == AddressFamily.IPV6:
            return IPv6Address(self.octets)
        if self.family == AddressFamily.BOTH:
            return IPv4Address(self.octets[:4]) if self.octets.endswith(_NO_TAIL) else IPv6Address(self.octets)
        return None

    @property
    def unspecified(self) -> bool:
        """True for 0.0.0.0 and ``::``: accept from anywhere, send nowhere."""
        return not any(self.octets)


UNSPECIFIED = StationAddress()
NO_IP4 = IPv4Address(0)
NO_IP6 = IPv6Address(0)
