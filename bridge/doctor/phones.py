"""Phones that do not come up, by what the running service found of each: the causes that lie beyond this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.core.findings import Finding, Weight
from bridge.doctor.ailment import Ailment, Area

STUCK = Ailment(
    "phones_stuck",
    Area.PHONES,
    Weight.NOTE,
    "phones do not come up, or have lost their registration; one finding for each cause",
    "what was seen of each phone names the cause: a closed window, an old trust list, a missing load, DHCP, a switch …",
    "sepbridge phones diagnose PHONE shows the evidence, and what to do for that very model",
)
AILMENTS = (STUCK,)
_NAMED = 3
"""Phones of each cause that are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class PhoneFinding:
    """The likeliest cause at one phone."""

    code: str
    title: str


def check_phones(found: Mapping[str, PhoneFinding]) -> Iterator[Finding]:
    """``found``: device name -> why it is stuck; phones that are well are not in it. The commonest cause first."""
    causes: dict[str, list[str]] = {}
    titles: dict[str, str] = {}
    for phone, finding in sorted(found.items()):
        causes.setdefault(finding.code, []).append(phone)
        # Many titles begin with the phone that they are about; here it stands before them already.
        titles.setdefault(finding.code, finding.title.removeprefix(f"{phone} "))
    for code, phones in sorted(causes.items(), key=lambda each: (-len(each[1]), each[0])):
        yield STUCK.found(
            f"{_several(phones)}: {titles[code]} ({code})",
            fix=STUCK.fix.replace("PHONE", phones[0]),
        )


def _several(phones: Sequence[str]) -> str:
    named = ", ".join(phones[:_NAMED])
    more = len(phones) - _NAMED
    return f"{named} and {more} more" if more > 0 else named
