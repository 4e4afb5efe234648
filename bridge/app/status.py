"""What ``sepbridge status`` shows, and the running service answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.autoregistration import AutoregistrationSettings, free_numbers
from bridge.ports import PbxStatus


@dataclass(frozen=True, slots=True)
class WindowStatus:
    """Autoregistration at one moment."""

    is_open: bool
    opens_at: datetime | None
    closes_at: datetime | None
    seconds_left: int | None
    """Until it closes by itself; None when it is closed or open without end."""
    range: str
    next_number: str
    numbers_total: int
    numbers_free: int
    protocol: str
    phones_left: int | None = None
    """How many more phones it admits before it closes; None for no limit."""
    temporary: int = 0
    """Phones that autoregistered and were not assigned yet."""
    warn_after: int = 0
    """So many of them are too many."""
    unknown: str = ""
    """What becomes of unknown phones while it is closed."""
    approval: bool = False


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """The running service at one moment."""

    version: str
    pid: int
    started_at: datetime
    tftp: tuple[str, ...]
    """Addresses it listens on, ``host:port``."""
    http: tuple[str, ...]
    doorway: tuple[str, ...]
    sccp: tuple[str, ...]
    pbx: PbxStatus
    database: str
    """Empty while the database works, else what is wrong with it."""
    transfers: int
    events_dropped: int
    sccp_phones: int
    """Phones with SCCP firmware that are registered with this node."""
    sccp_calls: int
    """Calls on them; a call between two of them counts twice."""
    beside: tuple[str, ...]
    """What keeps the work beside another TFTP server from going on; empty while all is well."""
    tasks: int
    """Tasks of the event loop; a number that grows with the days is a leak."""
    web: tuple[str, ...] = ()
    """Where dashboard and API are."""


def window_status(
    settings: AutoregistrationSettings, in_use: frozenset[str], now: datetime, temporary: int = 0
) -> WindowStatus:
    """How things stand with autoregistration."""
    window = settings.window
    is_open = settings.is_open(now)
    closes_at = window.closes_at if window else None
    return WindowStatus(
        is_open=is_open,
        opens_at=window.opens_at if window else None,
        closes_at=closes_at,
        seconds_left=max(0, int((closes_at - now).total_seconds())) if is_open and closes_at else None,
        range=str(settings.range),
        next_number=settings.next_number,
        numbers_total=len(settings.range),
        numbers_free=free_numbers(settings.range, in_use),
        protocol=settings.protocol.value,
        phones_left=settings.phones_left if window else None,
        temporary=temporary,
        warn_after=settings.warn_after,
        unknown=settings.unknown.value,
        approval=settings.approval,
    )
