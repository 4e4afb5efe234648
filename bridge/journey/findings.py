"""What the diagnosis says of a phone: a cause in plain words, what shows it, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bridge.core.findings import Weight


class Source(StrEnum):
    """Where a piece of evidence comes from."""

    DHCP = "dhcp"
    FILES = "files"
    """Requests over TFTP and HTTP."""
    SCCP = "sccp"
    SIP = "sip"
    PHONE = "phone"
    """The phone's own words: alarms, web pages."""
    SITE = "site"
    """Settings, the database, checks of this server."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was seen."""

    what: str
    source: Source
    at: datetime | None = None
    """When; None for what holds now."""


class FixKind(StrEnum):
    """How something is mended."""

    COMMAND = "command"
    """A line for the shell."""
    CLICK = "click"
    """A path through the dashboard."""
    KEYS = "keys"
    """What to press on the phone."""
    AT_PHONE = "phone"
    """What is done at the phone without its keys: its power, its own web page."""
    NETWORK = "network"
    """Something in switches, firewalls, DHCP or DNS, in words."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One way to mend it."""

    kind: FixKind
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a phone is stuck, or what else is wrong with it."""

    code: str
    """Its short name, for programs: ``leftover_trust_list``."""
    title: str
    severity: Weight
    evidence: tuple[Evidence, ...]
    cause: str
    """In plain words."""
    fixes: tuple[Fix, ...] = ()
    """The one that helps soonest first."""


def has_problem(findings: Iterable[Finding]) -> bool:
    """Whether one of them is a problem; a note is none."""
    return any(each.severity is Weight.PROBLEM for each in findings)
