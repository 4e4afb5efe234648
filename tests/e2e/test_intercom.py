"""Intercom and paging on a stock Asterisk: who answers by itself, who is heard by whom, and who is left alone."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address

from bridge.app.phones.phonechanges import PhoneChanges
from bridge.app.settings import SccpSettings
from bridge.app.system import SystemIds
from bridge.core import ButtonKind, PagingGroup, PagingStream, SignallingProtocol
from bridge.core.events import GroupPaged
from bridge.lab.phoneevents import AudioHeard, CallEnded
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import TestbedWishes
from tests.e2e.desks import Desks, next_tone, office, polled, seen_on
from tests.e2e.listening import hear_each_other


async def three(desks: Desks) -> tuple[SccpPhone, SccpPhone, SccpPhone]:
    """Phones whose users answer nothing."""
    alice, bob, carol = [await desks.registered(model, auto_answer=None) for model in ("7961", "7942", "7975")]
    return alice, bob, carol


async def button(desks: Desks, phone: SccpPhone, kind: ButtonKind, number: str) -> None:
    """Put a button on the phone, which starts again by it."""
    changes = PhoneChanges(desks.bed.service.store, desks.bed.service.clock, SystemIds(), "test")
    values = {"argument": number, "label": "Boss"}
    await asyncio.to_thread(changes.set_button, phone.device, 2, kind, values)
    await desks.restarted(phone)


async def whispers(callee: SccpPhone, caller: SccpPhone) -> None:
    """Wait until the callee hears the caller, who hears nothing."""
    assert (await callee.wait_for(AudioHeard)).frequency == caller.tone
    await seen_on(callee, lambda: callee.view.speaker and callee.view.muted)
    assert not callee.view.ringing
    assert "line 1: on" in callee.view.lamps
    assert callee.view.tone == "zip"
    assert caller.current_call is not None
    assert caller.current_call.heard.frequency == 0


async def test_intercom_by_code_and_by_button() -> None:
    async with office() as desks:
        alice, bob, carol = await three(desks)
        alice.call(f"*80{bob.number}#")
        await whispers(bob, alice)
        bob.press_line(1)
        await hear_each_other(alice, bob)
        assert not bob.view.muted
        assert carol.view.calls == ()

        # Somebody who talks hears a beep, and goes on talking.
        carol.call(f"*80{bob.number}#")
        await seen_on(bob, lambda: len(bob.view.calls) == 2 and bob.view.tone == "call waiting")
        await seen_on(carol, lambda: carol.view.tone == "alerting")
        await hear_each_other(alice, bob)
        carol.hang_up()
        await carol.wait_for(CallEnded)
        alice.hang_up()
        await desks.nothing_is_left()

        await button(desks, alice, ButtonKind.INTERCOM, bob.number)
        assert "Boss" in alice.view.labels
        alice.press_speed_dial(1)
        await whispers(bob, alice)
        bob.hang_up()
        await alice.wait_for(CallEnded)
        await desks.nothing_is_left()
        assert not bob.view.muted


ANSWER_AT_ONCE = """
exten => _70.,1,Dial(${PJSIP_DIAL_CONTACTS(${EXTEN:2})},30,b(lab-answer^s^1(Call-Info^<sip:lab>\\;answer-after=0)))
exten => _71.,1,Dial(${PJSIP_DIAL_CONTACTS(${EXTEN:2})},30,b(lab-answer^s^1(Alert-Info^Auto Answer)))

[lab-answer]
exten => s,1,Set(PJSIP_HEADER(add,${ARG1})=${ARG2})
 same => n,Return()
"""


async def test_the_pbx_or_the_line_wants_a_call_answered_at_once() -> None:
    async with office() as desks:
        with (desks.bed.asterisk.phones_directory / "custom.conf").open("a", encoding="utf-8") as file:
            file.write(ANSWER_AT_ONCE)
        await desks.bed.asterisk.cli("dialplan reload")
        alice, bob, carol = await three(desks)
        for prefix in ("70", "71"):
            alice.call(f"{prefix}{bob.number}#")
            await whispers(bob, alice)
            assert "EndCall" in bob.view.soft_keys
            alice.hang_up()
            await seen_on(bob, lambda: not (bob.view.calls or bob.view.muted or bob.view.speaker))
            await desks.nothing_is_left()

        # A line that answers everything: with both sides heard, and not while its user is in another call.
        await desks.change_line(bob, auto_answer="speaker")
        alice.call(bob.number)
        await hear_each_other(alice, bob)
        assert bob.view.speaker
        assert not bob.view.muted
        carol.call(bob.number)
        await seen_on(bob, lambda: len(bob.view.calls) == 2 and bob.view.tone == "call waiting")
        await hear_each_other(alice, bob)
        carol.hang_up()
        alice.hang_up()
        await desks.nothing_is_left()


async def test_nobody_is_called_so_who_is_not_to_be_disturbed_or_forwards_his_calls() -> None:
    async with office() as desks:
        alice, bob, carol = await three(desks)
        for key, shown in (("DND", "Do not disturb is active"), ("CFwdAll", f"Forwarded to {carol.number}")):
            bob.press_soft_key(key)
            if key == "CFwdAll":
                await seen_on(bob, lambda: "Enter number" in bob.view.status)
                bob.press_keys(f"{carol.number}#")
            await seen_on(bob, lambda shown=shown: bob.view.status == shown)
            alice.call(f"*80{bob.number}#")
            await seen_on(alice, lambda: alice.view.tone == "line busy")
            assert bob.view.calls == carol.view.calls == ()
            alice.hang_up()
            await alice.wait_for(CallEnded)
            bob.press_soft_key(key)
            await seen_on(bob, lambda: bob.view.status == "Your current options" and not bob.view.lamps)
        await desks.nothing_is_left()


async def test_a_page_is_heard_by_all_who_are_free() -> None:
    groups = (PagingGroup("8600", ("1000", "1001", "1002", "1003")),)
    wishes = TestbedWishes(protocol=SignallingProtocol.SCCP, sccp=SccpSettings(paging=groups))
    async with office(wishes) as desks:
        alice, bob, carol = await three(desks)
        dora = await desks.registered("7960", auto_answer=None)
        dora.call(f"*80{carol.number}#")  # these two talk
        await carol.wait_for(AudioHeard)
        carol.press_line(1)
        await hear_each_other(carol, dora)
        shown = carol.view.calls

        await button(desks, alice, ButtonKind.PAGING, "8600")
        alice.press_speed_dial(1)
        assert await next_tone(bob) == alice.tone
        (paged,) = desks.watch.of(GroupPaged)
        assert (paged.device, paged.number, paged.group, paged.phones) == (alice.device, alice.number, "8600", 4)
        await seen_on(bob, lambda: bob.view.speaker and bob.view.muted)
        assert not bob.view.ringing
        assert carol.view.calls == shown
        assert carol.view.tone in ("", "zip")
        await hear_each_other(carol, dora)
        assert alice.current_call is not None
        assert alice.current_call.heard.frequency == 0
        alice.hang_up()
        await bob.wait_for(CallEnded)
        dora.hang_up()
        await desks.nothing_is_left()


async def nobody_calls(desks: Desks) -> bool:
    """Whether Asterisk has no channel left."""
    return not await desks.channels()


async def test_a_page_by_multicast() -> None:
    """One stream for the phones that join it, calls for the rest; who talks or is not to be disturbed hears neither."""
    groups = (PagingGroup("8600", ("1000", "1001", "1002", "1003", "1004")),)
    sccp = SccpSettings(
        paging=groups,
        paging_multicast=(PagingStream("8600", "239.192.77.1", 20480),),
        paging_multicast_models=("7942", "7975"),
        paging_multicast_from=IPv4Address("127.0.0.1"),
    )
    async with office(TestbedWishes(protocol=SignallingProtocol.SCCP, sccp=sccp)) as desks:
        models = ("7961", "7942", "7942", "7975", "7961")
        alice, bob, carol, dora, emil = [await desks.registered(model, auto_answer=None) for model in models]
        carol.press_soft_key("DND")
        await seen_on(carol, lambda: carol.view.status == "Do not disturb is active")
        for _ in range(2):
            alice.call("8600#")
            for joined in (bob, dora):
                assert await next_tone(joined) == alice.tone
                assert joined.view.calls == ()
                assert joined.view.speaker
                assert joined.view.status == "Paging 8600"
                assert joined.view.lamps == ()
                assert not joined.view.ringing
            await whispers(emil, alice)
            assert carol.view.calls == ()
            assert not carol.view.speaker

            # Who calls meanwhile hears no more of it, but of his call.
            dora.call(f"*80{bob.number}#")
            await seen_on(dora, lambda: dora.view.status != "Paging 8600")
            await seen_on(bob, lambda: len(bob.view.calls) == 1)
            assert await next_tone(bob) == dora.tone
            dora.hang_up()
            await bob.wait_for(CallEnded)
            await seen_on(dora, lambda: not dora.view.speaker)
            assert dora.view.status == "Your current options"

            alice.hang_up()
            await emil.wait_for(CallEnded)
            await seen_on(bob, lambda: not bob.view.speaker)
            assert bob.view.status == "Your current options"
            await polled(lambda: nobody_calls(desks))
        carol.press_soft_key("DND")
        await seen_on(carol, lambda: not carol.view.lamps)

        # Who switches the loudspeaker off need not listen.
        alice.call("8600#")
        assert await next_tone(bob) == alice.tone
        bob.press_speaker()
        await seen_on(bob, lambda: not bob.view.speaker and bob.view.status == "Your current options")
        alice.hang_up()
        await desks.nothing_is_left()
