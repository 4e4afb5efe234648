"""One flat context for each pair of calling search spaces in use: the line's and the device's.

``SitePlan`` is the site's dial plan; ``context_of`` compiles one pair. A phone's calls start in the context of its
pair, ``context_name``. Source: dial-plan reference, sections 3, 4 and 6.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.core import CallingSearchSpace, DialPattern, DiscardDigits, RoutePattern, TranslationPattern, search_list
from bridge.dialplan.compiling import compile_patterns
from bridge.dialplan.effects import Effect, Step, context_name, slug, steps
from bridge.dialplan.matching import Entry
from bridge.dialplan.pattern import Pattern
from bridge.dialplan.plans import expand
from bridge.errors import ConfigurationError

NUMBERS_CONTEXT = "sepbridge-numbers"
SERVICES_CONTEXT = "sepbridge-services"
_EMERGENCY_RANK = -1


@dataclass(frozen=True, slots=True)
class DialledLine:
    """A directory number that can be called."""

    number: str
    partition: str = ""
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class SitePlan:
    """The dial plan of a site."""

    spaces: Mapping[str, CallingSearchSpace] = field(default_factory=dict)
    lines: Sequence[DialledLine] = ()
    routes: Sequence[RoutePattern] = ()
    translations: Sequence[TranslationPattern] = ()

    def partitions(self, line_css: str, device_css: str) -> tuple[str, ...]:
        """The search list of a pair. Raises ConfigurationError for a search space that is not there."""
        return search_list(self._space(line_css), self._space(device_css))

    def entries(self, line_css: str, device_css: str) -> list[Entry[Effect]]:
        """Everything that the pair reaches. Emergency patterns are reached by all, before everything else."""
        rank = {name: place for place, name in enumerate(self.partitions(line_css, device_css))}
        found = [
            Entry(
                Pattern(line.number),
                rank[line.partition],
                Effect(line=line.number, partition=line.partition),
                line.urgent,
            )
            for line in self.lines
            if line.partition in rank
        ]
        for route in self.routes:
            if route.emergency:
                found += _entries(route, _EMERGENCY_RANK, urgent=True)
            elif route.partition in rank:
                found += _entries(route, rank[route.partition])
        for translation in self.translations:
            if translation.partition in rank:
                found += _entries(translation, rank[translation.partition])
        # Where a pattern stands with and without the # that ends it, the one that knows of the # is taken.
        return sorted(found, key=lambda entry: not entry.pattern.takes_hash)

    def outside_tones(self, line_css: str, device_css: str) -> tuple[str, ...]:
        """The access codes behind which the outside dial tone sounds."""
        reached = self.partitions(line_css, device_css)
        return tuple(
            pattern.access_code
            for pattern in (*self.routes, *self.translations)
            if pattern.outside_dial_tone and not pattern.block and pattern.partition in reached
        )

    def _space(self, css: str) -> CallingSearchSpace | None:
        if not css:
            return None
        if css not in self.spaces:
            raise ConfigurationError(
                f"there is no calling search space {css}", fix="create it, or choose another one for the phone"
            )
        return self.spaces[css]


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension with its steps, priority 1 first."""

    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """A context for Asterisk. Its own extensions go before what it includes, an include before the next one."""

    name: str
    extensions: tuple[Extension, ...]
    includes: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    """What an admin may not have meant, in words."""


def numbers_context(partition: str) -> str:
    """Where the phones' own numbers of a partition stand."""
    if not partition:
        return NUMBERS_CONTEXT
    return f"{NUMBERS_CONTEXT}-{slug(partition)[:30]}-{hashlib.sha256(partition.encode()).hexdigest()[:6]}"


def context_of(
    plan: SitePlan,
    line_css: str,
    device_css: str,
    *,
    numbers: str = "",
    includes: Iterable[str] = (SERVICES_CONTEXT,),
    wraps: str = "",
) -> Context:
    """Compile one pair. Raises ConfigurationError for a plan that cannot be written down, naming the patterns.

    ``numbers``: the context in which all numbers are called; empty for those that sepbridge writes, one for each
    partition. ``includes``: what phones reach besides the plan.

    ``wraps``: a context of somebody else's that has all numbers and codes already, as FreePBX's ``from-internal``. Then
    it takes the place of both: the plan's patterns, blocked ones among them, go before it, and what the plan does not
    decide is decided there. So a search space adds to it and blocks, but does not hide what is reached by it anyway.
    """
    if wraps:
        numbers, includes = wraps, (wraps,)
    includes = tuple(includes)
    entries = plan.entries(line_css, device_css)
    partitions = plan.partitions(line_css, device_css)
    name = context_name(line_css, device_css)
    compiled = compile_patterns(entries)
    wide = [one for one in compiled if not one.shape.is_exact]
    # A line's number needs an extension here only where a pattern would go before the included context.
    needed = [
        one
        for one in compiled
        if not one.entry.action.line
        or (numbers and numbers not in includes)
        or any(other.shape.contains(one.shape) for other in wide)
    ]
    where = {partition: numbers or numbers_context(partition) for partition in partitions}
    extensions = tuple(Extension(one.extension, tuple(steps(one, name, where))) for one in needed)
    own = () if numbers else tuple(numbers_context(partition) for partition in partitions)
    return Context(name, extensions, (*own, *includes), tuple(_shadowed_blocks(entries)))


def _entries(pattern: DialPattern, rank: int, *, urgent: bool = False) -> Iterator[Entry[Effect]]:
    written = pattern.pattern
    if pattern.discard_digits is DiscardDigits.PRE_AT:
        written = written.replace(".", "").replace("@", ".@")  # what is discarded ends at the dot
    for text in expand(written, pattern.numbering_plan):
        yield Entry(Pattern(text), rank, Effect.of(pattern), urgent or pattern.urgent)


def _shadowed_blocks(entries: Sequence[Entry[Effect]]) -> Iterator[str]:
    """Blocks that a narrower route goes before: it wins whatever the order of the partitions (section 4.3)."""
    for block in entries:
        if not block.action.refuse:
            continue
        for route in entries:
            if route.action.destination and _is_narrower(route.pattern, block.pattern):
                yield (
                    f"{route.pattern.text} is narrower than the blocked {block.pattern.text} and wins over it; "
                    f"block {route.pattern.text}, too, if it is not meant to be dialled"
                )


def _is_narrower(pattern: Pattern, than: Pattern) -> bool:
    return pattern.text != than.text and all(
        any(wide.shape.contains(one.shape) and wide.shape != one.shape for wide in than.shapes)
        for one in pattern.shapes
    )
