"""What the database keeps of phones: themselves, their journeys, their calls."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.core import (
    CallRecord,
    Device,
    DeviceName,
    Inventory,
    KeptCallBack,
    Line,
)
from bridge.core.events import Event


@dataclass(frozen=True, slots=True)
class RefusedPhone:
    """An unknown phone that was turned away, once or many times."""

    device: DeviceName
    client: str
    reason: str
    text: str
    first_at: datetime
    last_at: datetime
    count: int
    model: str = ""
    """By its own words when it tried to register; empty while it only asked for files."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who changed what, and when."""

    at: datetime
    actor: str
    action: str
    detail: str = ""


class DeviceRepository(Protocol):
    """The devices and their lines."""

    def get(self, name: DeviceName) -> Device | None:
        """The device of that name, or None."""
        ...

    def require(self, name: DeviceName) -> Device:
        """The device of that name. Raises NotFound."""
        ...

    def get_many(self, names: Collection[DeviceName]) -> dict[DeviceName, Device]:
        """Those of the named devices that exist."""
        ...

    def all(self) -> Sequence[Device]:
        """Every device, ordered by name."""
        ...

    def states(self) -> Mapping[str, Hashable]:
        """What stands in each device's own row, by its name: cheap, and equal as long as the row was not changed."""
        ...

    def by_endpoint(self, endpoint: str) -> Device | None:
        """The device whose primary number is the name of this SIP endpoint, or None."""
        ...

    def lines(self) -> Sequence[Line]:
        """Every line that some device has, ordered by number and partition."""
        ...

    def count(self, *, temporary: bool = False) -> int:
        """How many devices there are; only those that autoregistered and were not assigned yet, if asked for."""
        ...

    def add(self, device: Device, *, sharing: bool = False) -> None:
        """Add a device with its lines; ``sharing`` lets it have lines that other devices have, too.

        Raises Conflict when the name, or a number in its partition, is taken; NotFound for an object that it names.
        """
        ...

    def update(self, device: Device, *, sharing: bool = False) -> None:
        """Replace a device that exists, lines included. Raises NotFound or Conflict.

        What is set for a line that other devices have, too, changes for them all.
        """
        ...

    def remove(self, name: DeviceName) -> None:
        """Remove a device; its numbers become free. Raises NotFound."""
        ...

    def sharing(self, line_of: Line) -> Sequence[DeviceName]:
        """The devices that have this line, ordered by name."""
        ...

    def numbers_in_use(self, partition: str | None = None) -> frozenset[str]:
        """Every directory number, or those of one partition."""
        ...


class Journal(Protocol):
    """What happened: journeys, refusals, audit."""

    def append(self, events: Iterable[Event]) -> None:
        """Store events on their phones' journeys."""
        ...

    def journey(self, device: DeviceName, *, limit: int = 200) -> Sequence[Event]:
        """The newest events of one phone, oldest first."""
        ...

    def size(self) -> int:
        """Events on all journeys."""
        ...

    def newest(self, *, limit: int = 200) -> Sequence[Event]:
        """The newest events of all phones, oldest first."""
        ...

    def forget(self, before: datetime, *, most: int = 20_000) -> int:
        """Remove the oldest events that happened before, at most so many at a time; how many these were."""
        ...

    def refuse(self, device: DeviceName, client: str, reason: str, text: str, at: datetime, model: str = "") -> bool:
        """Note a refusal; a phone that comes back is counted, not listed twice. A model that was told once stays.

        True where it is news: a phone that was not refused before, or for another reason.
        """
        ...

    def forget_refusal(self, device: DeviceName) -> None:
        """The phone was admitted after all."""
        ...

    def refused_model(self, device: DeviceName) -> str:
        """Which model a phone that was turned away said it is; empty where nobody knows."""
        ...

    def refused_since(self, devices: Iterable[DeviceName], reason: str, since: datetime) -> frozenset[DeviceName]:
        """Those of these phones that were turned away for this reason, and last at ``since`` or later."""
        ...

    def refused(self) -> Sequence[RefusedPhone]:
        """Phones turned away and not admitted since, newest first."""
        ...

    def audit(self, entry: AuditEntry) -> None:
        """Note who changed what."""
        ...

    def audit_trail(self, *, limit: int = 200) -> Sequence[AuditEntry]:
        """The newest entries, oldest first."""
        ...

    def audit_after(self, number: int, *, limit: int) -> Sequence[tuple[int, AuditEntry]]:
        """Entries that came after the one with this number, each with its own, oldest first."""
        ...

    def newest_audit(self) -> int:
        """A number that grows with every entry, whichever node writes it; 0 for none."""
        ...


class CallRecords(Protocol):
    """Records of calls, of all phones."""

    def add(self, record: CallRecord) -> None:
        """Write a call down."""
        ...

    def newest(
        self,
        *,
        devices: Collection[DeviceName] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        skip: int = 0,
        most: int = 100,
    ) -> Sequence[CallRecord]:
        """The newest calls, oldest first: of these phones if any are named, ended at ``since`` or later and before
        ``until``; without the ``skip`` newest of them."""
        ...

    def forget(self, before: datetime) -> int:
        """Remove the calls that ended before; how many these were."""
        ...


class CallBackRepository(Protocol):
    """Whom the users of phones want to call back."""

    def all(self) -> Sequence[KeptCallBack]:
        """Every request, ordered by device."""
        ...

    def save(self, kept: KeptCallBack) -> None:
        """Write the request of a phone, in the place of the one before."""
        ...

    def remove(self, device: DeviceName) -> None:
        """Forget the request of a phone, if it has one."""
        ...

    def forget(self, before: datetime) -> None:
        """Forget those that ended before this moment."""


class InventoryRepository(Protocol):
    """What phones were seen to be."""

    def all(self) -> Mapping[DeviceName, Inventory]:
        """What is known of every phone of which something is."""
        ...

    def get(self, name: DeviceName) -> Inventory:
        """The same of one phone; ``NOTHING_SEEN`` where nothing is known."""
        ...

    def save(self, seen: Mapping[DeviceName, Inventory]) -> None:
        """Write what is known of these phones; of those that the database does not have, nothing."""
        ...
