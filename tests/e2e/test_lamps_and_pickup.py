"""Busy lamps of every generation, and every way to take a call that rings elsewhere, on the real Asterisk."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace

import pytest

from bridge.core import BlfSpeedDial, CallPickupGroup, Device, DeviceButton, LineSettings, PickupNotification
from bridge.core.events import PbxConnected
from bridge.lab.phoneevents import CallAnswered, CallEnded, Registered
from bridge.lab.sccpphone import SccpPhone
from bridge.pbx.pjsipconf import WATCHER
from tests.e2e.desks import Desks, next_tone, office, polled, seen_on

BUTTON = 2
"""Where the lamp is, on all phones."""


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


async def unanswered(desks: Desks) -> SccpPhone:
    """A phone that rings until somebody answers."""
    desks.auto_answer = None
    phone = await desks.registered("7942")
    desks.auto_answer = 0.0
    return phone


async def change(desks: Desks, phone: SccpPhone, how: Callable[[Device], Device]) -> None:
    """What an admin would change of a phone."""
    with desks.bed.service.store.write() as work:
        device = work.devices.get(phone.device)
        assert device is not None
        work.devices.update(how(device))
        work.commit()
    await desks.bed.service.refresh()


async def give_lamp(desks: Desks, phone: SccpPhone, number: str, *, pickup: bool = True, ceiling: int = 0) -> None:
    """The phone gets a button that watches ``number``."""
    button = DeviceButton(BUTTON, BlfSpeedDial(number, "Front", pickup))

    def how(device: Device) -> Device:
        settings = replace(device.settings, version_ceiling=ceiling or None)
        return replace(device, buttons=(button,), settings=settings)

    await change(desks, phone, how)
    await phone.wait_for(Registered)
    await seen_on(phone, lambda: "Front" in phone.view.labels)
    await desks.line_up(phone)


async def put_in_group(desks: Desks, phone: SccpPhone, group: str) -> None:
    def how(device: Device) -> Device:
        (appearance, *others) = device.lines
        settings = replace(appearance.line.settings or LineSettings(), pickup_group=group)
        line = replace(appearance.line, settings=settings)
        return replace(device, lines=(replace(appearance, line=line), *others))

    await change(desks, phone, how)

    async def known() -> bool:
        shown = await desks.bed.asterisk.cli(f"pjsip show endpoint {phone.number}")
        return f"named_pickup_group                 : {group}\n" in shown or f": {group}\n" in shown

    await polled(known)


def lamp(phone: SccpPhone) -> str:
    """What the lamp of the watched number says, whatever the phone's generation."""
    view = phone.view
    if phone.version >= 15:
        return next((each.removeprefix("Front: ") for each in view.watched), "nothing")
    return {"line 2: blink": "alerting", "line 2: on": "in use"}.get(
        next((each for each in view.lamps if each.startswith("line 2")), ""), "idle"
    )


async def lamps_say(what: str, *phones: SccpPhone) -> None:
    for phone in phones:
        await seen_on(phone, lambda phone=phone: lamp(phone) == what)


async def subscriptions(desks: Desks) -> int:
    return (await desks.bed.asterisk.cli("pjsip show subscriptions inbound")).count(f"{WATCHER}/")


async def on_disk(desks: Desks, key: str, *, there: bool) -> None:
    """Wait until Asterisk has written a change of AstDB: what it has not it forgets when it is killed."""

    async def written() -> bool:
        file = desks.bed.asterisk.directory / "lib" / "astdb.sqlite3"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as astdb:
            return bool(astdb.execute("SELECT 1 FROM astdb WHERE key = ?", (key,)).fetchall()) is there

    await polled(written)


async def rings(phone: SccpPhone) -> None:
    await seen_on(phone, lambda: phone.view.ringing)


async def test_lamps_of_three_generations_follow_calls_and_a_restart_of_asterisk(desks: Desks) -> None:
    caller, called = await desks.registered("7961"), await unanswered(desks)
    old, middle, new = [await desks.registered(model) for model in ("7940", "7961", "7975")]
    await give_lamp(desks, old, called.number)
    await give_lamp(desks, middle, called.number, ceiling=17)
    await give_lamp(desks, new, called.number)
    assert (old.version, middle.version, new.version) == (11, 17, 22)
    await lamps_say("idle", old, middle, new)
    assert await subscriptions(desks) == 1
    caller.call(called.number)
    await rings(called)
    await lamps_say("alerting", old, middle, new)
    called.answer()
    await caller.wait_for(CallAnswered)
    await lamps_say("in use", old, middle, new)
    caller.hang_up()
    await caller.wait_for(CallEnded)
    await called.wait_for(CallEnded)
    await lamps_say("idle", old, middle, new)

    # A press calls; and the lamp of the one who calls goes on with the others'.
    middle.press_button(BUTTON)
    await rings(called)
    await lamps_say("alerting", old, middle, new)
    called.answer()
    await middle.wait_for(CallAnswered)
    middle.hang_up()
    await called.wait_for(CallEnded)
    await lamps_say("idle", old, middle, new)

    # Do not disturb is not the same as a call.
    called.press_soft_key("DND")
    for phone, what in ((old, "in use"), (middle, "do not disturb"), (new, "do not disturb")):
        await lamps_say(what, phone)

    # Who talks all the same is on the phone.
    called.call("600")
    await lamps_say("in use", old, middle, new)
    called.hang_up()
    await called.wait_for(CallEnded)
    for phone, what in ((old, "in use"), (middle, "do not disturb"), (new, "do not disturb")):
        await lamps_say(what, phone)
    called.press_soft_key("DND")
    await lamps_say("idle", old, middle, new)

    # Asterisk goes in the middle of a call, and comes back without it.
    await on_disk(desks, f"/sepbridge-dnd/{called.number}", there=False)
    caller.call(called.number)
    await rings(called)
    called.answer()
    await lamps_say("in use", old, middle, new)
    known = len(desks.watch.of(PbxConnected))
    await desks.bed.asterisk.kill()
    await desks.bed.asterisk.start()
    await desks.watch.seen(PbxConnected, count=known + 1)
    await caller.wait_for(CallEnded)
    await lamps_say("idle", old, middle, new)
    for phone in (caller, called):
        await desks.line_up(phone)
    caller.call(called.number)
    await rings(called)
    await lamps_say("alerting", old, middle, new)
    caller.hang_up()
    await lamps_say("idle", old, middle, new)
    await desks.nothing_is_left()
    assert await subscriptions(desks) == 1


async def test_phone_and_lamps_say_what_asterisk_kept_when_it_crashed(desks: Desks) -> None:
    """It writes AstDB about once a second: what was switched off a moment before may be on again afterwards."""
    called = await unanswered(desks)
    old, new = [await desks.registered(model) for model in ("7940", "7975")]
    await give_lamp(desks, old, called.number)
    await give_lamp(desks, new, called.number)
    key = f"sepbridge-dnd {called.number}"
    called.press_soft_key("DND")
    await lamps_say("do not disturb", new)
    await on_disk(desks, "/" + key.replace(" ", "/"), there=True)
    called.press_soft_key("DND")
    await lamps_say("idle", old, new)
    known = len(desks.watch.of(PbxConnected))
    await desks.bed.asterisk.kill()
    await desks.bed.asterisk.start()
    await desks.watch.seen(PbxConnected, count=known + 1)
    await desks.line_up(called)
    kept = "Value:" in await desks.bed.asterisk.cli(f"database get {key}")
    await lamps_say("in use" if kept else "idle", old)
    await lamps_say("do not disturb" if kept else "idle", new)
    await seen_on(called, lambda: ("do not disturb 1: on" in called.view.lamps) is kept)
    if kept:
        called.press_soft_key("DND")
        await lamps_say("idle", old, new)
    await desks.nothing_is_left()


@pytest.mark.parametrize("model", ["7940", "7961"])
async def test_a_lamp_that_blinks_picks_up(desks: Desks, model: str) -> None:
    caller, called = await desks.registered("7961"), await unanswered(desks)
    watching = await desks.registered(model)
    await give_lamp(desks, watching, called.number)
    await lamps_say("idle", watching)
    caller.call(called.number)
    await rings(called)
    await lamps_say("alerting", watching)
    await seen_on(watching, lambda: caller.number in watching.view.status)
    watching.press_button(BUTTON)
    await watching.wait_for(CallAnswered)
    assert await next_tone(caller) == watching.tone
    assert await next_tone(watching) == caller.tone
    await seen_on(watching, lambda: any(f"connected {caller.number}" in each for each in watching.view.calls))
    await seen_on(called, lambda: not (called.view.ringing or called.view.calls or called.view.lamps))
    await lamps_say("idle", watching)
    caller.hang_up()
    await watching.wait_for(CallEnded)
    await desks.nothing_is_left()


async def test_pickup_in_the_own_group_by_number_and_in_another_group(desks: Desks) -> None:
    caller, called = await desks.registered("7961"), await unanswered(desks)
    mate, other = await desks.registered("7970"), await desks.registered("7940")
    await put_in_group(desks, called, "42")
    await put_in_group(desks, mate, "42")
    await put_in_group(desks, other, "7")

    async def picked_up_by(phone: SccpPhone, how: Callable[[], None]) -> None:
        caller.call(called.number)
        await rings(called)
        how()
        await phone.wait_for(CallAnswered)
        assert await next_tone(caller) == phone.tone
        assert await next_tone(phone) == caller.tone
        await seen_on(phone, lambda: any(f"connected {caller.number}" in each for each in phone.view.calls))
        await seen_on(called, lambda: not (called.view.ringing or called.view.calls or called.view.lamps))
        phone.hang_up()
        await caller.wait_for(CallEnded)
        await desks.nothing_is_left()

    await picked_up_by(mate, lambda: mate.press_soft_key("PickUp"))
    await picked_up_by(other, lambda: other.press_soft_key("OPickUp"))

    def group() -> None:
        other.press_soft_key("GPickUp")
        other.press_keys("42#")

    await picked_up_by(other, group)
    await picked_up_by(mate, lambda: mate.call("*8"))
    await picked_up_by(other, lambda: other.call(f"**{called.number}"))

    # Nothing rings, or nothing of the own group.
    mate.press_soft_key("PickUp")
    await seen_on(mate, lambda: mate.view.status == "No call available for pickup")
    mate.hang_up()
    caller.call(called.number)
    await rings(called)
    other.press_soft_key("PickUp")
    await seen_on(other, lambda: other.view.status == "No call available for pickup")
    other.hang_up()
    assert called.view.ringing
    caller.hang_up()
    await desks.nothing_is_left()


async def test_two_pick_up_one_call_at_once(desks: Desks) -> None:
    caller, called = await desks.registered("7961"), await unanswered(desks)
    one, two = await desks.registered("7970"), await desks.registered("7940")
    for phone in (one, two):
        await give_lamp(desks, phone, called.number)
    await lamps_say("idle", one, two)
    for _ in range(3):
        caller.call(called.number)
        await rings(called)
        await lamps_say("alerting", one, two)
        one.press_button(BUTTON)
        two.press_button(BUTTON)

        def talking(phone: SccpPhone) -> bool:
            return any("connected" in each for each in phone.view.calls)

        await seen_on(caller, lambda: talking(one) != talking(two) and talking(caller))
        winner, loser = (one, two) if talking(one) else (two, one)
        await seen_on(loser, lambda loser=loser: loser.view.status == "No call available for pickup")
        assert await next_tone(winner) == caller.tone
        loser.hang_up()
        caller.hang_up()
        await winner.wait_for(CallEnded)
        await desks.nothing_is_left()
        await lamps_say("idle", one, two)


async def save_group(desks: Desks, group: CallPickupGroup) -> None:
    """What `sepbridge site pickup-groups set` does."""
    with desks.bed.service.store.write() as work:
        work.objects.pickup_groups.save(group)
        work.commit()
    await desks.bed.service.refresh()


async def test_a_group_is_told_of_a_call_and_others_take_what_they_may(desks: Desks) -> None:
    """Nobody restarts for it. One talks: a beep, and his screen and ringer are left alone."""
    caller, called = await desks.registered("7961"), await unanswered(desks)
    idle, talks, other = [await desks.registered(model) for model in ("7970", "7942", "7940")]
    for phone in (called, idle, talks):
        await put_in_group(desks, phone, "42")
    await put_in_group(desks, other, "7")
    both = PickupNotification.BOTH
    await save_group(desks, CallPickupGroup("42", notification=both, notification_wait=1, show_called=True))
    await save_group(desks, CallPickupGroup("7", associated=("9",)))
    alert = f"From {caller.number} > {called.number}"

    async def watched() -> bool:
        return await subscriptions(desks) == 3

    await polled(watched)
    talks.call("600")
    await seen_on(talks, lambda: any("connected" in each for each in talks.view.calls))

    caller.call(called.number)
    await rings(called)
    await seen_on(idle, lambda: idle.view.status == alert and idle.view.ringing)
    assert idle.view.calls == ()
    assert idle.view.lamps == ()
    assert talks.view.status != alert
    assert not talks.view.ringing
    await seen_on(talks, lambda: talks.view.tone == "call waiting")  # and hears a beep
    assert other.view.status == "Your current options"

    # The groups of the other phone do not go together with this one.
    other.press_soft_key("OPickUp")
    await seen_on(other, lambda: other.view.status == "No call available for pickup")
    other.hang_up()
    await seen_on(other, lambda: not other.view.calls)
    assert called.view.ringing

    # Who is out of his own call is told of what still rings.
    talks.hang_up()
    await seen_on(talks, lambda: talks.view.status == alert)
    idle.press_soft_key("PickUp")
    await idle.wait_for(CallAnswered)
    assert await next_tone(caller) == idle.tone
    await seen_on(talks, lambda: talks.view.status == "Your current options" and not talks.view.ringing)
    idle.hang_up()
    await caller.wait_for(CallEnded)
    await desks.nothing_is_left()

    await save_group(desks, CallPickupGroup("7", associated=("9", "42")))

    async def told() -> bool:
        return "9,42" in await desks.bed.asterisk.cli(f"pjsip show endpoint {other.number}")

    await polled(told)
    caller.call(called.number)
    await rings(called)
    other.press_soft_key("OPickUp")
    await other.wait_for(CallAnswered)
    assert await next_tone(other) == caller.tone
    other.hang_up()
    await desks.nothing_is_left()
