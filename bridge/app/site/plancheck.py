"""Can the site's dial plan be written down? Asked before a change of it is made, and by the check of the site.

A search space whose plan cannot be written down has no context: its phones could call nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.autoregistration.checks import Finding, Severity
from bridge.core import RoutePattern, TranslationPattern
from bridge.dialplan import DialledLine, SitePlan, context_of
from bridge.errors import ConfigurationError
from bridge.ports import UnitOfWork

SECTIONS = frozenset({"route_pattern", "translation_pattern", "calling_search_space", "phone"})
"""What changes the plan."""


def plan_findings(work: UnitOfWork) -> tuple[Finding, ...]:
    """What is wrong with the plan of each search space, errors first; what is wrong with several is said once.

    Whether two patterns of one partition are equally close can be seen in every search list with that partition: each
    space is looked at alone, and that of phones without one.
    """
    patterns = work.objects.patterns.all()
    # A number is closer than every pattern but one that is this very number: the others need not be looked at.
    exact = {each.pattern.replace(".", "") for each in patterns}
    lines = [each for each in work.devices.lines() if each.number in exact]
    plan = SitePlan(
        {each.name: each for each in work.objects.calling_search_spaces.all()},
        [DialledLine(each.number, each.partition, each.settings.urgent) for each in lines],
        [each for each in patterns if isinstance(each, RoutePattern)],
        [each for each in patterns if isinstance(each, TranslationPattern)],
    )
    found: list[Finding] = []
    for css in ("", *sorted(plan.spaces)):
        try:
            warnings = context_of(plan, "", css).warnings
        except ConfigurationError as error:
            whose = f"phones with the calling search space {css}" if css else "phones without a calling search space"
            told = f"{error.what}: {whose} reach none of the plan's patterns"
            found.append(Finding("dial_plan_error", Severity.ERROR, told, error.fix))
        else:
            fix = "block the narrower pattern, too, or leave it"
            found += [Finding("shadowed_block", Severity.WARNING, each, fix) for each in warnings]
    once: dict[str, Finding] = {}
    for each in found:
        once.setdefault(_without_whose(each), each)
    return tuple(sorted(once.values(), key=lambda each: each.severity is Severity.WARNING))


def new_errors(before: Sequence[Finding], after: Sequence[Finding]) -> list[Finding]:
    """The errors of a changed plan that are not those of the plan before."""
    known = {_without_whose(each) for each in before}
    return [each for each in after if each.severity is Severity.ERROR and _without_whose(each) not in known]


def line_of(finding: Finding, lines: Mapping[str, int]) -> int:
    """The line of the last pattern that a finding names; ``lines`` are those of patterns in a text. 0 for none."""
    words = set(finding.what.split())
    return max((line for pattern, line in lines.items() if pattern in words), default=0)


def _without_whose(finding: Finding) -> str:
    return finding.what.partition(": phones with")[0]
