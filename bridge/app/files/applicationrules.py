"""Application dial rules from the site's dial plan: which access code a caller's number lacks.

A pattern with a dot, ``9.1[2-9]XX[2-9]XXXXXX``, says what is dialled before numbers of a certain form; a number from
the list of received calls has the form and lacks the code. Only patterns of a certain length say how many digits that
is. A number that may be one of the site's own is never touched, and where two patterns disagree about the code, neither
is written.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator

from bridge.core import NumberRange, RoutePattern, TranslationPattern
from bridge.dialplan import Pattern, Shape
from bridge.dialplan.keys import keys_in
from bridge.dialplan.plans import expand
from bridge.errors import ConfigurationError
from bridge.provisioning import ApplicationRule

log = logging.getLogger(__name__)

MOST_RULES = 100
_LONGEST_CODE = 8
_SHORTEST = 6
"""Digits: shorter numbers are service numbers or somebody's extension, and callers have neither."""


def application_rules(
    patterns: Iterable[RoutePattern | TranslationPattern], numbers: Collection[str], own: NumberRange
) -> tuple[ApplicationRule, ...]:
    """The rules, longest beginning first. ``numbers``: the directory numbers; ``own``: those that will be given."""
    codes: dict[tuple[str, int], set[str]] = {}
    for pattern in patterns:
        code = pattern.access_code
        if not code or len(code) > _LONGEST_CODE or pattern.block:
            continue
        for beginning, digits, rest in _forms(pattern):
            if not _is_own(rest, numbers, own):
                codes.setdefault((beginning, digits), set()).add(code)
    clear = [
        ApplicationRule(begins, digits, min(found)) for (begins, digits), found in codes.items() if len(found) == 1
    ]
    return tuple(sorted(clear, key=lambda rule: (-len(rule.begins_with), rule.begins_with, rule.digits))[:MOST_RULES])


def _forms(pattern: RoutePattern | TranslationPattern) -> Iterator[tuple[str, int, Shape]]:
    """What follows the access code: its fixed beginning, its length, its shape. Numbers without an end give none."""
    try:
        texts = expand(pattern.pattern, pattern.numbering_plan)
        shapes = [shape for text in texts for shape in Pattern(text).shapes]
    except ConfigurationError as error:
        log.debug("the pattern %s gives no application dial rule: %s", pattern.pattern, error)
        return
    for each in shapes:
        rest = each.shape.keys[each.before_dot :]
        if each.shape.is_open or len(rest) < _SHORTEST:
            continue
        beginning = ""
        for mask in rest:
            keys = keys_in(mask)
            if len(keys) != 1 or not keys.isdigit():
                break
            beginning += keys
        yield beginning[:24], len(rest), Shape(rest, False)


def _is_own(rest: Shape, numbers: Collection[str], own: NumberRange) -> bool:
    """Whether a number of this shape may be one that the site's phones have."""
    if any(rest.matches(number) for number in numbers):
        return True
    return not own.is_empty and (rest.matches(own.start) or rest.matches(own.end))
