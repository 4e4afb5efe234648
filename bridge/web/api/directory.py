"""Directories: the corporate one, and those of single phones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from aiohttp import web

from bridge.app.services.directory import LARGEST_FILE, read_contacts, written_contacts
from bridge.core import DeviceName, DirectoryContact, checked_contact
from bridge.errors import InvalidInput
from bridge.web.api.operations import Ask, Operations
from bridge.web.api.schema import Number, Text
from bridge.web.downloads import send_octets

directory = Operations("Directories")


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """Which contacts, and which part of the list."""

    phone: Annotated[str, Text(50)] = ""
    """The personal directory of this phone; empty: the corporate one."""
    search: Annotated[str, Text(50)] = ""
    """Only names with words that begin so."""
    offset: Annotated[int, Number(0, 1_000_000)] = 0
    limit: Annotated[int, Number(1, 5000)] = 500


@dataclass(frozen=True, slots=True)
class Contact:
    """A name and a number."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Contacts:
    """A part of a directory. The site's own phones are in it without being listed here."""

    contacts: tuple[Contact, ...]
    total: int


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact to add."""

    name: Annotated[str, Text(100, 1)]
    number: Annotated[str, Text(50, 1)]
    phone: Annotated[str, Text(50)] = ""
    """The personal directory of this phone; empty: the corporate one."""


@dataclass(frozen=True, slots=True)
class ContactKey:
    """Which contacts go: those with this name, this number, or both."""

    name: Annotated[str, Text(100)] = ""
    number: Annotated[str, Text(50)] = ""
    phone: Annotated[str, Text(50)] = ""


@dataclass(frozen=True, slots=True)
class ContactPlace:
    """Which contact is meant."""

    name: Annotated[str, Text(100, 1)]
    number: Annotated[str, Text(50, 1)]
    phone: Annotated[str, Text(50)] = ""
    """Whose personal directory it is in; empty: the corporate one."""


@dataclass(frozen=True, slots=True)
class ChangedContact:
    """What it is to be; what is left out stays."""

    name: Annotated[str, Text(100, 1)] | None = None
    number: Annotated[str, Text(50, 1)] | None = None


@dataclass(frozen=True, slots=True)
class DirectoryQuery:
    """Which directory."""

    phone: Annotated[str, Text(50)] = ""
    """The personal one of this phone; empty: the corporate one."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many."""

    count: int


@dataclass(frozen=True, slots=True)
class ContactFile:
    """A CSV file with the columns name and number."""

    csv: Annotated[str, Text(LARGEST_FILE, 1)]
    phone: Annotated[str, Text(50)] = ""
    replace: bool = False
    """Contacts that are not in the file go."""


@dataclass(frozen=True, slots=True)
class DirectoryPin:
    """What a personal directory asks for; an empty one is none."""

    phone: Annotated[str, Text(50, 1)]
    pin: Annotated[str, Text(12)] = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PinSet:
    """Whether the directory asks for a PIN now."""

    phone: DeviceName
    asks_pin: bool


@directory.add("GET", "/directory")
async def list_contacts(ask: Ask, query: ContactFilter) -> Contacts:
    """List the contacts of a directory"""
    found = await ask.run(ask.desks.directory.contacts, await _owner(ask, query.phone), query.search)
    page = found[query.offset : query.offset + query.limit]
    return Contacts(tuple(Contact(each.name, each.number) for each in page), len(found))


@directory.add("POST", "/directory", status=201)
async def add_contact(ask: Ask, body: NewContact) -> Counted:
    """Add a contact; 0 when it was there already"""
    owner = await _owner(ask, body.phone)
    contact = checked_contact(body.name, body.number, owner.value if owner else "")
    return Counted(await ask.run(ask.desks.directory.add, [contact]))


@directory.add("PATCH", "/directory")
async def change_contact(ask: Ask, query: ContactPlace, body: ChangedContact) -> Contact:
    """Change a contact"""
    owner = await _owner(ask, query.phone)
    whose = owner.value if owner else ""
    after = checked_contact(body.name or query.name, body.number or query.number, whose)
    await ask.run(ask.desks.directory.change, DirectoryContact(query.name, query.number, whose), after)
    return Contact(after.name, after.number)


@directory.add("DELETE", "/directory")
async def remove_contacts(ask: Ask, query: ContactKey) -> Counted:
    """Remove the contacts with this name, number, or both"""
    if not query.name and not query.number:
        raise InvalidInput("say which contacts", fix="give name, number, or both")
    owner = await _owner(ask, query.phone)
    return Counted(await ask.run(ask.desks.directory.remove, owner=owner, name=query.name, number=query.number))


@directory.add("GET", "/directory/export", media="text/csv", answer=lambda _: {"type": "string"})
async def export_contacts(ask: Ask, query: DirectoryQuery) -> web.StreamResponse:
    """Fetch a directory as the CSV file that can be imported again"""
    found = await ask.run(ask.desks.directory.contacts, await _owner(ask, query.phone))
    text = await ask.run(written_contacts, found)
    return await send_octets(ask.request, text.encode(), name="directory.csv", media="text/csv; charset=utf-8")


@directory.add("POST", "/directory/import")
async def import_contacts(ask: Ask, body: ContactFile) -> Counted:
    """Add the contacts of a CSV file; how many are new"""
    owner = await _owner(ask, body.phone)
    contacts = await ask.run(read_contacts, body.csv, owner.value if owner else "")
    return Counted(await ask.run(ask.desks.directory.add, contacts, replace=body.replace, owner=owner))


@directory.add("PUT", "/directory/pin")
async def set_directory_pin(ask: Ask, body: DirectoryPin) -> PinSet:
    """Let a personal directory ask for a PIN, or not"""
    name = await ask.phone(body.phone)
    await ask.run(ask.desks.directory.set_pin, name, body.pin)
    return PinSet(name, bool(body.pin))


async def _owner(ask: Ask, phone: str) -> DeviceName | None:
    return await ask.phone(phone) if phone else None
