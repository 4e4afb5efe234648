"""CallBack on a stock Asterisk: the phone is told when the other one is free."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridge.lab.phoneevents import CallEnded
from bridge.lab.phonetiming import PhoneState
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import prepared_testbed
from tests.e2e.desks import SCCP, Desks, next_tone, office, polled, seen_on


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


async def hears(phone: SccpPhone, tone: int) -> None:
    while await next_tone(phone) != tone:
        pass


async def uses_the_phone(desks: Desks, phone: SccpPhone) -> None:
    """A call that stands until Asterisk's hint says so: one that is over before is none for whoever watches."""

    async def in_use() -> bool:
        return "InUse" in await desks.bed.asterisk.cli(f"core show hint {phone.number}")

    phone.call("600")
    await hears(phone, phone.tone)
    await polled(in_use)
    phone.hang_up()


def is_free(phone: SccpPhone) -> str:
    return f"{phone.number} is free: CallBack"


async def test_a_busy_phone_is_called_back_once_it_is_free(desks: Desks) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7942")
    third, fourth = await desks.registered("7970"), await desks.registered("7941")
    # Both calls that the line takes.
    for other in (third, fourth):
        other.call(two.number)
        await hears(other, two.tone)
    one.call(two.number)
    await seen_on(one, lambda: "CallBack" in one.view.soft_keys and one.view.tone)
    one.press_soft_key("CallBack")
    await seen_on(one, lambda: f"Will call back {two.number}" in one.view.status)
    await seen_on(one, lambda: not one.view.calls and "CallBack" in one.view.soft_keys)
    third.hang_up()
    await third.wait_for(CallEnded)
    assert not one.view.ringing
    fourth.hang_up()
    await seen_on(one, lambda: is_free(two) in one.view.status and one.view.ringing)
    one.press_soft_key("CallBack")
    await hears(one, two.tone)
    await hears(two, one.tone)
    assert not one.view.ringing
    one.hang_up()
    await two.wait_for(CallEnded)
    await desks.nothing_is_left()
    assert is_free(two) not in one.view.status


async def test_a_phone_that_did_not_answer_is_called_back_after_its_next_call(desks: Desks) -> None:
    one = await desks.registered("7961")
    two = await desks.registered("7942", auto_answer=None)
    one.call(two.number)
    await seen_on(two, lambda: two.view.ringing)
    await seen_on(one, lambda: "CallBack" in one.view.soft_keys)
    one.press_soft_key("CallBack")
    one.hang_up()
    await seen_on(two, lambda: not two.view.ringing)
    await desks.nothing_is_left()
    assert not one.view.ringing
    await uses_the_phone(desks, two)
    await seen_on(one, lambda: is_free(two) in one.view.status and one.view.ringing)
    one.press_soft_key("CallBack")
    await seen_on(two, lambda: two.view.ringing)
    two.answer()
    await hears(two, one.tone)
    two.hang_up()
    await desks.nothing_is_left()


async def test_the_request_outlives_a_restart_of_asterisk(desks: Desks) -> None:
    one = await desks.registered("7961")
    two = await desks.registered("7942", auto_answer=None)
    one.call(two.number)
    await seen_on(two, lambda: two.view.ringing)
    one.press_soft_key("CallBack")
    one.hang_up()
    await desks.nothing_is_left()
    await desks.bed.asterisk.restart()

    async def back() -> bool:
        return desks.bed.service.pbx.status().connected

    await polled(back)
    for phone in (one, two):
        await desks.line_up(phone)
    # After a start Asterisk takes a registration that it kept for unreachable until it has asked the phone, once a
    # minute; meanwhile the number is not free to whoever watches. It shall ask now.
    await desks.bed.asterisk.cli(f"pjsip qualify {two.number}")

    async def is_idle() -> bool:
        return "Idle" in await desks.bed.asterisk.cli(f"core show hint {two.number}")

    await polled(is_idle)
    await uses_the_phone(desks, two)
    await seen_on(one, lambda: is_free(two) in one.view.status)
    one.press_soft_key("CallBack")
    await seen_on(two, lambda: two.view.ringing)
    one.hang_up()
    await desks.nothing_is_left()


async def test_the_request_outlives_a_restart_of_the_bridge() -> None:
    async with prepared_testbed(SCCP) as bed:
        async with bed.node():
            desks = Desks(bed)
            one = await desks.registered("7961")
            two = await desks.registered("7942", auto_answer=None)
            one.call(two.number)
            await seen_on(two, lambda: two.view.ringing)
            one.press_soft_key("CallBack")
            await seen_on(one, lambda: f"Will call back {two.number}" in one.view.status)
            one.hang_up()
            await desks.nothing_is_left()
        await seen_on(one, lambda: one.state is not PhoneState.REGISTERED)
        async with bed.node():
            desks.bed = bed
            for phone in (one, two):
                await seen_on(phone, lambda phone=phone: phone.state is PhoneState.REGISTERED)
                await desks.line_up(phone)

            async def is_idle() -> bool:
                return "Idle" in await bed.asterisk.cli(f"core show hint {two.number}")

            await bed.asterisk.cli(f"pjsip qualify {two.number}")
            await polled(is_idle)
            assert is_free(two) not in one.view.status
            await uses_the_phone(desks, two)
            await seen_on(one, lambda: is_free(two) in one.view.status and one.view.ringing)
            assert not two.view.ringing
            one.press_soft_key("CallBack")
            await seen_on(two, lambda: two.view.ringing)
            one.hang_up()
            await desks.nothing_is_left()
            with bed.service.store.read() as work:
                assert work.callbacks.all() == []
            for phone in (one, two):
                await phone.power_off()
                assert phone.faults == ()
