"""What of the dial plan a range of numbers meets: extensions, feature codes, patterns (requirement AR-04)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bridge.autoregistration import AutoregistrationSettings
from bridge.core import Line, NumberRange, RoutePattern, TranslationPattern
from bridge.dialplan import Pattern
from bridge.dialplan.keys import DIGITS, mask_of
from bridge.dialplan.plans import expand
from bridge.dialplan.shape import Shape
from bridge.errors import ConfigurationError
from bridge.ports import UnitOfWork

_ASTERISK_SETS = {"X": DIGITS, "Z": mask_of("123456789"), "N": mask_of("23456789")}
_ELEMENT = re.compile(r"\[([0-9*#-]+)\]|([XZN0-9*#])|([.!])")


@dataclass(frozen=True, slots=True)
class PbxPlan:
    """What Asterisk itself uses, as the running service sees it. Empty where nobody could ask."""

    endpoints: frozenset[str] = frozenset()
    """Names of endpoints that are not ours."""
    extensions: Mapping[str, str] = field(default_factory=dict)
    """Extensions and patterns (``_10XX``) that phones reach besides the site's plan, each with what it is: a feature
    code, a ring group."""
    calls: int | None = None
    """Calls in progress; None where it is not known."""
    talking: tuple[str, ...] = ()
    """Whose calls these are: numbers and trunks."""


@dataclass(frozen=True, slots=True, order=True)
class Overlap:
    """Something that the range meets."""

    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind} {self.what}"


def overlaps(
    settings: AutoregistrationSettings,
    lines: Iterable[Line],
    patterns: Iterable[RoutePattern | TranslationPattern],
    plan: PbxPlan,
) -> tuple[Overlap, ...]:
    """Everything that the range of the settings meets.

    Lines count until the range was enabled for the first time: from then on they are phones that autoregistered, or
    were added by an admin who saw the range. Numbers that are taken are never given out in any case.
    """
    numbers = settings.range
    if numbers.is_empty:
        return ()
    found: list[Overlap] = []
    if not settings.was_checked:
        found += [Overlap("extension", line.number) for line in lines if line.number in numbers]
    for pattern in patterns:
        kind = "route pattern" if isinstance(pattern, RoutePattern) else "translation pattern"
        if _pattern_meets(pattern, numbers):
            found.append(Overlap(kind, str(pattern.key)))
    found += [Overlap("endpoint", name) for name in plan.endpoints if name in numbers]
    for name, kind in plan.extensions.items():
        if any(meets(shape, numbers) for shape in asterisk_shapes(name)):
            found.append(Overlap(f"{kind} of Asterisk", name))
    return tuple(sorted(set(found)))


def newly_met(
    before: AutoregistrationSettings,
    after: AutoregistrationSettings,
    lines: Sequence[Line],
    patterns: Sequence[RoutePattern | TranslationPattern],
    plan: PbxPlan,
) -> tuple[Overlap, ...]:
    """What the range meets that it did not meet before: a wider range has its phones from the narrower one."""
    was, will = (overlaps(replace(each, checked_range=""), lines, patterns, plan) for each in (before, after))
    return tuple(each for each in will if each not in was)


def kept_open(
    work: UnitOfWork, before: AutoregistrationSettings, after: AutoregistrationSettings, plan: PbxPlan | None
) -> tuple[AutoregistrationSettings, str]:
    """The settings with another range while the window is open, or is to open: closed where the range meets something
    new, which nobody has looked at, with what it meets (AR-04). Without a ``plan`` Asterisk is asked later."""
    if before.window is None or after.window is None or before.range == after.range:
        return after, ""
    met = newly_met(before, after, work.devices.lines(), work.objects.patterns.all(), plan or PbxPlan())
    if met:
        return replace(after, window=None, phones_left=None), f"the range {after.range} meets {met[0]}"
    return after.checked(asked=plan is not None), ""


def reserved_numbers(patterns: Iterable[RoutePattern | TranslationPattern], plan: PbxPlan) -> frozenset[str]:
    """Single numbers that are something else already, and are given to no phone."""
    literal = {pattern.pattern.replace(".", "") for pattern in patterns}
    return frozenset(
        each for each in literal | plan.extensions.keys() | plan.endpoints if each.isascii() and each.isdigit()
    )


def taken_numbers(work: UnitOfWork, plan: PbxPlan | None = None) -> frozenset[str]:
    """Every number that autoregistration passes over: phones of any partition, extensions that wait for their users to
    claim them, and what is something else already."""
    reserved = reserved_numbers(work.objects.patterns.all(), plan or PbxPlan())
    return work.devices.numbers_in_use() | work.claims.awaited() | reserved


def meets(shape: Shape, numbers: NumberRange) -> bool:
    """Whether some number of the range is one of the shape's strings."""
    length = len(numbers.start)
    if numbers.is_empty or len(shape.keys) > length or (len(shape.keys) < length and not shape.is_open):
        return False
    keys = [*shape.keys, *[DIGITS] * (length - len(shape.keys))]
    # Per position: may a number still be as low as the start, or as high as the end, or is it surely between them?
    states = {(True, True)}
    for index, mask in enumerate(keys):
        low, high = int(numbers.start[index]), int(numbers.end[index])
        states = {
            (at_low and digit == low, at_high and digit == high)
            for at_low, at_high in states
            for digit in range(10)
            if mask >> digit & 1 and not (at_low and digit < low) and not (at_high and digit > high)
        }
    return bool(states)


def asterisk_shapes(name: str) -> Sequence[Shape]:
    """The shape of an extension of Asterisk; none for a name that nobody can dial."""
    if not name.startswith("_"):
        return [Shape(tuple(mask_of(key) for key in name))] if re.fullmatch(r"[0-9*#]+", name) else []
    keys: list[int] = []
    rest = name[1:].upper().replace("-", "") if "[" not in name else name[1:].upper()
    while rest:
        match = _ELEMENT.match(rest)
        if match is None:
            return []
        rest = rest[match.end() :]
        if match[1]:
            keys.append(_set_of(match[1]))
        elif match[2]:
            keys.append(_ASTERISK_SETS.get(match[2]) or mask_of(match[2]))
        else:
            # A dot stands for at least one more character.
            return [Shape((*keys, DIGITS), is_open=True)] if match[3] == "." else [Shape(tuple(keys), is_open=True)]
    return [Shape(tuple(keys))]


def _set_of(text: str) -> int:
    mask = 0
    for start, _, end in re.findall(r"([0-9*#])((?:-([0-9]))?)", text):
        if end and start.isdigit():
            mask |= mask_of("".join(str(digit) for digit in range(int(start), int(end) + 1)))
        else:
            mask |= mask_of(start)
    return mask


def _pattern_meets(pattern: RoutePattern | TranslationPattern, numbers: NumberRange) -> bool:
    try:
        written = expand(pattern.pattern, pattern.numbering_plan)
        return any(meets(one.shape, numbers) for text in written for one in Pattern(text).shapes)
    except ConfigurationError:
        return False  # the check of the dial plan names it
