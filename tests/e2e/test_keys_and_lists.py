"""Keys beside the soft keys, reminders, redial and the phone's own lists, on a stock Asterisk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bridge.core import ButtonKind, DeviceButton, DeviceSettings, DndOption, FeatureButton, LineSettings
from bridge.core.events import PhoneRegistered
from bridge.lab.phoneevents import CallEnded, Registered
from bridge.lab.sccpphone import SccpPhone
from bridge.sccp import CallHistory
from tests.e2e.conftest import PATIENCE
from tests.e2e.desks import Desks, office, seen_on
from tests.e2e.listening import hear_each_other, no_longer_hears
from tests.e2e.test_lamps_and_pickup import change, give_lamp, lamps_say
from tests.e2e.test_line_features_in_calls import of_line, shows_call

BUTTON = 2


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


async def give_button(
    desks: Desks, phone: SccpPhone, kind: ButtonKind, shown: str, settings: DeviceSettings | None = None
) -> None:
    """Put a button on the phone, which starts again by it and labels it with its own words."""
    button = DeviceButton(BUTTON, FeatureButton(kind))
    registered = len(desks.watch.of(PhoneRegistered, phone.device))
    await change(
        desks,
        phone,
        lambda device: replace(device, buttons=(button,), settings=settings or device.settings),
    )
    await desks.watch.seen(PhoneRegistered, phone.device, count=registered + 1)
    await desks.line_up(phone)
    await seen_on(phone, lambda: phone.view.labels == (phone.number, f"[{shown}]"))


async def test_the_hold_key_holds_and_the_line_button_takes_the_call_back(desks: Desks) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7942")
    await give_button(desks, one, ButtonKind.HOLD, "hold")
    two.call(one.number)
    await hear_each_other(one, two)
    one.press_button(BUTTON)
    await no_longer_hears(two, one)
    await shows_call(one, "hold", two.number)
    assert "line 1: wink" in one.view.lamps
    assert "Resume" in one.view.soft_keys
    assert not one.view.speaker
    await seen_on(two, lambda: "call on hold" in two.view.status.lower())
    assert two.view.lamps == ("line 1: on",)
    await seen_on(two, lambda: two.current_call is not None and two.current_call.is_audible)  # music
    one.press_line(1)
    await hear_each_other(one, two)
    await shows_call(one, "connected", two.number)
    assert one.view.lamps == two.view.lamps == ("line 1: on",)
    await seen_on(two, lambda: two.view.status == "Connected")
    one.hang_up()
    await two.wait_for(CallEnded)
    await desks.nothing_is_left()


async def test_a_held_call_beeps_while_its_user_talks() -> None:
    async with office() as desks:
        one, two, three = [await desks.registered(model) for model in ("7961", "7942", "7975")]
        line = LineSettings(hold_reversion_seconds=3)  # by then the next call stands
        await change(desks, one, lambda device: of_line(device, line=line))
        one.call(two.number)
        await hear_each_other(one, two)
        one.hold()
        await shows_call(one, "hold", two.number)
        one.call(three.number)
        await hear_each_other(one, three)
        await seen_on(one, lambda: one.view.tone == "zip zip")
        await seen_on(one, lambda: any("hold revert" in each and two.number in each for each in one.view.calls))
        assert not one.view.ringing
        assert two.view.tone == three.view.tone == ""
        await hear_each_other(one, three)  # it goes on
        three.hang_up()
        await seen_on(one, lambda: len(one.view.calls) == 1)
        one.lift()
        await hear_each_other(one, two)
        two.hang_up()
        await one.wait_for(CallEnded)
        await desks.nothing_is_left()


@pytest.mark.parametrize("mode", [DndOption.REJECT, DndOption.RINGER_OFF])
async def test_the_button_for_do_not_disturb(desks: Desks, mode: DndOption) -> None:
    alice, watching = await desks.registered("7961"), await desks.registered("7975")
    bob = await desks.registered("7942", auto_answer=None)
    await give_button(desks, bob, ButtonKind.DND, "do not disturb", DeviceSettings(dnd=mode))
    await give_lamp(desks, watching, bob.number)
    await lamps_say("idle", watching)
    bob.press_button(BUTTON)
    await seen_on(bob, lambda: bob.view.lamps == ("do not disturb 1: on",))
    await seen_on(bob, lambda: bob.view.status == "Do not disturb is active")
    await lamps_say("do not disturb", watching)
    alice.call(bob.number)
    if mode is DndOption.REJECT:
        await seen_on(alice, lambda: alice.view.tone == "line busy")
        assert bob.view.calls == ()
    else:  # it can be answered, and is not heard
        await shows_call(bob, "ring in", alice.number)
        await seen_on(alice, lambda: alice.view.tone == "alerting")
        assert "line 1: blink" in bob.view.lamps
    assert not bob.view.ringing
    alice.hang_up()
    await alice.wait_for(CallEnded)
    await seen_on(bob, lambda: not bob.view.calls)
    bob.press_button(BUTTON)
    await seen_on(bob, lambda: bob.view.lamps == () and bob.view.status == "Your current options")
    await lamps_say("idle", watching)
    alice.call(bob.number)
    await seen_on(bob, lambda: bob.view.ringing)
    alice.hang_up()
    await desks.nothing_is_left()


async def test_redial_by_the_key_and_from_the_phones_lists(desks: Desks) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7942")
    three = await desks.registered("7975", auto_answer=None)
    one.press_soft_key("Redial")  # nothing was dialled yet
    await seen_on(one, lambda: one.view.calls == () and "not configured" in one.view.status.lower())
    one.call(two.number)
    await hear_each_other(one, two)
    one.hang_up()
    await two.wait_for(CallEnded)

    # Who was missed, and who called, is not redialled.
    three.call(one.number)
    await hear_each_other(one, three)
    three.hang_up()
    await desks.nothing_is_left()
    one.press_soft_key("Redial")
    await hear_each_other(one, two)
    await shows_call(one, "connected", two.number)
    await shows_call(two, "connected", one.number)
    one.hang_up()
    await desks.nothing_is_left()

    # The number outlives the connection.
    one.cut()
    await one.wait_for(Registered, within=PATIENCE)
    await desks.line_up(one)
    one.press_soft_key("Redial")
    await hear_each_other(one, two)
    two.hang_up()
    await desks.nothing_is_left()

    # A missed call is called back from the phone's list, which sends the number at once.
    one.call(three.number)
    await seen_on(three, lambda: three.view.ringing)
    one.hang_up()
    await seen_on(three, lambda: not three.view.ringing)
    missed = three.listed[-1]
    assert (missed.kind, missed.number) == (CallHistory.MISSED, one.number)
    three.call(missed.number, en_bloc=True)
    await hear_each_other(one, three)
    three.hang_up()
    await desks.nothing_is_left()
    assert [(each.kind, each.number) for each in three.listed][-2:] == [
        (CallHistory.MISSED, one.number),
        (CallHistory.PLACED, one.number),
    ]
    kinds = {(each.kind, each.number) for each in one.listed}
    assert {(CallHistory.PLACED, two.number), (CallHistory.RECEIVED, three.number)} <= kinds
    assert CallHistory.MISSED not in {kind for kind, _ in kinds}
