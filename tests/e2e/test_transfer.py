"""Transfers and held calls on a stock Asterisk: what everybody hears and reads while they happen and afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridge.lab.phoneevents import CallEnded
from bridge.lab.sccpphone import SccpPhone
from tests.e2e.conftest import Shelf, come_up
from tests.e2e.desks import Desks
from tests.e2e.listening import hear_each_other, no_longer_hears, until
from tests.e2e.quiet import nothing_left, quiet_desks

RING_BACK = (440, 480)
"""What Asterisk plays to somebody who waits, Hz (indications of the lab)."""


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with quiet_desks() as desks:
        yield desks


async def hears_ring_back(phone: SccpPhone) -> None:
    """Wait until the phone is played ring-back by the PBX."""

    def heard() -> float:
        call = phone.current_call
        return sum(call.share_of(frequency) for frequency in RING_BACK) if call else 0.0

    await until(lambda: heard() > 0.5, lambda: f"{phone.device} hears {heard():.2f} of ring-back: {phone.view}")


async def consulting(one: SccpPhone, two: SccpPhone, target: str) -> None:
    """``one`` talks with ``two``, and rings ``target`` up for a transfer."""
    one.call(two.number)
    await hear_each_other(one, two)
    one.press_soft_key("Transfer")
    await no_longer_hears(two, one)
    one.press_keys(f"{target}#")


async def test_a_transfer_while_it_rings(desks: Desks) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7942")
    three = await desks.registered("7970", auto_answer=None)
    await consulting(one, two, three.number)
    await until(lambda: "ring out" in str(one.view.calls), lambda: str(one.view))
    one.press_soft_key("Transfer")
    await hears_ring_back(two)
    await until(lambda: three.view.ringing and two.number in str(three.view.calls), lambda: str(three.view))
    three.answer()
    await hear_each_other(two, three)
    await until(lambda: one.view.calls == (), lambda: str(one.view))
    await until(lambda: three.number in str(two.view.calls), lambda: str(two.view))
    two.hang_up()
    await until(lambda: three.view.calls == (), lambda: str(three.view))
    await nothing_left(desks)


async def test_a_transferred_call_that_is_refused_comes_back(desks: Desks) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7942")
    three = await desks.registered("7970", auto_answer=None)
    await consulting(one, two, three.number)
    await until(lambda: "ring out" in str(one.view.calls), lambda: str(one.view))
    one.press_soft_key("Transfer")
    await until(lambda: three.view.ringing and two.number in str(three.view.calls), lambda: str(three.view))
    three.press_soft_key("EndCall")
    await hear_each_other(one, two)  # it rings at the first phone again, which answers
    await until(lambda: len(one.view.calls) == 1, lambda: str(one.view))
    two.hang_up()
    await until(lambda: one.view.calls == (), lambda: str(one.view))
    await nothing_left(desks)


@pytest.mark.parametrize("target", ["603", "699"], ids=["busy", "unknown"])
async def test_a_target_that_cannot_be_reached_leaves_the_call_on_hold(desks: Desks, target: str) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7942")
    await consulting(one, two, target)
    await until(lambda: len(one.view.calls) == 2 and one.view.tone != "", lambda: str(one.view))
    await one.wait_for(CallEnded)  # the user has heard enough of the tone
    one.resume()
    await hear_each_other(one, two)
    one.hang_up()
    await nothing_left(desks)


async def test_everybody_reads_who_is_there_after_an_attended_transfer(desks: Desks) -> None:
    one, two, three = [await desks.registered(model) for model in ("7961", "7942", "7912")]
    await consulting(one, two, three.number)
    await hear_each_other(one, three)
    one.press_soft_key("Transfer")
    await hear_each_other(two, three)
    await until(lambda: one.view.calls == (), lambda: str(one.view))
    await until(lambda: three.number in str(two.view.calls), lambda: str(two.view))
    await until(lambda: two.number in str(three.view.calls), lambda: str(three.view))
    for phone in (two, three):  # nobody holds it any more
        await until(lambda phone=phone: phone.view.status == "Connected", lambda phone=phone: str(phone.view))
        assert "line 1: on" in phone.view.lamps
    three.hang_up()
    await until(lambda: two.view.calls == (), lambda: str(two.view))
    await nothing_left(desks)


async def test_a_native_sip_phone_is_transferred_and_transferred_to(desks: Desks, shelf: Shelf) -> None:
    desks.bed.window_desk().set_protocol("SIP")
    sip = shelf.take(desks.bed, "8841")
    await come_up(sip)
    desks.bed.window_desk().set_protocol("SCCP")
    one, two = await desks.registered("7961"), await desks.registered("7942")
    await consulting(one, two, sip.number)
    await hear_each_other(one, sip)
    one.press_soft_key("Transfer")
    await hear_each_other(two, sip)
    await until(lambda: one.view.calls == () and sip.number in str(two.view.calls), lambda: f"{one.view} {two.view}")
    two.hang_up()
    await nothing_left(desks)
    sip.call(one.number)
    await hear_each_other(one, sip)
    one.press_soft_key("Transfer")
    one.press_keys(f"{two.number}#")
    await hear_each_other(one, two)
    one.press_soft_key("Transfer")
    await hear_each_other(two, sip)
    await until(lambda: one.view.calls == () and sip.number in str(two.view.calls), lambda: f"{one.view} {two.view}")
    sip.hang_up()
    await until(lambda: two.view.calls == (), lambda: str(two.view))
    await nothing_left(desks)


async def test_hanging_up_transfers_where_the_site_wants_that() -> None:
    async with quiet_desks(transfer_on_hook=True) as desks:
        one, two, three = [await desks.registered(model) for model in ("7961", "7942", "7970")]
        one.lift()
        one.call(two.number)
        await hear_each_other(one, two)
        one.press_soft_key("Transfer")
        one.press_keys(f"{three.number}#")
        await hear_each_other(one, three)
        one.put_down()
        await hear_each_other(two, three)
        await until(lambda: one.view.calls == (), lambda: str(one.view))
        two.hang_up()
        await until(lambda: three.view.calls == (), lambda: str(three.view))
        await nothing_left(desks)


async def test_a_target_that_hangs_up_in_between_leaves_the_call_on_hold(desks: Desks) -> None:
    one, two, three = [await desks.registered(model) for model in ("7961", "7942", "7970")]
    await consulting(one, two, three.number)
    await hear_each_other(one, three)
    three.hang_up()
    await until(lambda: len(one.view.calls) == 1, lambda: str(one.view))
    one.resume()
    await hear_each_other(one, two)
    two.hang_up()
    await nothing_left(desks)


async def test_the_other_phone_reads_that_it_is_on_hold(desks: Desks) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7942")
    one.call(two.number)
    await hear_each_other(one, two)
    one.hold()
    await no_longer_hears(two, one)
    await until(lambda: "call on hold" in two.view.status.lower(), lambda: str(two.view))
    assert "line 1: wink" in one.view.lamps
    one.press_line(1)
    await hear_each_other(one, two)
    await until(lambda: two.view.status == "Connected", lambda: str(two.view))
    two.hang_up()
    await until(lambda: one.view.calls == (), lambda: str(one.view))
    await nothing_left(desks)


async def test_a_held_call_reminds_of_itself() -> None:
    async with quiet_desks(hold_reversion=1.0, hold_reminder=1.0) as desks:
        one, two = await desks.registered("7961"), await desks.registered("7942")
        one.call(two.number)
        await hear_each_other(one, two)
        one.hold()
        await until(lambda: "hold revert" in str(one.view.calls), lambda: str(one.view))
        assert one.view.ringing
        assert one.view.status.lower() == "hold reversion"
        one.lift()
        await hear_each_other(one, two)
        assert not one.view.ringing
        two.hang_up()
        await until(lambda: one.view.calls == (), lambda: str(one.view))
        await nothing_left(desks)


async def test_several_held_calls_are_chosen_among(desks: Desks) -> None:
    one, two, three = [await desks.registered(model) for model in ("7961", "7942", "7970")]
    one.call(two.number)
    await hear_each_other(one, two)
    one.hold()
    one.call(three.number)
    await hear_each_other(one, three)
    one.hold()
    await until(lambda: [line.split()[1] for line in one.view.calls] == ["hold"] * 2, lambda: str(one.view))
    one.press_line(1)  # the call that is marked on the screen, which is the last one
    await until(lambda: "connected" in str(one.view.calls), lambda: str(one.view))
    await hear_each_other(one, three)
    one.hold()
    await until(lambda: "connected" not in str(one.view.calls), lambda: str(one.view))
    assert one._line is not None
    calls = one._line.station.calls
    calls.selected = calls.all[0].ref  # the person moves the mark
    one.resume()
    await hear_each_other(one, two)
    two.hang_up()
    await until(lambda: len(one.view.calls) == 1, lambda: str(one.view))
    one.resume()
    await hear_each_other(one, three)
    one.hang_up()
    await nothing_left(desks)
