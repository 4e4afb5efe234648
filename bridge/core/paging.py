"""Paging groups: a number, the phones that are heard when it is dialled, and the stream that some of them can join."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

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


@dataclass(frozen=True, slots=True)
class PagingStream:
    """Where a group is sent to by multicast, written ``8600=239.192.0.1:20480``. Raises InvalidInput."""

    number: str
    address: str
    port: int

    def __post_init__(self) -> None:
        if not _NUMBER.fullmatch(self.number):
            raise InvalidInput(
                f"{self.number[:40]!r} is no number for a paging group", fix="use up to 20 digits, * and #"
            )
        try:
            is_group = IPv4Address(self.address).is_multicast
        except AddressValueError:
            is_group = False
        if not is_group:
            raise InvalidInput(
                f"{self.address[:40]!r} is no multicast address",
                why="phones join groups of IPv4, 224.0.0.0 to 239.255.255.255",
                fix="take one that is free in this network, 239.192.0.1 for instance",
            )
        if self.port % 2 or not 1024 <= self.port < 65536:
            raise InvalidInput(
                f"{self.port} is no port for RTP", fix="take an even one from 1024 up, 20480 for instance"
            )

    @classmethod
    def parse(cls, text: str) -> PagingStream:
        """Read ``8600=239.192.0.1:20480``. Raises InvalidInput."""
        number, _, where = text.partition("=")
        address, _, port = where.partition(":")
        if not (port.strip().isdecimal() and port.isascii() and len(port.strip()) < 6):
            raise InvalidInput(f"{text[:60]!r} is no stream of a group", fix='write it as "8600=239.192.0.1:20480"')
        return cls(number.strip(), address.strip(), int(port))

    def __str__(self) -> str:
        return f"{self.number}={self.address}:{self.port}"
