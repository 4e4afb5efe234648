"""One number on three phones of different kinds, on a stock Asterisk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from bridge.app.phones.phonechanges import PhoneChanges
from bridge.app.phones.phones import PhoneDesk
from bridge.app.system import SystemIds
from bridge.core import BargeOption, ButtonKind, DeviceButton, FeatureButton, Switch
from bridge.core.events import PhoneRegistered
from bridge.lab.anyphone import AnyPhone
from bridge.lab.phoneevents import CallEnded, CallStarted, Registered
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import running_testbed
from bridge.ports import RestartKind
from bridge.sccp import CallHistory
from tests.e2e.desks import SCCP, Desks, next_tone
from tests.e2e.test_park import slot_on
from tests.e2e.test_recording import runs

MIXED, PURE = 0.75, 0.9
MODELS = ("7961", "7960", "7975")


async def until(reached: Callable[[], bool], what: str) -> None:
    """Wait until it is so."""
    for _ in range(1200):
        if reached():
            return
        await asyncio.sleep(0.025)
    pytest.fail(f"it never came to this: {what}")


async def hears(phone: AnyPhone, tone: int) -> None:
    """Wait until the phone hears that tone."""
    while await next_tone(phone) != tone:
        pass


def quality(phone: SccpPhone) -> float:
    """How much of what the phone hears is one tone."""
    return phone.current_call.heard.ratio if phone.current_call is not None else 0.0


class Office:
    """Three phones with the line of the first one; on the second it is button 2. And somebody who calls."""

    def __init__(self, desks: Desks, phones: list[SccpPhone], caller: SccpPhone, number: str) -> None:
        self.desks = desks
        self.phones = phones
        self.caller = caller
        self.number = number

    def lamp(self, phone: SccpPhone) -> str:
        """The lamp of the shared line; empty while it is off."""
        line = 1 if phone is self.phones[0] else 2
        shining = dict(lamp.split(": ") for lamp in phone.view.lamps)
        return shining.get(f"line {line}", "")

    async def lamps(self, *wanted: str) -> None:
        """Wait until the lamps of all three are so."""
        await until(
            lambda: tuple(map(self.lamp, self.phones)) == wanted,
            f"{wanted}, but {[self.lamp(phone) for phone in self.phones]}",
        )


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with running_testbed(SCCP) as bed:
        desks = Desks(bed)
        desks.auto_answer = None
        phones = [await desks.registered(model) for model in MODELS]
        caller = await desks.registered("7942")
        number = phones[0].number
        desk = PhoneDesk(bed.service.store, bed.service.clock, SystemIds(), "test")
        for phone in phones[1:]:
            desk.share(phone.device, number)
        with bed.service.store.write() as work:
            for phone in phones:
                device = work.devices.get(phone.device)
                assert device is not None
                settings = replace(device.settings, privacy=Switch.OFF, barge=BargeOption.BARGE)
                work.devices.update(replace(device, settings=settings), sharing=True)
            work.commit()
        await bed.service.refresh()  # phones with other buttons than before restart by themselves
        await bed.service.restarts.phone(phones[0].device, RestartKind.RESTART)
        for phone in phones:
            await phone.wait_for(Registered, within=20)
            await desks.watch.seen(PhoneRegistered, phone.device, count=3)
        ready = "Your current options"  # shown once the line is at Asterisk
        await until(lambda: all(phone.view.status == ready for phone in phones), "the line registered")
        yield Office(desks, phones, caller, number)
        for phone in desks.phones:
            await phone.power_off()
        for phone in desks.phones:
            assert phone.faults == (), phone.device


async def test_all_ring_one_talks_and_another_resumes(office: Office) -> None:
    one, two, three = office.phones
    caller = office.caller
    caller.call(office.number)
    for phone in office.phones:
        await phone.wait_for(CallStarted)
    await office.lamps("blink", "blink", "blink")
    await until(lambda: all(phone.view.ringing for phone in office.phones), "all ring")
    three.answer()
    await hears(three, caller.tone)
    await hears(caller, three.tone)
    await office.lamps("on", "on", "on")
    assert not one.view.ringing
    assert not two.view.ringing
    one.select_call()
    assert one.view.status == "In use remote"
    assert "NewCall" in one.view.soft_keys

    three.hold()
    await office.lamps("wink", "wink", "wink")
    one.select_call()
    assert "Resume" in one.view.soft_keys
    one.resume()
    await hears(one, caller.tone)
    await hears(caller, one.tone)
    await office.lamps("on", "on", "on")

    one.hold()
    await office.lamps("wink", "wink", "wink")
    two.press_line(2)
    await hears(caller, two.tone)
    await office.lamps("on", "on", "on")
    two.hang_up()
    await caller.wait_for(CallEnded)
    await office.lamps("", "", "")


async def test_a_line_that_gets_another_name_is_still_one_line(office: Office) -> None:
    """One of its phones registers anew, the others do not."""
    one, two, three = office.phones
    desks = office.desks
    with desks.bed.service.store.write() as work:
        for device in work.devices.all():
            lines = tuple(
                replace(each, line=replace(each.line, display_name="Support"))
                if each.line.number == office.number
                else each
                for each in device.lines
            )
            if lines != device.lines:
                work.devices.update(replace(device, lines=lines), sharing=True)
        work.commit()
    await desks.bed.service.refresh()
    registered = len(desks.watch.of(PhoneRegistered, one.device))
    await desks.bed.service.restarts.phone(one.device, RestartKind.RESTART)
    await desks.watch.seen(PhoneRegistered, one.device, count=registered + 1)
    await desks.line_up(one)
    assert [each.endpoint for each in await desks.bed.service.pbx.contacts()].count(office.number) == 1
    office.caller.call(office.number)
    await until(lambda: all(phone.view.ringing for phone in office.phones), "all ring")
    await office.lamps("blink", "blink", "blink")
    two.answer()
    await hears(two, office.caller.tone)
    await office.lamps("on", "on", "on")
    await until(lambda: "Support" in str(office.caller.view.calls), "the caller reads the new name")
    two.hang_up()
    await office.lamps("", "", "")
    one.call("600")
    await office.lamps("on", "on", "on")
    assert three.view.calls != ()
    one.hang_up()
    await office.lamps("", "", "")


async def test_an_outgoing_call_is_seen_and_a_phone_that_comes_back_sees_it(office: Office) -> None:
    one, _, three = office.phones
    one.call("600")
    await hears(one, one.tone)
    await office.lamps("on", "on", "on")
    three.cut()
    await three.wait_for(Registered, within=20)
    await office.lamps("on", "on", "on")
    one.hang_up()
    await office.lamps("", "", "")


async def test_two_resume_at_once(office: Office) -> None:
    one, two, three = office.phones
    office.caller.call(office.number)
    await two.wait_for(CallStarted)
    one.answer()
    await hears(one, office.caller.tone)
    one.hold()
    await office.lamps("wink", "wink", "wink")
    three.select_call()
    one.resume()
    three.resume()
    await office.lamps("on", "on", "on")
    talking = [phone for phone in office.phones if phone.view.speaker]
    assert len(talking) == 1
    await hears(office.caller, talking[0].tone)
    office.caller.hang_up()
    await office.lamps("", "", "")


async def test_barge(office: Office) -> None:
    one, two, three = office.phones
    office.caller.call(office.number)
    await one.wait_for(CallStarted)
    one.answer()
    await hears(one, office.caller.tone)
    await office.lamps("on", "on", "on")
    three.select_call()
    three.press_soft_key("Barge")
    await until(lambda: three.current_call is not None and three.current_call.answered, "three is in the call")
    await until(lambda: quality(one) < MIXED and quality(office.caller) < MIXED, "both hear two tones")
    await until(lambda: quality(three) < MIXED, "three hears two tones")
    await office.lamps("on", "on", "on")
    assert any(f"connected {office.caller.number}" in each for each in three.view.calls)
    assert office.caller.view.status == "Connected"
    assert office.caller.view.tone == one.view.tone == three.view.tone == ""
    two.select_call()
    two.press_soft_key("Barge")
    await until(lambda: two.view.status == "Another barge exists", "two is told")
    three.hang_up()
    await until(lambda: quality(one) > PURE and quality(office.caller) > PURE, "the two are alone again")
    one.hang_up()
    await office.lamps("", "", "")


async def test_a_recording_ends_when_another_phone_takes_the_call(office: Office) -> None:
    """Who resumes it is not recorded unless he wants it, and his screen says so."""
    one, two, three = office.phones
    desks = office.desks
    changes = PhoneChanges(desks.bed.service.store, desks.bed.service.clock, SystemIds(), "test")
    for phone in (one, three):
        values = {"recording": "on-demand"}
        await asyncio.to_thread(changes.set_line, phone.device, office.number, values)
    await desks.bed.service.refresh()
    for phone in (one, three):
        registered = len(desks.watch.of(PhoneRegistered, phone.device))
        await desks.bed.service.restarts.phone(phone.device, RestartKind.RESTART)
        await desks.watch.seen(PhoneRegistered, phone.device, count=registered + 1)
    office.caller.call(office.number)
    await one.wait_for(CallStarted)
    await until(lambda: one.view.ringing, "it rings")
    one.answer()
    await hears(one, office.caller.tone)
    one.press_soft_key("Record")
    await until(lambda: one.view.status == "Recording", "it is recorded")
    await runs(desks, 1)
    one.hold()
    await office.lamps("wink", "wink", "wink")
    three.select_call()
    three.resume()
    await hears(three, office.caller.tone)
    await hears(office.caller, three.tone)
    await runs(desks, 0)
    assert three.view.status == "Connected"
    assert "Record" in three.view.soft_keys
    await office.lamps("on", "on", "on")
    three.press_soft_key("Record")
    await until(lambda: three.view.status == "Recording", "now he wants it")
    await runs(desks, 1)
    assert two.view.status != "Recording"
    office.caller.hang_up()
    await office.lamps("", "", "")
    await runs(desks, 0)


async def test_two_phones_of_the_line_park_at_once_and_each_reads_its_slot(office: Office) -> None:
    one, two, _ = office.phones
    other = await office.desks.registered("7941")
    for caller, phone in ((office.caller, one), (other, two)):
        caller.call(office.number)
        await until(lambda phone=phone: phone.view.ringing, "it rings")
        phone.answer()
        await hears(phone, caller.tone)
        await hears(caller, phone.tone)
    one.press_soft_key("Park")
    two.press_soft_key("Park")
    for phone in (one, two):
        await until(lambda phone=phone: slot_on(phone) != "", "it is told a slot")
    assert {slot_on(one), slot_on(two)} == {"71", "72"}
    slots = {office.caller: slot_on(one), other: slot_on(two)}
    await office.lamps("", "", "")
    fetching = await office.desks.registered("7970")
    for caller, slot in slots.items():
        fetching.call(f"{slot}#")
        await hears(fetching, caller.tone)
        await hears(caller, fetching.tone)
        fetching.hang_up()
        await caller.wait_for(CallEnded)
    await office.desks.nothing_is_left()


async def test_privacy(office: Office) -> None:
    """What one phone keeps private the others neither read nor join; the caller notices nothing."""
    one, two, three = office.phones
    desks = office.desks
    with desks.bed.service.store.write() as work:
        device = work.devices.get(one.device)
        assert device is not None
        work.devices.update(replace(device, settings=replace(device.settings, privacy=Switch.ON)), sharing=True)
        work.commit()
    await desks.bed.service.refresh()
    office.caller.call(office.number)
    await one.wait_for(CallStarted)
    one.answer()
    await hears(one, office.caller.tone)
    await office.lamps("on", "on", "on")
    assert office.caller.number in str(one.view.calls)
    for phone in (two, three):
        phone.select_call()
        assert office.caller.number not in str(phone.view.calls)
        assert "Barge" not in phone.view.soft_keys
    one.hold()  # a held call is there for all
    await office.lamps("wink", "wink", "wink")
    three.select_call()
    three.resume()
    await hears(three, office.caller.tone)
    one.select_call()
    await until(lambda: office.caller.number in str(one.view.calls), "three keeps nothing private")
    assert "Barge" in one.view.soft_keys
    three.hang_up()
    await office.lamps("", "", "")


async def test_the_privacy_button(office: Office) -> None:
    """In the middle of a call one phone makes it private, and not private again; its own lamp alone says so."""
    one, two, three = office.phones
    desks = office.desks
    with desks.bed.service.store.write() as work:
        device = work.devices.get(one.device)
        assert device is not None
        button = DeviceButton(3, FeatureButton(ButtonKind.PRIVACY))
        work.devices.update(replace(device, buttons=(button,)), sharing=True)
        work.commit()
    registered = len(desks.watch.of(PhoneRegistered, one.device))
    await desks.bed.service.refresh()
    await desks.watch.seen(PhoneRegistered, one.device, count=registered + 1)
    await until(lambda: one.view.labels[-1:] == ("Private",), "the button has its label")
    assert one.view.lamps == ()

    office.caller.call(office.number)
    await one.wait_for(CallStarted)
    one.answer()
    await hears(one, office.caller.tone)
    await office.lamps("on", "on", "on")
    for phone in (two, three):
        phone.select_call()
        await until(lambda phone=phone: office.caller.number in str(phone.view.calls), "it is no secret")
        assert "Barge" in phone.view.soft_keys
    one.press_button(2)
    await until(lambda: "feature 1: on" in one.view.lamps, "its lamp is lit")
    for phone in (two, three):
        await until(lambda phone=phone: office.caller.number not in str(phone.view.calls), "now it is")
        await until(lambda phone=phone: "Barge" not in phone.view.soft_keys, "and nobody may join")
        assert "feature 1: on" not in phone.view.lamps
    await office.lamps("on", "on", "on")
    await hears(office.caller, one.tone)
    assert office.number in str(office.caller.view.calls)
    one.press_button(2)
    await until(lambda: "feature 1: on" not in one.view.lamps, "its lamp is off")
    three.select_call()
    await until(lambda: "Barge" in three.view.soft_keys, "they may join again")
    three.press_soft_key("Barge")
    await until(lambda: quality(one) < MIXED and quality(office.caller) < MIXED, "both hear two tones")
    one.hang_up()
    await office.lamps("", "", "")


async def test_call_lists(office: Office) -> None:
    one, two, three = office.phones
    office.caller.call(office.number)
    await one.wait_for(CallStarted)
    one.answer()
    await hears(one, office.caller.tone)
    one.hang_up()
    await office.lamps("", "", "")
    await until(lambda: not office.caller.view.calls, "the caller is idle")
    assert [entry.kind for entry in one.listed] == [CallHistory.RECEIVED]
    assert two.listed == three.listed == ()
    office.caller.call(office.number)
    await until(lambda: all(phone.view.ringing for phone in office.phones), "all ring")
    office.caller.hang_up()
    await office.lamps("", "", "")
    for phone in office.phones:
        assert [(entry.kind, entry.number) for entry in phone.listed][-1] == (CallHistory.MISSED, office.caller.number)
    assert [(entry.kind, entry.number) for entry in office.caller.listed] == [(CallHistory.PLACED, office.number)] * 2


async def test_a_forward_of_the_line_is_shown_on_all_its_phones(office: Office) -> None:
    """Set on one of them, ended on another; so is its do-not-disturb."""
    one, two, _ = office.phones
    caller = office.caller
    one.press_soft_key("CFwdAll")
    await until(lambda: "Enter number" in one.view.status, "it is asked for")
    one.press_keys("600#")
    for phone in office.phones:
        await until(lambda phone=phone: "Forwarded to 600" in phone.view.status, f"{phone.device} says so")
    caller.call(office.number)
    await hears(caller, caller.tone)  # the echo
    assert not any(phone.view.ringing or phone.view.calls for phone in office.phones)
    caller.hang_up()
    await office.lamps("", "", "")
    two.press_line(2)
    await until(lambda: two.view.tone == "inside dial", "it is off hook on the shared line")
    two.press_soft_key("CFwdAll")
    for phone in office.phones:
        await until(lambda phone=phone: phone.view.status == "Your current options", f"{phone.device} is as before")
    two.hang_up()
    await office.lamps("", "", "")

    # Do-not-disturb is the number's, as at the PBX: all its phones say so, and none is heard.
    one.press_soft_key("DND")
    for phone in office.phones:
        await until(lambda phone=phone: "do not disturb 1: on" in phone.view.lamps, f"{phone.device} is lit")
        assert phone.view.status == "Do not disturb is active"
    caller.call(office.number)
    await office.lamps("blink", "blink", "blink")
    assert not any(phone.view.ringing for phone in office.phones)
    two.answer()
    await hears(caller, two.tone)
    await office.lamps("on", "on", "on")
    two.hang_up()
    await office.lamps("", "", "")
    one.press_soft_key("DND")
    for phone in office.phones:
        await until(lambda phone=phone: phone.view.status == "Your current options", f"{phone.device} is free")
        assert phone.view.lamps == ()
