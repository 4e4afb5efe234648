"""What several resources answer with: phones, and changes of the site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.app.site.phonetable import phone_table
from bridge.app.site.sitedesk import SiteChanges
from bridge.core import Device, DeviceName, SignallingProtocol
from bridge.core.findings import Weight
from bridge.journey import Finding, Progress


@dataclass(frozen=True, slots=True)
class FindingInShort:
    """Something that is found of a phone; its diagnosis says what shows it, and what to do."""

    code: str
    severity: Weight
    title: str
    """In plain words."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone of ours in a list."""

    name: DeviceName
    number: str
    """The primary directory number."""
    model: str
    """Empty while nobody knows it."""
    description: str
    pool: str
    protocol: SignallingProtocol
    """What it is to speak."""
    observed_protocol: SignallingProtocol | None
    """What it was seen to speak."""
    registered: bool
    temporary: bool
    """It autoregistered, and was not assigned since."""
    address: str
    load: str
    """The firmware that it runs."""
    created_at: datetime
    last_seen: datetime | None
    lines: tuple[str, ...]
    """All its numbers, by button."""
    stage: str
    """How far it came on its way to registered, since this node was started; empty if nothing was seen of it."""
    last_word: str
    """What happened last on that way."""
    findings: tuple[FindingInShort, ...]
    """Why it is stuck, the likeliest cause first; empty for a phone that is well, or of which nothing is known yet."""


@dataclass(frozen=True, slots=True)
class ChangedObject:
    """One object that differs."""

    step: str
    """``add``, ``change`` or ``remove``."""
    section: str
    object: str
    keys: dict[str, Any]
    """What differs: ``before`` and ``after`` of each key; null is the default."""


@dataclass(frozen=True, slots=True)
class SiteFinding:
    """Something that is wrong with the site."""

    code: str
    severity: str
    what: str
    fix: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What was changed, or would be."""

    changes: tuple[ChangedObject, ...]
    findings: tuple[SiteFinding, ...]
    """What is wrong with the site afterwards."""
    applied: bool


def phone_of(device: Device, progress: Progress | None = None, findings: Sequence[Finding] = ()) -> Phone:
    """A device as it is shown."""
    return Phone(
        name=device.name,
        number=device.number,
        model=device.model,
        description=device.description,
        pool=device.pool,
        protocol=device.desired_protocol,
        observed_protocol=device.observed_protocol,
        registered=device.registered,
        temporary=device.temporary,
        address=device.address,
        load=device.load,
        created_at=device.created_at,
        last_seen=device.last_seen,
        lines=tuple(each.line.number for each in device.lines),
        stage=progress.stage if progress else "",
        last_word=progress.word if progress else "",
        findings=in_short(findings),
    )


def in_short(findings: Sequence[Finding]) -> tuple[FindingInShort, ...]:
    """What is found of a phone, for lists."""
    return tuple(FindingInShort(each.code, each.severity, each.title) for each in findings)


def settings_of(device: Device) -> dict[str, Any]:
    """What is set for a device, as in a site description."""
    return phone_table(device)


def changes_of(found: SiteChanges, *, applied: bool) -> Changes:
    """Changes of the site as they are shown."""
    return Changes(
        tuple(
            ChangedObject(
                each.step,
                each.section,
                each.shown,
                {name: {"before": before, "after": after} for name, before, after in each.fields},
            )
            for each in found.changes
        ),
        tuple(SiteFinding(each.code, each.severity, each.what, each.fix) for each in found.findings),
        applied,
    )
