"""Things that happen at the same moment: whole node, real Asterisk, simulated phones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bridge.core import Device
from bridge.core.events import EndpointConfirmed, PhoneAdmitted
from bridge.errors import StoreUnavailable
from bridge.lab.phoneevents import Registered
from tests.e2e.conftest import PATIENCE, Shelf
from tests.e2e.desks import Desks, office, polled


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


@pytest.mark.req("AR-01")
async def test_a_phone_that_comes_in_while_the_site_is_read_keeps_its_endpoint(
    desks: Desks, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site is read again at every change and now and then; what was read before is older than the phone."""
    service = desks.bed.service
    desks.bed.window_desk().set_protocol("SIP")
    asked, go_on = asyncio.Event(), asyncio.Event()
    foreign_numbers = service.pbx.foreign_numbers

    async def slowly() -> frozenset[str]:
        asked.set()
        await go_on.wait()
        return await foreign_numbers()

    phone = shelf.take(desks.bed, "8841")
    with monkeypatch.context() as patch:
        patch.setattr(service.pbx, "foreign_numbers", slowly)
        refresh = asyncio.create_task(service.refresh())
        await asked.wait()
        phone.power_on()
        (admitted,) = await desks.watch.seen(PhoneAdmitted, phone.device)
        await desks.watch.seen(EndpointConfirmed, phone.device)
        go_on.set()
        await refresh
    assert service.pbx.is_there(admitted.number)
    await phone.wait_for(Registered, within=PATIENCE)
    # And the next reading, which sees it, takes it for what it is.
    await service.refresh()
    assert service.pbx.is_there(admitted.number)


async def test_a_database_that_goes_away_while_a_phone_comes_in_ends_nothing(
    desks: Desks, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pool is newer than the last reading of the site, and cannot be looked for in this moment."""
    service = desks.bed.service
    desks.bed.window_desk().set_protocol("SIP")

    def away(_: Device) -> None:
        raise StoreUnavailable("the database is locked")

    phone = shelf.take(desks.bed, "8841")
    with monkeypatch.context() as patch:
        patch.setattr(service.files, "endpoint", away)
        phone.power_on()
        await desks.watch.seen(PhoneAdmitted, phone.device)
        other = shelf.take(desks.bed, "8851")
        other.power_on()
        await desks.watch.seen(PhoneAdmitted, other.device)
    await service.refresh()
    for each in (phone, other):
        await each.wait_for(Registered, within=PATIENCE)


async def test_a_phone_of_the_proxy_that_another_node_takes_for_gone_is_written_down_again(desks: Desks) -> None:
    """A node that starts writes down that no phone of its proxy is registered, and cannot know whose they are."""
    phone = await desks.registered("7961")
    service = desks.bed.service
    with service.store.write() as work:
        device = work.devices.get(phone.device)
        assert device is not None
        work.devices.update(replace(device, registered=False))
        work.commit()
    await service.refresh()

    async def is_noted() -> bool:
        with service.store.read() as work:
            device = work.devices.get(phone.device)
        return device is not None and device.registered

    await polled(is_noted)
