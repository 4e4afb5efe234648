"""Changes of the site, as the command line shows them."""

from __future__ import annotations

from bridge.app.site.sitedescription import Step
from bridge.app.site.sitedesk import SiteChanges
from bridge.autoregistration.checks import Finding, Severity

_SIGNS = {Step.ADD: "+", Step.CHANGE: "~", Step.REMOVE: "-"}


def as_data(changes: SiteChanges) -> dict[str, object]:
    """The changes and findings for programs."""
    return {
        "changes": [
            {
                "step": each.step,
                "section": each.section,
                "object": each.shown,
                "keys": {name: {"before": before, "after": after} for name, before, after in each.fields},
            }
            for each in changes.changes
        ],
        "findings": list(changes.findings),
    }


def told(changes: SiteChanges, *, warnings: bool = True) -> list[object]:
    """The same for people: lines of text; without ``warnings``, errors alone are told."""
    found = tuple(each for each in changes.findings if warnings or each.severity is Severity.ERROR)
    lines: list[object] = []
    for each in changes.changes:
        lines.append(f"{_SIGNS[each.step]} {each.shown}")
        if each.step is Step.REMOVE:
            continue
        for name, before, after in each.fields:
            was = "" if each.step is Step.ADD else f"{_value(before)} → "
            lines.append(f"    {name}: {was}{_value(after)}")
    return [*lines, *findings_told(found)] or ["Nothing differs."]


def findings_told(findings: tuple[Finding, ...]) -> list[object]:
    """Findings as lines of text."""
    return [f"{each.severity}: {each.what} ({each.code})\n  fix: {each.fix}" for each in findings]


def in_one_line(values: dict[str, object]) -> str:
    """The keys of a table in one line."""
    return ", ".join(f"{key}={_value(value)}" for key, value in values.items())


def _value(value: object) -> str:
    if value is None:
        return "default"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(str(each) for each in value) if isinstance(value, list) else str(value)
