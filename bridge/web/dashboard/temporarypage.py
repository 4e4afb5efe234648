"""Temporary phones: those that autoregistered and belong to nobody yet, moved many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from bridge.app.admission.temporary import Assigned, Assignment, Filter
from bridge.core import Device, DeviceName
from bridge.errors import InvalidInput, SepbridgeError
from bridge.web.dashboard.house import House, change, number_of, text_of
from bridge.web.dashboard.standing import how_it_stands

RESTARTS_EVERY = 2.0
"""Seconds between two phones that start again after they were moved."""


@dataclass(frozen=True, slots=True)
class _Read:
    phones: Sequence[Device]
    pools: Sequence[str]
    spaces: Sequence[str]
    button_templates: Sequence[str]
    warn_after: int
    everything: int


class TemporaryPage:
    """``/temporary``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        house = self._house
        return [
            web.get("/temporary", house.viewer(self.show)),
            web.post("/temporary/assign", house.admin(self._assign)),
            web.post("/temporary/remove", house.admin(change(house, self._remove, self.show))),
        ]

    async def show(
        self, request: web.Request, problem: SepbridgeError | None = None, outcome: Sequence[Assigned] = ()
    ) -> web.Response:
        """Those that the address asks for."""
        query = request.query
        wanted = Filter()
        try:
            wanted = Filter(query.get("pool", ""), query.get("model", "").strip(), query.get("network", "").strip())
        except InvalidInput as error:
            problem = problem or error
        read = await asyncio.to_thread(self._read, request, wanted)
        progress, now = self._house.board.progress(), self._house.service.clock.now()
        marks = {each.name: how_it_stands(each, progress.get(each.name), None, now).badge for each in read.phones}
        return self._house.page(
            request,
            "temporary.html",
            here="temporary",
            problem=problem,
            outcome=outcome,
            wanted=wanted,
            phones=read.phones,
            marks=marks,
            pools=read.pools,
            spaces=read.spaces,
            button_templates=read.button_templates,
            warn=read.everything >= read.warn_after,
            warn_after=read.warn_after,
            everything=read.everything,
        )

    def _read(self, request: web.Request, wanted: Filter) -> _Read:
        desk = self._house.desks(request).temporary
        with self._house.service.store.read() as work:
            return _Read(
                desk.list(wanted),
                [each.name for each in work.site.pools()],
                [each.name for each in work.objects.calling_search_spaces.all()],
                [each.name for each in work.objects.button_templates.all()],
                work.autoregistration.load().warn_after,
                work.devices.count(temporary=True),
            )

    async def _assign(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        try:
            names = [DeviceName.parse(str(each)) for each in form.getall("phone", [])]
            if not names:
                raise InvalidInput("no phone was chosen", fix="tick the phones that are to move")
            pool = text_of(form, "pool")
            keys = ("button_template", "css")
            values = tuple((key, text) for key in keys if (text := text_of(form, key)))
            desk = self._house.desks(request).temporary
            outcome = await asyncio.to_thread(desk.assign, [Assignment(each.value, pool, values) for each in names])
            moved = [each.device.name for each in outcome if each.device is not None]
            if moved:
                await self._house.service.restarts.changed(moved, every=RESTARTS_EVERY)
        except SepbridgeError as error:
            return await self.show(request, problem=error)
        if len(moved) < len(outcome):
            return await self.show(request, outcome=outcome)
        told = f"Moved to {pool}: {', '.join(str(each) for each in moved[:10])}"
        return self._house.goes(request, "/temporary", told + (" and others." if len(moved) > 10 else "."))

    async def _remove(self, request: web.Request) -> tuple[str, str]:
        days = number_of(await request.post(), "days", least=1, most=3650)
        desk = self._house.desks(request).temporary
        gone = await asyncio.to_thread(desk.remove_unused, timedelta(days=days))
        if gone:
            await self._house.service.refresh()
        names = ", ".join(str(each.name) for each in gone[:10])
        return "/temporary", f"Removed: {names}." if gone else "No temporary phone was silent for so long."
