"""The dial plan, and what would happen if a phone dialled a number."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bridge.app.site.whatif import DialOutcome, WhatIf
from bridge.core import Device, RoutePattern, TranslationPattern
from bridge.errors import ConfigurationError, NotFound, SepbridgeError
from bridge.web.dashboard.house import House
from bridge.web.dashboard.sitepage import DIAL_PLAN, tabs

SUGGESTED = 200


@dataclass(frozen=True, slots=True)
class PatternRow:
    """One pattern of the list."""

    word: str
    pattern: str
    partition: str
    what: str
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    patterns: Sequence[PatternRow]
    suggestions: Sequence[Device]
    outcome: DialOutcome | None
    problem: SepbridgeError | None
    warnings: Sequence[str]


class DialPlanPage:
    """``/dial-plan``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        return [web.get("/dial-plan", self._house.viewer(self.show))]

    async def show(self, request: web.Request) -> web.Response:
        """The patterns; with a phone and a number in the address, what would happen."""
        phone, dialled = (request.query.get(key, "").strip()[:60] for key in ("phone", "dialled"))
        read = await asyncio.to_thread(self._read, request, phone, dialled)
        return self._house.page(
            request,
            "dialplan.html",
            here="dialplan",
            problem=read.problem,
            asked={"phone": phone, "dialled": dialled},
            outcome=read.outcome,
            suggestions=read.suggestions,
            patterns=read.patterns,
            warnings=read.warnings,
            tabs=tabs(DIAL_PLAN),
        )

    def _read(self, request: web.Request, phone: str, dialled: str) -> _Read:
        service = self._house.service
        with service.store.read() as work:
            devices = work.devices.all()
            patterns = work.objects.patterns.all()
        plans = service.files.plans
        outcome, problem = None, None
        if phone and dialled:
            try:
                name = self._house.desks(request).phones.find(phone)
                device = next((each for each in devices if each.name == name), None)
                if device is None:
                    raise NotFound(f"{name} is not one of our phones", fix="add it first")
                button = next((each.button for each in device.lines if each.line.number == phone), 0)
                outcome = WhatIf(service.store, service.files).dial(name, dialled, button=button)
                plans = service.files.plans
            except SepbridgeError as error:
                problem = error
        try:
            warnings = plans.check({pair for device in devices for pair in plans.pairs(device)})
        except ConfigurationError as error:
            warnings = (str(error),)
        suggestions = [each for each in devices if each.number][:SUGGESTED]
        return _Read([_row(each) for each in patterns], suggestions, outcome, problem, warnings)


def _row(pattern: RoutePattern | TranslationPattern) -> PatternRow:
    where = (pattern.pattern, pattern.partition)
    if isinstance(pattern, TranslationPattern):
        target = "the caller’s search space" if pattern.use_originator_css else pattern.css or "<None>"
        what = f"blocks ({pattern.release_cause})" if pattern.block else f"rewrites, then looks in {target}"
        return PatternRow("translations", *where, what)
    what = f"blocks ({pattern.release_cause})" if pattern.block else f"leaves by {pattern.destination}"
    return PatternRow("patterns", *where, what, pattern.emergency)
