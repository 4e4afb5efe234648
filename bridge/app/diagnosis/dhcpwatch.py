"""What DHCP servers know of phones: that one has an address, and by option 60 which model it is.

Nothing is decided here. A lease becomes an event on the phone's journey, and its vendor class becomes evidence, which
counts when the phone asks for its file.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from bridge.app.settings import DhcpSettings
from bridge.core import DeviceName, MacAddress
from bridge.core.events import DhcpLeaseSeen, DhcpUnanswered
from bridge.dhcp.leases import MAX_OPEN, DhcpLog, Lease, Unanswered, parse_lease_file
from bridge.phones.vendorclass import VendorClass
from bridge.ports import Clock, EventSink
from bridge.watch import JournalSource, LeaseFileSource, LogFileSource, parse_line

PROGRAMS = frozenset({"dnsmasq-dhcp", "kea-dhcp4"})
PLACE = "dhcp-log.json"
TOLD_EVERY = timedelta(minutes=1)
"""A phone without an address asks again and again; so often it is written down."""

Noted = Callable[[str, DeviceName, VendorClass], None]
"""Takes what is known of a phone: its address, its name, its vendor class."""


class DhcpWatch:
    """Follows the log and the lease file of the settings, whichever are named."""

    def __init__(self, sink: EventSink, clock: Clock, note: Noted, *, settings: DhcpSettings, state: Path) -> None:
        self._sink = sink
        self._clock = clock
        self._note = note
        self._reader = DhcpLog()
        self._known: dict[MacAddress, Lease] | None = None
        self._told: OrderedDict[MacAddress, datetime] = OrderedDict()
        self._log: LogFileSource | JournalSource | None = None
        if settings.log is not None:
            self._log = LogFileSource(settings.log, remember=state / PLACE)
        elif settings.journal_unit:
            self._log = JournalSource(unit=settings.journal_unit, remember=state / PLACE)
        self._leases = LeaseFileSource(settings.leases) if settings.leases is not None else None

    @property
    def is_wanted(self) -> bool:
        """Whether the settings name anything to follow."""
        return self._log is not None or self._leases is not None

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            if self._log is not None:
                tasks.create_task(self._follow_log(self._log))
            if self._leases is not None:
                tasks.create_task(self._follow_leases(self._leases))

    async def _follow_log(self, source: LogFileSource | JournalSource) -> None:
        async with contextlib.aclosing(_messages(source)) as batches:
            async for batch in batches:
                for message, at in batch:
                    match self._reader.read(message):
                        case Lease() as lease:
                            self._seen(lease, at or self._clock.now())
                        case Unanswered() as client:
                            self._turned_away(client, at or self._clock.now())

    async def _follow_leases(self, source: LeaseFileSource) -> None:
        async with contextlib.aclosing(source.contents()) as contents:
            async for lines in contents:
                self.take_leases(lines)

    def take_leases(self, lines: Iterable[str]) -> None:
        """A lease file's content. What it held when it was first read is the past, and no event."""
        before, self._known = self._known, parse_lease_file(lines)
        if before is not None:
            for mac, lease in self._known.items():
                if before.get(mac) != lease:
                    self._seen(lease, self._clock.now())

    def take_lease(self, lease: Lease) -> DeviceName | None:
        """A lease that a DHCP server's hook tells of; whose it is, None for what is no phone of Cisco's."""
        self._seen(lease, self._clock.now())
        return lease.device

    def _turned_away(self, client: Unanswered, at: datetime) -> None:
        device = client.device
        before = self._told.get(client.mac)
        if device is None or (before is not None and at - before < TOLD_EVERY):
            return
        self._told[client.mac] = at
        self._told.move_to_end(client.mac)
        if len(self._told) > MAX_OPEN:
            self._told.popitem(last=False)
        self._sink.record(
            DhcpUnanswered(
                at=at, device=device, why=client.why, host_name=client.host_name, vendor_class=client.vendor_class
            )
        )

    def _seen(self, lease: Lease, at: datetime) -> None:
        device, phone = lease.device, lease.phone
        if device is None:
            return
        if phone is not None:
            self._note(lease.address, device, phone)
        self._sink.record(
            DhcpLeaseSeen(
                at=at,
                device=device,
                address=lease.address,
                host_name=lease.host_name,
                vendor_class=lease.vendor_class,
                model=phone.model.name if phone is not None and phone.model is not None else "",
            )
        )


async def _messages(
    source: LogFileSource | JournalSource,
) -> AsyncGenerator[list[tuple[str, datetime | None]], None]:
    if isinstance(source, JournalSource):
        async with contextlib.aclosing(source.batches()) as records:
            async for batch in records:
                yield [(line, each.at) for each in batch for line in each.message.split("\n")]
        return
    async with contextlib.aclosing(source.batches()) as texts:
        async for text in texts:
            # Kea's own log file has a form of its own, which is read as it is.
            entries = [(line, parse_line(line)) for line in text]
            yield [
                (line if entry is None else entry.message, None)
                for line, entry in entries
                if entry is None or entry.program in PROGRAMS
            ]
