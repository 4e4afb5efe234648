"""What is found of all phones: why each is stuck, and how many phones share a cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bridge.core import DeviceName
from bridge.core.findings import Weight
from bridge.web.api.answers import FindingInShort, in_short
from bridge.web.api.operations import Ask, Operations
from bridge.web.api.schema import Number, Text

findings = Operations("Findings")


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Which findings, and which part of the list."""

    code: Annotated[str, Text(60)] = ""
    """Only phones with this finding; all when left out."""
    offset: Annotated[int, Number(0, 1_000_000)] = 0
    limit: Annotated[int, Number(1, 1000)] = 100


@dataclass(frozen=True, slots=True)
class FoundPhone:
    """A phone of which something is found, ours or not."""

    phone: DeviceName
    findings: tuple[FindingInShort, ...]
    """The likeliest cause first."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A finding, and how many phones have it."""

    code: str
    severity: Weight
    phones: int


@dataclass(frozen=True, slots=True)
class FindingPage:
    """What is found at this moment."""

    problems: int
    """Phones that have a problem, whatever the filter says; a note is none."""
    causes: tuple[Cause, ...]
    """Of all phones, the one that most have first."""
    phones: tuple[FoundPhone, ...]
    """A part of those that the filter takes, by name; phones that are well are left out."""
    total: int
    """Phones that the filter takes."""
    offset: int
    limit: int


@findings.add("GET", "/findings")
async def list_findings(ask: Ask, query: FindingFilter) -> FindingPage:
    """List what is wrong with which phones, and how many phones share each cause

    As the running service knows it: kept up to date within a second. `GET /phones/{phone}` has a phone's findings with
    what shows them and what to do.
    """
    watch = ask.service.findings
    causes = [Cause(code, weight, count) for (code, weight), count in watch.codes.items() if count]
    found = sorted(
        ((name, told) for name, told in watch if query.code in ("", *(each.code for each in told))),
        key=lambda each: each[0].value,
    )
    page = found[query.offset : query.offset + query.limit]
    return FindingPage(
        watch.problems,
        tuple(sorted(causes, key=lambda each: (-each.phones, each.code, each.severity))),
        tuple(FoundPhone(name, in_short(told)) for name, told in page),
        len(found),
        query.offset,
        query.limit,
    )
