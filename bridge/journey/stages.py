"""The stages of a phone's way to "registered", and which may follow which.

Source: requirement RG-01; diagnosis reference, section 1; RG-15 to RG-20 say what brings a phone to each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Stage(StrEnum):
    """A step of the way."""

    SEEN = "seen"
    """Something was heard of it, and nothing yet that says where it stands."""
    DHCP = "dhcp"
    """It has an address."""
    TFTP = "tftp"
    """It found the file server: it asks for files."""
    CONFIG = "config"
    """It has its own file, or the one for strangers, whole."""
    FIRMWARE = "firmware"
    """It loads firmware."""
    CONNECTING = "connecting"
    """It opened a connection to the call manager."""
    REGISTERING = "registering"
    REGISTERED = "registered"
    PARTIALLY_REGISTERED = "partially registered"
    """Some of its lines are registered, and some are not."""
    UNREGISTERED = "unregistered"
    """It was registered, and left or fell silent."""
    REJECTED = "rejected"

    @property
    def is_up(self) -> bool:
        """Whether the phone can make calls, on some line at least."""
        return self in (Stage.REGISTERED, Stage.PARTIALLY_REGISTERED)


_BOOT = frozenset({Stage.DHCP, Stage.TFTP, Stage.CONFIG, Stage.FIRMWARE})
_CALLING = frozenset({Stage.CONNECTING, Stage.REGISTERING, Stage.REGISTERED, Stage.REJECTED})
_ANYWHERE = _BOOT | _CALLING

FOLLOWERS: Mapping[Stage, frozenset[Stage]] = MappingProxyType(
    {
        Stage.SEEN: _ANYWHERE,
        # A phone whose address is set by hand, or whose lease we do not see, begins with a file; one that keeps its
        # settings may call before it has asked for anything.
        Stage.DHCP: _ANYWHERE,
        Stage.TFTP: _ANYWHERE,
        Stage.CONFIG: _ANYWHERE,
        Stage.FIRMWARE: _ANYWHERE,
        Stage.CONNECTING: _ANYWHERE,
        Stage.REGISTERING: _ANYWHERE | {Stage.PARTIALLY_REGISTERED, Stage.UNREGISTERED},
        # A phone that lost its power is back at the start without a word of farewell.
        Stage.REGISTERED: _ANYWHERE | {Stage.PARTIALLY_REGISTERED, Stage.UNREGISTERED},
        Stage.PARTIALLY_REGISTERED: _ANYWHERE | {Stage.PARTIALLY_REGISTERED, Stage.UNREGISTERED},
        Stage.UNREGISTERED: _ANYWHERE,
        Stage.REJECTED: _ANYWHERE,
    }
)
"""What may come after what. Nobody goes back to "seen", leaves who never came, or is registered in part at once."""


def may_follow(before: Stage | None, after: Stage) -> bool:
    """Whether a phone at ``before`` (None: never heard of) can be at ``after`` next. Staying is always possible."""
    if before is None:
        return after is Stage.SEEN or after in FOLLOWERS[Stage.SEEN]
    return before is after or after in FOLLOWERS[before]
