"""The settings that decide whether an unknown phone may in: CUCM's Auto-registration Information, plus a window."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from bridge.autoregistration.phonelists import ListEntry
from bridge.core import NumberRange, SignallingProtocol

Network = IPv4Network | IPv6Network

DEFAULT_WINDOW = timedelta(minutes=60)
"""AR-06: the time an admin gets who names none."""

WARN_AFTER = 100
"""AR-02: from so many temporary phones on, bulk import is the better way."""

ROGUE_POOL = "Rogue"
"""The pool of strange phones; also the name of the partition that nobody's search space holds."""

_UNASKED = "?"


class UnknownMode(StrEnum):
    """What becomes of a phone that is in no database (AR-10)."""

    ADMIT_WHEN_OPEN = "admit-when-open"
    """Admitted while the window is open, else refused."""
    REFUSE = "refuse"
    """Refused, whatever the window says."""
    ROGUE = "rogue"
    """Admitted while the window is open, else let into the rogue pool."""


class SecurityPolicy(StrEnum):
    """What secure mode means for autoregistration (AR-07)."""

    STRICT = "strict"
    """It switches autoregistration off, as before CUCM 11.5."""
    ALLOW = "allow"
    """Autoregistration stays as it is, as from 11.5 on."""


@dataclass(frozen=True, slots=True)
class RogueSettings:
    """The rogue pool's numbers and what may be dialled there besides emergency numbers."""

    range: NumberRange = field(default_factory=lambda: NumberRange("1000", "1000"))
    """Equal ends: nobody is let into the pool."""
    next_number: str = "1000"
    inbound: bool = False
    """Whether its phones can be called."""
    operator: str = "0"
    """What is dialled for the operator."""
    operator_number: str = ""
    """Where the operator is; the dialled digits themselves when empty."""

    @property
    def leads_to(self) -> str:
        """The number that a call to the operator goes to."""
        return self.operator_number or self.operator


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
    allowed: tuple[ListEntry, ...] = ()
    """Phones that may autoregister, by MAC, OUI or model; empty means all. The networks above count besides."""
    denied: tuple[ListEntry, ...] = ()
    """Phones that may not, whatever else is set."""
    unknown: UnknownMode = UnknownMode.ADMIT_WHEN_OPEN
    phones_left: int | None = None
    """How many more phones this window admits; None for as many as there are numbers."""
    warn_after: int = WARN_AFTER
    """Temporary phones from which on the admin is warned once; it never blocks (AR-02)."""
    approval: bool = False
    """A phone waits, without a number, until an admin approves it (AR-05)."""
    secure: bool = False
    """The system is in secure mode."""
    security: SecurityPolicy = SecurityPolicy.STRICT
    backup: bool = False
    """A later server of the group admits, too (``autoreg_backup``, AR-19)."""
    protocol_chosen: bool = False
    """An admin chose the protocol for the batch that is being installed."""
    without_space: bool = False
    """The admin said that there shall be no partition and no calling search space (AR-04)."""
    checked_range: str = ""
    """The range for which the numbers that were there before were looked through when it was enabled; ``?`` behind it
    while Asterisk could not say what it uses of them itself."""
    device_template: str = ""
    """The universal device template of new phones whose model's defaults name none; empty for no template."""
    rogue: RogueSettings = field(default_factory=RogueSettings)

    @property
    def is_locked(self) -> bool:
        """Whether secure mode keeps unknown phones out (AR-08)."""
        return self.secure and self.security is SecurityPolicy.STRICT

    @property
    def is_off(self) -> bool:
        """Whether nobody is admitted whatever the time is."""
        return (
            self.range.is_empty
            or self.server_disabled
            or self.window is None
            or self.is_locked
            or self.unknown is UnknownMode.REFUSE
        )

    def is_open(self, now: datetime) -> bool:
        """Whether unknown phones are admitted at this moment."""
        if self.is_off or self.window is None or self.phones_left == 0:
            return False
        return self.window.is_open(now)

    @property
    def was_checked(self) -> bool:
        """Whether the range as it is was looked through when it was enabled."""
        return self.checked_range.removesuffix(_UNASKED) == str(self.range)

    def checked(self, *, asked: bool) -> AutoregistrationSettings:
        """With the range looked through; ``asked``: Asterisk, too, or it is not to be asked (AR-04)."""
        return replace(self, checked_range=f"{self.range}{'' if asked else _UNASKED}")

    def waits_for_pbx(self, now: datetime) -> bool:
        """Whether it is open, or is to open, and Asterisk is still to say what it uses of the range."""
        window = self.window
        is_over = window is None or (window.closes_at is not None and window.closes_at <= now)
        return not is_over and self.checked_range == f"{self.range}{_UNASKED}"

    @property
    def takes_rogues(self) -> bool:
        """Whether phones that may not in are let into the rogue pool."""
        return self.unknown is UnknownMode.ROGUE and not self.rogue.range.is_empty and not self.is_locked

    @property
    def rogue_partition(self) -> str:
        """The partition of the rogue pool's numbers."""
        return self.partition if self.rogue.inbound else ROGUE_POOL
