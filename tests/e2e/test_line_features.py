"""Forward, do-not-disturb and emergency on a stock Asterisk: set at one place, seen at every other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from bridge.core.events import EmergencyNumberDialled, PhoneRegistered
from bridge.lab.phoneevents import AudioHeard, CallEnded
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import running_testbed
from tests.e2e.test_sccp import SCCP, Desks, polled


async def until(seen: Callable[[], bool], what: Callable[[], object]) -> None:
    """Wait until a phone shows it."""
    for _ in range(500):
        if seen():
            return
        await asyncio.sleep(0.02)
    assert seen(), what()


async def shows(phone: SccpPhone, status: str) -> None:
    """Wait until the idle screen says so."""
    await until(lambda: status in phone.view.status, lambda: phone.view)


async def in_astdb(desks: Desks, key: str, value: str) -> None:
    """Wait until AstDB has it; an empty value for nothing."""

    async def there() -> bool:
        shown = await desks.bed.asterisk.cli(f"database get {key}")
        return shown.partition("Value: ")[2].strip() == value

    await polled(there)


async def hint(desks: Desks, number: str, state: str) -> None:
    """Wait until those who watch the number see this."""

    async def seen() -> bool:
        return f"State:{state}" in await desks.bed.asterisk.cli(f"core show hint {number}")

    await polled(seen)


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with running_testbed(SCCP) as bed:
        desks = Desks(bed)
        yield desks
        for phone in desks.phones:
            await phone.power_off()
        for phone in desks.phones:
            assert phone.faults == (), phone.device


async def test_forward_all_at_the_phone_in_astdb_and_by_code(desks: Desks) -> None:
    alice, bob, carol = [await desks.registered(model) for model in ("7961", "7942", "7975")]
    bob.press_soft_key("CFwdAll")
    await shows(bob, "Enter number")
    bob.press_keys(f"{carol.number}#")
    await shows(bob, f"Forwarded to {carol.number}")
    await in_astdb(desks, f"CF {bob.number}", carol.number)

    alice.call(bob.number)
    assert (await alice.wait_for(AudioHeard)).frequency == carol.tone
    assert (await carol.wait_for(AudioHeard)).frequency == alice.tone
    assert bob.view.calls == ()
    assert not bob.view.ringing
    alice.hang_up()
    await carol.wait_for(CallEnded)

    # FreePBX's way from outside: the database and the device state change, the phone follows.
    await desks.bed.asterisk.cli(f"database del CF {bob.number}")
    await desks.bed.asterisk.cli(f"devstate change Custom:CF{bob.number} NOT_INUSE")
    await shows(bob, "Your current options")
    # The user's own code.
    bob.call(f"*72{alice.number}")
    await in_astdb(desks, f"CF {bob.number}", alice.number)
    await bob.wait_for(CallEnded, within=15)
    await shows(bob, f"Forwarded to {alice.number}")
    # It outlives the phone's restart, and a second press ends it.
    registered = len(desks.watch.of(PhoneRegistered, bob.device))
    bob.cut()
    await desks.watch.seen(PhoneRegistered, bob.device, count=registered + 1)
    await shows(bob, f"Forwarded to {alice.number}")
    bob.press_soft_key("CFwdAll")
    await shows(bob, "Your current options")
    await in_astdb(desks, f"CF {bob.number}", "")


async def test_do_not_disturb_silences_and_is_seen_by_watchers(desks: Desks) -> None:
    alice, bob = [await desks.registered(model) for model in ("7961", "7942")]
    await hint(desks, bob.number, "Idle")
    bob.press_soft_key("DND")
    await shows(bob, "Do not disturb is active")
    assert "do not disturb 1: on" in bob.view.lamps
    await hint(desks, bob.number, "Busy")
    # At the PBX it is turned into the rejecting kind: callers hear busy.
    await desks.bed.asterisk.cli(f"database put DND {bob.number} YES")
    alice.call(bob.number)
    await until(lambda: alice.view.tone == "line busy", lambda: alice.view)
    await alice.wait_for(CallEnded)
    assert bob.view.calls == ()
    bob.press_soft_key("DND")
    await shows(bob, "Your current options")
    await in_astdb(desks, f"DND {bob.number}", "")
    await hint(desks, bob.number, "Idle")
    assert bob.view.lamps == ()


async def test_an_emergency_call_is_told_at_once_and_its_call_back_rings(desks: Desks) -> None:
    alice, bob = [await desks.registered(model) for model in ("7961", "7942")]
    bob.press_soft_key("CFwdAll")
    await shows(bob, "Enter number")
    bob.press_keys("600#")
    await shows(bob, "Forwarded to 600")
    bob.lift()
    bob.press_keys("911")  # no # and no wait
    (event,) = await desks.watch.seen(EmergencyNumberDialled, bob.device)
    assert (event.number, event.dialled) == (bob.number, "911")
    await bob.wait_for(CallEnded, within=15)

    async def open_for_call_back() -> bool:
        return "Value:" in await desks.bed.asterisk.cli(f"database get sepbridge-ring-through {bob.number}")

    await polled(open_for_call_back)
    alice.call(bob.number)
    assert (await alice.wait_for(AudioHeard)).frequency == bob.tone
    alice.hang_up()
    await bob.wait_for(CallEnded)


async def test_without_the_manager_interface_the_phone_says_so(desks: Desks) -> None:
    bob = await desks.registered("7942")
    await desks.bed.asterisk.stop()
    await until(lambda: not desks.bed.service.pbx.status().connected, lambda: desks.bed.service.pbx.status())
    bob.press_soft_key("DND")
    await until(lambda: "PBX unreachable" in bob.view.status, lambda: bob.view)
    assert bob.view.lamps == ()
