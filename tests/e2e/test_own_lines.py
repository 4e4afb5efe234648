"""Several numbers of its own on one phone, on a stock Asterisk: each has its calls, its lamp and its hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridge.app.phones.phonechanges import PhoneChanges
from bridge.app.system import SystemIds
from bridge.lab.phoneevents import CallAnswered, CallEnded
from bridge.lab.sccpphone import SccpPhone
from tests.e2e.desks import Desks, office, polled, seen_on
from tests.e2e.listening import hear_each_other, no_longer_hears
from tests.e2e.test_lamps_and_pickup import give_lamp, lamps_say
from tests.e2e.test_park import slot_on

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


async def test_services_of_the_second_line(desks: Desks) -> None:
    """Join, park, transfer and conference do not care for which line a call is on."""
    phone = await with_two_lines(desks, "7961")
    one, two = await desks.registered("7960"), await desks.registered("7942")

    # Calls on both lines are joined.
    one.call(phone.number)
    await seen_on(phone, lambda: phone.view.ringing)
    phone.answer()
    await hear_each_other(phone, one)
    phone.press_line(2)
    await no_longer_hears(one, phone)
    phone.press_keys(f"{two.number}#")
    await hear_each_other(phone, two)
    phone.press_soft_key("Select")
    phone.press_soft_key("Join")
    await hear_each_other(phone, one, two)
    await seen_on(phone, lambda: len(phone.view.calls) == 1 and len(phone.view.lamps) == 1)
    phone.hang_up()
    await hear_each_other(one, two)
    one.hang_up()
    await desks.nothing_is_left()

    # A call of the second line is parked, and fetched with the first one.
    two.call(SALES)
    await seen_on(phone, lambda: phone.view.ringing)
    phone.press_line(2)
    await hear_each_other(phone, two)
    phone.press_soft_key("Park")
    await seen_on(phone, lambda: not phone.view.calls and slot_on(phone) == "71")
    assert phone.view.lamps == ()
    phone.press_line(1)
    await seen_on(phone, lambda: phone.view.tone == "inside dial")
    phone.press_keys("71#")
    await hear_each_other(phone, two)
    assert phone.view.lamps == ("line 1: on",)

    # And transferred, while the second line takes another call.
    phone.press_soft_key("Transfer")
    await no_longer_hears(two, phone)
    phone.press_keys(f"{one.number}#")
    await hear_each_other(phone, one)
    phone.press_soft_key("Transfer")
    await hear_each_other(one, two)
    await seen_on(phone, lambda: not (phone.view.calls or phone.view.lamps))
    one.hang_up()
    await desks.nothing_is_left()


async def test_two_lines_are_busy_each_for_itself(desks: Desks) -> None:
    phone = await with_two_lines(desks, "7961")
    one, two, three = await desks.registered("7960"), await desks.registered("7942"), await desks.registered("7975")
    for number in (phone.number, SALES):
        changes = PhoneChanges(desks.bed.service.store, desks.bed.service.clock, SystemIds(), "test")
        await asyncio.to_thread(changes.set_line, phone.device, number, {"busy_trigger": "1", "max_calls": "2"})
    await desks.bed.service.refresh()
    one.call(SALES)
    await seen_on(phone, lambda: phone.view.ringing)
    phone.press_line(2)
    await hear_each_other(phone, one)
    two.call(SALES)
    await seen_on(two, lambda: two.view.tone == "line busy")
    assert len(phone.view.calls) == 1
    two.hang_up()
    three.call(phone.number)  # the other line is free
    await seen_on(phone, lambda: "line 1: blink" in phone.view.lamps)
    await hear_each_other(phone, one)

    # The talk ends: the other line rings on aloud, and is taken with the handset.
    one.hang_up()
    await seen_on(phone, lambda: phone.view.ringing and phone.view.calls == (f"1: ring in {three.number}",))
    phone.lift()
    await hear_each_other(phone, three)
    phone.put_down()
    await desks.nothing_is_left()


async def test_messages_of_each_line_light_its_own_lamp(desks: Desks) -> None:
    phone = await with_two_lines(desks, "7961")
    caller = await desks.registered("7942")
    conf = desks.bed.asterisk.etc / "voicemail.conf"
    with conf.open("a", encoding="utf-8") as file:
        file.write(f"{SALES} => 1234,Sales\n")
    await desks.bed.asterisk.cli("module reload app_voicemail.so")
    caller.call(SALES)
    await seen_on(phone, lambda: phone.view.ringing and "iDivert" in phone.view.soft_keys)
    phone.press_soft_key("iDivert")
    await caller.wait_for(CallAnswered, within=20)
    caller.press_keys("#")
    await asyncio.sleep(3)  # a message takes the time that it takes
    caller.hang_up()
    await seen_on(phone, lambda: phone.view.message_waiting and "voicemail 2: on" in phone.view.lamps)
    assert "voicemail 1: on" not in phone.view.lamps
    assert not caller.view.message_waiting
