"""The list of phones, live."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bridge.core import DeviceName, SignallingProtocol
from bridge.errors import InvalidInput, SepbridgeError
from bridge.web.dashboard.house import House, change, text_of
from bridge.web.dashboard.phonelist import SIZES, ListQuery
from bridge.web.dashboard.standing import TONES

MOST_ROWS = 200
"""Rows that a page may ask for anew in one go."""


class PhonesPage:
    """``/phones``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        house = self._house
        return [
            web.get("/phones", house.viewer(self.show)),
            web.get("/phones/rows", house.viewer(self._rows)),
            web.post("/phones/add", house.admin(change(house, self._add, self.show))),
        ]

    async def show(self, request: web.Request, problem: SepbridgeError | None = None) -> web.Response:
        """The list as the address asks for it."""
        sheet = await self._house.board.page(ListQuery.of(request.query))
        return self._house.page(
            request,
            "phones.html",
            here="phones",
            problem=problem,
            sheet=sheet,
            tones=TONES,
            sizes=[(str(size), str(size)) for size in SIZES],
        )

    async def _rows(self, request: web.Request) -> web.Response:
        """Rows that changed, as the list would draw them, and the counts: what the live list asks for."""
        asked = request.query.get("names", "").split(",")[:MOST_ROWS]
        names = set()
        for each in asked:
            try:
                names.add(DeviceName.parse(each[:60]))
            except InvalidInput:
                continue
        rows = await self._house.board.some(names) if names else []
        counts = await self._house.board.counts()
        drawn = self._house.part(request, "phonerow.html", rows=rows) if rows else ""
        return web.json_response(
            {
                "rows": drawn,
                "counts": counts.numbers,
                "again": counts.is_behind,
            },
            headers={"Cache-Control": "no-store"},
        )

    async def _add(self, request: web.Request) -> tuple[str, str]:
        form = await request.post()
        protocol = text_of(form, "protocol")
        name = DeviceName.parse(text_of(form, "mac"))
        desk = self._house.desks(request).phones
        device = await asyncio.to_thread(
            desk.add,
            name,
            number=text_of(form, "number"),
            model=text_of(form, "model"),
            protocol=SignallingProtocol(protocol) if protocol in list(SignallingProtocol) else None,
            display_name=text_of(form, "display_name"),
            description=text_of(form, "description"),
        )
        await self._house.service.refresh()
        return f"/phones/{name}", f"{name} has the number {device.number}. Plug it in, or power it off and on."
