"""What a socket of ours saw: the unit that captures are made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Place = tuple[str, int]
"""A numeric address and a port."""


class Wire(StrEnum):
    """The protocol, as people call it."""

    TFTP = "TFTP"
    HTTP = "HTTP"
    SCCP = "SCCP"
    SIP = "SIP"


class Carrier(StrEnum):
    """What carries it."""

    UDP = "UDP"
    TCP = "TCP"


class Passage(StrEnum):
    """What happened on a connection. Datagrams are always ``DATA``."""

    OPENED = "opened"
    DATA = "data"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Passed:
    """Octets that went by, or a connection that was opened or closed."""

    wire: Wire
    carrier: Carrier
    own: Place
    other: Place
    outgoing: bool
    """Sent, opened or closed by us."""
    data: bytes = b""
    passage: Passage = Passage.DATA
    number: str = ""
    """The directory number whose line at the PBX this is; empty for traffic with phones."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """The same with its time, in seconds of Unix time."""

    at: float
    passed: Passed
