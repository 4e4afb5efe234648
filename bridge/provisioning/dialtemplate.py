"""Dial templates: which numbers a phone sends at once, and for which it waits (phone file reference, section 16)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bridge.core import NumberRange
from bridge.errors import ConfigurationError, InvalidInput

LONGEST_TEMPLATE = 8191
"""Bytes; an 8851 drops a longer template whole, without a word."""
_BYTES_PER_RULE = 64
_MOST_RULES = (LONGEST_TEMPLATE - 512) // _BYTES_PER_RULE
_MATCH = re.compile(r"(?:\\\*|[0-9#.,])*\*?")
_LONGEST_MATCH = 24


@dataclass(frozen=True, slots=True)
class DialRule:
    """One pattern. ``.`` is any key, a final ``*`` the rest, ``\\*`` the star key, ``,`` a second dial tone."""

    match: str
    timeout: int = 0
    """Seconds to wait for more; 0 sends at once."""

    def __post_init__(self) -> None:
        if not _MATCH.fullmatch(self.match) or len(self.match) > _LONGEST_MATCH or not 0 <= self.timeout <= 99:
            raise InvalidInput(
                f"{self.match[:_LONGEST_MATCH]!r} with {self.timeout} s is no rule of a dial template",
                fix=f"use up to {_LONGEST_MATCH} digits, dots, # and \\*, a final * for the rest, and 0 to 99 seconds",
            )


def check_length(text: str, name: str) -> str:
    """The text of a dial template. Raises ConfigurationError for one that phones would drop."""
    if len(text.encode("utf-8")) >= LONGEST_TEMPLATE:
        raise ConfigurationError(
            f"the dial template {name} is too long",
            why=f"phones drop one of {LONGEST_TEMPLATE} bytes or more without a word",
            fix="use fewer or shorter patterns",
        )
    return text


def dial_rules(
    ranges: Iterable[NumberRange], *, at_once: Iterable[str] = (), wait: int = 5, internal_wait: int = 0
) -> tuple[DialRule, ...]:
    """Rules for a site whose extensions are ``ranges``: those are sent at once, everything else after ``wait`` seconds.

    ``at_once`` adds further patterns, emergency numbers for example; one with which extensions begin waits too, or
    nobody could dial those. Patterns are anchored on their first digits,
    because ``.`` also takes ``*`` and ``#``, and the longest match wins. A site whose ranges need more patterns than
    fit into a template keeps the ones that cover most numbers; the rest of its numbers is sent after the wait.
    """
    blocks = sorted({block for part in ranges for block in _blocks(part)}, key=_by_size)
    rules = [DialRule(match, wait if _begins(match, blocks) else 0) for match in dict.fromkeys(at_once)]
    known = {rule.match for rule in rules}
    rules += [DialRule(block, internal_wait) for block in blocks if block not in known]
    return (*rules[: _MOST_RULES - 1], DialRule("*", wait))


def plan_rules(
    fixed: Mapping[str, bool],
    beginnings: Iterable[str],
    numbers: Iterable[NumberRange | str],
    *,
    wait: int = 5,
) -> tuple[DialRule, ...]:
    """Rules for a dial plan. ``fixed``: patterns of numbers of one length, with whether they are urgent;
    ``beginnings``: what numbers of any length begin with; ``numbers``: directory numbers.

    A number is sent at once unless a longer one begins like it. What does not fit into a template is sent after the
    wait. Urgent ones stay, and directory numbers in up to half of the places: they are what is dialled most. Of all
    others the rules that cover most numbers do.
    """
    whole, inside = dict(fixed), set[str]()
    for part in numbers:
        for block in _blocks(part) if isinstance(part, NumberRange) else (part,):
            whole.setdefault(block, False)
            inside.add(block)
    opens = list(beginnings)
    usable = {match: urgent for match, urgent in whole.items() if len(match) <= _LONGEST_MATCH}
    first = frozenset(sorted(inside, key=_by_size)[: _MOST_RULES // 2])
    chosen = sorted(usable, key=lambda each: (not usable[each], each not in first, _by_size(each)))[: _MOST_RULES - 1]
    by_first: dict[str, list[str]] = {}
    for match in usable:
        by_first.setdefault(match[:1], []).append(match)
    return (
        *(DialRule(each, 0 if usable[each] or not _goes_on(each, by_first, opens) else wait) for each in chosen),
        DialRule("*", wait),
    )


def _goes_on(match: str, by_first: Mapping[str, Sequence[str]], beginnings: Iterable[str]) -> bool:
    """Whether a number that ``match`` takes may be the beginning of a longer one."""
    near = by_first if match[:1] == "." else (match[:1], ".")
    longer = any(len(other) > len(match) and _alike(match, other) for key in near for other in by_first.get(key, ()))
    return longer or any(_alike(match, other) for other in beginnings)


def _alike(one: str, other: str) -> bool:
    """Whether some number begins in both ways."""
    return all(a == b or "." in {a, b} for a, b in zip(one, other, strict=False))


def _begins(match: str, blocks: Iterable[str]) -> bool:
    """Whether numbers longer than ``match`` begin with it."""
    return any(
        len(block) > len(match) and all(a in {b, "."} for a, b in zip(block, match, strict=False)) for block in blocks
    )


def _by_size(block: str) -> tuple[int, str]:
    return (-block.count("."), block)


def _blocks(part: NumberRange) -> Sequence[str]:
    """The fewest prefixes that cover exactly this range: 1000-1149 becomes ``10..``, ``110.`` to ``114.``."""
    if part.is_empty:
        return ()
    length = len(part.start)
    blocks: list[str] = []
    first, last = int(part.start), int(part.end)
    while first <= last:
        size = 1
        while first % (size * 10) == 0 and first + size * 10 - 1 <= last and size * 10 < 10**length:
            size *= 10
        dots = len(str(size)) - 1
        digits = str(first // size).zfill(length - dots)
        blocks.append(digits + "." * dots)
        first += size
    return blocks
