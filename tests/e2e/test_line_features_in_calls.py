"""Forwards, do-not-disturb, hotline, abbreviated dial in calls on a stock Asterisk: what all phones show and hear."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from bridge.core import (
    AbbreviatedDial,
    AppearanceSettings,
    ButtonKind,
    CallKind,
    Device,
    DeviceButton,
    DeviceSettings,
    DndOption,
    FeatureButton,
    LineSettings,
)
from bridge.core.events import EmergencyNumberDialled, PhoneRegistered
from bridge.lab.phoneevents import CallEnded
from bridge.lab.phonetiming import PhoneState
from bridge.lab.sccpphone import SccpPhone
from bridge.sccp import CallHistory
from tests.e2e.desks import Desks, office, polled, seen_on
from tests.e2e.listening import hear_each_other, no_longer_hears
from tests.e2e.test_lamps_and_pickup import change, give_lamp, lamp, lamps_say

BUSY_BUTTON, ABSENT_BUTTON = 2, 3


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


def of_line(device: Device, *, line: LineSettings | None = None, here: AppearanceSettings | None = None) -> Device:
    """The device with other settings of its only line."""
    (appearance,) = device.lines
    changed = replace(appearance.line, settings=line or appearance.line.settings)
    return replace(device, lines=(replace(appearance, line=changed, settings=here or appearance.settings),))


async def give_forward_buttons(
    desks: Desks, phone: SccpPhone, *, line: LineSettings | None = None, here: AppearanceSettings | None = None
) -> None:
    """Buttons for the forwards that have no soft key, and settings of the line; the phone restarts for them."""
    buttons = (
        DeviceButton(BUSY_BUTTON, FeatureButton(ButtonKind.FORWARD_BUSY, "When busy")),
        DeviceButton(ABSENT_BUTTON, FeatureButton(ButtonKind.FORWARD_NO_ANSWER, "When absent")),
    )
    registered = len(desks.watch.of(PhoneRegistered, phone.device))
    await change(desks, phone, lambda device: replace(of_line(device, line=line, here=here), buttons=buttons))
    await desks.watch.seen(PhoneRegistered, phone.device, count=registered + 1)
    await desks.line_up(phone)
    await seen_on(phone, lambda: len(phone.view.labels) >= ABSENT_BUTTON)


async def forward(phone: SccpPhone, button: int, target: str, lamp_name: str) -> None:
    """Set a forward with a button, as a user does, and wait until the PBX has it and the button is lit."""
    phone.press_button(button)
    await seen_on(phone, lambda: "Enter number" in phone.view.status)
    phone.press_keys(f"{target}#")
    await seen_on(phone, lambda: phone.view.lamps == (lamp_name,) and not phone.view.calls)


async def set_up(desks: Desks, phone: SccpPhone, how: Callable[[Device], Device]) -> None:
    """An admin changes the phone: rules for its calls count at once, and it need not register anew."""
    registered = len(desks.watch.of(PhoneRegistered, phone.device))
    await change(desks, phone, how)
    assert len(desks.watch.of(PhoneRegistered, phone.device)) == registered
    assert phone.state is PhoneState.REGISTERED


async def shows_call(phone: SccpPhone, state: str, other: str) -> None:
    """Wait until the phone's only call is in that state with that number."""
    await seen_on(phone, lambda: len(phone.view.calls) == 1 and f"1: {state} {other}" in phone.view.calls[0])


async def test_a_hotline_dials_by_itself_at_once_or_after_a_while(desks: Desks) -> None:
    alice, bob, carol = [await desks.registered(model) for model in ("7961", "7942", "7975")]
    await change(desks, alice, lambda device: of_line(device, line=LineSettings(hotline=bob.number)))
    alice.lift()
    await hear_each_other(alice, bob)
    await shows_call(alice, "connected", bob.number)
    await shows_call(bob, "connected", alice.number)
    assert alice.view.lamps == bob.view.lamps == ("line 1: on",)
    assert carol.view.calls == carol.view.lamps == ()
    alice.put_down()
    await bob.wait_for(CallEnded)
    await desks.nothing_is_left()

    # With a delay its user may dial somebody else meanwhile.
    await change(desks, alice, lambda device: of_line(device, line=LineSettings(hotline=bob.number, hotline_delay=2)))
    alice.lift()
    await seen_on(alice, lambda: alice.view.tone == "inside dial")
    alice.press_keys(f"{carol.number}#")
    await hear_each_other(alice, carol)
    assert bob.view.calls == ()
    alice.put_down()
    await carol.wait_for(CallEnded)
    await desks.nothing_is_left()
    alice.lift()
    await seen_on(alice, lambda: alice.view.tone == "inside dial")
    await hear_each_other(alice, bob)
    alice.put_down()
    await bob.wait_for(CallEnded)
    await desks.nothing_is_left()


async def test_abbreviated_dial_before_and_after_the_digits(desks: Desks) -> None:
    alice, bob, carol = [await desks.registered(model) for model in ("7961", "7942", "7975")]
    listed = (AbbreviatedDial(7, bob.number, "Bob"), AbbreviatedDial(12, carol.number, "Carol"))
    await set_up(desks, alice, lambda device: replace(device, abbreviated_dials=listed))

    async def key_is_shown() -> None:
        await seen_on(alice, lambda: "AbbrDial" in alice.view.soft_keys)

    alice.lift()
    await key_is_shown()
    alice.press_keys("7")
    await seen_on(alice, lambda: "<<" in alice.view.soft_keys and "AbbrDial" in alice.view.soft_keys)
    alice.press_soft_key("AbbrDial")
    await hear_each_other(alice, bob)
    await shows_call(alice, "connected", bob.number)
    await shows_call(bob, "connected", alice.number)
    assert carol.view.calls == ()
    alice.hang_up()
    await bob.wait_for(CallEnded)
    await desks.nothing_is_left()

    alice.lift()
    await key_is_shown()
    alice.press_soft_key("AbbrDial")
    await seen_on(alice, lambda: "Enter number" in alice.view.status)
    alice.press_keys("12")  # two digits are all there can be
    await hear_each_other(alice, carol)
    assert alice.view.lamps == carol.view.lamps == ("line 1: on",)
    alice.hang_up()
    await carol.wait_for(CallEnded)
    await desks.nothing_is_left()
    assert [entry.number for entry in alice.listed if entry.kind is CallHistory.PLACED] == [bob.number, carol.number]

    alice.lift()
    await key_is_shown()
    alice.press_keys("9")
    await seen_on(alice, lambda: "<<" in alice.view.soft_keys)
    alice.press_soft_key("AbbrDial")
    await seen_on(alice, lambda: not alice.view.calls)
    await desks.nothing_is_left()


async def test_forward_when_busy_set_at_the_phone(desks: Desks) -> None:
    alice, bob, carol = [await desks.registered(model) for model in ("7961", "7975", "7942")]
    await give_forward_buttons(desks, bob, here=AppearanceSettings(busy_trigger=1))
    await forward(bob, BUSY_BUTTON, carol.number, "forward busy 1: on")

    # While he is free, it does nothing.
    alice.call(bob.number)
    await hear_each_other(alice, bob)
    assert carol.view.calls == ()
    alice.hang_up()
    await bob.wait_for(CallEnded)

    bob.call("601")
    await shows_call(bob, "connected", "601")
    alice.call(bob.number)
    await hear_each_other(alice, carol)
    await shows_call(alice, "connected", carol.number)
    await shows_call(carol, "connected", alice.number)
    assert alice.view.lamps == carol.view.lamps == ("line 1: on",)
    await shows_call(bob, "connected", "601")  # and nothing of the other call
    assert not bob.view.ringing
    alice.hang_up()
    await carol.wait_for(CallEnded)
    bob.hang_up()
    await seen_on(bob, lambda: bob.view.lamps == ("forward busy 1: on",))

    bob.press_button(BUSY_BUTTON)
    await seen_on(bob, lambda: bob.view.lamps == ())
    bob.call("601")
    await shows_call(bob, "connected", "601")
    alice.call(bob.number)
    await seen_on(alice, lambda: alice.view.tone == "line busy")
    assert carol.view.calls == ()
    alice.hang_up()
    bob.hang_up()
    await desks.nothing_is_left()


async def test_forward_when_nobody_answers_set_at_the_phone(desks: Desks) -> None:
    alice, carol = await desks.registered("7961"), await desks.registered("7942")
    bob = await desks.registered("7975", auto_answer=None)
    await give_forward_buttons(desks, bob, line=LineSettings(no_answer_seconds=2))
    await forward(bob, ABSENT_BUTTON, carol.number, "forward no answer 1: on")
    alice.call(bob.number)
    await seen_on(bob, lambda: bob.view.ringing and "line 1: blink" in bob.view.lamps)
    await shows_call(alice, "ring out", bob.number)
    await shows_call(bob, "ring in", alice.number)
    assert carol.view.calls == ()
    await hear_each_other(alice, carol)
    await shows_call(alice, "connected", carol.number)
    await shows_call(carol, "connected", alice.number)
    assert alice.view.lamps == carol.view.lamps == ("line 1: on",)
    await seen_on(bob, lambda: not (bob.view.ringing or bob.view.calls))
    assert bob.view.lamps == ("forward no answer 1: on",)
    assert [(entry.kind, entry.number) for entry in bob.listed] == [(CallHistory.MISSED, alice.number)]
    alice.hang_up()
    await carol.wait_for(CallEnded)
    bob.press_button(ABSENT_BUTTON)
    await desks.nothing_is_left()


async def test_forwards_set_by_code_light_the_buttons_of_the_phone(desks: Desks) -> None:
    """At another place the same: what one sets the other shows, and ends."""
    bob, carol = await desks.registered("7975"), await desks.registered("7942")
    await give_forward_buttons(desks, bob)
    for button, on, off, lit in (
        (BUSY_BUTTON, "*90", "*91", "forward busy 1: on"),
        (ABSENT_BUTTON, "*52", "*53", "forward no answer 1: on"),
    ):
        bob.call(f"{on}{carol.number}")
        await bob.wait_for(CallEnded)
        await seen_on(bob, lambda lit=lit: bob.view.lamps == (lit,))
        bob.call(off)
        await bob.wait_for(CallEnded)
        await seen_on(bob, lambda: not bob.view.lamps)
        bob.call(f"{on}{carol.number}")
        await bob.wait_for(CallEnded)
        await seen_on(bob, lambda lit=lit: bob.view.lamps == (lit,))
        bob.press_button(button)
        await seen_on(bob, lambda: not bob.view.lamps)
    assert carol.view.calls == carol.view.lamps == ()
    await desks.nothing_is_left()


async def test_do_not_disturb_that_rejects(desks: Desks) -> None:
    alice, bob, watching = [await desks.registered(model) for model in ("7961", "7942", "7975")]
    await set_up(desks, bob, lambda device: replace(device, settings=DeviceSettings(dnd=DndOption.REJECT)))
    await give_lamp(desks, watching, bob.number)
    await lamps_say("idle", watching)
    bob.press_soft_key("DND")
    await lamps_say("do not disturb", watching)
    await seen_on(bob, lambda: bob.view.lamps == ("do not disturb 1: on",))
    alice.call(bob.number)
    await seen_on(alice, lambda: alice.view.tone == "line busy")
    assert bob.view.calls == ()
    assert not bob.view.ringing
    assert lamp(watching) == "do not disturb"
    alice.hang_up()
    await alice.wait_for(CallEnded)
    bob.press_soft_key("DND")
    await lamps_say("idle", watching)
    alice.call(bob.number)
    await hear_each_other(alice, bob)
    await lamps_say("in use", watching)
    alice.hang_up()
    await bob.wait_for(CallEnded)
    await lamps_say("idle", watching)
    await desks.nothing_is_left()


async def test_do_not_disturb_that_is_silent(desks: Desks) -> None:
    alice, watching = await desks.registered("7961"), await desks.registered("7975")
    bob = await desks.registered("7942", auto_answer=None)
    await give_lamp(desks, watching, bob.number)
    bob.press_soft_key("DND")
    await lamps_say("do not disturb", watching)
    alice.call(bob.number)
    await shows_call(bob, "ring in", alice.number)
    await seen_on(bob, lambda: "line 1: blink" in bob.view.lamps)
    await shows_call(alice, "ring out", bob.number)
    await lamps_say("alerting", watching)  # it can be picked up
    assert not bob.view.ringing
    bob.answer()
    await hear_each_other(alice, bob)
    await shows_call(bob, "connected", alice.number)
    await lamps_say("in use", watching)
    assert set(bob.view.lamps) == {"line 1: on", "do not disturb 1: on"}
    alice.hang_up()
    await bob.wait_for(CallEnded)
    await lamps_say("do not disturb", watching)
    bob.press_soft_key("DND")
    await lamps_say("idle", watching)
    await desks.nothing_is_left()


async def test_an_emergency_call_whatever_is_set_and_from_a_full_line(desks: Desks) -> None:
    alice, bob, watching = [await desks.registered(model) for model in ("7961", "7942", "7975")]
    full = AppearanceSettings(max_calls=1, busy_trigger=1)
    await change(desks, bob, lambda device: of_line(device, here=full))
    await give_lamp(desks, watching, bob.number)
    bob.press_soft_key("DND")
    await seen_on(bob, lambda: "do not disturb 1: on" in bob.view.lamps)
    bob.press_soft_key("CFwdAll")
    await seen_on(bob, lambda: "Enter number" in bob.view.status)
    bob.press_keys("600#")
    await seen_on(bob, lambda: not bob.view.calls and any("forward" in each for each in bob.view.lamps))
    bob.call(alice.number)
    await hear_each_other(alice, bob)

    bob.hold()
    await no_longer_hears(alice, bob)
    bob.press_soft_key("NewCall")
    bob.press_keys("911")
    (event,) = await desks.watch.seen(EmergencyNumberDialled, bob.device)
    assert (event.number, event.dialled) == (bob.number, "911")
    await seen_on(bob, lambda: any("911" in each for each in bob.view.calls))
    await seen_on(bob, lambda: any(alice.number in each for each in bob.view.calls))  # held, not lost
    await bob.wait_for(CallEnded, within=20)
    bob.resume()
    await hear_each_other(alice, bob)
    alice.hang_up()
    await bob.wait_for(CallEnded)


async def test_a_line_that_wants_no_missed_calls_has_none_on_the_phone_nor_with_us(desks: Desks) -> None:
    alice, bob = await desks.registered("7961"), await desks.registered("7942", auto_answer=None)
    service = desks.bed.service

    def ours() -> list[tuple[CallKind, str]]:
        with service.store.read() as work:
            return [(each.kind, each.number) for kind in CallKind for each in work.phonebook.calls(bob.device, kind)]

    async def not_answered() -> None:
        alice.call(bob.number)
        await seen_on(bob, lambda: bob.view.ringing)
        alice.hang_up()
        await desks.nothing_is_left()

    await not_answered()

    async def noted() -> bool:
        return ours() == [(CallKind.MISSED, alice.number)]

    await polled(noted)
    assert [(each.kind, each.number) for each in bob.listed] == [(CallHistory.MISSED, alice.number)]
    await set_up(desks, bob, lambda device: of_line(device, here=AppearanceSettings(log_missed_calls=False)))
    await not_answered()
    # A call after it is in the list: so the one before had its time.
    bob.call("600#")
    await seen_on(bob, lambda: any("connected" in each for each in bob.view.calls))
    bob.hang_up()
    await desks.nothing_is_left()

    async def placed() -> bool:
        return (CallKind.PLACED, "600") in ours()

    await polled(placed)
    assert [each for each in ours() if each[0] is CallKind.MISSED] == [(CallKind.MISSED, alice.number)]
    assert [each.kind for each in bob.listed] == [CallHistory.MISSED, CallHistory.PLACED]
