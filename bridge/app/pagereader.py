"""Looks at the web pages of our own phones now and then, gently: one phone at a time, and only where it is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from bridge.core import Device
from bridge.core.events import PhonePageRead
from bridge.net.phonepages import read_pages
from bridge.ports import Clock, EventSink

Reader = Callable[[str], Awaitable[dict[str, str]]]


class PageReader:
    """Reads the pages of every registered phone once in ``every`` seconds, spread over that time."""

    def __init__(
        self,
        sink: EventSink,
        clock: Clock,
        phones: Callable[[], Iterable[Device]],
        *,
        every: float,
        read: Reader = read_pages,
    ) -> None:
        self._sink = sink
        self._clock = clock
        self._phones = phones
        self._every = every
        self._read = read

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            phones = [each for each in self._phones() if each.registered and each.address]
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
            )
        )


def _hex(text: str) -> str:
    return "".join(sign for sign in text.upper() if sign in "0123456789ABCDEF")
