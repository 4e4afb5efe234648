"""Use cases of the admin around phones: list, show, add, remove."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bridge.app.admission.admissions import SECRET_LENGTH
from bridge.app.admission.planoverlap import taken_numbers
from bridge.app.phones.onenumber import check_one_line
from bridge.app.site.phonetable import MAX_NAME
from bridge.autoregistration import allocate
from bridge.core import (
    NOTHING_SEEN,
    Device,
    DeviceName,
    Inventory,
    Line,
    LineAppearance,
    SignallingProtocol,
    check_directory_number,
)
from bridge.core.events import Event
from bridge.errors import Conflict, InvalidInput, NotFound
from bridge.phones.catalogue import Model, catalogue
from bridge.ports import AuditEntry, Clock, IdSource, RefusedPhone, Store, UnitOfWork


@dataclass(frozen=True, slots=True)
class PhoneList:
    """Our phones, and those that were turned away."""

    phones: Sequence[Device]
    refused: Sequence[RefusedPhone]


@dataclass(frozen=True, slots=True)
class PhoneSheet:
    """One phone and what happened to it. ``device`` is None for a phone that was only ever refused."""

    name: DeviceName
    device: Device | None
    refusal: RefusedPhone | None
    journey: Sequence[Event]
    inventory: Inventory = NOTHING_SEEN
    """What it was seen to be."""


class PhoneDesk:
    """The admin's changes to phones. ``actor`` is who asked, for the audit trail."""

    def __init__(self, store: Store, clock: Clock, ids: IdSource, actor: str) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._actor = actor

    def list(self) -> PhoneList:
        """Every phone, ours and refused."""
        with self._store.read() as work:
            return PhoneList(work.devices.all(), work.journal.refused())

    def find(self, text: str) -> DeviceName:
        """The phone that ``text`` names: a device name, a MAC, or a directory number. Raises NotFound."""
        with self._store.read() as work:
            try:
                name = DeviceName.parse(text)
            except InvalidInput:
                name = None
            if name is not None and (
                work.devices.get(name) is not None or any(each.device == name for each in work.journal.refused())
            ):
                return name
            # A shared line is somebody's first number as a rule: that one is meant.
            devices = [each for each in work.devices.all() if any(one.line.number == text for one in each.lines)]
            if devices:
                return min(devices, key=lambda each: each.number != text).name
        raise NotFound(f"there is no phone {text!r}", fix="`sepbridge phones list` shows names, MACs and numbers")

    def show(self, text: str, *, limit: int = 200) -> PhoneSheet:
        """Everything about one phone. Raises NotFound."""
        name = self.find(text)
        with self._store.read() as work:
            refusal = next((each for each in work.journal.refused() if each.device == name), None)
            seen = work.inventory.get(name)
            return PhoneSheet(name, work.devices.get(name), refusal, work.journal.journey(name, limit=limit), seen)

    def add(
        self,
        name: DeviceName,
        *,
        number: str = "",
        model: str = "",
        protocol: SignallingProtocol | None = None,
        display_name: str = "",
        description: str = "",
        foreign: Collection[str] = (),
    ) -> Device:
        """Add a phone by hand; without a number it gets the next of the range. Works while autoregistration is off.
        ``foreign``: endpoints that the PBX has from somebody else, as far as it is known.

        Raises Conflict when the phone or the number exists, InvalidInput and NotFound for values that cannot be used.
        """
        with self._store.write() as work:
            device = self.add_within(
                work,
                name,
                number=number,
                model=model,
                protocol=protocol,
                display_name=display_name,
                description=description,
                foreign=foreign,
            )
            work.commit()
        return device

    def add_within(
        self,
        work: UnitOfWork,
        name: DeviceName,
        *,
        number: str = "",
        model: str = "",
        protocol: SignallingProtocol | None = None,
        display_name: str = "",
        description: str = "",
        pool: str = "",
        foreign: Collection[str] = (),
    ) -> Device:
        """As ``add``, as a part of a transaction that somebody else commits. ``pool``: the usual one when empty."""
        if name.prefix not in {"SEP", "ATA"}:
            raise InvalidInput(f"{name} is not the name of a hardware phone", fix="give its MAC address")
        for text in (display_name, description):
            if len(text) > MAX_NAME or not (text.isprintable() or not text):
                raise InvalidInput(f"{text!r} cannot be shown on a phone", fix=f"use at most {MAX_NAME} characters")
        if not model and catalogue().by_name(told := work.journal.refused_model(name)) is not None:
            model = told  # what it said itself when it was turned away
        row = catalogue().require(model) if model else None
        now = self._clock.now()
        if work.devices.get(name) is not None:
            raise Conflict(f"{name} exists already", fix=f"see `sepbridge phones show {name}`")
        settings = work.autoregistration.load(for_update=True)
        if number:
            check_directory_number(number)
        else:
            number = self._next_number(work, foreign)
        if number in foreign:
            raise Conflict(
                f"{number} is an endpoint of Asterisk already, and not one of ours",
                why="two endpoints of one name keep Asterisk from reading any",
                fix="give another number, or take that endpoint out of Asterisk's configuration",
            )
        device = Device(
            name=name,
            desired_protocol=_protocol(row, protocol, settings.protocol),
            created_at=now,
            version_stamp=self._ids.version_stamp(),
            secret=self._ids.secret(SECRET_LENGTH),
            lines=(LineAppearance(1, Line(number, settings.partition, display_name)),),
            model_number=row.number if row else None,
            model=row.name if row else "",
            description=description,
            pool=pool or settings.pool,
        )
        work.devices.add(device)
        check_one_line(work, {number})
        work.journal.forget_refusal(name)
        work.journal.audit(AuditEntry(now, self._actor, f"added {name}", f"number {number}"))
        return device

    def remove(self, name: DeviceName) -> Device:
        """Remove a phone; its number becomes free. Raises NotFound."""
        with self._store.write() as work:
            device = work.devices.require(name)
            work.devices.remove(name)
            work.journal.audit(AuditEntry(self._clock.now(), self._actor, f"removed {name}", f"number {device.number}"))
            work.commit()
        return device

    def share(self, name: DeviceName, number: str, *, button: int = 0, label: str = "") -> Device:
        """Put a line that another phone has on a phone's button, too; on the next free one unless one is named.

        Raises NotFound for a phone or number that does not exist, Conflict where the phone or the button has a line.
        """
        if len(label) > MAX_NAME or not (label.isprintable() or not label):
            raise InvalidInput(f"{label!r} cannot be shown on a phone", fix=f"use at most {MAX_NAME} characters")
        with self._store.write() as work:
            device = work.devices.require(name)
            line = next((line for line in work.devices.lines() if line.number == number), None)
            if line is None:
                raise NotFound(
                    f"no phone has the number {number}", fix="give it to a first phone: sepbridge phones add"
                )
            taken = {each.button for each in device.lines} | {each.button for each in device.buttons}
            button = button or next(place for place in range(1, len(taken) + 2) if place not in taken)
            if button in taken or any(each.line.number == number for each in device.lines):
                what = f"button {button}" if button in taken else f"the line {number}"
                raise Conflict(f"{name} has {what} already", fix="choose another button, or another phone")
            lines = sorted((*device.lines, LineAppearance(button, line, label)), key=lambda each: each.button)
            device = replace(device, lines=tuple(lines), version_stamp=self._ids.version_stamp())
            work.devices.update(device, sharing=True)
            work.journal.audit(AuditEntry(self._clock.now(), self._actor, f"shared {number} with {name}", ""))
            work.commit()
        return device

    def _next_number(self, work: UnitOfWork, foreign: Collection[str]) -> str:
        settings = work.autoregistration.load(for_update=True)
        found = allocate(settings.range, settings.next_number, taken_numbers(work) | frozenset(foreign))
        if found is None:
            raise Conflict(
                "no number is free" if len(settings.range) else "no number was given, and there is no range",
                why=f"the autoregistration range is {settings.range}",
                fix="give one with --number, or set a range with `sepbridge autoregistration range`",
            )
        work.autoregistration.save(replace(settings, next_number=found.next_number))
        return found.number


def _protocol(
    row: Model | None, wanted: SignallingProtocol | None, parameter: SignallingProtocol
) -> SignallingProtocol:
    """What the phone is to speak: its only protocol, else what the admin wants, else the site's parameter (RG-04)."""
    only = row.only_protocol if row else None
    if row is not None and wanted in row.protocols:
        return wanted
    if row is not None and only is not None and wanted is not None and wanted is not only:
        raise InvalidInput(f"a {row} speaks {only} alone", fix=f"leave --protocol out, or say {only}")
    return only or wanted or parameter
