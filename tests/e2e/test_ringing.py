"""Rings on a stock Asterisk: what an Alert-Info names, a line's own, idle and busy; seen at every phone."""

from __future__ import annotations

from bridge.lab.phoneevents import AudioHeard, CallEnded
from bridge.lab.sccpphone import SccpPhone
from tests.e2e.desks import office, seen_on

ALERTING = """
exten => _70.,1,Dial(${PJSIP_DIAL_CONTACTS(${EXTEN:2})},30,b(lab-alert^s^1(<http://127.0.0.1/Bellcore-dr2>)))
exten => _71.,1,Dial(${PJSIP_DIAL_CONTACTS(${EXTEN:2})},30,b(lab-alert^s^1(Flashonly-Ring)))

[lab-alert]
exten => s,1,Set(PJSIP_HEADER(add,Alert-Info)=${ARG1})
 same => n,Return()
"""


async def rings(phone: SccpPhone, ring: str) -> None:
    """Wait until it rings like this; empty for not at all."""
    await seen_on(phone, lambda: phone.view.ring == ring)


async def test_the_pbx_and_the_line_say_how_it_rings() -> None:
    async with office() as desks:
        with (desks.bed.asterisk.phones_directory / "custom.conf").open("a", encoding="utf-8") as file:
            file.write(ALERTING)
        await desks.bed.asterisk.cli("dialplan reload")
        alice = await desks.registered("7961")
        bob = await desks.registered("7942", auto_answer=None)
        for dialled, ring, heard in (
            (bob.number, "inside", True),
            (f"70{bob.number}", "outside", True),
            (f"71{bob.number}", "silent", False),
        ):
            alice.call(dialled)
            await rings(bob, ring)
            assert bob.view.ringing is heard
            assert "line 1: blink" in bob.view.lamps
            await seen_on(alice, lambda: alice.view.tone == "alerting")
            alice.hang_up()
            await rings(bob, "")
            await desks.nothing_is_left()

        await desks.change_line(bob, ring_kind="feature", ring_busy="flash")
        alice.call(bob.number)
        await rings(bob, "feature")
        bob.answer()
        assert (await bob.wait_for(AudioHeard)).frequency == alice.tone
        await rings(bob, "")

        # A second caller: the lamp blinks, no beep disturbs the call.
        carol = await desks.registered("7975")
        carol.call(bob.number)
        await rings(bob, "silent")
        assert "line 1: blink" in bob.view.lamps
        assert bob.view.tone == ""
        alice.hang_up()
        await rings(bob, "feature")  # now nobody is disturbed
        carol.hang_up()
        await carol.wait_for(CallEnded)
        await desks.nothing_is_left()


async def test_an_idle_phone_rings_as_its_line_wants_it() -> None:
    async with office() as desks:
        alice, bob = await desks.registered("7961"), await desks.registered("7942", auto_answer=None)
        for setting, ring, heard in (
            ("flash", "silent", False),
            ("disabled", "", False),
            ("ring-once", "inside", True),
        ):
            await desks.change_line(bob, ring_idle=setting)
            alice.call(bob.number)
            await seen_on(bob, lambda: "line 1: blink" in bob.view.lamps and bob.view.calls)
            await seen_on(alice, lambda: alice.view.tone == "alerting")
            await rings(bob, ring)
            assert bob.view.ringing is heard
            assert "Answer" in bob.view.soft_keys
            bob.answer()
            assert (await bob.wait_for(AudioHeard)).frequency == alice.tone
            await rings(bob, "")
            alice.hang_up()
            await desks.nothing_is_left()
