"""After the window: phones that autoregistered get their permanent pool and templates, or are cleaned up (AR-36)."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network

from bridge.app.phones.phonechanges import PhoneChanges
from bridge.autoregistration import ROGUE_POOL
from bridge.autoregistration.phonelists import address_of
from bridge.core import Device, DeviceName
from bridge.errors import InvalidInput, SepbridgeError, StoreError
from bridge.ports import AuditEntry, Clock, Store

LARGEST_FILE = 4 * 1024 * 1024
MOST_ROWS = 20_000
AT_ONCE = 100
"""Phones that are assigned in one transaction."""
COLUMNS = ("phone", "pool", "css", "button_template", "softkey_template", "phone_profile", "description", "owner")
"""Of the CSV file; the first two are needed."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which temporary phones; empty means all."""

    pool: str = ""
    model: str = ""
    network: str = ""

    def __post_init__(self) -> None:
        try:
            ip_network(self.network or "0.0.0.0/0")
        except ValueError as error:
            raise InvalidInput(f"{self.network!r} is not a network", why=str(error)) from None

    def takes(self, device: Device) -> bool:
        """Whether the device is meant."""
        if self.pool and device.pool != self.pool:
            return False
        if self.model and self.model.upper() not in (device.model.upper(), str(device.model_number)):
            return False
        address = address_of(device.address)
        return not self.network or (address is not None and address in ip_network(self.network))


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one phone is to become."""

    phone: str
    """Its name, MAC or number."""
    pool: str
    values: tuple[tuple[str, str], ...] = ()
    line: int = 0
    """Of the CSV file; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """What came of an assignment."""

    assignment: Assignment
    device: Device | None = None
    trouble: str = ""
    """Why it was not carried out; empty if it was."""


class TemporaryDesk:
    """Lists temporary phones, assigns them, and removes those that nobody uses. ``actor`` is who asked."""

    def __init__(self, store: Store, clock: Clock, changes: PhoneChanges, actor: str) -> None:
        self._store = store
        self._clock = clock
        self._changes = changes
        self._actor = actor

    def list(self, wanted: Filter | None = None) -> Sequence[Device]:
        """Phones that autoregistered and were not assigned yet, by name; strange ones of the rogue pool, too."""
        chosen = wanted or Filter()
        with self._store.read() as work:
            return [each for each in work.devices.all() if each.temporary and chosen.takes(each)]

    def assign(self, assignments: Sequence[Assignment | Assigned]) -> Sequence[Assigned]:
        """Carry out one after the other, each for itself: what cannot be done is reported, the others are done.

        The number stays; the file gets a new stamp; the phone is no longer temporary. Rows of a file that could not be
        read come back as they are.
        """
        done: list[Assigned] = []
        for start in range(0, len(assignments), AT_ONCE):
            part = assignments[start : start + AT_ONCE]
            carried_out = iter(self._assign_together([each for each in part if isinstance(each, Assignment)]))
            done += [each if isinstance(each, Assigned) else next(carried_out) for each in part]
        return done

    def unused(self, idle: timedelta) -> Sequence[Device]:
        """Temporary phones that are not registered and were not seen for so long."""
        limit = self._clock.now() - idle
        return [each for each in self.list() if not each.registered and (each.last_seen or each.created_at) < limit]

    def remove_unused(self, idle: timedelta) -> Sequence[Device]:
        """Remove them; their numbers become free."""
        gone: list[Device] = []
        for device in self.unused(idle):
            with self._store.write() as work:
                now = work.devices.get(device.name)
                if now is None or now.registered or not now.temporary:
                    continue  # it came back in this very moment
                work.devices.remove(device.name)
                entry = AuditEntry(self._clock.now(), self._actor, f"removed {device.name}", "unused, temporary")
                work.journal.audit(entry)
                work.commit()
            gone.append(device)
        return gone

    def _assign_together(self, wanted: Sequence[Assignment]) -> Sequence[Assigned]:
        """Those whose phones there are, moved together; the others with what is wrong."""
        try:
            names = self._named({each.phone for each in wanted})
        except StoreError as error:
            return [Assigned(each, trouble=_told(error)) for each in wanted]
        moved = iter(self._move([(names[each.phone], each) for each in wanted if each.phone in names]))
        return [next(moved) if each.phone in names else Assigned(each, trouble=_unknown(each)) for each in wanted]

    def _move(self, wanted: Sequence[tuple[DeviceName, Assignment]]) -> Sequence[Assigned]:
        """In one transaction, since each waits for the disk; where one phone cannot move, each in one of its own."""
        if not wanted:
            return ()
        try:
            devices = self._changes.assign([(name, each.pool, dict(each.values)) for name, each in wanted])
            return [Assigned(each, device) for (_, each), device in zip(wanted, devices, strict=True)]
        except SepbridgeError as error:
            if len(wanted) == 1 or isinstance(error, StoreError):
                return [Assigned(each, trouble=_told(error)) for _, each in wanted]
            return [done for each in wanted for done in self._move([each])]

    def _named(self, texts: AbstractSet[str]) -> Mapping[str, DeviceName]:
        """The phones of these names, MACs or numbers, as far as there are any."""
        found: dict[str, DeviceName] = {}
        for text in texts:
            with contextlib.suppress(InvalidInput):
                found[text] = DeviceName.parse(text)
        with self._store.read() as work:
            known = work.devices.get_many(set(found.values()))
            found = {text: name for text, name in found.items() if name in known}
            if texts - found.keys():
                for device in work.devices.all():
                    if device.number in texts:
                        found.setdefault(device.number, device.name)
        return found


def _unknown(assignment: Assignment) -> str:
    return f"there is no phone {assignment.phone!r}; `sepbridge autoregistration temporary` lists them"


def _told(error: SepbridgeError) -> str:
    return f"{error.what}; {error.fix}" if error.fix else error.what


def read_assignments(text: str) -> Sequence[Assignment | Assigned]:
    """The rows of a CSV file with a head line; a row that cannot be read comes back as one that failed.

    Raises InvalidInput for a file without the needed columns.
    """
    if "\0" in text:
        raise InvalidInput("the file is not a text file", fix="save it as CSV in UTF-8")
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        head = [each.strip().lower() for each in next(reader, [])]
        unknown = [each for each in head if each not in COLUMNS]
        if not {"phone", "pool"} <= set(head) or unknown or len(set(head)) < len(head):
            raise InvalidInput(
                f"line 1: the columns are {', '.join(head) or 'missing'}",
                fix=f"the head line names phone and pool, and may name {', '.join(COLUMNS[2:])}",
            )
        rows: list[Assignment | Assigned] = []
        for row in reader:
            if not any(each.strip() for each in row):
                continue
            if len(rows) >= MOST_ROWS:
                raise InvalidInput(f"line {reader.line_num}: more than {MOST_ROWS} rows", fix="split the file")
            rows.append(_row(head, row, reader.line_num))
    except csv.Error as error:
        raise InvalidInput(f"line {reader.line_num}: {error}", fix="save it as CSV in UTF-8") from None
    return rows


def _row(head: Sequence[str], row: Sequence[str], line: int) -> Assignment | Assigned:
    cells = dict(zip(head, (each.strip() for each in row), strict=False))
    phone, pool = cells.pop("phone", ""), cells.pop("pool", "")
    read = Assignment(phone, pool, tuple((key, value) for key, value in cells.items() if value), line)
    if len(row) != len(head):
        return Assigned(read, trouble=f"it has {len(row)} cells, not {len(head)}")
    if not phone or not pool or pool == ROGUE_POOL:
        return Assigned(read, trouble="it names no phone, or no pool to move it to")
    return read
