"""The corporate directory, and the personal one of a phone: list, add, change, remove, CSV in and out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from bridge.app.services.directory import LARGEST_FILE, read_contacts
from bridge.core import DeviceName, DirectoryContact, checked_contact
from bridge.errors import InvalidInput, SepbridgeError
from bridge.web.dashboard.house import Form, House, change, text_of
from bridge.web.uploads import read_upload

SIZE = 100
"""Contacts of a page."""
SUGGESTED = 200


@dataclass(frozen=True, slots=True)
class _Read:
    contacts: Sequence[DirectoryContact]
    found: int
    owner: DeviceName | None
    problem: SepbridgeError | None
    suggestions: Sequence[tuple[str, str]]


class DirectoryPage:
    """``/directory``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        house = self._house
        changes = {"add": self._add, "set": self._set, "remove": self._remove, "pin": self._pin}
        return [
            web.get("/directory", house.viewer(self.show)),
            web.post("/directory/import", house.upload(change(house, self._import, self.show))),
            *(
                web.post(f"/directory/{word}", house.admin(change(house, do, self.show)))
                for word, do in changes.items()
            ),
        ]

    async def show(self, request: web.Request, problem: SepbridgeError | None = None) -> web.Response:
        """The contacts that the address asks for, and a form for one of them, or for a new one."""
        query = request.query
        asked = {key: query.get(key, "").strip()[:100] for key in ("phone", "q", "name", "number")}
        if request.method == "POST" and request.content_type != "multipart/form-data":
            form = await request.post()
            asked["phone"] = str(form.get("phone", ""))[:100]
        page = int(text) if (text := query.get("page", "1")).isascii() and text.isdigit() and len(text) < 6 else 1
        read = await asyncio.to_thread(self._read, request, asked["phone"], asked["q"], page)
        pages = max(1, -(-read.found // SIZE))
        return self._house.page(
            request,
            "directory.html",
            here="directory",
            problem=problem or read.problem,
            contacts=read.contacts,
            found=read.found,
            page=min(max(1, page), pages),
            pages=pages,
            size=SIZE,
            owner=read.owner,
            asked=asked,
            chosen=bool(asked["name"] and asked["number"]),
            suggestions=read.suggestions,
            query=lambda **more: (
                "?" + urlencode({k: v for k, v in {**asked, "name": "", "number": "", **more}.items() if v})
            ),
        )

    def _read(self, request: web.Request, phone: str, wanted: str, page: int) -> _Read:
        desks = self._house.desks(request)
        owner, problem = None, None
        try:
            owner = desks.phones.find(phone) if phone else None
        except SepbridgeError as error:
            problem = error
        found = desks.directory.contacts(owner, wanted) if problem is None else []
        page = min(max(1, page), max(1, -(-len(found) // SIZE)))
        with self._house.service.store.read() as work:
            devices = [each for each in work.devices.all() if each.number][:SUGGESTED]
        suggestions = [(each.number, str(each.name)) for each in devices]
        return _Read(found[(page - 1) * SIZE : page * SIZE], len(found), owner, problem, suggestions)

    # --- changes -----------------------------------------------------------------------------------------------------

    async def _add(self, request: web.Request) -> tuple[str, str]:
        form = await request.post()
        owner = await self._owner(request, form)
        contact = checked_contact(text_of(form, "name"), text_of(form, "number"), owner.value if owner else "")
        new = await asyncio.to_thread(self._house.desks(request).directory.add, [contact])
        done = "is in the directory now" if new else "was in the directory already"
        return _where(form), f"{contact.name}, {contact.number}, {done}."

    async def _set(self, request: web.Request) -> tuple[str, str]:
        form = await request.post()
        owner = await self._owner(request, form)
        whose = owner.value if owner else ""
        before = DirectoryContact(text_of(form, "old_name"), text_of(form, "old_number"), whose)
        after = checked_contact(text_of(form, "name"), text_of(form, "number"), whose)
        if after == before:
            return _where(form), "Nothing was changed."
        await asyncio.to_thread(self._house.desks(request).directory.change, before, after)
        return _where(form), f"{after.name}, {after.number}: saved."

    async def _remove(self, request: web.Request) -> tuple[str, str]:
        form = await request.post()
        owner = await self._owner(request, form)
        name, number = text_of(form, "name"), text_of(form, "number")
        if not (name and number):
            raise InvalidInput("which contact is to be removed?", fix="use the buttons of the page")
        desk = self._house.desks(request).directory
        await asyncio.to_thread(lambda: desk.remove(owner=owner, name=name, number=number))
        return _where(form), f"{name}, {number}, is gone."

    async def _import(self, request: web.Request) -> tuple[str, str]:
        sent = await read_upload(request, largest=LARGEST_FILE)
        if not sent.file_name:
            raise InvalidInput("no file was chosen", fix="choose a CSV file")
        owner = await self._owner(request, sent.fields)
        desk, replace = self._house.desks(request).directory, sent.field("replace") == "1"

        def bring_in() -> tuple[int, int]:
            contacts = read_contacts(sent.text(), owner.value if owner else "")
            return len(contacts), desk.add(contacts, replace=replace, owner=owner)

        count, new = await asyncio.to_thread(bring_in)
        return _where(sent.fields), f"{count} contacts read, {new} of them new."

    async def _pin(self, request: web.Request) -> tuple[str, str]:
        form = await request.post()
        owner = await self._owner(request, form)
        if owner is None:
            raise InvalidInput("the corporate directory has no PIN", fix="choose a phone")
        pin = text_of(form, "pin")
        await asyncio.to_thread(self._house.desks(request).directory.set_pin, owner, pin)
        return _where(form), f"The directory of {owner} asks for {'the new PIN' if pin else 'no PIN any more'}."

    async def _owner(self, request: web.Request, form: Form) -> DeviceName | None:
        phone = text_of(form, "phone")
        return await asyncio.to_thread(self._house.desks(request).phones.find, phone) if phone else None


def _where(form: Form) -> str:
    """Back to the part of the list that somebody was looking at."""
    asked = {key: text_of(form, key) for key in ("phone", "q")}
    return "/directory?" + urlencode({key: text for key, text in asked.items() if text})
