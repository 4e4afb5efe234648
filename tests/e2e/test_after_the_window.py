"""Assigning temporary phones, and the rogue pool: whole node, real Asterisk, simulated phones of both kinds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bridge.app.admission.temporary import Assignment, TemporaryDesk
from bridge.app.phones.phonechanges import PhoneChanges
from bridge.app.system import SystemIds
from bridge.autoregistration import UnknownMode
from bridge.core import CallingSearchSpace, MacAddress, NumberRange, Partition, SignallingProtocol
from bridge.core.events import PhoneAdmitted, PhoneRefused
from bridge.errors import Conflict
from bridge.lab.anyphone import AnyPhone
from bridge.lab.filefetch import FileServer
from bridge.lab.g711 import TONES
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phoneevents import CallAnswered, CallEnded, Registered, RestartAsked
from bridge.lab.phonetiming import PhoneState, PhoneTiming
from bridge.lab.sccpphone import SccpPhone
from bridge.lab.testbed import TestbedWishes, running_testbed
from tests.e2e.conftest import Shelf, Watch, come_up
from tests.e2e.desks import Desks, office, polled
from tests.e2e.programs import PROGRAM, run, started
from tests.e2e.quickclock import live_quickly

MINUTE = 60.0
CLOCK = 20.0
"""How much faster the clock of phone and bridge runs where a test lives through minutes."""


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


async def context_of(desks: Desks, number: str) -> str:
    shown = await desks.bed.asterisk.cli(f"pjsip show endpoint {number}")
    return next(
        (line.partition(":")[2].strip() for line in shown.splitlines() if line.strip().startswith("context ")), ""
    )


def restarts(phone: AnyPhone) -> int:
    return sum(isinstance(each, RestartAsked) for each in phone.events)


@pytest.mark.req("AR-21")
@pytest.mark.req("AR-36")
async def test_phones_that_are_assigned_keep_their_number_and_start_again_once(desks: Desks, shelf: Shelf) -> None:
    service = desks.bed.service
    with service.store.write() as work:
        default = work.site.pool("Default")
        work.objects.partitions.save(Partition("Inside"))
        work.objects.calling_search_spaces.save(CallingSearchSpace("Staff", ("Inside",)))
        work.objects.pools.save(replace(default, name="Staff", css="Staff"))
        work.commit()
    desks.bed.window_desk().set_protocol("SIP")
    sip = [shelf.take(desks.bed, model) for model in ("8841", "7961")]
    await come_up(*sip)
    desks.bed.window_desk().set_protocol("SCCP")
    sccp = [await desks.registered(model) for model in ("7961", "7942")]
    phones: list[AnyPhone] = [*sip, *sccp]
    numbers = [each.number for each in phones]
    before = [restarts(each) for each in phones]
    contexts = [await context_of(desks, each) for each in numbers]

    changes = PhoneChanges(service.store, service.clock, SystemIds(), "tester")
    desk = TemporaryDesk(service.store, service.clock, changes, "tester")
    assert len(desk.list()) == 4
    done = desk.assign([Assignment(str(each.device), "Staff") for each in phones])
    assert [each.trouble for each in done] == [""] * 4
    await service.restarts.changed([each.device for each in phones], every=0.2)
    for phone in phones:
        await phone.wait_for(RestartAsked, within=20)
        await phone.wait_for(Registered, within=20)
    # What might come too late to be the one restart: the site is read again, and nothing comes of it.
    await service.refresh()
    await asyncio.sleep(2)
    assert [restarts(each) - old for each, old in zip(phones, before, strict=True)] == [1, 1, 1, 1]
    assert [each.number for each in phones] == numbers
    for number, old in zip(numbers, contexts, strict=True):
        assert old != await context_of(desks, number)
        assert "css-none--staff" in await context_of(desks, number)
    assert desk.list() == []


@pytest.mark.req("AR-10")
async def test_strange_phones_stop_rebooting_in_the_rogue_pool_and_leave_it_by_an_admin(
    desks: Desks, shelf: Shelf
) -> None:
    service, window = desks.bed.service, desks.bed.window_desk()
    window.disable()
    strange = desks.place("7961")
    strange.power_on()
    # Refused, it tries again and again.
    await desks.watch.seen(PhoneRefused, strange.device, count=3)
    window.set_unknown(UnknownMode.ROGUE, numbers=NumberRange("8900", "8909"))
    await service.refresh()
    await strange.wait_for(Registered, within=30)
    (admitted,) = desks.watch.of(PhoneAdmitted, strange.device)
    assert (admitted.number, admitted.protocol) == ("8900", SignallingProtocol.SCCP)
    await desks.line_up(strange)
    boots = strange.boots
    await asyncio.sleep(5)
    assert strange.boots - boots <= 1
    assert await context_of(desks, "8900") == "sepbridge-rogue"
    strange.call("600")
    await strange.wait_for(CallEnded, within=20)
    assert await desks.channels() == 0
    # The site has no emergency pattern: help is what the admin's own context knows under that number.
    asterisk = desks.bed.asterisk
    with (asterisk.phones_directory / "custom.conf").open("a", encoding="utf-8") as custom:
        custom.write("\n[sepbridge-custom](+)\nexten => 911,1,Answer()\n same => n,Wait(30)\n")
    await asterisk.cli("dialplan reload")
    for dialled in ("911", "9911"):
        strange.call(dialled)
        await strange.wait_for(CallAnswered)
        strange.hang_up()
        await strange.wait_for(CallEnded)
    # An open window moves nobody; an admin does.
    window.enable()
    with service.store.read() as work:
        device = work.devices.get(strange.device)
    assert device is not None
    assert (device.pool, device.temporary) == ("Rogue", True)
    PhoneChanges(service.store, service.clock, SystemIds(), "tester").move(strange.device, "Default")
    boots = strange.boots
    await service.restarts.changed([strange.device], every=0)

    async def is_ordinary() -> bool:
        started = strange.boots > boots and strange.number == "8900"
        return started and await context_of(desks, "8900") == "sepbridge-phones" and await has_line(desks, "8900")

    await polled(is_ordinary)


@pytest.mark.req("AR-10")
@pytest.mark.parametrize("model", ["7961", "8841"])
def test_ten_minutes_of_a_strange_phone(model: str) -> None:
    """By the phone's own clock, with a real phone's intervals: refused it boots for ever, in the pool it is quiet."""

    async def life() -> None:
        async with running_testbed(TestbedWishes(open_for=None, protocol=SignallingProtocol.SCCP)) as bed:
            watch, window = Watch(bed), bed.window_desk()
            strange: AnyPhone
            mac, server = MacAddress("00AABBCC0001"), FileServer(bed.tftp, bed.http)
            if model == "7961":
                strange = SccpPhone(model, mac, server, timing=PhoneTiming(), tone=TONES[0])
            else:
                strange = SimulatedPhone(model, mac, server, timing=PhoneTiming(), tone=TONES[0])
            try:
                strange.power_on()
                await asyncio.sleep(3 * MINUTE)
                # A phone that has no configuration tries again after 45 s.
                assert strange.boots >= 3
                assert not any(isinstance(each, Registered) for each in strange.events)
                assert {each.reason for each in watch.of(PhoneRefused, strange.device)} == {"autoreg_off"}

                window.set_unknown(UnknownMode.ROGUE, numbers=NumberRange("8900", "8909"))
                await bed.service.refresh()
                await strange.wait_for(Registered, within=3 * MINUTE)
                boots, began = strange.boots, asyncio.get_running_loop().time()
                await asyncio.sleep(10 * MINUTE)
                assert asyncio.get_running_loop().time() - began >= 10 * MINUTE
                assert strange.boots - boots <= 1
                assert strange.state is PhoneState.REGISTERED
                assert strange.number == "8900"
                admitted = watch.of(PhoneAdmitted, strange.device)
                assert [each.number for each in admitted] == ["8900"]
            finally:
                await strange.power_off()

    live_quickly(life, factor=CLOCK)


async def has_line(desks: Desks, number: str) -> bool:
    return number in {contact.endpoint for contact in await desks.bed.service.pbx.contacts()}


@pytest.mark.req("AR-04")
@pytest.mark.req("AR-34")
async def test_the_command_asks_the_running_service_what_asterisk_uses() -> None:
    async with started("lab", "up", "--range", "200-299", "--open", "5m") as (_, line):
        config = ("--config", json.loads(line)["config"])
        opened = json.loads(await run(*config, "autoregistration", "enable", "--json"))
        assert (opened["is_open"], opened["calls"]) == (True, 0)
        # 600 to 605 are extensions of the lab's Asterisk, 610 and more are nobody's.
        await run(*config, "autoregistration", "range", "600-699")
        await run(*config, "autoregistration", "disable")
        process = await asyncio.create_subprocess_exec(
            *PROGRAM, *config, "autoregistration", "enable", stderr=asyncio.subprocess.PIPE, stdout=-3
        )
        _, errors = await process.communicate()
        assert process.returncode == 4
        assert "meets extension of Asterisk 600" in errors.decode()
        await run(*config, "autoregistration", "range", "610-699")
        assert json.loads(await run(*config, "autoregistration", "enable", "--json"))["is_open"]
        await run(*config, "phones", "add", "001122AABBCC")
        moved = await run(*config, "autoregistration", "assign", "610", "--pool", "Default")
        assert "told to start again" in moved
        trail = [json.loads(each) for each in (await run(*config, "audit", "--json")).splitlines()]
        assert "added SEP001122AABBCC" in {each["action"] for each in trail}


@pytest.mark.req("AR-04")
async def test_a_range_that_meets_asterisk_s_plan_is_opened_by_force_alone(desks: Desks, shelf: Shelf) -> None:
    service, asterisk, window = desks.bed.service, desks.bed.asterisk, desks.bed.window_desk()
    with (asterisk.phones_directory / "custom.conf").open("a", encoding="utf-8") as custom:
        custom.write(
            "\n[sepbridge-custom](+)\nexten => 1005,1,Dial(DAHDI/1)\nexten => *1007,1,Hangup()\n"
            "exten => 1008,1,Dial(PJSIP/1&PJSIP/2)\nexten => 1009,1,Queue(sales)\nexten => _103X,1,Hangup()\n"
        )
    await asterisk.cli("dialplan reload")
    plan = await service.pbx_plan()
    met = {
        "1000-1009": ["extension of Asterisk 1005", "queue of Asterisk 1009", "ring group of Asterisk 1008"],
        "1030-1039": ["route pattern of Asterisk _103X"],
    }
    for numbers, expected in met.items():
        window.set_range(NumberRange.parse(numbers))
        with pytest.raises(Conflict, match=f"the range {numbers} meets"):
            window.enable(plan=plan)
        found = [each.what.partition(" meets ")[2] for each in window.obstacles(plan)]
        assert found == expected
    assert plan.extensions["*1007"] == "feature code"
    window.set_range(NumberRange("1004", "1007"))
    window.enable(plan=plan, force=True)
    with service.store.read() as work:
        entry = work.journal.audit_trail()[-1]
    assert entry.action == "enabled autoregistration"
    assert "(forced), in spite of: the range 1004-1007 meets extension of Asterisk 1005" in entry.detail
    numbers = [(await desks.registered(model)).number for model in ("7961", "7942", "7975")]
    assert numbers == ["1004", "1006", "1007"]
    # Nobody else's number is left: 1005 stays whose it is.
    late = desks.place("7961")
    late.power_on()
    (refused, *_) = await desks.watch.seen(PhoneRefused, late.device)
    assert refused.reason == "range_exhausted"


@pytest.mark.req("AR-04")
async def test_a_window_that_was_opened_without_the_service_is_closed_by_what_asterisk_says_then(desks: Desks) -> None:
    service, asterisk, window = desks.bed.service, desks.bed.asterisk, desks.bed.window_desk()
    window.enable()  # as the command line does when it cannot ask
    await service.refresh()
    assert (window.status().is_open, window.waits_for_pbx()) == (True, False)
    with (asterisk.phones_directory / "custom.conf").open("a", encoding="utf-8") as custom:
        custom.write("\n[sepbridge-custom](+)\nexten => 1055,1,Queue(sales)\n")
    await asterisk.cli("dialplan reload")
    window.enable()
    await service.refresh()
    assert not window.status().is_open
    with service.store.read() as work:
        entry = work.journal.audit_trail()[-1]
    assert (entry.actor, entry.action) == ("autoregistration", "disabled autoregistration")
    assert entry.detail.endswith("meets queue of Asterisk 1055")


@pytest.mark.req("AR-36")
async def test_ten_phones_are_moved_by_a_file(desks: Desks, shelf: Shelf) -> None:
    service = desks.bed.service
    with service.store.write() as work:
        default = work.site.pool("Default")
        work.objects.partitions.save(Partition("Inside"))
        work.objects.calling_search_spaces.save(CallingSearchSpace("Staff", ("Inside",)))
        work.objects.pools.save(replace(default, name="Staff", css="Staff"))
        work.commit()
    window = desks.bed.window_desk()
    window.set_protocol("SIP")
    sip = [shelf.take(desks.bed, model) for model in ("8841", "7961", "8861", "7841", "7975")]
    await come_up(*sip)
    window.set_protocol("SCCP")
    sccp = [await desks.registered(model) for model in ("7961", "7942", "7975", "7941", "7970", "7965")]
    phones: list[AnyPhone] = [*sip, *sccp]
    stays = phones.pop()
    numbers = [each.number for each in phones]
    contexts = [await context_of(desks, each) for each in numbers]
    before = [restarts(each) for each in phones]
    config = ("--config", str(desks.bed.config))

    async def temporary() -> set[str]:
        listed = json.loads(await run(*config, "autoregistration", "temporary", "--json"))
        return {each["phone"] for each in listed["phones"]}

    assert await temporary() == {str(each.device) for each in [*phones, stays]}
    # By name and by number; row 4 of the file has a pool that does not exist, row 7 a cell too many.
    rows = [f"{each.device if index % 2 else each.number},Staff" for index, each in enumerate(phones)]
    rows.insert(2, f"{stays.device},Nowhere")
    rows.insert(5, f"{stays.device},Staff,more")
    file = desks.bed.directory / "move.csv"
    file.write_text("\n".join(["phone,pool", *rows, ""]), encoding="utf-8")
    told = await run(*config, "autoregistration", "assign", "--csv", str(file), "--every", "1", code=1)
    assert "line 4" in told
    assert "line 7" in told
    for phone in phones:
        await phone.wait_for(RestartAsked, within=30)
        await phone.wait_for(Registered, within=30)
    await service.refresh()
    await asyncio.sleep(2)
    assert [restarts(each) - old for each, old in zip(phones, before, strict=True)] == [1] * 10
    assert [each.number for each in phones] == numbers
    for number, old in zip(numbers, contexts, strict=True):
        assert await context_of(desks, number) != old
    assert await temporary() == {str(stays.device)}
