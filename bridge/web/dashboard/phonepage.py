"""The page of one phone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bridge.app.files.filedesk import FileDesk, ShownFile
from bridge.app.files.phonefiles import model_of
from bridge.app.phones.phones import PhoneSheet
from bridge.core import ButtonKind, Device, DeviceName
from bridge.errors import InvalidInput, NotFound, SepbridgeError
from bridge.ports import RestartKind
from bridge.web.dashboard.buttonboard import button_board
from bridge.web.dashboard.house import House, change, text_of
from bridge.web.dashboard.standing import how_it_stands
from bridge.web.dashboard.timeline import chapters
from bridge.web.lettingin import let_in

SHOWN_EVENTS = 400
_KINDS = [
    ("line", "Line"),
    ("none", "Nothing"),
    *(
        (each.value, each.value.replace("-", " ").capitalize())
        for each in ButtonKind
        if each.value not in ("line", "none")
    ),
]


@dataclass(frozen=True, slots=True)
class _Read:
    """What the page is made of, read in a thread."""

    sheet: PhoneSheet
    files: Sequence[ShownFile]
    files_trouble: str
    pools: Sequence[str]
    button_templates: Sequence[str]


class PhonePage:
    """``/phones/{name}``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        house, at = self._house, "/phones/{name:[A-Za-z0-9_.-]{1,60}}"
        changes = {
            "add": self._add,
            "restart": self._restart,
            "set": self._set,
            "button": self._button,
            "remove": self._remove,
        }
        return [
            web.get(at, house.viewer(self.show)),
            web.get(f"{at}/timeline", house.viewer(self._timeline)),
            web.get(f"{at}/findings", house.viewer(self._findings)),
            web.get(f"{at}/standing", house.viewer(self._standing)),
            web.get(f"{at}/facts", house.viewer(self._facts)),
            web.get(f"{at}/screenshot", house.admin(self._screenshot)),
            *(
                web.post(f"{at}/{word}", house.admin(change(house, handler, self.show)))
                for word, handler in changes.items()
            ),
        ]

    async def show(self, request: web.Request, problem: SepbridgeError | None = None) -> web.Response:
        """Everything about the phone."""
        name = _name(request)
        try:
            read = await asyncio.to_thread(self._read, request, name)
        except NotFound as error:
            return self._house.page(
                request, "problem.html", here="phones", problem=error, headline="There is no such phone", code=404
            )
        device, refusal, now = read.sheet.device, read.sheet.refusal, self._house.service.clock.now()
        screenshots = self._house.screenshots
        return self._house.page(
            request,
            "phone.html",
            here="phones",
            problem=problem,
            name=name,
            device=device,
            refusal=refusal,
            stands=how_it_stands(device, self._house.service.stage_of(name), refusal, now),
            chapters=chapters(read.sheet.journey),
            findings=await self._house.findings(name),
            files=read.files,
            files_trouble=read.files_trouble,
            board=button_board(device, model_of(device)) if device else (),
            pools=read.pools,
            button_templates=read.button_templates,
            kinds=_KINDS,
            screenshot_possible=device is not None and not screenshots.why_not(device),
            screenshot_trouble=screenshots.why_not(device) if device else "",
        )

    def _read(self, request: web.Request, name: DeviceName) -> _Read:
        sheet = self._house.desks(request).phones.show(name.value, limit=SHOWN_EVENTS)
        files: Sequence[ShownFile] = ()
        trouble = ""
        service = self._house.service
        if sheet.device is not None:
            try:
                files = FileDesk(service.settings, service.store, "", service.files).files(name)
            except SepbridgeError as error:
                trouble = str(error)
        with service.store.read() as work:
            pools = [each.name for each in work.site.pools()]
            templates = [each.name for each in work.objects.button_templates.all()]
        return _Read(sheet, files, trouble, pools, templates)

    async def _timeline(self, request: web.Request) -> web.Response:
        """The timeline alone: what a live page asks for anew."""
        name = _name(request)
        desk = self._house.desks(request).phones
        try:
            sheet = await asyncio.to_thread(desk.show, name.value, limit=SHOWN_EVENTS)
        except NotFound:
            return web.Response(status=404)
        text = self._house.part(request, "timeline.html", chapters=chapters(sheet.journey))
        return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})

    async def _findings(self, request: web.Request) -> web.Response:
        """What is found alone: for a live page, too."""
        found = await self._house.findings(_name(request))
        text = self._house.part(request, "findings.html", findings=found)
        return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})

    async def _standing(self, request: web.Request) -> web.Response:
        """How it stands alone."""
        name = _name(request)
        sheet = await self._sheet(request, name)
        now = self._house.service.clock.now()
        stands = how_it_stands(sheet.device, self._house.service.stage_of(name), sheet.refusal, now)
        return _piece(self._house.part(request, "standing.html", stands=stands))

    async def _facts(self, request: web.Request) -> web.Response:
        """What is known of it alone."""
        name = _name(request)
        sheet = await self._sheet(request, name)
        if sheet.device is None:
            raise web.HTTPNotFound
        return _piece(self._house.part(request, "facts.html", device=sheet.device, name=name))

    async def _sheet(self, request: web.Request, name: DeviceName) -> PhoneSheet:
        """What is written of it, without its way. Raises NotFound."""
        return await asyncio.to_thread(self._house.desks(request).phones.show, name.value, limit=1)

    async def _screenshot(self, request: web.Request) -> web.Response:
        name = _name(request)
        try:
            device = await asyncio.to_thread(self._ours, name)
            picture = await self._house.screenshots.take(device)
        except SepbridgeError as error:
            return self._house.page(
                request,
                "problem.html",
                here="phones",
                problem=error,
                headline=f"No screenshot of {name}",
                code=404 if isinstance(error, NotFound) else 502,
            )
        return web.Response(body=picture, content_type="image/png", headers={"Cache-Control": "no-store"})

    # --- changes -----------------------------------------------------------------------------------------------------

    async def _add(self, request: web.Request) -> tuple[str, str]:
        """One click for a phone that was turned away (RG-10): its model as far as its requests prove it."""
        name = _name(request)
        back = text_of(await request.post(), "back")
        service = self._house.service
        desks = self._house.desks(request)
        device = await asyncio.to_thread(let_in, service, desks, name)
        await service.refresh()
        where = {"list": "/phones", "window": "/window"}.get(back, f"/phones/{name}")
        return where, f"{name} has the number {device.number}. It comes in when it asks the next time."

    async def _restart(self, request: web.Request) -> tuple[str, str]:
        name = _name(request)
        wanted = text_of(await request.post(), "kind")
        kind = RestartKind.RESET if wanted == RestartKind.RESET else RestartKind.RESTART
        await self._house.service.restarts.phone(name, kind)
        await self._house.audit(request, f"restarted {name}", kind.value)
        return f"/phones/{name}", f"{name} was told to {kind.value}. Whether it does shows below."

    async def _set(self, request: web.Request) -> tuple[str, str]:
        name = _name(request)
        form = await request.post()
        device = await asyncio.to_thread(self._ours, name)
        desk = self._house.desks(request).changes
        wanted = {key: text_of(form, key) for key in ("description", "owner", "button_template") if key in form}
        before = {
            "description": device.description,
            "owner": device.settings.owner,
            "button_template": device.settings.button_template,
        }
        values = {key: text for key, text in wanted.items() if text != before[key]}
        pool = text_of(form, "pool") or device.pool
        if values:
            await asyncio.to_thread(desk.set, name, values)
        if pool != device.pool:
            await asyncio.to_thread(desk.move, name, pool)
        await self._house.service.restarts.changed([name], every=0)
        return f"/phones/{name}", "Saved. The phone takes it up with a restart, which it is told now."

    async def _button(self, request: web.Request) -> tuple[str, str]:
        name = _name(request)
        form = await request.post()
        number = text_of(form, "button")
        if not (number.isascii() and number.isdigit() and len(number) < 4):
            raise InvalidInput(f"{number!r} is no button", fix="give its number, from 1 on")
        await asyncio.to_thread(
            self._put,
            request,
            name,
            int(number),
            text_of(form, "kind"),
            text_of(form, "number"),
            text_of(form, "label"),
        )
        await self._house.service.restarts.changed([name], every=0)
        return f"/phones/{name}", f"Button {number} was changed. The phone takes it up with a restart."

    def _put(self, request: web.Request, name: DeviceName, place: int, kind: str, number: str, label: str) -> None:
        desk, device = self._house.desks(request).changes, self._ours(name)
        line = next((each for each in device.lines if each.button == place), None)
        if kind == ButtonKind.NONE:
            if line is not None:
                desk.remove_line(name, line.line.number)
            else:
                desk.remove_button(name, place)
            return
        if kind == ButtonKind.LINE:
            values = {"button": str(place), **({"label": label} if label else {})}
            desk.set_line(name, number, values, shared=True)
            return
        if kind not in list(ButtonKind):
            raise InvalidInput(f"{kind!r} is nothing that a button can be", fix="choose from the list")
        if kind in (ButtonKind.SPEED_DIAL, ButtonKind.BLF_SPEED_DIAL):
            given = {"number": number}
        elif kind == ButtonKind.SERVICE_URL:
            given = {"url": number}
        else:
            given = {"argument": number}
        values = {key: text for key, text in {**given, "label": label}.items() if text}
        desk.set_button(name, place, ButtonKind(kind), values)

    async def _remove(self, request: web.Request) -> tuple[str, str]:
        name = _name(request)
        desk = self._house.desks(request).phones
        device = await asyncio.to_thread(desk.remove, name)
        with contextlib.suppress(SepbridgeError):
            await self._house.service.refresh()
        return "/phones", f"{name} is gone; its number {device.number} is free."

    def _ours(self, name: DeviceName) -> Device:
        with self._house.service.store.read() as work:
            device = work.devices.get(name)
        if device is None:
            raise NotFound(f"{name} is not one of our phones", fix="add it first")
        return device


def _piece(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})


def _name(request: web.Request) -> DeviceName:
    try:
        return DeviceName.parse(request.match_info["name"])
    except InvalidInput as error:
        raise web.HTTPNotFound(text=error.what) from error
