"""What the diagnosis found, as cards for a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.app.service import Service
from bridge.core import DeviceName
from bridge.core.findings import Weight
from bridge.journey import Finding, FixKind
from bridge.web.dashboard.words import capital, clock


@dataclass(frozen=True, slots=True)
class FindingCard:
    """One finding."""

    tone: str
    """``bad``, ``warn`` or ``note``."""
    title: str
    cause: str = ""
    fixes: Sequence[str] = ()
    commands: Sequence[str] = ()
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
        fixes=[capital(each.text) for each in finding.fixes if each.kind is not FixKind.COMMAND],
        commands=[each.text for each in finding.fixes if each.kind is FixKind.COMMAND],
        evidence=[f"{clock(each.at)} {each.what}" if each.at else each.what for each in finding.evidence],
    )
