"""National numbering plans: what ``@`` in a pattern stands for.

Each plan is the patterns of the numbers that can be dialled in that country, in CUCM's notation. North America is the
list of the dial-plan reference, section 5; the German and British plans are the lengths and prefixes that their
regulators publish (Bundesnetzagentur; Ofcom). A pattern with ``@`` is the same pattern once for each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class NumberingPlan:
    """One country's plan."""

    name: str
    country: str
    patterns: tuple[str, ...]


PLANS: Mapping[str, NumberingPlan] = {
    plan.name: plan
    for plan in (
        NumberingPlan(
            "NANP",
            "North America",
            ("[2-9]XX[2-9]XXXXXX", "1[2-9]XX[2-9]XXXXXX", "[2-9]11", "011!", "0", "00"),
        ),
        NumberingPlan(
            "DE",
            "Germany",
            ("0[1-9]X!", "00[1-9]!", "[2-9]XX!", "11[02]", "115", "116XXX", "118XX", "1180XX"),
        ),
        NumberingPlan(
            "GB",
            "United Kingdom",
            (
                "0[12378]XXXXXXXXX",
                "01XXXXXXXX",
                "0800XXXXXX",
                "00[1-9]!",
                "[2-9]XXXXX",
                "[2-8]XXXXXXX",
                "999",
                "112",
                "1[01]1",
                "105",
                "116XXX",
                "118XXX",
            ),
        ),
    )
}


def expand(pattern: str, plan: str = "NANP") -> tuple[str, ...]:
    """The patterns that ``pattern`` stands for: itself, or one for each of the plan's numbers if it holds ``@``.

    Raises ConfigurationError for a plan that is not known, and for an ``@`` that does not stand at the end.
    """
    if "@" not in pattern:
        return (pattern,)
    known = PLANS.get(plan)
    if known is None:
        raise ConfigurationError(f"there is no numbering plan {plan}", fix=f"use one of {', '.join(PLANS)}")
    before = pattern.removesuffix("@")
    if "@" in before or before == pattern:
        raise ConfigurationError(
            f"in the pattern {pattern!r} something follows the @", fix="@ stands once, and at the end"
        )
    return tuple(before + number for number in known.patterns)
