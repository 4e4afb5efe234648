"""Emergency numbers that a pair of calling search spaces would keep from its phones.

A pattern that the site marks as one for emergencies is reached by everybody as it is. The numbers here are those that
no such pattern is for: a search space must not block them either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bridge.core import DiscardDigits, RoutePattern
from bridge.dialplan.contexts import SitePlan
from bridge.dialplan.effects import Effect
from bridge.dialplan.matching import Entry, Tie, winner
from bridge.dialplan.pattern import Pattern

_DROPS_CODE = (DiscardDigits.PRE_DOT, DiscardDigits.PRE_DOT_TRAILING_HASH, DiscardDigits.PRE_AT)


def emergency_routes(
    plan: SitePlan,
    line_css: str,
    device_css: str,
    numbers: Iterable[str],
    access_code: str = "",
    *,
    last_resort: str,
    only_blocked: bool = False,
) -> Iterator[RoutePattern]:
    """A route for each emergency number that calls of this pair would not reach, with and without the access code.

    It leaves as the site's own pattern for that number alone lets it leave, in whatever partition that is; else by
    ``last_resort``, without the access code. ``only_blocked``: what matches nothing is looked up elsewhere afterwards.
    Raises ConfigurationError for a search space that is not there.
    """
    plain = sorted(set(numbers))
    entries = plan.entries(line_css, device_css)
    for number in plain:
        route = _own_route(plan, number) or RoutePattern(pattern=number, destination=last_resort, emergency=True)
        if not _is_reached(entries, number, plain, only_blocked=only_blocked):
            yield route
        coded = access_code + number
        if not access_code or _is_reached(entries, coded, plain, only_blocked=only_blocked):
            continue
        if (own := _own_route(plan, coded)) is not None:
            yield own
        elif not _is_written(route, coded):
            yield replace(route, pattern=f"{access_code}.{number}", discard_digits=DiscardDigits.PRE_DOT)


def _own_route(plan: SitePlan, number: str) -> RoutePattern | None:
    """The site's pattern for this number and no other."""
    for route in plan.routes:
        if not route.block and "@" not in route.pattern and Pattern(route.pattern).number == number:
            return replace(route, emergency=True)
    return None


def _is_written(route: RoutePattern, number: str) -> bool:
    return Pattern(route.pattern).number == number


def _is_reached(entries: Iterable[Entry[Effect]], number: str, plain: Iterable[str], *, only_blocked: bool) -> bool:
    """Whether what wins for ``number`` is no block, and lets an emergency number leave.

    A pattern of many numbers may drop an access code that this number only begins like, or put digits before it; the
    site's pattern for this number alone is meant as it is.
    """
    won = winner(entries, number)
    if won is None:
        return only_blocked
    entry = won.one if isinstance(won, Tie) else won
    effect = entry.action
    if effect.refuse:
        return False
    if not effect.destination or entry.pattern.number == number:
        return True
    code, dot, _ = entry.pattern.text.partition(".")
    left = number.removeprefix(code) if effect.discard in _DROPS_CODE and dot else number
    return not effect.called_mask and effect.prefix + left in plain
