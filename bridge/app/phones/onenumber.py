"""A number is one line: at the PBX its endpoint, hint, forwards, mailbox and groups go by the number alone.

CUCM tells two lines of one number apart by their partitions. Here they would be one line that rings at the phones of
both, and a lamp, a pickup, a callback or a group alert could not say which of them it means. So nobody may put a number
into a second partition; a site that has such numbers already is told of each by its check.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from bridge.autoregistration.checks import Finding, Severity
from bridge.core import BlfSpeedDial, CallPickupGroup, Device, Line, PickupNotification, RoutePattern
from bridge.errors import Conflict
from bridge.ports import UnitOfWork

_WHY = "at the PBX a number is one line: both would ring for either, and no lamp, pickup or alert could tell them apart"
_FIX = "give one of the lines another number"


def check_one_line(work: UnitOfWork, numbers: Collection[str]) -> None:
    """Raise Conflict where one of the numbers stands in several partitions, as things are in this transaction, or is a
    pattern of its own partition: which of them is dialled nobody could say, and the plan could not be written down."""
    if not numbers:
        return
    lines = work.devices.lines()
    for number, partitions in ambiguous(lines):
        if number in numbers:
            raise Conflict(f"{number} stands in {_told(partitions)}", why=_WHY, fix=_FIX)
    mine = {(each.number, each.partition) for each in lines if each.number in numbers}
    for pattern in work.objects.patterns.all():
        helps = isinstance(pattern, RoutePattern) and pattern.emergency  # goes before everything, and is meant to
        if (pattern.pattern.replace(".", ""), pattern.partition) in mine and not helps:
            raise Conflict(
                f"{pattern.key} is a pattern of the dial plan, and cannot be a phone's number in the same partition",
                why="both are equally close to what is dialled",
                fix="choose another number, or remove the pattern",
            )


def newly_used(before: Device | None, after: Device) -> set[str]:
    """The numbers that a change gives a phone as a line, or lets it watch."""

    def used(device: Device) -> set[tuple[str, str]]:
        watched = {each.assigned.number for each in device.buttons if isinstance(each.assigned, BlfSpeedDial)}
        lines = {(each.line.number, each.line.partition) for each in device.lines}
        return lines | {(number, "lamp") for number in watched}

    return {number for number, _ in used(after) - (used(before) if before is not None else set())}


def newly_told(work: UnitOfWork, before: CallPickupGroup | None, after: CallPickupGroup) -> set[str]:
    """The numbers of a pickup group that begins to tell its phones of calls."""
    tells = after.notification is not PickupNotification.OFF
    if not tells or (before is not None and before.notification is not PickupNotification.OFF):
        return set()
    return {each.number for each in work.devices.lines() if each.settings.pickup_group == after.name}


def ambiguous(lines: Iterable[Line]) -> Iterator[tuple[str, list[str]]]:
    """The numbers that stand in several partitions, with those."""
    found: dict[str, set[str]] = {}
    for each in lines:
        found.setdefault(each.number, set()).add(each.partition)
    return ((number, sorted(partitions)) for number, partitions in found.items() if len(partitions) > 1)


def findings(devices: Iterable[Device]) -> Iterator[Finding]:
    """What the site's check says of such numbers."""
    for number, partitions in ambiguous(each.line for device in devices for each in device.lines):
        yield Finding("ambiguous_number", Severity.WARNING, f"{number} stands in {_told(partitions)}: {_WHY}", _FIX)


def _told(partitions: list[str]) -> str:
    return f"{len(partitions)} partitions: {', '.join(each or '<None>' for each in partitions)}"
