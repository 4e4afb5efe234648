"""Calls are parked on a stock Asterisk, shown on every phone, fetched, forgotten and brought back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

import pytest

from bridge.core import ButtonKind, DeviceButton, FeatureButton
from bridge.lab.phoneevents import CallEnded, Registered
from bridge.lab.phonetiming import PhoneState
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import prepared_testbed
from tests.e2e.conftest import PATIENCE
from tests.e2e.desks import SCCP, Desks, next_tone, office, seen_on

SLOTS = ("71", "72")
LIT_71, LIT_72 = "directed park 1: on", "directed park 2: on"


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


async def with_park_buttons(desks: Desks, model: str, *, auto_answer: float | None = 0.0) -> SccpPhone:
    """A phone with a button for each slot, behind its line."""
    phone = await desks.registered(model, auto_answer=auto_answer)
    buttons = tuple(
        DeviceButton(place, FeatureButton(ButtonKind.DIRECTED_PARK, f"Park {slot}", slot))
        for place, slot in enumerate(SLOTS, 2)
    )
    with desks.bed.service.store.write() as work:
        device = work.devices.get(phone.device)
        assert device is not None
        work.devices.update(replace(device, buttons=buttons))
        work.commit()
    await phone.power_off()
    phone.power_on()
    await phone.wait_for(Registered, within=PATIENCE)
    await desks.line_up(phone)
    return phone


async def talking(desks: Desks, one: SccpPhone, two: SccpPhone) -> None:
    one.call(two.number)
    assert await next_tone(two) == one.tone
    assert await next_tone(one) == two.tone


def slot_on(phone: SccpPhone) -> str:
    """The slot that the phone was told."""
    found = re.search(r"Park number\s*(\d+)", phone.view.status)
    return found[1] if found else ""


async def hears(phone: SccpPhone, tone: int) -> None:
    while await next_tone(phone) != tone:
        pass


async def test_a_call_is_parked_shown_on_all_phones_and_fetched_by_button(desks: Desks) -> None:
    parker = await with_park_buttons(desks, "7961")
    fetcher = await with_park_buttons(desks, "7970")
    caller = await desks.registered("7942")
    await talking(desks, caller, parker)
    assert "Park" in parker.view.soft_keys
    parker.press_soft_key("Park")
    await parker.wait_for(CallEnded)
    await seen_on(parker, lambda: slot_on(parker))
    assert slot_on(parker) == "71"
    for phone in (parker, fetcher):
        await seen_on(phone, lambda phone=phone: LIT_71 in phone.view.lamps)
    assert "Park 71" in fetcher.view.labels
    assert "Park 72" in parker.view.labels
    fetcher.press_button(2)
    await hears(fetcher, caller.tone)
    await hears(caller, fetcher.tone)
    for phone in (parker, fetcher):
        await seen_on(phone, lambda phone=phone: LIT_71 not in phone.view.lamps)
    await seen_on(fetcher, lambda: any(caller.number in call for call in fetcher.view.calls))
    caller.hang_up()
    await fetcher.wait_for(CallEnded)
    await desks.nothing_is_left()


async def test_a_free_slot_takes_the_call_and_a_number_fetches_it(desks: Desks) -> None:
    parker = await with_park_buttons(desks, "7961")
    caller = await desks.registered("7942")
    await talking(desks, parker, caller)
    parker.hold()
    await seen_on(parker, lambda: "line 1: wink" in parker.view.lamps)
    parker.press_button(3)
    await parker.wait_for(CallEnded)
    await seen_on(parker, lambda: slot_on(parker) == "72" and LIT_72 in parker.view.lamps)
    parker.call("72")
    await hears(parker, caller.tone)
    await hears(caller, parker.tone)
    await seen_on(parker, lambda: LIT_72 not in parker.view.lamps)
    parker.hang_up()
    await caller.wait_for(CallEnded)
    await desks.nothing_is_left()


async def park_for(desks: Desks, seconds: int) -> None:
    """Let calls wait for so long only."""
    conf = desks.bed.asterisk.etc / "res_parking.conf"
    text = conf.read_text(encoding="utf-8")
    assert "parkingtime = 45" in text
    conf.write_text(text.replace("parkingtime = 45", f"parkingtime = {seconds}"), encoding="utf-8")
    await desks.bed.asterisk.cli("module reload res_parking.so")


async def test_a_call_that_nobody_fetches_comes_back_and_says_so(desks: Desks) -> None:
    await park_for(desks, 2)
    parker = await with_park_buttons(desks, "7961", auto_answer=None)
    caller = await desks.registered("7942")
    await talking(desks, parker, caller)
    parker.press_button(3)
    await parker.wait_for(CallEnded)
    await seen_on(parker, lambda: LIT_72 in parker.view.lamps)
    await seen_on(parker, lambda: "CallPark Reversion 72" in parker.view.status and parker.view.ringing)
    assert caller.number in parker.view.status
    assert LIT_72 not in parker.view.lamps
    parker.answer()
    await hears(parker, caller.tone)
    await hears(caller, parker.tone)
    parker.hang_up()
    await caller.wait_for(CallEnded)
    await desks.nothing_is_left()


async def test_a_call_that_comes_back_in_vain_waits_in_its_slot_again(desks: Desks) -> None:
    await park_for(desks, 2)
    parker = await with_park_buttons(desks, "7961", auto_answer=None)
    caller = await desks.registered("7942")
    await talking(desks, parker, caller)
    parker.press_button(3)
    await parker.wait_for(CallEnded)
    await seen_on(parker, lambda: parker.view.ringing)
    parker.hang_up()  # not now
    await seen_on(parker, lambda: LIT_72 in parker.view.lamps and not parker.view.ringing)
    parker.press_button(3)
    await hears(parker, caller.tone)
    caller.hang_up()
    await parker.wait_for(CallEnded)
    await desks.nothing_is_left()


async def test_a_caller_who_gives_up_frees_the_slot(desks: Desks) -> None:
    parker = await with_park_buttons(desks, "7961")
    caller = await desks.registered("7942")
    await talking(desks, caller, parker)
    parker.press_soft_key("Park")
    await seen_on(parker, lambda: LIT_71 in parker.view.lamps)
    caller.hang_up()
    await seen_on(parker, lambda: LIT_71 not in parker.view.lamps)
    await desks.nothing_is_left()


async def test_two_calls_that_want_one_slot_get_two(desks: Desks) -> None:
    one, two = await with_park_buttons(desks, "7961"), await with_park_buttons(desks, "7970")
    callers = [await desks.registered("7942"), await desks.registered("7941")]
    await talking(desks, callers[0], one)
    await talking(desks, callers[1], two)
    one.press_button(2)
    two.press_button(2)
    for phone in (one, two):
        await phone.wait_for(CallEnded)
        await seen_on(phone, partial(slot_on, phone))
        await seen_on(phone, lambda phone=phone: {LIT_71, LIT_72} <= set(phone.view.lamps))
    assert {slot_on(one), slot_on(two)} == {"71", "72"}
    for caller in callers:
        caller.hang_up()
    await desks.nothing_is_left()


async def test_both_hang_up_while_the_call_is_being_parked(desks: Desks) -> None:
    parker = await with_park_buttons(desks, "7961")
    caller = await desks.registered("7942")
    for _ in range(3):
        await talking(desks, caller, parker)
        parker.press_soft_key("Park")
        parker.hang_up()
        caller.hang_up()
        await desks.nothing_is_left()


async def test_lamps_are_right_after_a_restart_of_the_bridge_and_of_asterisk() -> None:
    async with prepared_testbed(SCCP) as bed:
        async with bed.node():
            desks = Desks(bed)
            phone = await with_park_buttons(desks, "7961")
            # Somebody who is no phone of the bridge's: with those their calls would end, too.
            park = "channel originate Local/600@sepbridge-phones extension sepbridge-park-72@sepbridge-phones"
            await bed.asterisk.cli(park)
            await seen_on(phone, lambda: LIT_72 in phone.view.lamps)
        await seen_on(phone, lambda: phone.state is not PhoneState.REGISTERED)
        async with bed.node():
            await seen_on(phone, lambda: phone.state is PhoneState.REGISTERED and LIT_72 in phone.view.lamps)
            await bed.asterisk.kill()
            await bed.asterisk.start()
            await seen_on(phone, lambda: LIT_72 not in phone.view.lamps)
            assert phone.state is PhoneState.REGISTERED
            await phone.power_off()
            assert phone.faults == ()
