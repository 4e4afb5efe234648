"""What single models and settings do on a stock Asterisk: hook flash, masks, idle text."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bridge.app.settings import Address
from bridge.core import (
    AppearanceSettings,
)
from bridge.lab.phoneevents import CallEnded
from bridge.lab.testbed import prepared_testbed
from tests.e2e.desks import SCCP, Desks, seen_on
from tests.e2e.listening import hear_each_other, no_longer_hears
from tests.e2e.test_lamps_and_pickup import change
from tests.e2e.test_line_features_in_calls import of_line, shows_call

OWN = f"127.78.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"
"""An address of loopback that no other test has: there the port of SCCP is free."""


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    """Everything where phones look for it that can be told an address, but no port: such is an ATA 186."""
    async with prepared_testbed(SCCP) as bed:
        bed.settings = replace(
            bed.settings,
            server=replace(bed.settings.server, address=OWN),
            sccp=replace(bed.settings.sccp, listen=(Address(OWN, 2000),)),
        )
        async with bed.node():
            desks = Desks(bed)
            yield desks
            for phone in desks.phones:
                await phone.power_off()
            for phone in desks.phones:
                assert phone.faults == (), phone.device


@pytest.mark.parametrize("model", ["ATA 186", "7905", "7912"])
async def test_hook_flash_transfers_while_it_rings(desks: Desks, model: str) -> None:
    one, two = await desks.registered(model), await desks.registered("7961")
    three = await desks.registered("7942", auto_answer=None)
    two.call(one.number)
    await hear_each_other(one, two)
    one.flash()
    await no_longer_hears(two, one)
    one.press_keys(f"{three.number}#")
    await seen_on(three, lambda: three.view.ringing and one.number in str(three.view.calls))
    one.flash()
    await seen_on(three, lambda: three.view.ringing and two.number in str(three.view.calls))
    three.answer()
    await hear_each_other(two, three)
    await seen_on(one, lambda: not one.view.calls)
    await shows_call(two, "connected", three.number)
    await shows_call(three, "connected", two.number)
    two.hang_up()
    await three.wait_for(CallEnded)
    await desks.nothing_is_left()


async def test_an_adapter_transfers_by_hanging_up(desks: Desks) -> None:
    one, two, three = await desks.registered("ATA 186"), await desks.registered("7961"), await desks.registered("7942")
    two.call(one.number)
    await hear_each_other(one, two)
    one.flash()
    await no_longer_hears(two, one)
    one.press_keys(f"{three.number}#")
    await hear_each_other(one, three)
    one.put_down()
    await hear_each_other(two, three)
    await shows_call(two, "connected", three.number)
    await shows_call(three, "connected", two.number)
    two.hang_up()
    await three.wait_for(CallEnded)
    await desks.nothing_is_left()


@pytest.mark.parametrize("model", ["ATA 186", "7912"])
async def test_a_flash_comes_back_from_a_number_that_led_nowhere(desks: Desks, model: str) -> None:
    one, two = await desks.registered(model), await desks.registered("7961")
    one.call(two.number)
    await hear_each_other(one, two)
    one.flash()
    await no_longer_hears(two, one)
    one.flash()
    await hear_each_other(one, two)
    one.flash()
    await no_longer_hears(two, one)
    one.press_keys("603#")  # busy
    await seen_on(one, lambda: one.view.tone == "line busy")
    one.flash()
    await hear_each_other(one, two)
    one.hang_up()
    await two.wait_for(CallEnded)
    await desks.nothing_is_left()


async def test_what_an_idle_phone_shows(desks: Desks) -> None:
    """Idle text, the line's label and mask, its pool's date: changed while the phone is registered."""
    phone, other = await desks.registered("7961"), await desks.registered("7942")
    boots = phone.boots
    here = AppearanceSettings(external_mask="+4930555XXXX")

    await change(
        desks,
        phone,
        lambda device: replace(
            of_line(device, here=here), settings=replace(device.settings, idle_text="Room 12 is open")
        ),
    )
    await seen_on(phone, lambda: phone.view.status == "Room 12 is open")
    await seen_on(phone, lambda: f"+4930555{phone.number}" in phone.view.labels)
    assert other.view.status == "Your current options"
    phone.call(other.number)
    await hear_each_other(phone, other)
    await shows_call(other, "connected", phone.number)  # inside, the mask does not count
    phone.hang_up()
    await seen_on(phone, lambda: phone.view.status == "Room 12 is open")
    assert phone.boots == boots
    await desks.nothing_is_left()
