"""A search list made into patterns for one flat Asterisk context that chooses as CUCM does.

Asterisk compares patterns position by position from the left and prefers the smaller set; CUCM counts strings. The two
agree once the intersection of every two overlapping patterns stands there too, with the action of CUCM's winner: the
intersection of all patterns that match a number is the narrowest at every position, so Asterisk takes it first. What
Asterisk would choose rightly without it is left out again. Source: dial-plan reference, section 4.

Two things come on top. Asterisk's ``.`` is the only open end that fixed patterns go before, and it takes any
character: so every open shape ends in a digit before it is opened (``_91.`` for ``91!``), and where ``.`` would swallow
the ``*`` of another pattern, that one's part is written down, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bridge.dialplan.keys import ALL, DIGITS, keys_in, size
from bridge.dialplan.matching import Entry
from bridge.dialplan.shape import Shape
from bridge.errors import ConfigurationError

ActionT = TypeVar("ActionT")

MAX_PATTERNS = 1_500
"""Patterns of one context; a plan that needs more overlaps in too many ways."""
_LONGEST = 64
_ALL_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class CompiledPattern(Generic[ActionT]):
    """One extension of the context: what it matches, whose it is, and how many keys stand before the entry's dot."""

    shape: Shape
    entry: Entry[ActionT]
    before_dot: int

    @property
    def extension(self) -> str:
        """As Asterisk writes it."""
        return extension_of(self.shape)


def compile_patterns(entries: Iterable[Entry[ActionT]]) -> tuple[CompiledPattern[ActionT], ...]:
    """The extensions for these entries, which are one search list.

    Raises ConfigurationError where two entries of one partition match a number equally closely, or where the plan
    overlaps in more ways than can be written down.
    """
    sources = tuple(
        _Source(shape, entry, one.before_dot)
        for entry in entries
        for one in entry.pattern.shapes
        for shape in _normal(one.shape)
    )
    exact = [source for source in sources if source.shape.is_exact]
    wide = [source for source in sources if not source.shape.is_exact]
    shapes = _closure({source.shape for source in wide})
    kept: list[CompiledPattern[ActionT]] = []
    # From the general to the special: a shape is needed unless what Asterisk would take instead says the same.
    met = {shape for shape in shapes if shape.is_exact}
    for shape in sorted(shapes - met, key=lambda one: (-_measure(one), one.keys)):
        chosen = _winner([source for source in wide if source.shape.contains(shape)], shape)
        if not _is_said(shape, chosen, kept):
            kept.append(CompiledPattern(shape, chosen.entry, chosen.before_dot))
    general = tuple(kept)
    for shape in sorted(met | {source.shape for source in exact}, key=lambda one: one.keys):
        containing = [source for source in exact if source.shape == shape]
        containing += [source for source in wide if source.shape.contains(shape)]
        chosen = _winner(containing, shape)
        if not _is_said(shape, chosen, general):
            kept.append(CompiledPattern(shape, chosen.entry, chosen.before_dot))
    return tuple(kept)


@dataclass(frozen=True, slots=True)
class _Source(Generic[ActionT]):
    shape: Shape
    entry: Entry[ActionT]
    before_dot: int


def _normal(shape: Shape) -> Iterator[Shape]:
    """The same strings as shapes whose open end begins with any digit."""
    if not shape.is_open or (shape.keys and shape.keys[-1] == DIGITS):
        yield shape
        return
    if shape.keys:
        yield Shape(shape.keys)
    yield Shape((*shape.keys, DIGITS), is_open=True)


def _measure(shape: Shape) -> int:
    return shape.strings_of_length(_LONGEST if shape.is_open else len(shape.keys))


def _closure(shapes: set[Shape]) -> set[Shape]:
    """The shapes, every intersection of theirs, and what ``.`` would swallow."""
    found: set[Shape] = set()
    numbers: set[Shape] = set()
    waiting = list(shapes)
    while waiting:
        shape = waiting.pop()
        if shape in found:
            continue
        if shape.is_exact:
            numbers.add(shape)  # it meets nothing but itself
            continue
        for other in found:
            meet = shape.meet(other)
            if meet is not None and meet not in (shape, other):
                waiting += [part for part in _normal(meet) if part not in found]
            swallowed = _swallowed(shape, other) or _swallowed(other, shape)
            if swallowed is not None and swallowed not in found:
                waiting.append(swallowed)
        found.add(shape)
        if len(found) + len(numbers) > MAX_PATTERNS:
            raise ConfigurationError(
                f"the dial plan overlaps in more than {MAX_PATTERNS} ways",
                why="wide sets in many patterns meet each other, and Asterisk needs every such meeting written down",
                fix="use fewer patterns with several sets such as [1-3][2-4]",
            )
    return found | numbers


def _swallowed(opened: Shape, other: Shape) -> Shape | None:
    """The part of ``other`` that ``opened`` would take, though it has other keys than digits where that is open."""
    prefix = opened.keys[:-1]
    if not opened.is_open or len(other.keys) <= len(prefix):
        return None
    rest = other.keys[len(prefix) :]
    if all(mask & ~DIGITS == 0 for mask in rest):
        return None
    keys = tuple(one & two for one, two in zip(prefix, other.keys, strict=False)) + rest
    return None if 0 in keys or keys == other.keys else Shape(keys, other.is_open)


def _winner(containing: Sequence[_Source[ActionT]], shape: Shape) -> _Source[ActionT]:
    """CUCM's choice for the numbers that exactly these match: the fewest strings, then the earlier partition."""
    length = len(shape.keys)
    keys = [(source.shape.strings_of_length(length), source.entry.rank) for source in containing]
    best = min(keys)
    first, *others = [source for source, key in zip(containing, keys, strict=True) if key == best]
    for other in others:
        if other.entry.action != first.entry.action:
            raise ConfigurationError(
                f"the patterns {first.entry.pattern.text} and {other.entry.pattern.text} of one partition match "
                f"{example_of(shape)} equally closely",
                why="CUCM gives no dependable order then, and neither may we",
                fix="put one of them into another partition, or make one of them narrower",
            )
    return first


def _is_said(shape: Shape, chosen: _Source[ActionT], kept: Iterable[CompiledPattern[ActionT]]) -> bool:
    """Whether Asterisk would do the same for these numbers without a pattern of their own."""
    rivals = [pattern for pattern in kept if _takes(pattern.shape, shape)]
    if not rivals:
        return False
    first = rivals[0]
    for rival in rivals[1:]:
        if _goes_before(rival.shape, first.shape):
            first = rival
    if not all(rival is first or _goes_before(first.shape, rival.shape) for rival in rivals):
        return False  # Asterisk's order among them is not known
    return first.entry == chosen.entry and first.before_dot == chosen.before_dot


def _takes(pattern: Shape, shape: Shape) -> bool:
    """Whether Asterisk's pattern matches all of ``shape``'s strings: its ``.`` takes any character."""
    if pattern.is_open:
        prefix = len(pattern.keys) - 1
        wide = pattern.keys[:-1] + (ALL,) * max(1, len(shape.keys) - prefix)
        pattern = Shape(wide, is_open=True)
    return pattern.contains(shape)


def _goes_before(one: Shape, other: Shape) -> bool:
    """Whether Asterisk surely compares ``one`` before ``other``; both match some number."""
    ends = [len(shape.keys) - 1 if shape.is_open else len(shape.keys) for shape in (one, other)]
    for mine, theirs in zip(one.keys[: ends[0]], other.keys[: ends[1]], strict=False):
        if mine != theirs:
            return size(mine) < size(theirs)
    if ends[0] != ends[1]:
        return ends[0] > ends[1]  # where the other one's ``.`` stands, this one still has a set
    return other.is_open and not one.is_open


def extension_of(shape: Shape) -> str:
    """The shape as an extension. An open one ends in ``.``, which is any digit and whatever follows."""
    fixed = shape.keys[:-1] if shape.is_open else shape.keys
    text = "".join(_key_text(mask) for mask in fixed)
    if shape.is_open:
        return f"_{text}."
    return text if shape.is_exact else f"_{text}"


def _key_text(mask: int) -> str:
    keys = keys_in(mask)
    match keys:
        case "0123456789":
            return "X"
        case "123456789":
            return "Z"
        case "23456789":
            return "N"
        case _ if len(keys) == 1:
            return keys
        case _:
            return f"[{_runs(keys)}]"


def _runs(keys: str) -> str:
    """Runs of three digits and more as a range."""
    out = ""
    index = 0
    while index < len(keys):
        end = index
        while end + 1 < len(keys) and keys[index : end + 2] in _ALL_DIGITS:
            end += 1
        run = keys[index : end + 1]
        out += f"{run[0]}-{run[-1]}" if len(run) > 2 else run
        index = end + 1
    return out


def example_of(shape: Shape) -> str:
    """A number of this shape."""
    return "".join(keys_in(mask)[0] for mask in shape.keys)
