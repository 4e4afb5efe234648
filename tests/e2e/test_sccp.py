"""Phones with SCCP firmware on a stock Asterisk, through our proxy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridge.core import MacAddress, SignallingProtocol
from bridge.core.events import PhoneAdmitted, PhoneRefused, PhoneRegistered, PhoneUnregistered
from bridge.lab.filefetch import FileServer
from bridge.lab.g711 import TONES
from bridge.lab.phoneevents import AudioHeard, CallAnswered, CallEnded, Registered, RegistrationRejected, RestartAsked
from bridge.lab.phonetiming import LAB_TIMING
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import Testbed, TestbedWishes, running_testbed
from tests.e2e.conftest import Shelf, Watch, come_up

SCCP = TestbedWishes(protocol=SignallingProtocol.SCCP)


class Desks:
    """SCCP phones on desks."""

    def __init__(self, bed: Testbed) -> None:
        self.bed = bed
        self.watch = Watch(bed)
        self.phones: list[SccpPhone] = []

    def place(self, model: str, *, mac: str = "") -> SccpPhone:
        """A phone that nobody configured, without power yet."""
        index = len(self.phones) + 1
        phone = SccpPhone(
            model,
            MacAddress(mac or f"001122CC00{index:02X}"),
            FileServer(self.bed.tftp, self.bed.http),
            timing=LAB_TIMING,
            tone=TONES[40 + 4 * index],
            auto_answer=0.0,
        )
        self.phones.append(phone)
        return phone

    async def registered(self, model: str) -> SccpPhone:
        """A phone that is registered, its line at Asterisk too."""
        phone = self.place(model)
        phone.power_on()
        await phone.wait_for(Registered)
        await self.watch.seen(PhoneRegistered, phone.device)
        await self.line_up(phone)
        return phone

    async def line_up(self, phone: SccpPhone) -> None:
        """Wait until Asterisk has the line's registration."""
        async with asyncio.timeout(10):
            while phone.number not in {contact.endpoint for contact in await self.bed.service.pbx.contacts()}:
                await asyncio.sleep(0.05)


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with running_testbed(SCCP) as bed:
        desks = Desks(bed)
        yield desks
        for phone in desks.phones:
            await phone.power_off()
        for phone in desks.phones:
            assert phone.faults == (), phone.device


@pytest.mark.req("AR-01")
async def test_an_unknown_sccp_phone_gets_a_number_and_registers_its_line(desks: Desks) -> None:
    phone = await desks.registered("7961")
    (admitted,) = desks.watch.of(PhoneAdmitted)
    assert admitted.protocol is SignallingProtocol.SCCP
    assert phone.number == admitted.number
    await phone.power_off()
    await desks.watch.seen(PhoneUnregistered, phone.device)


async def test_an_echo_is_heard_and_digits_arrive(desks: Desks) -> None:
    phone = await desks.registered("7961")
    phone.call("600")
    await phone.wait_for(CallAnswered)
    assert (await phone.wait_for(AudioHeard)).frequency == phone.tone
    phone.hang_up()
    await phone.wait_for(CallEnded)
    phone.call("602")
    await phone.wait_for(CallAnswered)
    await asyncio.sleep(1.0)
    phone.press_keys("4711")
    async with asyncio.timeout(10):
        while "4711" not in await desks.bed.asterisk.cli("database get lab digits"):
            await asyncio.sleep(0.1)


async def test_two_sccp_phones_call_each_other(desks: Desks) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7942")
    one.call(two.number)
    assert (await one.wait_for(AudioHeard)).frequency == two.tone
    assert (await two.wait_for(AudioHeard)).frequency == one.tone
    two.hang_up()
    await one.wait_for(CallEnded)


async def test_an_sccp_phone_and_a_sip_phone_call_each_other(desks: Desks, shelf: Shelf) -> None:
    desks.bed.window_desk().set_protocol("SIP")
    sip = shelf.take(desks.bed, "8841")
    await come_up(sip)
    desks.bed.window_desk().set_protocol("SCCP")
    sccp = await desks.registered("7975")
    sccp.call(sip.number)
    assert (await sccp.wait_for(AudioHeard)).frequency == sip.tone
    assert (await sip.wait_for(AudioHeard)).frequency == sccp.tone
    sccp.hang_up()
    await sip.wait_for(CallEnded)
    await sccp.wait_for(CallEnded)
    sip.call(sccp.number)
    await sccp.wait_for(CallAnswered)
    sip.hang_up()
    await sccp.wait_for(CallEnded)
