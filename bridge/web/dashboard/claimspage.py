"""Claims: extensions that wait for their phones, made and withdrawn; numbers that nobody may claim."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bridge.app.claims.claimdesk import COLUMNS, LARGEST_FILE, Claims, ClaimWish, Imported, made_pin
from bridge.errors import InvalidInput, SepbridgeError
from bridge.web.dashboard.house import House, change, text_of
from bridge.web.uploads import read_upload

PINS = (("make", "Make one, and show it once"), ("typed", "The one typed here"), ("none", "Ask for none"))
SHOWN_PROBLEMS = 50
_TEXTS = ("name", "description", "device", "planned_model")
_OBJECTS = ("pool", "css", "button_template", "softkey_template", "device_template")


@dataclass(frozen=True, slots=True)
class _Read:
    held: Claims
    names: dict[str, Sequence[str]]


class ClaimsPage:
    """``/claims``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        house = self._house
        changes = {
            "remove": self._remove,
            "protect": self._protect,
            "unprotect": self._unprotect,
            "unlock": self._unlock,
        }
        return [
            web.get("/claims", house.viewer(self.show)),
            web.post("/claims/add", house.admin(self._add)),
            web.post("/claims/import", house.upload(self._import)),
            *(web.post(f"/claims/{word}", house.admin(change(house, do, self.show))) for word, do in changes.items()),
        ]

    async def show(
        self,
        request: web.Request,
        problem: SepbridgeError | None = None,
        pin: tuple[str, str] | None = None,
        outcome: Imported | None = None,
    ) -> web.Response:
        """All claims. ``pin``, shown once: the extension, and the PIN that was made for it."""
        read = await asyncio.to_thread(self._read, request)
        form = await request.post() if problem is not None and request.content_type != "multipart/form-data" else {}
        return self._house.page(
            request,
            "claims.html",
            here="claims",
            problem=problem,
            claims=read.held.claims,
            protected=read.held.protected,
            waiting=sum(each.claimed_by is None for each in read.held.claims),
            names=read.names,
            typed={key: str(form.get(key, ""))[:100] for key in ("number", *_TEXTS, *_OBJECTS)},
            pins=PINS,
            pin=pin,
            outcome=outcome,
            problems=outcome.problems[:SHOWN_PROBLEMS] if outcome else (),
            columns=COLUMNS,
            served=self._house.service.settings.selfprovisioning.enabled,
        )

    def _read(self, request: web.Request) -> _Read:
        held = self._house.desks(request).claims.list()
        with self._house.service.store.read() as work:
            objects = work.objects
            names: dict[str, Sequence[str]] = {
                "pool": [each.name for each in work.site.pools()],
                "css": [each.name for each in objects.calling_search_spaces.all()],
                "button_template": [each.name for each in objects.button_templates.all()],
                "softkey_template": [each.name for each in objects.softkey_templates.all()],
                "device_template": [each.name for each in objects.device_templates.all()],
            }
        return _Read(held, names)

    # --- changes -----------------------------------------------------------------------------------------------------

    async def _add(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        try:
            how = text_of(form, "how")
            if how not in {key for key, _ in PINS}:
                raise InvalidInput("say whether a PIN is asked for", fix="choose from the list")
            typed = text_of(form, "pin")
            if how == "typed" and not typed:
                raise InvalidInput("the PIN is missing", fix="type one, or have one made")
            pin = made_pin() if how == "make" else typed if how == "typed" else ""
            values = {key: text_of(form, key) for key in (*_TEXTS, *_OBJECTS)}
            wish = ClaimWish(text_of(form, "number"), pin, **values)
            claim = await asyncio.to_thread(self._house.desks(request).claims.add, wish)
            await self._house.service.refresh()  # a prepared device has an endpoint
        except SepbridgeError as error:
            return await self.show(request, problem=error)
        if how == "make":
            return await self.show(request, pin=(claim.number, pin))
        return self._house.goes(request, "/claims", f"{claim.number} may be claimed.")

    async def _import(self, request: web.Request) -> web.StreamResponse:
        try:
            sent = await read_upload(request, largest=LARGEST_FILE)
            if not sent.file_name:
                raise InvalidInput("no file was chosen", fix="choose a CSV file")
            outcome = await asyncio.to_thread(self._house.desks(request).claims.bring_in, sent.text())
            if outcome.added:
                await self._house.service.refresh()
        except SepbridgeError as error:
            return await self.show(request, problem=error)
        if outcome.problems:
            return await self.show(request, outcome=outcome)
        return self._house.goes(request, "/claims", f"Claims added: {outcome.added}.")

    async def _remove(self, request: web.Request) -> tuple[str, str]:
        number = text_of(await request.post(), "number")
        await asyncio.to_thread(self._house.desks(request).claims.remove, number)
        await self._house.service.refresh()
        return "/claims", f"{number} cannot be claimed any more."

    async def _protect(self, request: web.Request) -> tuple[str, str]:
        pattern = text_of(await request.post(), "pattern")
        await asyncio.to_thread(self._house.desks(request).claims.protect, pattern)
        return "/claims", f"{pattern} is protected from claims."

    async def _unprotect(self, request: web.Request) -> tuple[str, str]:
        pattern = text_of(await request.post(), "pattern")
        await asyncio.to_thread(self._house.desks(request).claims.unprotect, pattern)
        return "/claims", f"{pattern} may be claimed again."

    async def _unlock(self, request: web.Request) -> tuple[str, str]:
        subject = text_of(await request.post(), "subject")
        if not subject:
            raise InvalidInput("who is to be unlocked?", fix="give an extension, or a phone's name or number")
        await asyncio.to_thread(self._house.desks(request).claims.unlock, subject)
        return "/claims", f"{subject} may try again."
