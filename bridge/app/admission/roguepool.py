"""The rogue pool: strange phones register and stop rebooting, and reach emergency numbers and the operator (AR-09)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bridge.autoregistration import ROGUE_POOL
from bridge.core import Device, DiscardDigits, Line, LineAppearance, RoutePattern
from bridge.core.routing import TranslationPattern
from bridge.dialplan import Context, Effect, Entry, Extension, Pattern, SitePlan, Step, context_of, numbers_context
from bridge.errors import ConfigurationError
from bridge.ports import UnitOfWork

ROGUE_CONTEXT = "sepbridge-rogue"
ROGUE_PAIR = ("", "*rogue*")
"""Stands for the pool where others have their calling search spaces; no search space can have such a name."""
ALWAYS = ("112", "911")
"""GSM's two numbers: what is dialled for help where no list is given, which is never empty."""


@dataclass(frozen=True, slots=True)
class EmergencyList:
    """The emergency numbers of the site's country. Raises ConfigurationError for an empty list."""

    plain: tuple[str, ...] = ALWAYS
    access_code: str = ""

    def __post_init__(self) -> None:
        if not self.plain:
            raise ConfigurationError(
                "the list of emergency numbers is empty",
                why="the rogue pool's phones must be able to call for help",
                fix="set sccp.emergency_country or sccp.emergency_numbers in sepbridge.toml",
            )

    @classmethod
    def of(cls, numbers: frozenset[str], access_code: str) -> EmergencyList:
        """From the list that holds each number with and without the access code."""
        plain = [each for each in numbers if not (access_code and each.removeprefix(access_code) in numbers - {each})]
        return cls(tuple(sorted(plain)), access_code)


@dataclass(frozen=True, slots=True)
class RogueReach:
    """Where the pool's phones can call to."""

    emergency: EmergencyList
    operator: str
    operator_number: str
    trunk: str
    """What emergency calls leave by that no emergency pattern of the site is for."""
    custom: str
    """The admin's own context: the last resort."""

    def patterns(self, routes: Sequence[RoutePattern | TranslationPattern]) -> Iterator[RoutePattern]:
        """A pattern for each number alone, which leaves as the site's own emergency patterns let it leave."""
        own = [each for each in routes if isinstance(each, RoutePattern) and each.emergency and not each.block]
        code = self.emergency.access_code
        for number in self.emergency.plain:
            route = _narrowed(own, number) or RoutePattern(
                pattern=number, destination=self.trunk or self.custom, emergency=True
            )
            yield route
            if code:
                yield _narrowed(own, code + number) or replace(
                    route, pattern=f"{code}.{number}", discard_digits=DiscardDigits.PRE_DOT
                )

    def plan(self, routes: Sequence[RoutePattern | TranslationPattern]) -> SitePlan:
        """The dial plan of the pool: these numbers, and nothing else."""
        return SitePlan(routes=tuple(self.patterns(routes)))

    def entries(self, routes: Sequence[RoutePattern | TranslationPattern]) -> list[Entry[Effect]]:
        """What tells the phones' proxy when a number is complete."""
        numbers = {code + each for each in self.emergency.plain for code in ("", self.emergency.access_code)}
        at_once = not any(number.startswith(self.operator) for number in numbers)
        return [*self.plan(routes).entries("", ""), Entry(Pattern(self.operator), 0, Effect(), at_once)]

    def context(
        self,
        routes: Sequence[RoutePattern | TranslationPattern],
        lines: Sequence[Line],
        plain_context: str,
        *,
        numbers: str = "",
    ) -> Context:
        """The context in which the pool's calls start. It includes nothing.

        ``numbers``: the context of somebody else's in which all numbers are called, as FreePBX's ``from-internal``.
        """
        compiled = context_of(self.plan(routes), "", "")
        target = numbers or next(
            (numbers_context(line.partition) for line in lines if line.number == self.operator_number), plain_context
        )
        operator = Extension(self.operator, (Step("Goto", f"{target},{self.operator_number},1"),))
        taken = {each.name for each in compiled.extensions}
        extensions = compiled.extensions if self.operator in taken else (*compiled.extensions, operator)
        return Context(ROGUE_CONTEXT, extensions, ())


def _narrowed(routes: Sequence[RoutePattern], number: str) -> RoutePattern | None:
    """The site's emergency pattern for ``number``, for this number alone."""
    for route in routes:
        if "@" in route.pattern or not Pattern(route.pattern).matches(number):
            continue
        code = route.access_code
        if "." in route.pattern and not code:
            continue
        return replace(route, pattern=f"{code}.{number.removeprefix(code)}" if code else number)
    return None


def in_partition(device: Device, partition: str) -> Device:
    """The device with its numbers in another partition."""
    lines = tuple(
        LineAppearance(each.button, Line(each.line.number, partition, each.line.display_name, each.line.settings))
        if each.line.partition != partition
        else each
        for each in device.lines
    )
    return replace(device, lines=lines)


def move_rogue_numbers(work: UnitOfWork, partition: str) -> None:
    """Put the rogue pool's numbers where they can be called, or where they cannot."""
    for device in work.devices.all():
        if device.pool == ROGUE_POOL:
            work.devices.update(in_partition(device, partition))
