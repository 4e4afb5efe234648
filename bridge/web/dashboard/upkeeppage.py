"""Traces of single phones, backups and support bundles, for admins: files that a browser fetches."""

from __future__ import annotations

from aiohttp import web

from bridge.errors import InvalidInput, SepbridgeError
from bridge.web.dashboard.house import House, change, text_of
from bridge.web.upkeep import send_backup, send_bundle, send_trace, start_trace

SECONDS = [("30", "30 seconds"), ("60", "1 minute"), ("300", "5 minutes"), ("900", "15 minutes"), ("3600", "1 hour")]


class UpkeepPage:
    """``/upkeep``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        house = self._house
        changes = {"trace": self._trace, "trace/discard": self._discard}
        return [
            web.get("/upkeep", house.admin(self.show)),
            web.post("/upkeep/trace/fetch", house.admin(self._fetch)),
            web.post("/upkeep/backup", house.admin(self._backup)),
            web.post("/upkeep/support-bundle", house.admin(self._bundle)),
            *(web.post(f"/upkeep/{word}", house.admin(change(house, do, self.show))) for word, do in changes.items()),
        ]

    async def show(self, request: web.Request, problem: SepbridgeError | None = None) -> web.Response:
        """The traces that are kept, and what can be fetched."""
        service = self._house.service
        return self._house.page(
            request,
            "upkeep.html",
            here="upkeep",
            problem=problem,
            traces=service.tracing.running(),
            phone=request.query.get("phone", "").strip()[:60],
            seconds=SECONDS,
            config=service.config,
        )

    async def _trace(self, request: web.Request) -> tuple[str, str]:
        form = await request.post()
        phone, seconds = text_of(form, "phone"), text_of(form, "seconds")
        if seconds not in {key for key, _ in SECONDS}:
            raise InvalidInput("say how long", fix="choose from the list")
        begun = await start_trace(request, phone, float(seconds))
        return "/upkeep", f"Listening to {begun.device}. Restart the phone to see it boot; fetch the file at any time."

    async def _discard(self, request: web.Request) -> tuple[str, str]:
        gone = self._house.service.tracing.discard(text_of(await request.post(), "trace"))
        return "/upkeep", f"The trace of {gone.device} was thrown away."

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        try:
            return await send_trace(request, text_of(await request.post(), "trace"))
        except SepbridgeError as error:
            return await self.show(request, problem=error)

    async def _backup(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        try:
            firmware, history = (text_of(form, key) == "1" for key in ("firmware", "history"))
            return await send_backup(request, firmware=firmware, history=history)
        except SepbridgeError as error:
            return await self.show(request, problem=error)

    async def _bundle(self, request: web.Request) -> web.StreamResponse:
        try:
            return await send_bundle(request, doctor=text_of(await request.post(), "doctor") == "1")
        except SepbridgeError as error:
            return await self.show(request, problem=error)
