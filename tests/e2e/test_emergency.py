"""Emergency calls on a stock Asterisk, whatever stands in their way: they go out at once, and everybody sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from bridge.core import (
    AppearanceSettings,
    CallingSearchSpace,
    Device,
    DeviceSettings,
    DndOption,
    Partition,
    RoutePattern,
)
from bridge.core.events import EmergencyNumberDialled
from bridge.lab.phoneevents import CallEnded
from bridge.lab.sccpphone import SccpPhone
from tests.e2e.desks import Desks, office, polled, seen_on
from tests.e2e.listening import CLEARLY, hear_each_other, no_longer_hears, shares, until
from tests.e2e.test_lamps_and_pickup import change, give_lamp, lamps_say
from tests.e2e.test_line_features_in_calls import of_line

CENTRE = """
exten => 911,1,Answer()
 same => n,Echo()
"""
"""Help, in the admin's own context: whatever is said comes back."""


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        with (desks.bed.asterisk.phones_directory / "custom.conf").open("a", encoding="utf-8") as file:
            file.write(CENTRE)
        await desks.bed.asterisk.cli("dialplan reload")
        yield desks


async def talks_to_help(desks: Desks, phone: SccpPhone, *, count: int = 1) -> None:
    """Wait until the event was raised and the call stands, with sound, and shown as what it is."""
    event = (await desks.watch.seen(EmergencyNumberDialled, phone.device, count=count))[-1]
    assert (event.number, event.dialled) == (phone.number, "911")
    await until(lambda: shares(phone, phone)[0] > CLEARLY, lambda: f"{phone.view}")
    await seen_on(phone, lambda: "1: connected 911" in phone.view.calls)
    rings = any("ring in" in each for each in phone.view.calls)
    assert ("line 1: blink" if rings else "line 1: on") in phone.view.lamps
    assert phone.view.tone == ""
    assert "EndCall" in phone.view.soft_keys


async def disturbed(desks: Desks, bob: SccpPhone, other: SccpPhone) -> None:
    await change(desks, bob, lambda each: replace(each, settings=DeviceSettings(dnd=DndOption.REJECT)))
    bob.press_soft_key("DND")
    await seen_on(bob, lambda: "do not disturb 1: on" in bob.view.lamps)


async def forwarded(desks: Desks, bob: SccpPhone, other: SccpPhone) -> None:
    bob.press_soft_key("CFwdAll")
    await seen_on(bob, lambda: "Enter number" in bob.view.status)
    bob.press_keys(f"{other.number}#")
    await seen_on(bob, lambda: f"Forwarded to {other.number}" in bob.view.status)


async def given_a_space(desks: Desks, bob: SccpPhone, *patterns: RoutePattern) -> None:
    """A calling search space that reaches other phones alone, and these patterns of the site."""
    with desks.bed.service.store.write() as work:
        for name in ("Inside", "Outside"):
            work.objects.partitions.save(Partition(name))
        work.objects.calling_search_spaces.save(CallingSearchSpace("Inside", ("Inside",)))
        for pattern in patterns:
            work.objects.patterns.save(pattern)
        device = work.devices.get(bob.device)
        assert device is not None
        work.devices.update(replace(device, settings=replace(device.settings, css="Inside")))
        work.commit()
    await desks.bed.service.refresh()

    async def there() -> bool:
        return "sepbridge-css-" in await desks.bed.asterisk.cli(f"pjsip show endpoint {bob.number}")

    await polled(there)


async def in_another_space(desks: Desks, bob: SccpPhone, other: SccpPhone) -> None:
    await given_a_space(desks, bob)
    bob.call("600")  # the admin's own context is not reached from there
    assert (await bob.wait_for(CallEnded)).status == 404


async def blocked_in_its_space(desks: Desks, bob: SccpPhone, other: SccpPhone) -> None:
    await given_a_space(desks, bob, RoutePattern(pattern="911", partition="Inside", block=True))


async def reached_by_others_alone(desks: Desks, bob: SccpPhone, other: SccpPhone) -> None:
    """The site's pattern is in a partition that the phone's space does not have."""
    route = RoutePattern(pattern="911", partition="Outside", destination="sepbridge-custom")
    await given_a_space(desks, bob, route)


OBSTACLES = (disturbed, forwarded, in_another_space, blocked_in_its_space, reached_by_others_alone)


@pytest.mark.parametrize("obstacle", OBSTACLES, ids=lambda each: each.__name__)
async def test_nothing_that_is_set_blocks_an_emergency_call(
    desks: Desks, obstacle: Callable[[Desks, SccpPhone, SccpPhone], Awaitable[None]]
) -> None:
    bob, other, watching = [await desks.registered(model) for model in ("7961", "7942", "7975")]
    await give_lamp(desks, watching, bob.number)
    await obstacle(desks, bob, other)
    bob.lift()
    bob.press_keys("911")  # no # and no wait
    await talks_to_help(desks, bob)
    await lamps_say("in use", watching)
    bob.put_down()
    await seen_on(bob, lambda: not bob.view.calls)

    # They may call back, whatever is set: another phone stands for them.
    other.call(bob.number)
    await hear_each_other(bob, other)
    other.hang_up()
    await desks_are_quiet(desks)


async def desks_are_quiet(desks: Desks) -> None:
    """No call and no line's lamp is left; what the user has set stays lit."""

    async def quiet() -> bool:
        return not (await desks.channels() or desks.bed.service.stations.calls)

    await polled(quiet)
    for phone in desks.phones:
        await seen_on(
            phone, lambda phone=phone: not (phone.view.calls or any("line 1" in each for each in phone.view.lamps))
        )


def limits(most: int) -> Callable[[Device], Device]:
    return lambda device: of_line(device, here=AppearanceSettings(max_calls=most, busy_trigger=most))


async def test_a_line_at_its_limit_still_calls_for_help(desks: Desks) -> None:
    bob, alice, watching = [await desks.registered(model) for model in ("7961", "7942", "7975")]
    await change(desks, bob, limits(1))
    await give_lamp(desks, watching, bob.number)
    bob.call(alice.number)
    await hear_each_other(bob, alice)
    bob.press_soft_key("Hold")
    await no_longer_hears(alice, bob)
    bob.press_soft_key("NewCall")
    await seen_on(bob, lambda: bob.view.tone == "inside dial")

    # Anything else is refused; the held call stays.
    bob.press_keys("6")
    await seen_on(bob, lambda: bob.view.tone == "reorder")
    bob.hang_up()
    await seen_on(bob, lambda: bob.view.calls == (f"1: hold {alice.number}",))
    bob.press_soft_key("NewCall")
    bob.press_keys("911")
    await talks_to_help(desks, bob)
    assert f"1: hold {alice.number}" in bob.view.calls
    await seen_on(alice, lambda: "call on hold" in alice.view.status.lower())
    await lamps_say("in use", watching)
    bob.hang_up()
    await seen_on(bob, lambda: bob.view.calls == (f"1: hold {alice.number}",) and "line 1: wink" in bob.view.lamps)
    bob.resume()
    await hear_each_other(bob, alice)
    alice.hang_up()
    await desks.nothing_is_left()


async def test_a_full_line_with_a_call_in_front_and_one_that_rings(desks: Desks) -> None:
    """Both calls that the line takes are there: one is talked in, one rings. Help is dialled with one key."""
    bob, alice, carol = [await desks.registered(model) for model in ("7961", "7942", "7975")]
    await change(desks, bob, limits(2))
    alice.call(bob.number)
    await hear_each_other(alice, bob)
    bob._habits = replace(bob._habits, auto_answer=None)
    assert bob._line is not None
    bob._line._habits = bob._habits
    carol.call(bob.number)
    await seen_on(bob, lambda: len(bob.view.calls) == 2)
    bob.call("911", en_bloc=True)  # as from the phone's own list
    await talks_to_help(desks, bob)
    assert len(bob.view.calls) == 3
    await seen_on(alice, lambda: "call on hold" in alice.view.status.lower())
    await seen_on(carol, lambda: carol.view.tone == "alerting")  # it is not turned away
    carol.hang_up()
    bob.hang_up()
    await seen_on(bob, lambda: bob.view.calls == (f"1: hold {alice.number}",))
    bob.resume()
    await hear_each_other(alice, bob)
    alice.hang_up()
    await desks.nothing_is_left()
