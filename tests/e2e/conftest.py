"""Whole systems on loopback: a real Asterisk, a whole node, simulated phones."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TypeVar

import pytest

from bridge.app.operations.recorder import describe
from bridge.core import DeviceName, MacAddress
from bridge.core.events import Event, PbxConnected
from bridge.lab.anyphone import AnyPhone
from bridge.lab.filefetch import FileServer
from bridge.lab.g711 import TONES
from bridge.lab.installation import find_asterisk
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phoneevents import Registered, RestartAsked
from bridge.lab.phonetiming import LAB_TIMING
from bridge.lab.testbed import Testbed

E = TypeVar("E", bound=Event)
PATIENCE = 40.0
"""Seconds after which something that should happen counts as not happening."""


@pytest.fixture(scope="session", autouse=True)
def _asterisk_is_there() -> None:
    find_asterisk()


@dataclass(frozen=True)
class Shelf:
    """Phones out of their boxes."""

    phones: list[SimulatedPhone]
    count: itertools.count[int]

    def take(
        self, bed: Testbed, model: str = "8841", *, mac: str = "", http: bool = True, **traits: object
    ) -> SimulatedPhone:
        """A phone that nobody configured, without power yet."""
        index = next(self.count)
        phone = SimulatedPhone(
            model,
            MacAddress(mac or f"0011223344{index:02X}"),
            FileServer(bed.tftp, bed.http if http else None),
            timing=LAB_TIMING,
            tone=TONES[4 * (index % 20)],
            auto_answer=0.0,
            **traits,  # type: ignore[arg-type]  # given by name: the call itself checks
        )
        self.phones.append(phone)
        return phone


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    shelf = Shelf([], itertools.count(1))
    yield shelf
    for phone in shelf.phones:
        await phone.power_off()


async def come_up(*phones: AnyPhone) -> None:
    """Switch unknown phones on, and wait until each is registered for good: known by its model, restarted once."""
    for phone in phones:
        phone.power_on()
    for phone in phones:
        await phone.wait_for(Registered, within=PATIENCE)
        await phone.wait_for(RestartAsked, within=PATIENCE)
        await phone.wait_for(Registered, within=PATIENCE)


class Watch:
    """What the bridge says, and waiting for it."""

    def __init__(self, bed: Testbed) -> None:
        self.events: list[Event] = []
        self._changed = asyncio.Event()
        if (pbx := bed.service.pbx.status()).connected:  # before anybody could listen
            self.events.append(PbxConnected(at=pbx.since, version=pbx.version))
        bed.service.recorder.subscribe(self._heard)

    def _heard(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    def of(self, kind: type[E], device: DeviceName | None = None) -> list[E]:
        """Events of a kind so far, of one device or all."""
        return [each for each in self.events if isinstance(each, kind) and device in (None, each.device)]

    async def seen(self, kind: type[E], device: DeviceName | None = None, *, count: int = 1) -> list[E]:
        """Wait until ``count`` such events have come."""
        try:
            async with asyncio.timeout(PATIENCE):
                while len(found := self.of(kind, device)) < count:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            happened = "\n".join(map(describe, self.events[-40:]))
            pytest.fail(f"{kind.__name__} of {device} came {len(found)} times, not {count}. What happened:\n{happened}")
        return found
