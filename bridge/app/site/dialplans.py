"""The site's dial plan in use: when a number is complete, and the contexts in which phones' calls start."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.app.admission.roguepool import ROGUE_CONTEXT, ROGUE_PAIR, EmergencyList, RogueReach
from bridge.app.files.dialtemplates import template_name, template_rules
from bridge.autoregistration import ROGUE_POOL
from bridge.core import Device, NumberRange, RoutePattern, TranslationPattern
from bridge.dialplan import (
    EXTERNAL_VARIABLE,
    TRUNK_VARIABLE,
    Context,
    DialledLine,
    DigitPlan,
    Effect,
    Entry,
    Pattern,
    SitePlan,
    context_name,
    context_of,
    emergency_routes,
)
from bridge.errors import ConfigurationError
from bridge.provisioning import DialRule, dial_rules

if TYPE_CHECKING:
    from bridge.app.files.phonefiles import Site

log = logging.getLogger(__name__)

SERVICES = "sepbridge-services"
CODES = "sepbridge-codes"
"""What users dial for services of the PBX; last, so that every number of the site and the admin wins."""
CUSTOM = "sepbridge-custom"
"""The admin's own context: reached by phones without a calling search space."""
Pair = tuple[str, str]
"""Names of the line's and the device's calling search space; empty for none."""
_LAST = 1_000_000


class DialPlans:
    """The dial plan of the site as it was last read. What is compiled once is kept."""

    def __init__(self, site: Site, *, plain_context: str, emergency: EmergencyList, wraps: str = "") -> None:
        self._site = site
        self._emergency = emergency
        self._plain_context = plain_context
        self._wraps = wraps
        self._digits: dict[Pair, DigitPlan] = {}
        self._templates: dict[Pair, tuple[DialRule, ...]] = {}
        self._template_names: dict[str, Pair] = {}
        self.plan = SitePlan(
            site.spaces,
            [DialledLine(line.number, line.partition, line.settings.urgent) for line in site.lines],
            [pattern for pattern in site.patterns if isinstance(pattern, RoutePattern)],
            [pattern for pattern in site.patterns if isinstance(pattern, TranslationPattern)],
        )

    def pair(self, device: Device, button: int = 0) -> Pair:
        """The search spaces of a device's line; of its primary line unless another button is named."""
        if device.pool == ROGUE_POOL:
            return ROGUE_PAIR
        line = next((each.line for each in device.lines if each.button == button), device.primary_line)
        pool = self._site.pools.get(device.pool)
        return (line.settings.css if line else "", pool.css_of(device) if pool else device.settings.css)

    def forward_pair(self, device: Device, button: int = 0) -> Pair:
        """The search spaces for the forwards of a device's line: those of its calls where the line has none for them.

        It is the forwarding line that decides, not the caller: who may call inside only still gets where the line he
        called leads to, and a line cannot be forwarded to where it may not call (dialplan mapping reference).
        """
        own = self.pair(device, button)
        line = next((each.line for each in device.lines if each.button == button), device.primary_line)
        if own == ROGUE_PAIR or line is None or not line.settings.forward_css:
            return own
        return (line.settings.forward_css, "")

    def pairs(self, device: Device) -> set[Pair]:
        """All pairs that calls of a device's lines, and forwards from them, begin with."""
        return {
            pair
            for each in device.lines
            for pair in (self.pair(device, each.button), self.forward_pair(device, each.button))
        }

    def digits(self, pair: Pair) -> DigitPlan:
        """When a number is complete. Without a plan, numbers of the autoregistration range are."""
        if pair == ROGUE_PAIR and pair not in self._digits:
            self._digits[pair] = DigitPlan(self._rogue.entries(self._site.patterns), ())
        if pair not in self._digits:
            entries = self.digits_entries(pair)
            try:
                tones = self.plan.outside_tones(*pair)
            except ConfigurationError:
                tones = ()
            self._digits[pair] = DigitPlan(entries, tones)
        return self._digits[pair]

    def digits_entries(self, pair: Pair) -> list[Entry[Effect]]:
        """Everything that the pair can dial, and the numbers of the autoregistration range."""
        if pair == ROGUE_PAIR:
            return self._rogue.entries(self._site.patterns)
        try:
            entries = self.plan.entries(*pair)
        except ConfigurationError as error:
            log.error("the dial plan of %s cannot be read: %s", _shown(pair), error)
            entries = []
        return entries + [
            Entry(Pattern(text), _LAST, Effect()) for text in _patterns(self._site.autoregistration.range)
        ]

    def met_entries(self, pair: Pair) -> list[Entry[Effect]]:
        """What a number meets at Asterisk that was dialled: no phone is kept from an emergency number there."""
        entries = self.digits_entries(pair)
        if self.context(pair) in (ROGUE_CONTEXT, self._plain_context):
            return entries
        try:
            return [*SitePlan(routes=tuple(self._emergency_routes(pair))).entries("", ""), *entries]
        except ConfigurationError:  # said already
            return entries

    def template_rules(self, pair: Pair) -> tuple[DialRule, ...]:
        """The dial template of phones with this pair: by the plan where there is one, else by the range alone."""
        numbers = self._site.autoregistration.range
        if pair == ("", "") and not self._for_everybody:
            return dial_rules([] if numbers.is_empty else [numbers])
        if pair not in self._templates:
            self._templates[pair] = template_rules(self.digits_entries(pair))
        return self._templates[pair]

    def pair_of_template(self, name: str) -> Pair | None:
        """The pair whose dial template has this name; None where no device of the site has it."""
        return self._template_names.get(name.lower())

    def template_name(self, pair: Pair) -> str:
        """The name of the dial template of a pair; from then on it can be asked for."""
        name = template_name(pair)
        self._template_names[name] = pair
        return name

    def context(self, pair: Pair) -> str:
        """The name of the context in which calls of this pair start.

        A phone without a calling search space, on a site without patterns for everybody, has the plain context, with
        the numbers of all phones and what the admin wrote into ``sepbridge-custom``.
        """
        if pair == ROGUE_PAIR:
            return ROGUE_CONTEXT
        return self._plain_context if pair == ("", "") and not self._for_everybody else context_name(*pair)

    def contexts(self, pairs: Iterable[Pair]) -> Iterator[Context]:
        """The contexts for these pairs and for whatever their translations lead to.

        Of a pair whose plan cannot be written down the numbers of phones, services and emergency numbers are left, with
        an error in the log; ``check`` raises it.
        """
        for pair in sorted(self._with_targets(pairs)):
            try:
                yield self._compiled(pair)
            except ConfigurationError as error:
                log.error("the dial plan of %s cannot be written: %s", _shown(pair), error)
                yield from self._without_plan(pair)

    def check(self, pairs: Iterable[Pair]) -> tuple[str, ...]:
        """Compile everything and return the warnings, each once. Raises ConfigurationError."""
        warnings = [warning for pair in sorted(self._with_targets(pairs)) for warning in self._compiled(pair).warnings]
        return tuple(dict.fromkeys(warnings))

    def variables(self, device: Device) -> tuple[tuple[str, str], ...]:
        """Channel variables of the device's endpoint, which the contexts read."""
        pool = self._site.pools.get(device.pool)
        trunk = pool.trunk if pool else ""
        external = device.lines[0].external_number if device.lines else ""
        own = device.number
        found = {TRUNK_VARIABLE: trunk, EXTERNAL_VARIABLE: external if external != own else ""}
        return tuple((name, value) for name, value in found.items() if value)

    @property
    def _rogue(self) -> RogueReach:
        """Where phones of the rogue pool can call to."""
        pool = self._site.pools.get(ROGUE_POOL)
        rogue = self._site.autoregistration.rogue
        return RogueReach(
            self._emergency, rogue.operator, rogue.leads_to, trunk=pool.trunk if pool else "", custom=CUSTOM
        )

    @property
    def _for_everybody(self) -> bool:
        return any(
            not pattern.partition or (isinstance(pattern, RoutePattern) and pattern.emergency)
            for pattern in self._site.patterns
        )

    def _with_targets(self, pairs: Iterable[Pair]) -> set[Pair]:
        wanted = {pair for pair in pairs if self.context(pair) != self._plain_context}
        if wanted:
            wanted |= {
                (pattern.css, "")
                for pattern in self.plan.translations
                if not pattern.block and not pattern.use_originator_css
            }
        return wanted

    def _compiled(self, pair: Pair) -> Context:
        if pair == ROGUE_PAIR:
            return self._rogue.context(self._site.patterns, self._site.lines, self._plain_context, numbers=self._wraps)
        # A PBX whose contexts are wrapped has feature codes of its own.
        services = (SERVICES,) if self._wraps else (SERVICES, CODES)
        includes = (SERVICES, CUSTOM, *services[1:]) if pair == ("", "") else services
        plan = replace(self.plan, routes=(*self.plan.routes, *self._emergency_routes(pair)))
        return context_of(plan, *pair, includes=includes, wraps=self._wraps)

    def _without_plan(self, pair: Pair) -> Iterator[Context]:
        """The pair's context without the site's patterns: phones reach each other, and help."""
        for own in ([each for each in self.plan.routes if each.emergency], []):
            bare = replace(self.plan, routes=own, translations=())
            services = (SERVICES,) if self._wraps else (SERVICES, CODES)
            includes = (SERVICES, CUSTOM, *services[1:]) if pair == ("", "") else services
            try:
                routes = (*own, *self._emergency_routes(pair, bare))
                yield context_of(replace(bare, routes=routes), *pair, includes=includes, wraps=self._wraps)
            except ConfigurationError:  # one of the site's emergency patterns is to blame, or the search space is gone
                continue
            return

    def _emergency_routes(self, pair: Pair, plan: SitePlan | None = None) -> Iterator[RoutePattern]:
        """A way out for the emergency numbers that this pair would be kept from."""
        return emergency_routes(
            plan or self.plan,
            *pair,
            self._emergency.plain,
            self._emergency.access_code,
            last_resort=self._wraps or CUSTOM,
            # Such a PBX has numbers of its own, looked up where the plan has none; so has the admin's context.
            only_blocked=bool(self._wraps) or pair == ("", ""),
        )


def _patterns(numbers: NumberRange) -> Iterator[str]:
    for rule in dial_rules([] if numbers.is_empty else [numbers]):
        if not rule.match.endswith("*"):
            yield rule.match.replace(".", "X")


def _shown(pair: Pair) -> str:
    return " and ".join(css or "no search space" for css in pair)
