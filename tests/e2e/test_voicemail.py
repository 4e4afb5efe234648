"""Messages left on a stock Asterisk: lamps, prompts and tones of every phone of the box, and the way into it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from bridge.core import AppearanceSettings, Device, LampPolicy, Switch
from bridge.lab.phoneevents import CallAnswered, CallEnded, Registered
from bridge.lab.phonesettings import CallManager
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import LOOPBACK
from tests.e2e.conftest import PATIENCE, come_up
from tests.e2e.desks import Desks, next_tone, office, polled, seen_on
from tests.e2e.test_sccp_variants import place

PASSWORD = "1234"
GREETING = 3.0
"""Seconds of a caller's message; shorter ones than one second are thrown away."""


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


async def give_boxes(desks: Desks, *phones: SccpPhone) -> None:
    """Make a mailbox for the line of each phone."""
    conf = desks.bed.asterisk.etc / "voicemail.conf"
    with conf.open("a", encoding="utf-8") as file:
        file.writelines(f"{phone.number} => {PASSWORD},Owner of {phone.number}\n" for phone in phones)
    await desks.bed.asterisk.cli("module reload app_voicemail.so")


async def set_up(desks: Desks, phone: SccpPhone, change: Callable[[Device], Device]) -> None:
    """Change the phone's settings, and start it anew with them.

    Its line leaves Asterisk meanwhile: a registration that stands tells of the box that it began with.
    """
    number = phone.number
    phone.unregister()
    await phone.power_off()

    async def left() -> bool:
        return number not in {each.endpoint for each in await desks.bed.service.pbx.contacts()}

    await polled(left)
    with desks.bed.service.store.write() as work:
        device = work.devices.get(phone.device)
        assert device is not None
        work.devices.update(change(device))
        work.commit()
    await desks.bed.service.refresh()
    phone.power_on()
    await phone.wait_for(Registered, within=PATIENCE)
    await desks.line_up(phone)


def appearance(settings: AppearanceSettings) -> Callable[[Device], Device]:
    """A change of how the first line stands on the device."""
    return lambda device: replace(device, lines=(replace(device.lines[0], settings=settings), *device.lines[1:]))


def with_box(box: str) -> Callable[[Device], Device]:
    """A change of the first line's mailbox."""

    def change(device: Device) -> Device:
        first = device.lines[0]
        line = replace(first.line, settings=replace(first.line.settings, voicemail_box=box))
        return replace(device, lines=(replace(first, line=line), *device.lines[1:]))

    return change


async def messages_in(desks: Desks, box: str) -> int:
    """New messages, as Asterisk counts them."""
    shown = await desks.bed.asterisk.cli("voicemail show users for default")
    (line,) = [line for line in shown.splitlines() if line.split()[1:2] == [box]]
    return int(line.split()[-1])


async def leave_a_message(desks: Desks, caller: SccpPhone, owner: SccpPhone) -> None:
    """Call; the owner sends the call to the box while it rings; speak after the beep, and hang up."""
    before = await messages_in(desks, owner.number)
    caller.call(owner.number)
    await seen_on(owner, lambda: owner.view.ringing)
    assert "iDivert" in owner.view.soft_keys
    owner.press_soft_key("iDivert")
    await seen_on(owner, lambda: not (owner.view.ringing or owner.view.calls))
    await caller.wait_for(CallAnswered, within=PATIENCE)
    caller.press_keys("#")  # not the whole greeting
    await asyncio.sleep(GREETING)  # a message takes the time that it takes
    caller.hang_up()
    await caller.wait_for(CallEnded)

    async def left() -> bool:
        return await messages_in(desks, owner.number) == before + 1

    await polled(left)


async def lampless(desks: Desks) -> SccpPhone:
    """A phone without a message lamp, which knows its server by itself."""
    manager = CallManager(LOOPBACK, sccp_port=desks.bed.service.stations.addresses[0][1])
    phone = place(desks, "30 VIP", call_managers=(manager,))
    await come_up(phone)
    await desks.line_up(phone)
    return phone


async def only_the_message_is_left(desks: Desks) -> None:
    """No call anywhere; the lamps that tell of the message may shine."""

    async def quiet() -> bool:
        return not (await desks.channels() or desks.bed.service.stations.calls)

    await polled(quiet)
    for phone in desks.phones:
        await seen_on(phone, lambda phone=phone: not (phone.view.calls or phone.view.tone))
        assert all(lamp.startswith("voicemail") for lamp in phone.view.lamps)


async def hear(owner: SccpPhone, caller: SccpPhone) -> None:
    """Press Messages, give the password, hear what the caller said, and hang up."""
    owner.press_messages()
    await owner.wait_for(CallAnswered, within=PATIENCE)
    await asyncio.sleep(1.5)  # Asterisk takes digits once it asks for them
    owner.press_keys(PASSWORD + "#")
    await asyncio.sleep(1.5)
    owner.press_keys("1")
    async with asyncio.timeout(PATIENCE):  # the time of the message is read first
        while await next_tone(owner) != caller.tone:
            pass
    await asyncio.sleep(0.5)
    owner.hang_up()
    await owner.wait_for(CallEnded)


async def test_a_message_is_shown_on_every_phone_of_the_box_until_it_is_heard(
    desks: Desks,
) -> None:
    owner = await desks.registered("7961", auto_answer=None)
    other = await desks.registered("7970")
    caller = await desks.registered("7942")
    await give_boxes(desks, owner)
    await set_up(desks, other, with_box(owner.number))
    await leave_a_message(desks, caller, owner)
    for phone in (owner, other):
        await seen_on(phone, lambda phone=phone: phone.view.message_waiting)
        await seen_on(phone, lambda phone=phone: "voicemail 1: on" in phone.view.lamps)
        await seen_on(phone, lambda phone=phone: "You have voicemail" in phone.view.status)
    assert not caller.view.message_waiting
    owner.cut()  # and comes back: the PBX tells a new registration
    await owner.wait_for(Registered, within=PATIENCE)
    await seen_on(owner, lambda: owner.view.message_waiting and "voicemail 1: on" in owner.view.lamps)
    await hear(owner, caller)
    for phone in (owner, other):
        await seen_on(phone, lambda phone=phone: not phone.view.message_waiting)
        await seen_on(phone, lambda phone=phone: "voicemail" not in phone.view.status)
    await desks.nothing_is_left()


async def test_lamp_prompt_and_tone_as_each_phone_wants_them(desks: Desks) -> None:
    owner = await desks.registered("7961", auto_answer=None)
    caller = await desks.registered("7942")
    plain = await lampless(desks)
    prompted = await desks.registered("7970")
    silent = await desks.registered("7941")
    await give_boxes(desks, owner)
    for phone, settings in (
        (plain, AppearanceSettings()),
        (prompted, AppearanceSettings(lamp=LampPolicy.PROMPT)),
        (silent, AppearanceSettings(lamp=LampPolicy.NONE, audible_messages=Switch.ON)),
    ):
        await set_up(desks, phone, appearance(settings))
        await set_up(desks, phone, with_box(owner.number))
    await leave_a_message(desks, caller, owner)
    await seen_on(owner, lambda: owner.view.message_waiting)
    await seen_on(prompted, lambda: "You have voicemail" in prompted.view.status)
    assert not prompted.view.message_waiting
    assert not silent.view.message_waiting
    assert "voicemail" not in silent.view.status
    await seen_on(plain, lambda: "You have voicemail" in plain.view.status)
    for phone, tone in ((plain, "message waiting"), (silent, "message waiting"), (prompted, "inside dial")):

        async def heard(phone: SccpPhone = phone, tone: str = tone) -> bool:
            phone.lift()
            await seen_on(phone, lambda: phone.view.tone)
            right = tone in phone.view.tone.lower().replace("_", " ")
            phone.put_down()
            await seen_on(phone, lambda: not phone.view.tone)
            return right

        await polled(heard)  # nothing on a phone without lamp and prompt tells when its server knew of the message
    await only_the_message_is_left(desks)


async def test_whoever_was_called_himself_is_diverted_too(desks: Desks) -> None:
    """He is in no subroutine of the dialplan, unlike a caller; nor is a call that another server sends here."""
    owner = await desks.registered("7961")
    called = await desks.registered("7942")
    await give_boxes(desks, owner)
    owner.call(called.number)
    assert await next_tone(called) == owner.tone
    owner.press_soft_key("iDivert")
    await owner.wait_for(CallEnded)
    called.press_keys("#")
    await asyncio.sleep(GREETING)
    called.hang_up()
    await seen_on(owner, lambda: owner.view.message_waiting)
    assert not called.view.message_waiting
    await only_the_message_is_left(desks)
    await desks.bed.asterisk.cli("channel originate Local/sepbridge-vm-4711@sepbridge-services application Echo")

    async def refused() -> bool:
        return not await desks.channels()

    await polled(refused)  # there is no such box


@pytest.mark.parametrize("held", [False, True])
async def test_a_call_that_stands_goes_into_the_owners_box(desks: Desks, held: bool) -> None:
    owner = await desks.registered("7961")
    caller = await desks.registered("7942")
    await give_boxes(desks, owner)
    caller.call(owner.number)
    assert await next_tone(caller) == owner.tone
    if held:
        owner.hold()
        await seen_on(owner, lambda: "line 1: wink" in owner.view.lamps)
    assert "iDivert" in owner.view.soft_keys
    owner.press_soft_key("iDivert")
    await owner.wait_for(CallEnded)
    caller.press_keys("#")
    await asyncio.sleep(GREETING)
    caller.hang_up()
    await seen_on(owner, lambda: owner.view.message_waiting)
    await only_the_message_is_left(desks)
