"""The settings that decide whether an unknown phone may in: CUCM's Auto-registration Information, plus a window."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network

from bridge.core import NumberRange, SignallingProtocol

Network = IPv4Network | IPv6Network

DEFAULT_WINDOW = timedelta(minutes=60)
"""AR-06: the time an admin gets who names none."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which unknown phones are admitted. Moments are aware datetimes in UTC."""

    opens_at: datetime
    closes_at: datetime | None
    """None means: until an admin closes it (``--force``, AR-06)."""

    def is_open(self, now: datetime) -> bool:
        """True from the first moment up to, and not including, the last."""
        return self.opens_at <= now and (self.closes_at is None or now < self.closes_at)


@dataclass(frozen=True, slots=True)
class AutoregistrationSettings:
    """Everything an admin sets, and the pointer ``next_number``, which only the allocation moves.

    A new system has the range 1000-1000, which means off, and no window (AR-03).
    """

    range: NumberRange = field(default_factory=lambda: NumberRange("1000", "1000"))
    next_number: str = "1000"
    """Where the search for a free number starts: one past the last one assigned (AR-12)."""
    server_disabled: bool = False
    """CUCM's "Auto-registration Disabled on this Server"."""
    window: Window | None = None
    protocol: SignallingProtocol = SignallingProtocol.SCCP
    """CUCM's "Auto Registration Phone Protocol": what dual-protocol phones are to speak (AR-23)."""
    partition: str = ""
    pool: str = "Default"
    allowed_networks: tuple[Network, ...] = ()
    """Networks whose phones may autoregister; empty means every network that is served at all."""

    def is_open(self, now: datetime) -> bool:
        """Whether unknown phones are admitted at this moment."""
        if self.range.is_empty or self.server_disabled or self.window is None:
            return False
        return self.window.is_open(now)
