"""Firmware: what is there, what phones would miss, and bringing loads to phones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from bridge.app.files.firmware import RolloutPlan
from bridge.app.files.rollouts import RolloutProgress
from bridge.core import DeviceName, Rollout
from bridge.errors import InvalidInput
from bridge.phones.ladders import LoadDifference
from bridge.store.firmware import StoredLoad
from bridge.web.api.answers import SiteFinding
from bridge.web.api.operations import Ask, Operations
from bridge.web.api.schema import Many, Number, Text
from bridge.web.uploads import save_body, upload_place

firmware = Operations("Firmware")


@dataclass(frozen=True, slots=True)
class Load:
    """A load that is there."""

    name: str
    protocol: str
    """SCCP or SIP, by its name; empty where that says nothing."""
    models: tuple[str, ...]
    families: tuple[str, ...]
    version: str
    files: tuple[str, ...]
    missing: tuple[str, ...]
    octets: int
    complete: bool
    trouble: str
    defaults: tuple[str, ...]
    """Rows of the device defaults that name it."""
    phones: int
    """Phones for which it is set alone."""


@dataclass(frozen=True, slots=True)
class Loads:
    """Every load."""

    loads: tuple[Load, ...]


@dataclass(frozen=True, slots=True)
class FirmwareCheck:
    """What phones would miss."""

    findings: tuple[SiteFinding, ...]


@dataclass(frozen=True, slots=True)
class PackageQuery:
    """What comes, and what may happen."""

    name: Annotated[str, Text(100, 1, r"[A-Za-z0-9][A-Za-z0-9._-]*")]
    """The file's name: of a zip, tar or cop file."""
    replace: bool = False
    """Put files in the place of different ones of the same name."""
    incomplete: bool = False
    """Take a package whose files are not all there."""


@dataclass(frozen=True, slots=True)
class PackageResult:
    """What a package brought."""

    loads: tuple[str, ...]
    new: tuple[str, ...]
    same: tuple[str, ...]
    replaced: tuple[str, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemoveQuery:
    """How."""

    force: bool = False
    """Also a load that phones are to have."""


@dataclass(frozen=True, slots=True)
class RemovedFiles:
    """What is gone."""

    removed: tuple[str, ...]


_Names = Annotated[tuple[Annotated[str, Text(50, 1)], ...], Many(5000)]


@dataclass(frozen=True, slots=True)
class Choice:
    """A load, and phones; without a choice, all that it fits."""

    load: Annotated[str, Text(80, 1)]
    models: _Names = ()
    pools: _Names = ()
    phones: _Names = ()


@dataclass(frozen=True, slots=True)
class Start:
    """A roll-out to begin."""

    load: Annotated[str, Text(80, 1)]
    models: _Names = ()
    pools: _Names = ()
    phones: _Names = ()
    at_a_time: Annotated[int, Number(1, 500)] = 5
    force: bool = False
    """Also steps that are not allowed; it is audited."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """What is to be known about the step of one phone."""

    phone: DeviceName
    model: str
    runs: str
    difference: LoadDifference
    objection: str
    """Why the step is not allowed; empty when it is."""
    fix: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a roll-out would do."""

    load: str
    complete: bool
    phones: tuple[PlannedStep, ...]
    already: tuple[DeviceName, ...]


@dataclass(frozen=True, slots=True)
class RolloutStanding:
    """The newest roll-out."""

    rollout: Rollout | None
    live: RolloutProgress | None
    """As the running node sees it; null when none is under way."""


@firmware.add("GET", "/firmware")
async def list_loads(ask: Ask) -> Loads:
    """List the loads that are there"""
    used = await ask.run(ask.desks.firmware.list)
    return Loads(tuple(_shown(each.load, each.defaults, each.phones) for each in used))


@firmware.add("GET", "/firmware/check")
async def check_firmware(ask: Ask) -> FirmwareCheck:
    """Say what phones would miss, before they ask for it"""
    found = await ask.run(ask.desks.firmware.check)
    return FirmwareCheck(tuple(SiteFinding(each.code, each.severity, each.what, each.fix) for each in found))


@firmware.add("POST", "/firmware/packages", status=201, upload="application/octet-stream")
async def add_package(ask: Ask, query: PackageQuery) -> PackageResult:
    """Take the firmware out of a package, all of it or nothing, and check it

    The body is the file itself, of at most `web.largest_package` octets.
    """
    largest = ask.service.settings.web.largest_package
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", query.name):
        raise InvalidInput(f"{query.name!r} is no file name", fix="letters, digits, dots, dashes and underscores")
    async with upload_place(ask.service.settings.state.directory) as place:
        file = place / query.name
        await save_body(ask.request, file, largest)
        added = await ask.run(ask.desks.firmware.add, file, replace=query.replace, incomplete=query.incomplete)
    await ask.changed()
    return PackageResult(tuple(each.name for each in added.loads), added.new, added.same, added.replaced, added.ignored)


@firmware.add("DELETE", "/firmware/loads/{load}")
async def remove_load(ask: Ask, load: str, query: RemoveQuery) -> RemovedFiles:
    """Remove a load with those of its files that no other load names"""
    return RemovedFiles(await ask.run(ask.desks.firmware.remove, load, force=query.force))


@firmware.add("GET", "/firmware/rollout")
async def show_rollout(ask: Ask) -> RolloutStanding:
    """Show the newest roll-out"""
    return RolloutStanding(await ask.run(ask.desks.firmware.rollout), await ask.service.rollout())


@firmware.add("POST", "/firmware/rollout/plan")
async def plan_rollout(ask: Ask, body: Choice) -> Plan:
    """Say which phones a roll-out would restart, and what speaks against it"""
    found = await _plan(ask, body)
    steps = tuple(
        PlannedStep(
            each.device.name,
            each.device.model,
            each.device.load,
            each.advice.difference,
            each.objection,
            each.fix,
        )
        for each in found.phones
    )
    return Plan(found.load.name, found.load.is_complete, steps, found.already)


@firmware.add("POST", "/firmware/rollout", status=201)
async def start_rollout(ask: Ask, body: Start) -> Rollout:
    """Bring a load to phones: idle ones first, a few at a time; three failures in a row stop it"""
    plan = await _plan(ask, body)
    begun = await ask.run(ask.desks.firmware.start, plan, at_a_time=body.at_a_time, force=body.force)
    await ask.changed()
    return begun


@firmware.add("POST", "/firmware/rollout/stop")
async def stop_rollout(ask: Ask) -> Rollout:
    """Tell no further phone; those under way go on"""
    stopped = await ask.run(ask.desks.firmware.stop)
    await ask.changed()
    return stopped


async def _plan(ask: Ask, wanted: Choice | Start) -> RolloutPlan:
    names = [await ask.phone(each) for each in wanted.phones]
    return await ask.run(ask.desks.firmware.plan, wanted.load, models=wanted.models, pools=wanted.pools, phones=names)


def _shown(load: StoredLoad, defaults: tuple[str, ...], phones: int) -> Load:
    says = load.says
    return Load(
        name=load.name,
        protocol=says.protocol or "",
        models=tuple(sorted(says.models)),
        families=tuple(sorted(says.families)),
        version=says.version,
        files=(load.file, *load.files),
        missing=load.missing,
        octets=load.size,
        complete=load.is_complete,
        trouble=load.trouble,
        defaults=defaults,
        phones=phones,
    )
