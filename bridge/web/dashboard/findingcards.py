"""What the diagnosis found, as cards for a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.app.service import Service
from bridge.core import DeviceName
from bridge.core.findings import Weight
from bridge.journey import Finding, Fix, FixKind
from bridge.web.dashboard.words import capital, clock

_WHERE = {
    FixKind.COMMAND: "On the server",
    FixKind.CLICK: "In the dashboard",
    FixKind.KEYS: "On the phone",
    FixKind.AT_PHONE: "At the phone",
    FixKind.NETWORK: "In the network",
}


@dataclass(frozen=True, slots=True)
class FixLine:
    """One way to mend it."""

    where: str
    text: str
    is_command: bool


@dataclass(frozen=True, slots=True)
class FindingCard:
    """One finding."""

    tone: str
    """``bad``, ``warn`` or ``note``."""
    title: str
    cause: str = ""
    fixes: Sequence[FixLine] = ()
    evidence: Sequence[str] = ()


_TONES = {Weight.PROBLEM: "bad", Weight.NOTE: "warn", Weight.OK: "note"}


async def finding_cards(service: Service, name: DeviceName) -> Sequence[FindingCard]:
    """The findings of one phone, the likeliest cause first. Raises StoreError."""
    return [card(each) for each in await service.journeys.diagnose(name)]


def card(finding: Finding) -> FindingCard:
    """A finding as a card."""
    return FindingCard(
        tone=_TONES[finding.severity],
        title=capital(finding.title),
        cause=capital(finding.cause),
        fixes=[_line(each) for each in finding.fixes],
        evidence=[f"{clock(each.at)} {each.what}" if each.at else each.what for each in finding.evidence],
    )


def _line(fix: Fix) -> FixLine:
    is_command = fix.kind is FixKind.COMMAND
    return FixLine(_WHERE[fix.kind], fix.text if is_command else capital(fix.text), is_command)
