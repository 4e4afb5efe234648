"""CUCM's choice of a pattern: the closest match over all partitions of a search list.

This is the reference that the compiled contexts are held against. Source: dial-plan reference, section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from bridge.dialplan.pattern import Pattern

ActionT = TypeVar("ActionT")


@dataclass(frozen=True, slots=True)
class Entry(Generic[ActionT]):
    """One pattern of a search list. ``rank`` is the place of its partition in the list, the first one 0."""

    pattern: Pattern
    rank: int
    action: ActionT
    urgent: bool = False
    """It is taken as soon as it matches, though longer patterns might."""


@dataclass(frozen=True, slots=True)
class Tie(Generic[ActionT]):
    """Two entries of one partition that match equally closely: CUCM gives no dependable order (section 3, rule 5)."""

    one: Entry[ActionT]
    other: Entry[ActionT]


def closeness(pattern: Pattern, dialled: str) -> int:
    """How many strings of this length the pattern matches, if it matches ``dialled``; 0 where it does not."""
    counts = [one.shape.strings_of_length(len(dialled)) for one in pattern.shapes if one.shape.matches(dialled)]
    return min(counts, default=0)


def winner(entries: Iterable[Entry[ActionT]], dialled: str) -> Entry[ActionT] | Tie[ActionT] | None:
    """Whom CUCM would choose for ``dialled``; None where nothing matches."""
    best: Entry[ActionT] | None = None
    rival: Entry[ActionT] | None = None
    best_key = (0, 0)
    for entry in entries:
        count = closeness(entry.pattern, dialled)
        if not count:
            continue
        key = (count, entry.rank)
        if best is None or key < best_key:
            best, best_key, rival = entry, key, None
        elif key == best_key and entry.action != best.action:
            rival = entry
    if best is None:
        return None
    return Tie(best, rival) if rival is not None else best


class Waiting(StrEnum):
    """Whether a number may still go on."""

    NO_MATCH = "no pattern begins like that"
    MORE = "more digits are needed"
    MAY_END = "it matches, and more digits may come: wait for the inter-digit time"
    COMPLETE = "it matches, and nothing can follow, or the match is urgent"


def waiting(entries: Sequence[Entry[ActionT]], dialled: str) -> Waiting:
    """What the digits so far say about the rest (section 8): a longer pattern makes CUCM wait, unless urgent."""
    longer = any(one.shape.may_follow(dialled) for entry in entries for one in entry.pattern.shapes)
    found = winner(entries, dialled) if dialled else None
    if found is None:
        return Waiting.MORE if longer else Waiting.NO_MATCH
    urgent = found.one.urgent or found.other.urgent if isinstance(found, Tie) else found.urgent
    return Waiting.MAY_END if longer and not urgent else Waiting.COMPLETE
