"""Phones: list, show, add, move, restart, remove; their way, their files, and what a number would do."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from aiohttp import web

from bridge.app.diagnosis.journeydata import journey_as_data
from bridge.app.files.filedesk import phone_files
from bridge.app.operations.recorder import describe
from bridge.app.phones.phones import PhoneList
from bridge.app.site.phonetable import PHONE_FIELDS
from bridge.app.site.whatif import DialOutcome, WhatIf
from bridge.core import Device, DeviceName, Role, SignallingProtocol
from bridge.errors import NotFound, PbxError
from bridge.journey import Finding, Progress, has_problem
from bridge.journey.screens import Explanation, explain
from bridge.ports import RefusedPhone, RestartKind
from bridge.web.api.answers import Phone, phone_of, settings_of
from bridge.web.api.operations import Ask, Operations
from bridge.web.api.schema import Many, Number, Schema, Schemas, Text
from bridge.web.lettingin import let_many_in
from bridge.web.site import SCREENSHOTS

phones = Operations("Phones")
_BY_COMMANDS = ("name", "lines", "buttons", "abbreviated_dials")
SETTABLE = {name: each for name, each in PHONE_FIELDS.items() if name not in _BY_COMMANDS}


class Order(StrEnum):
    """By what a list is ordered."""

    NAME = "name"
    NUMBER = "number"
    MODEL = "model"
    POOL = "pool"
    LAST_SEEN = "last_seen"


_KEYS: dict[Order, Callable[[Device], Any]] = {
    Order.NAME: lambda device: device.name.value,
    Order.NUMBER: lambda device: (len(device.number), device.number, device.name.value),
    Order.MODEL: lambda device: (device.model, device.name.value),
    Order.POOL: lambda device: (device.pool, device.name.value),
    Order.LAST_SEEN: lambda device: (device.last_seen or device.created_at, device.name.value),
}


@dataclass(frozen=True, slots=True)
class PhoneFilter:
    """Which phones, and which part of the list."""

    search: Annotated[str, Text(100)] = ""
    """Part of a name, number, description, model or address."""
    pool: Annotated[str, Text(50)] = ""
    model: Annotated[str, Text(50)] = ""
    protocol: SignallingProtocol | None = None
    registered: bool | None = None
    temporary: bool | None = None
    problems: bool | None = None
    """Only phones that have a problem, or only those that have none; a note is no problem."""
    order: Order = Order.NAME
    descending: bool = False
    offset: Annotated[int, Number(0, 1_000_000)] = 0
    limit: Annotated[int, Number(1, 1000)] = 100


@dataclass(frozen=True, slots=True)
class PhonePage:
    """A part of the list."""

    phones: tuple[Phone, ...]
    total: int
    """Phones that the filter takes."""
    registered: int
    """Of these."""
    problems: int
    """Of these, phones that have a problem."""
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Phones that were turned away and not admitted since."""

    refused: tuple[RefusedPhone, ...]


@dataclass(frozen=True, slots=True)
class RefusedChoice:
    """Which phones."""

    phones: Annotated[tuple[Annotated[str, Text(50, 1)], ...], Many(1000, 1)]
    """Their names or MACs."""


@dataclass(frozen=True, slots=True)
class NotLetIn:
    """A phone that could not be added."""

    phone: DeviceName
    trouble: str


@dataclass(frozen=True, slots=True)
class LetInPhones:
    """What came of it."""

    added: tuple[Phone, ...]
    failed: tuple[NotLetIn, ...]


@dataclass(frozen=True, slots=True)
class OnTheirWay:
    """Every device that was seen since the node was started, the latest first."""

    phones: tuple[Progress, ...]


@dataclass(frozen=True, slots=True)
class NewPhone:
    """A phone to add."""

    phone: Annotated[str, Text(50, 1)]
    """Its MAC, or its name: SEP and the MAC."""
    number: Annotated[str, Text(50)] = ""
    """Empty: the next free one of the autoregistration range."""
    model: Annotated[str, Text(50)] = ""
    """Empty: found out when it registers."""
    protocol: SignallingProtocol | None = None
    """For phones that speak both."""
    display_name: Annotated[str, Text(30)] = ""
    description: Annotated[str, Text(30)] = ""


@dataclass(frozen=True, slots=True)
class PhoneSheet:
    """Everything about one phone."""

    name: DeviceName
    phone: Phone | None
    """Null for a phone that was only ever refused."""
    settings: dict[str, Any]
    """What departs from the defaults, as in a site description: lines and buttons, too."""
    refusal: RefusedPhone | None
    progress: Progress | None
    findings: tuple[Finding, ...]
    """As the list has them, with what shows each and what to do."""


@dataclass(frozen=True, slots=True)
class ChangedPhone:
    """A phone after a change."""

    phone: Phone
    settings: dict[str, Any]
    """What departs from the defaults, as in a site description."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What is gone."""

    removed: str


@dataclass(frozen=True, slots=True)
class Move:
    """Where a phone goes."""

    pool: Annotated[str, Text(50, 1)]
    restart: bool = True
    """Let it start again, once, to take it up."""


@dataclass(frozen=True, slots=True)
class Restart:
    """How a phone starts again."""

    kind: RestartKind = RestartKind.RESTART


@dataclass(frozen=True, slots=True)
class Restarted:
    """Which phone was told what."""

    phone: DeviceName
    kind: RestartKind


@dataclass(frozen=True, slots=True)
class JourneyQuery:
    """How much of a journey."""

    limit: Annotated[int, Number(1, 1000)] = 200


@dataclass(frozen=True, slots=True)
class JourneyStep:
    """One thing that happened."""

    at: datetime
    event: str
    text: str
    """In words."""
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Journey:
    """The newest things that happened to a phone, oldest first."""

    phone: DeviceName
    steps: tuple[JourneyStep, ...]


@dataclass(frozen=True, slots=True)
class PhoneFileFinding:
    """What is wrong with a file."""

    path: str
    what: str
    harmless: bool


@dataclass(frozen=True, slots=True)
class PhoneFile:
    """A file that the phone gets; its password is masked."""

    name: str
    text: str
    findings: tuple[PhoneFileFinding, ...]


@dataclass(frozen=True, slots=True)
class PhoneFiles:
    """A phone's own files, made anew."""

    phone: DeviceName
    files: tuple[PhoneFile, ...]


@dataclass(frozen=True, slots=True)
class PhoneDiagnosis:
    """How far the phone came, and why it goes no further."""

    phone: DeviceName
    registered: bool
    progress: Progress | None
    refusal: RefusedPhone | None
    journey: dict[str, Any] | None
    """What is known of its way; null while nothing was ever heard of it."""
    findings: tuple[Finding, ...]
    """The likeliest cause first, each with what shows it and what to do; empty for a phone that is well."""


@dataclass(frozen=True, slots=True)
class ScreenQuery:
    """What the screen says."""

    text: Annotated[str, Text(200, 1)]


@dataclass(frozen=True, slots=True)
class DialQuery:
    """What is dialled."""

    number: Annotated[str, Text(50, 1, "[0-9*#+A-D]{1,50}")]
    button: Annotated[int, Number(0, 200)] = 0
    """Of the line; 0: the first."""


def changed_phone(device: Device) -> ChangedPhone:
    """The answer to a change."""
    return ChangedPhone(phone_of(device), settings_of(device))


@phones.add("GET", "/phones")
async def list_phones(ask: Ask, query: PhoneFilter) -> PhonePage:
    """List the phones"""
    everything = await ask.run(ask.service.shelf.list)
    findings = ask.service.findings
    troubled = {each.name for each in everything.phones if has_problem(findings.of(each.name))}
    found = [
        each
        for each in everything.phones
        if query.problems in (None, each.name in troubled) and _is_wanted(each, query)
    ]
    found.sort(key=_KEYS[query.order], reverse=query.descending)
    page = found[query.offset : query.offset + query.limit]
    return PhonePage(
        tuple(phone_of(each, ask.service.stage_of(each.name), findings.of(each.name)) for each in page),
        len(found),
        sum(each.registered for each in found),
        sum(each.name in troubled for each in found),
        query.offset,
        query.limit,
    )


@phones.add("GET", "/phones/refused")
async def list_refused(ask: Ask) -> Refused:
    """List unknown phones that were turned away

    `POST /phones` with the name of one of them adds it, with the next free number.
    """
    everything: PhoneList = await ask.run(ask.desks.phones.list)
    return Refused(tuple(everything.refused))


@phones.add("POST", "/phones/refused/add")
async def add_refused(ask: Ask, body: RefusedChoice) -> LetInPhones:
    """Add phones that were turned away, each with the next free number

    As what their requests prove them to be. They come in on their own retry; what goes wrong with one is said.
    """
    names = [DeviceName.parse(each) for each in dict.fromkeys(body.phones)]
    service, desks = ask.service, ask.desks
    done = await ask.run(lambda: tuple(let_many_in(service, desks, names)))
    added = tuple(phone_of(each.device) for each in done if each.device is not None)
    if added:
        await ask.changed()
    return LetInPhones(added, tuple(NotLetIn(each.name, each.trouble) for each in done if each.device is None))


@phones.add("GET", "/phones/on-their-way")
async def list_on_their_way(ask: Ask) -> OnTheirWay:
    """List devices with the stage that they reached"""
    return OnTheirWay(tuple(ask.service.phones_on_their_way()))


@phones.add("POST", "/phones", status=201)
async def add_phone(ask: Ask, body: NewPhone) -> ChangedPhone:
    """Add a phone by its MAC

    Whether autoregistration is open or not. A phone that was refused before is listed no more, and comes in on its own
    retry.
    """
    device = await ask.run(
        ask.desks.phones.add,
        DeviceName.parse(body.phone),
        number=body.number,
        model=body.model,
        protocol=body.protocol,
        display_name=body.display_name,
        description=body.description,
        foreign=await _endpoints_of_others(ask, body.number),
    )
    await ask.changed()
    return changed_phone(device)


async def _endpoints_of_others(ask: Ask, number: str) -> frozenset[str]:
    """Endpoints that are not ours. FreePBX's extensions may be given to a phone on purpose."""
    if not (number and ask.service.settings.freepbx.url):
        with contextlib.suppress(PbxError):
            return await ask.service.pbx.foreign_numbers()
    return frozenset()


@phones.add("GET", "/phones/{phone}")
async def show_phone(ask: Ask, phone: str) -> PhoneSheet:
    """Show a phone"""
    sheet = await ask.run(ask.desks.phones.show, phone, limit=1)
    progress, findings = _progress(ask, sheet.name), ask.service.findings.of(sheet.name)
    return PhoneSheet(
        sheet.name,
        phone_of(sheet.device, progress, findings) if sheet.device else None,
        settings_of(sheet.device) if sheet.device else {},
        sheet.refusal,
        progress,
        findings,
    )


def _settings_schema(schemas: Schemas) -> Schema:
    return schemas.of_fields(SETTABLE, asked=True)


@phones.add("PATCH", "/phones/{phone}", body=_settings_schema)
async def set_phone(ask: Ask, phone: str, body: dict[str, Any]) -> ChangedPhone:
    """Change what is set for a phone

    null goes back to the default. It takes effect when the phone starts again.
    """
    device = await ask.run(ask.desks.changes.set_typed, await ask.phone(phone), body)
    await ask.changed()
    return changed_phone(device)


@phones.add("DELETE", "/phones/{phone}")
async def remove_phone(ask: Ask, phone: str) -> Removed:
    """Remove a phone; its number becomes free"""
    device = await ask.run(ask.desks.phones.remove, await ask.phone(phone))
    await ask.changed()
    return Removed(str(device.name))


@phones.add("POST", "/phones/{phone}/move")
async def move_phone(ask: Ask, phone: str, body: Move) -> ChangedPhone:
    """Move a phone to another device pool

    An autoregistered phone counts as assigned from then on.
    """
    device = await ask.run(ask.desks.changes.move, await ask.phone(phone), body.pool)
    await (ask.service.restarts.changed([device.name], every=0.0) if body.restart else ask.changed())
    return changed_phone(device)


@phones.add("POST", "/phones/{phone}/restart")
async def restart_phone(ask: Ask, phone: str, body: Restart) -> Restarted:
    """Make a registered phone read its files again"""
    name = await ask.phone(phone)
    await ask.service.restarts.phone(name, body.kind)
    return Restarted(name, body.kind)


@phones.add("GET", "/phones/{phone}/journey")
async def show_journey(ask: Ask, phone: str, query: JourneyQuery) -> Journey:
    """Show every step that a phone took"""
    sheet = await ask.run(ask.desks.phones.show, phone, limit=query.limit)
    steps = tuple(
        JourneyStep(
            each.at,
            type(each).__name__,
            describe(each).removeprefix(f"{sheet.name}: "),
            {
                name: getattr(each, name)
                for name in each.__dataclass_fields__
                if name not in {"at", "device"} and getattr(each, name) not in ("", None)
            },
        )
        for each in sheet.journey
    )
    return Journey(sheet.name, steps)


def _picture(_: Schemas) -> Schema:
    return {"type": "string", "format": "binary"}


@phones.add("GET", "/phones/{phone}/screenshot", role=Role.ADMIN, media="image/png", answer=_picture)
async def take_screenshot(ask: Ask, phone: str) -> web.Response:
    """Take a picture of a phone's screen

    From its own web page: not every model and firmware has one, and many ask for a login (`web.phone_user`).
    """
    name = await ask.phone(phone)

    def ours() -> Device:
        with ask.service.store.read() as work:
            device = work.devices.get(name)
        if device is None:
            raise NotFound(f"{name} is not one of our phones", fix="add it first")
        return device

    picture = await ask.request.app[SCREENSHOTS].take(await ask.run(ours))
    return web.Response(body=picture, content_type="image/png", headers={"Cache-Control": "no-store"})


@phones.add("GET", "/phones/{phone}/files")
async def show_files(ask: Ask, phone: str) -> PhoneFiles:
    """Show the files that a phone gets, with its password masked"""
    name = await ask.phone(phone)
    found = await ask.run(lambda: ask.desks.files.files(name, secrets=False))
    return PhoneFiles(
        name,
        tuple(
            PhoneFile(
                each.name,
                each.text,
                tuple(PhoneFileFinding(one.path, one.what, one.harmless) for one in each.findings),
            )
            for each in found
        ),
    )


@phones.add("GET", "/phones/{phone}/diagnosis")
async def diagnose_phone(ask: Ask, phone: str) -> PhoneDiagnosis:
    """Say how far a phone came, and why no further"""
    sheet = await ask.run(ask.desks.phones.show, phone, limit=1)
    registered = sheet.device is not None and sheet.device.registered
    journey: dict[str, Any] | None = None
    findings: tuple[Finding, ...] = ()
    with contextlib.suppress(NotFound):  # nothing was ever heard of it
        found = await ask.service.diagnose(sheet.name)
        journey, findings = journey_as_data(found.journey), found.findings
    return PhoneDiagnosis(sheet.name, registered, _progress(ask, sheet.name), sheet.refusal, journey, findings)


@phones.add("GET", "/explain")
async def explain_screen(ask: Ask, query: ScreenQuery) -> Explanation:
    """Say what the text on a phone's screen means

    Typing errors are forgiven; of a text that no phone is known to show, the nearest ones are told.
    """
    return await ask.run(explain, query.text)


@phones.add("GET", "/phones/{phone}/dial")
async def what_if_dialled(ask: Ask, phone: str, query: DialQuery) -> DialOutcome:
    """Say what would happen if the phone dialled a number

    The site's dial plan is followed pattern by pattern; no call is made.
    """
    name = await ask.phone(phone)
    service = ask.service

    def follow() -> DialOutcome:
        return WhatIf(service.store, phone_files(service.settings, service.store)).dial(
            name, query.number, button=query.button
        )

    return await ask.run(follow)


def _progress(ask: Ask, name: DeviceName) -> Progress | None:
    return ask.service.stage_of(name)


def _is_wanted(device: Device, query: PhoneFilter) -> bool:
    wanted = query.search.lower()
    texts: Iterable[str] = (
        device.name.value,
        device.description,
        device.model,
        device.address,
        *(text for each in device.lines for text in (each.line.number, each.line.display_name, each.label)),
    )
    return (
        (not query.pool or device.pool == query.pool)
        and (not query.model or query.model.lower() == device.model.lower())
        and query.protocol in (None, device.desired_protocol)
        and query.registered in (None, device.registered)
        and query.temporary in (None, device.temporary)
        and (not wanted or any(wanted in each.lower() for each in texts))
    )
