"""Looks at the web pages of our own phones now and then, gently: one phone at a time, and only where it is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from email.utils import parsedate_to_datetime

from bridge.core import Device
from bridge.core.events import ClockTold, PhonePageRead
from bridge.journey.screens import status_messages
from bridge.net.phonepages import DATE, read_log, read_pages
from bridge.ports import Clock, EventSink

Reader = Callable[[str], Awaitable[dict[str, str]]]
LogReader = Callable[[str], Awaitable[tuple[str, ...]]]


class PageReader:
    """Reads the pages of every phone whose address is known once in ``every`` seconds, spread over that time.

    ``phones``: those of ours that have an address now, registered or on their way.
    """

    def __init__(
        self,
        sink: EventSink,
        clock: Clock,
        phones: Callable[[], Iterable[Device]],
        *,
        every: float,
        read: Reader = read_pages,
        read_log: LogReader = read_log,
    ) -> None:
        self._sink = sink
        self._clock = clock
        self._phones = phones
        self._every = every
        self._read = read
        self._read_log = read_log

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            phones = [each for each in self._phones() if each.address]
            for device in phones:
                await self.look(device)
                await asyncio.sleep(self._every / len(phones))
            if not phones:
                await asyncio.sleep(min(self._every, 60.0))

    async def look(self, device: Device) -> None:
        """Read one phone's pages; what they say goes onto its journey, unless another phone has the address now."""
        told = await self._read(device.address)
        mac = device.name.mac
        if not told or (mac is not None and _hex(told.get("macaddress", "")) not in ("", mac.value)):
            return
        self._note_clock(device, told.get(DATE, ""))
        vlan = told.get("voipvlanid", "") or told.get("operationalvlanid", "")
        self._sink.record(
            PhonePageRead(
                at=self._clock.now(),
                device=device.name,
                address=device.address,
                model=told.get("modelnumber", ""),
                load=told.get("apploadid", ""),
                serial_number=told.get("serialnumber", ""),
                hardware=told.get("hardwarerevision", ""),
                number=told.get("phonedn", ""),
                tftp_server=told.get("tftpserver1", ""),
                call_manager=told.get("callmanager1", ""),
                voice_vlan=int(vlan) if vlan.isascii() and vlan.isdigit() and len(vlan) < 5 else 0,
                neighbour=told.get("cdpneighbordeviceid", "") or told.get("lldpneighbordeviceid", ""),
                neighbour_port=told.get("cdpneighborport", "") or told.get("lldpneighborport", ""),
                messages=status_messages(await self._read_log(device.address)),
            )
        )

    def _note_clock(self, device: Device, date: str) -> None:
        try:
            told = parsedate_to_datetime(date)
        except ValueError:
            return  # none, or one that is no date
        if told.tzinfo is not None:
            self._sink.record(ClockTold(at=self._clock.now(), device=device.name, told=told, source="its web page"))


def _hex(text: str) -> str:
    return "".join(sign for sign in text.upper() if sign in "0123456789ABCDEF")
