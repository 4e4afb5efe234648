"""Phones that come from CUCM: imported, switched over by the TFTP address alone, and calling each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridge.app.leaving.importdesk import ImportDesk
from bridge.app.system import SystemIds
from bridge.core.events import PhoneAdmitted, PhoneRefused
from bridge.lab.anyphone import AnyPhone
from bridge.lab.phoneevents import AudioHeard, CallAnswered, CallEnded, Registered
from bridge.lab.testbed import TestbedWishes
from bridge.migration.batfiles import read_file
from tests.cucm import bat_file
from tests.e2e.conftest import PATIENCE, Shelf
from tests.e2e.desks import Desks, office, polled

SIP_MAC, SCCP_MAC = "00AABBCCDDEE", "001122334455"
EXPORT = bat_file(
    {
        "Device Name": f"SEP{SIP_MAC}",
        "Device Type": "Cisco 8841",
        "Device Protocol": "SIP",
        "Phone Button Template": "Standard 8841 SIP",
        "Directory Number 1": "2001",
        "Display 1": "Zoë Ångström",
        "Forward Busy Internal Destination 1": "2002",
        "Speed Dial Number 1": "2002",
        "Speed Dial Label 1": "Ben",
    },
    {
        "Device Name": f"SEP{SCCP_MAC}",
        "Directory Number 1": "2002",
        "Display 1": "Ben",
        "Line CSS 1": "CSS_Line",
        "Busy Lamp Field Destination 1": "2001",
        "BLF Label 1": "Zoe",
    },
    more=("Speed Dial Number 1", "Speed Dial Label 1", "Busy Lamp Field Destination 1", "BLF Label 1"),
)


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office(TestbedWishes(open_for=None)) as desks:
        yield desks


async def they_talk(caller: AnyPhone, called: AnyPhone) -> None:
    caller.call(called.number)
    await called.wait_for(CallAnswered, within=PATIENCE)
    await caller.wait_for(CallAnswered, within=PATIENCE)
    for phone in (caller, called):
        while not (await phone.wait_for(AudioHeard, within=PATIENCE)).frequency:
            pass
    caller.hang_up()
    await caller.wait_for(CallEnded, within=PATIENCE)
    await called.wait_for(CallEnded, within=PATIENCE)


@pytest.mark.req("RG-29")
async def test_imported_phones_register_with_their_numbers_and_call_each_other(desks: Desks, shelf: Shelf) -> None:
    service = desks.bed.service
    assert not desks.bed.window_desk().status().is_open
    desk = ImportDesk(service.store, service.clock, SystemIds(), "test")
    inventory = read_file(EXPORT, "phones.csv")
    done = await asyncio.to_thread(desk.apply, inventory, {}, source="phones.csv")
    assert len(done.phones) == 2
    await service.refresh()
    assert (await service.set_forwards(done.forwards)).done == 1

    sip = shelf.take(desks.bed, "8841", mac=SIP_MAC)
    sccp = desks.place("7961", mac=SCCP_MAC)
    for phone in (sip, sccp):
        phone.power_on()
    for phone in (sip, sccp):
        await phone.wait_for(Registered, within=PATIENCE)
    assert (sip.number, sccp.number) == ("2001", "2002")

    async def both_are_there() -> bool:
        return {contact.endpoint for contact in await service.pbx.contacts()} == {"2001", "2002"}

    await polled(both_are_there)
    await they_talk(sip, sccp)
    await they_talk(sccp, sip)
    assert "2002" in await desks.bed.asterisk.cli("database get CFB 2001")
    assert sccp.view.labels[1].startswith("Zoe")

    # Nobody was let in: they were known.
    assert not desks.bed.window_desk().status().is_open
    assert desks.watch.of(PhoneAdmitted) == []
    assert desks.watch.of(PhoneRefused) == []
    assert (await asyncio.to_thread(desk.plan, inventory, {})).changes == ()
    await desks.nothing_is_left()
