"""What SCCP phones do with FreePBX's own lot, groups and extensions: its Asterisk is real, its pages are simulated."""

from __future__ import annotations

from dataclasses import replace

from bridge.app.settings import SccpSettings
from bridge.core import ButtonKind, PagingGroup, SignallingProtocol
from bridge.core.events import EmergencyNumberDialled, PhoneRegistered
from bridge.lab.freepbxbed import running_freepbx
from bridge.lab.phoneevents import CallAnswered, CallEnded
from bridge.lab.testbed import TestbedWishes
from tests.e2e.desks import next_tone, polled, seen_on
from tests.e2e.listening import hear_each_other, until
from tests.e2e.test_freepbx import office
from tests.e2e.test_intercom import button, whispers
from tests.e2e.test_lamps_and_pickup import give_lamp, lamps_say
from tests.e2e.test_park import hears, slot_on, talking

SCCP = TestbedWishes(protocol=SignallingProtocol.SCCP)


async def test_park_in_the_lot_of_freepbx() -> None:
    async with running_freepbx(SCCP) as lab, office(lab) as desks:
        one, two, three = [await desks.registered(model) for model in ("7961", "7942", "7970")]
        await talking(desks, one, two)
        two.press_soft_key("Park")
        await two.wait_for(CallEnded)
        await seen_on(two, lambda: slot_on(two))
        assert slot_on(two) == "71"
        # By FreePBX's own number for the slot.
        three.call("71#")
        await hears(three, one.tone)
        three.hang_up()
        await one.wait_for(CallEnded)


async def test_a_conference_of_extensions() -> None:
    async with running_freepbx(SCCP) as lab, office(lab) as desks:
        one, two, three = [await desks.registered(model) for model in ("7961", "7942", "7970")]
        one.call(two.number)
        assert await next_tone(two) == one.tone
        one.press_soft_key("Confrn")
        one.press_keys(f"{three.number}#")
        while await next_tone(one) != three.tone:
            pass
        one.press_soft_key("Confrn")
        await hear_each_other(one, two, three)
        for phone in (three, two, one):
            phone.hang_up()
        await until(lambda: one.view.calls == (), lambda: str(one.view))


async def test_pickup_in_a_group_of_the_pages() -> None:
    async with running_freepbx(SCCP) as lab, office(lab) as desks:
        caller = await desks.registered("7961")
        taker = await desks.registered("7970")
        desks.auto_answer = None
        ringing = await desks.registered("7942")
        extensions = lab.freepbx.site.extensions
        await lab.freepbx.page_add(replace(extensions[ringing.number], call_group="sales"))
        await lab.freepbx.page_add(replace(extensions[taker.number], pickup_group="sales"))
        await lab.freepbx.press_apply()

        async def known() -> bool:
            shown = [await lab.bed.asterisk.cli(f"pjsip show endpoint {each.number}") for each in (ringing, taker)]
            return all(": sales" in each for each in shown)

        await polled(known)
        caller.call(ringing.number)
        await seen_on(ringing, lambda: ringing.view.ringing)
        taker.press_soft_key("PickUp")
        await taker.wait_for(CallAnswered)
        assert await next_tone(taker) == caller.tone
        await seen_on(ringing, lambda: not ringing.view.ringing)
        taker.hang_up()
        await caller.wait_for(CallEnded)


async def test_an_intercom_button_reaches_an_extension() -> None:
    async with running_freepbx(SCCP) as lab, office(lab) as desks:
        alice, bob = [await desks.registered(model, auto_answer=None) for model in ("7961", "7942")]
        await button(desks, alice, ButtonKind.INTERCOM, bob.number)
        alice.press_speed_dial(1)
        await whispers(bob, alice)
        bob.press_line(1)
        await hear_each_other(alice, bob)
        alice.hang_up()
        await bob.wait_for(CallEnded)


async def test_who_talks_in_spite_of_do_not_disturb_is_in_use_to_who_watches() -> None:
    """FreePBX's hint says busy for both; the code is FreePBX's, the key the phone's."""
    async with running_freepbx(SCCP) as lab, office(lab) as desks:
        alice, bob = [await desks.registered(model) for model in ("7961", "7942")]
        old, new = await desks.registered("7940"), await desks.registered("7975")
        for phone in (old, new):
            await give_lamp(desks, phone, bob.number)
        await lamps_say("idle", old, new)
        bob.call("*78")
        await bob.wait_for(CallEnded)
        await lamps_say("do not disturb", new)
        await lamps_say("in use", old)  # it has no other lamp for it
        await seen_on(bob, lambda: "do not disturb 1: on" in bob.view.lamps)
        bob.call(alice.number)
        await hear_each_other(alice, bob)
        await lamps_say("in use", old, new)
        bob.hang_up()
        await alice.wait_for(CallEnded)
        await lamps_say("do not disturb", new)
        bob.press_soft_key("DND")
        await lamps_say("idle", old, new)
        assert bob.view.lamps == ()


async def test_a_forward_of_the_phone_is_freepbxs_and_its_codes_are_the_phones() -> None:
    """The call is forwarded by FreePBX's own dialplan, from AstDB; *72 and *73 are answered there, too."""
    async with running_freepbx(SCCP) as lab, office(lab) as desks:
        alice, bob, carol = [await desks.registered(model) for model in ("7961", "7942", "7975")]
        bob.press_soft_key("CFwdAll")
        await seen_on(bob, lambda: "Enter number" in bob.view.status)
        bob.press_keys(f"{carol.number}#")
        await seen_on(bob, lambda: bob.view.status == f"Forwarded to {carol.number}")
        alice.call(bob.number)
        await hear_each_other(alice, carol)
        assert bob.view.calls == ()
        assert not bob.view.ringing
        alice.hang_up()
        await carol.wait_for(CallEnded)
        bob.call("*73")
        await bob.wait_for(CallEnded)
        await seen_on(bob, lambda: bob.view.status == "Your current options")
        alice.call(bob.number)
        await hear_each_other(alice, bob)
        alice.hang_up()
        await bob.wait_for(CallEnded)
        bob.call(f"*72{alice.number}")
        await bob.wait_for(CallEnded)
        await seen_on(bob, lambda: bob.view.status == f"Forwarded to {alice.number}")
        carol.call(bob.number)
        await hear_each_other(carol, alice)
        carol.hang_up()
        await alice.wait_for(CallEnded)
        bob.press_soft_key("CFwdAll")
        await seen_on(bob, lambda: bob.view.status == "Your current options")
        assert "Value:" not in await lab.bed.asterisk.cli(f"database get CF {bob.number}")


async def test_an_emergency_call_opens_the_line_for_a_call_back() -> None:
    """FreePBX's dialplan knows of no exception: do-not-disturb and the forward of all calls end by the call."""
    async with running_freepbx(SCCP) as lab, office(lab) as desks:
        alice, bob, carol = [await desks.registered(model) for model in ("7961", "7942", "7975")]
        bob.press_soft_key("CFwdAll")
        await seen_on(bob, lambda: "Enter number" in bob.view.status)
        bob.press_keys(f"{carol.number}#")
        await seen_on(bob, lambda: bob.view.status == f"Forwarded to {carol.number}")
        bob.call("*78")
        await bob.wait_for(CallEnded)
        await seen_on(bob, lambda: "do not disturb 1: on" in bob.view.lamps)
        bob.lift()
        bob.press_keys("911")
        await desks.watch.seen(EmergencyNumberDialled, bob.device)
        await seen_on(bob, lambda: not bob.view.calls and bob.view.lamps == ())
        await seen_on(bob, lambda: bob.view.status == "Your current options")
        alice.call(bob.number)  # stands for who calls back
        await hear_each_other(alice, bob)
        assert carol.view.calls == ()
        alice.hang_up()
        await bob.wait_for(CallEnded)


async def test_a_missed_number_is_called_back_and_a_meeting_is_opened() -> None:
    async with running_freepbx(SCCP) as lab, office(lab) as desks:
        one, three = await desks.registered("7961"), await desks.registered("7970")
        two = await desks.registered("7942", auto_answer=None)
        one.call(two.number)
        await seen_on(two, lambda: two.view.ringing)
        await seen_on(one, lambda: "CallBack" in one.view.soft_keys)
        one.press_soft_key("CallBack")
        one.hang_up()
        await seen_on(two, lambda: not (two.view.ringing or two.view.calls))
        two.call(three.number)
        await hear_each_other(two, three)

        async def in_use() -> bool:
            return "InUse" in await lab.bed.asterisk.cli(f"core show hint {two.number}")

        await polled(in_use)
        assert not one.view.ringing
        two.hang_up()
        await seen_on(one, lambda: f"{two.number} is free: CallBack" in one.view.status and one.view.ringing)
        one.press_soft_key("CallBack")
        await seen_on(two, lambda: two.view.ringing)
        two.answer()
        await hear_each_other(one, two)
        one.hang_up()
        await desks.nothing_is_left()

        one.press_soft_key("NewCall")
        await seen_on(one, lambda: "MeetMe" in one.view.soft_keys)
        one.press_soft_key("MeetMe")
        one.press_keys("8501")
        await seen_on(one, lambda: "connected" in str(one.view.calls))
        two.call("8501")
        three.call("8501")
        await hear_each_other(one, two, three)
        for phone in (one, two, three):
            phone.hang_up()
        await until(lambda: one.view.calls == two.view.calls == three.view.calls == (), lambda: str(one.view))


async def test_a_page_reaches_the_extensions_that_are_free() -> None:
    groups = (PagingGroup("8600", ("1000", "1001", "1002", "1003")),)
    wishes = TestbedWishes(protocol=SignallingProtocol.SCCP, sccp=SccpSettings(paging=groups))
    async with running_freepbx(wishes) as lab, office(lab) as desks:
        models = ("7961", "7942", "7970", "7975")
        alice, bob, carol, dora = [await desks.registered(model, auto_answer=None) for model in models]
        dora.call("*78")
        await dora.wait_for(CallEnded)
        await seen_on(dora, lambda: "do not disturb 1: on" in dora.view.lamps)
        alice.call("8600#")
        for phone in (bob, carol):
            assert await next_tone(phone) == alice.tone
            await seen_on(phone, lambda phone=phone: phone.view.speaker and phone.view.muted)
            assert not phone.view.ringing
        assert dora.view.calls == ()
        assert alice.current_call is not None
        assert alice.current_call.heard.frequency == 0
        alice.hang_up()
        await seen_on(bob, lambda: not (bob.view.calls or carol.view.calls))


async def test_another_password_from_the_pages_does_not_cost_a_phone_its_line() -> None:
    """The phone itself knows of no password: its line logs in for it, and has to learn the new one."""
    async with running_freepbx(SCCP) as lab, office(lab) as desks:
        alice, bob = [await desks.registered(model) for model in ("7961", "7942")]
        registered = len(desks.watch.of(PhoneRegistered, bob.device))
        extension = lab.freepbx.site.extensions[bob.number]
        await lab.freepbx.page_add(replace(extension, secret="TypedByAdmin"))
        await lab.freepbx.press_apply()
        await desks.watch.seen(PhoneRegistered, bob.device, count=registered + 1)
        await desks.line_up(bob)
        lines = desks.bed.service.stations.lines
        lines.renew()  # as it does by itself after some minutes
        (line,) = [each for each in lines._open.values() if each.account.user == bob.number]
        assert line.account.password == "TypedByAdmin"
        await seen_on(bob, lambda: bob.view.status == "Your current options")
        alice.call(bob.number)
        await hear_each_other(alice, bob)
        alice.hang_up()
        await bob.wait_for(CallEnded)
