"""Several numbers of its own on one phone, on a stock Asterisk: each has its calls, its lamp and its hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridge.app.phonechanges import PhoneChanges
from bridge.app.system import SystemIds
from bridge.lab.phoneevents import CallEnded
from bridge.lab.sccpphone import SccpPhone
from tests.e2e.desks import Desks, office, polled, seen_on
from tests.e2e.listening import hear_each_other, no_longer_hears
from tests.e2e.test_lamps_and_pickup import give_lamp, lamps_say

SALES = "1700"
"""The second number of the phone with two."""


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


async def with_two_lines(desks: Desks, model: str) -> SccpPhone:
    """A phone whose user answers himself, with a second number on its second button."""
    phone = await desks.registered(model, auto_answer=None)
    changes = PhoneChanges(desks.bed.service.store, desks.bed.service.clock, SystemIds(), "test")
    await asyncio.to_thread(changes.set_line, phone.device, SALES, {"display_name": "Sales", "label": "Sales desk"})
    await desks.bed.service.refresh()
    await seen_on(phone, lambda: phone.view.labels[:2] == (phone.number, "Sales desk"))

    async def both() -> bool:
        return {phone.number, SALES} <= {each.endpoint for each in await desks.bed.service.pbx.contacts()}

    await polled(both)
    return phone


def calls(phone: SccpPhone, *wanted: str) -> bool:
    """Whether the screen shows these calls: line, state, and who is at the other end."""
    return list(phone.view.calls) == list(wanted)


@pytest.mark.parametrize("model", ["7940", "7975"])  # one whose keys name positions, and one of the newest
async def test_each_line_rings_is_held_and_lights_for_itself(desks: Desks, model: str) -> None:
    phone = await with_two_lines(desks, model)
    one, two = await desks.registered("7961"), await desks.registered("7942")

    # A call on the second line.
    one.call(SALES)
    await seen_on(phone, lambda: phone.view.ringing and phone.view.lamps == ("line 2: blink",))
    await seen_on(phone, lambda: calls(phone, f"2: ring in {one.number}"))
    await seen_on(one, lambda: calls(one, f"1: ring out {SALES} (Sales)") and one.view.tone == "alerting")
    phone.press_line(2)
    await hear_each_other(phone, one)
    assert not phone.view.ringing
    assert phone.view.lamps == ("line 2: on",)
    await seen_on(one, lambda: calls(one, f"1: connected {SALES} (Sales)"))

    # A second one on the first line: it knocks, and its button holds the other.
    two.call(phone.number)
    await seen_on(phone, lambda: set(phone.view.lamps) == {"line 1: blink", "line 2: on"})
    await seen_on(phone, lambda: phone.view.tone == "call waiting")
    await hear_each_other(phone, one)
    phone.press_line(1)
    await hear_each_other(phone, two)
    await no_longer_hears(one, phone)
    await seen_on(phone, lambda: set(phone.view.lamps) == {"line 1: on", "line 2: wink"})
    await seen_on(phone, lambda: phone.view.tone == "" and not phone.view.ringing)
    await seen_on(one, lambda: "call on hold" in one.view.status.lower())
    await seen_on(phone, lambda: calls(phone, f"2: hold {one.number}", f"1: connected {two.number}"))

    # And back, by the buttons alone.
    phone.press_line(2)
    await hear_each_other(phone, one)
    await no_longer_hears(two, phone)
    await seen_on(phone, lambda: set(phone.view.lamps) == {"line 1: wink", "line 2: on"})
    await seen_on(two, lambda: "call on hold" in two.view.status.lower())
    one.hang_up()
    await seen_on(phone, lambda: phone.view.lamps == ("line 1: wink",))
    phone.press_line(1)
    await hear_each_other(phone, two)
    phone.hang_up()
    await two.wait_for(CallEnded)
    await desks.nothing_is_left()


async def test_calls_go_out_under_the_number_of_their_line(desks: Desks) -> None:
    phone = await with_two_lines(desks, "7961")
    one, two, watching = await desks.registered("7960"), await desks.registered("7942"), await desks.registered("7975")
    await give_lamp(desks, watching, SALES)
    await lamps_say("idle", watching)

    phone.press_line(2)
    await seen_on(phone, lambda: phone.view.tone == "inside dial" and phone.view.lamps == ("line 2: on",))
    phone.press_keys(f"{one.number}#")
    await hear_each_other(phone, one)
    await seen_on(one, lambda: calls(one, f"1: connected {SALES} (Sales)"))
    await lamps_say("in use", watching)

    # Another call on the first line holds it, and shows the other number.
    phone.press_line(1)
    await seen_on(phone, lambda: phone.view.tone == "inside dial")
    await no_longer_hears(one, phone)
    assert set(phone.view.lamps) == {"line 1: on", "line 2: wink"}
    phone.press_keys(f"{two.number}#")
    await hear_each_other(phone, two)
    await seen_on(two, lambda: any(f"connected {phone.number}" in each for each in two.view.calls))

    # Between the lines: the call of one is transferred to the call of the other.
    phone.press_soft_key("DirTrfr")
    await hear_each_other(one, two)
    await seen_on(phone, lambda: not (phone.view.calls or phone.view.lamps))
    await seen_on(one, lambda: two.number in str(one.view.calls))
    await seen_on(two, lambda: one.number in str(two.view.calls))
    await lamps_say("idle", watching)
    one.hang_up()
    await two.wait_for(CallEnded)
    await desks.nothing_is_left()


async def test_do_not_disturb_is_for_all_lines_and_a_forward_for_one(desks: Desks) -> None:
    phone = await with_two_lines(desks, "7961")
    one, two = await desks.registered("7960"), await desks.registered("7942")
    phone.press_line(2)
    await seen_on(phone, lambda: phone.view.tone == "inside dial")
    phone.press_soft_key("CFwdAll")
    await seen_on(phone, lambda: "Enter number" in phone.view.status)
    phone.press_keys(f"{two.number}#")
    await seen_on(phone, lambda: not phone.view.calls and f"Forwarded to {two.number}" in phone.view.status)
    one.call(SALES)
    await hear_each_other(one, two)
    assert not phone.view.ringing
    one.hang_up()
    await two.wait_for(CallEnded)
    one.call(phone.number)
    await seen_on(phone, lambda: phone.view.ringing and "line 1: blink" in phone.view.lamps)
    one.hang_up()
    await seen_on(phone, lambda: not phone.view.ringing)
    phone.press_soft_key("DND")
    await seen_on(phone, lambda: "do not disturb 1: on" in phone.view.lamps)
    one.call(phone.number)
    await seen_on(phone, lambda: "line 1: blink" in phone.view.lamps)
    assert not phone.view.ringing
    one.hang_up()
    phone.press_soft_key("DND")
    await seen_on(phone, lambda: "do not disturb 1: on" not in phone.view.lamps)
    phone.press_line(2)
    await seen_on(phone, lambda: phone.view.tone == "inside dial")
    phone.press_soft_key("CFwdAll")
    await desks.nothing_is_left()
