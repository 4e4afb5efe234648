"""After the window: phones that autoregistered get their permanent pool, or are cleaned up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from bridge.app.admission.temporary import Assigned, Assignment, Filter, read_assignments
from bridge.core import Device
from bridge.errors import InvalidInput
from bridge.web.api.answers import Phone, phone_of
from bridge.web.api.operations import Ask, Operations
from bridge.web.api.schema import Many, Number, Text

temporary = Operations("Temporary phones")
_LARGEST_CSV = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class TemporaryFilter:
    """Which of them; empty means all."""

    pool: Annotated[str, Text(50)] = ""
    """Rogue for strange phones."""
    model: Annotated[str, Text(50)] = ""
    network: Annotated[str, Text(50)] = ""


@dataclass(frozen=True, slots=True)
class TemporaryPhones:
    """Phones that wait for their permanent pool."""

    phones: tuple[Phone, ...]


@dataclass(frozen=True, slots=True)
class WantedAssignment:
    """What one phone is to become."""

    phone: Annotated[str, Text(50, 1)]
    """Its name, MAC or number."""
    pool: Annotated[str, Text(50, 1)]
    settings: dict[str, str] = field(default_factory=dict)
    """css, button_template, softkey_template, phone_profile, description, owner."""


@dataclass(frozen=True, slots=True)
class Assignments:
    """Phones and pools, one by one or as a CSV file; and how they start again."""

    assignments: Annotated[tuple[WantedAssignment, ...], Many(5000)] = ()
    csv: Annotated[str, Text(_LARGEST_CSV)] = ""
    """With a head line: phone, pool, and any of the settings."""
    restart: bool = True
    every: Annotated[float, Number(0, 3600)] = 2.0
    """Seconds between two restarts."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be done."""

    phone: str
    line: int
    """Of the CSV file; 0 where there is none."""
    trouble: str


@dataclass(frozen=True, slots=True)
class AssignmentResult:
    """What came of it."""

    assigned: tuple[Phone, ...]
    failed: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Cleanup:
    """Which phones go."""

    unused_seconds: Annotated[int, Number(3600, 2_000_000_000)] = 30 * 86400
    """Not registered, and not seen for so long."""
    dry_run: bool = False
    """Only list them."""


@dataclass(frozen=True, slots=True)
class CleanupResult:
    """Which phones are gone, or would be."""

    phones: tuple[Phone, ...]
    removed: bool


@temporary.add("GET", "/temporary")
async def list_temporary(ask: Ask, query: TemporaryFilter) -> TemporaryPhones:
    """List the phones that autoregistered and were not assigned"""
    wanted = Filter(query.pool, query.model, query.network)
    return TemporaryPhones(_shown(await ask.run(ask.desks.temporary.list, wanted)))


@temporary.add("POST", "/temporary/assign")
async def assign_phones(ask: Ask, body: Assignments) -> AssignmentResult:
    """Move phones to their permanent pool and templates

    Each keeps its number and starts again once, one after the other. What cannot be done is reported, the rest is done.
    """
    if bool(body.assignments) == bool(body.csv):
        raise InvalidInput("say which phones are meant", fix="give assignments or csv")
    rows: list[Assignment | Assigned] = [
        Assignment(each.phone, each.pool, tuple(each.settings.items())) for each in body.assignments
    ]
    if body.csv:
        rows = list(read_assignments(body.csv))
    done = await ask.run(ask.desks.temporary.assign, rows)
    moved = [each.device for each in done if each.device is not None]
    if moved and body.restart:
        await ask.service.restarts.changed([each.name for each in moved], every=body.every)
    else:
        await ask.changed()
    failed = tuple(Failure(each.assignment.phone, each.assignment.line, each.trouble) for each in done if each.trouble)
    return AssignmentResult(_shown(moved), failed)


@temporary.add("POST", "/temporary/cleanup")
async def clean_up(ask: Ask, body: Cleanup) -> CleanupResult:
    """Remove temporary phones that nobody uses; their numbers become free"""
    idle, desk = timedelta(seconds=body.unused_seconds), ask.desks.temporary
    if body.dry_run:
        return CleanupResult(_shown(await ask.run(desk.unused, idle)), False)
    gone = await ask.run(desk.remove_unused, idle)
    if gone:
        await ask.changed()
    return CleanupResult(_shown(gone), True)


def _shown(devices: Iterable[Device]) -> tuple[Phone, ...]:
    return tuple(phone_of(each) for each in devices)
