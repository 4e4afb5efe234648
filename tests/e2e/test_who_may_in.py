"""Who may in, and what it gets: approval, lists, a server that is switched off, device defaults. Whole node, phones."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bridge.autoregistration import ListEntry
from bridge.core import Device, DeviceDefaults, DeviceName, PhoneButtonTemplate, Server, SignallingProtocol
from bridge.core.events import PhoneAdmitted, PhoneRefused
from bridge.lab.phoneevents import CallAnswered, CallEnded, Registered, RegistrationRejected
from bridge.phones.catalogue import catalogue
from tests.e2e.conftest import PATIENCE, Shelf, come_up
from tests.e2e.desks import Desks, office
from tests.e2e.programs import run

SCCP, SIP = SignallingProtocol.SCCP, SignallingProtocol.SIP


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


def record(desks: Desks, name: DeviceName) -> Device | None:
    with desks.bed.service.store.read() as work:
        return work.devices.get(name)


@pytest.mark.req("AR-05")
async def test_a_phone_waits_for_approval_and_registers_on_its_own_retry(desks: Desks, shelf: Shelf) -> None:
    window = desks.bed.window_desk()
    window.set_approval(needed=True)
    sccp, sip, denied = desks.place("7961"), shelf.take(desks.bed, "8841"), desks.place("7942")
    for phone in (sccp, sip, denied):
        phone.power_on()
    assert (await sccp.wait_for(RegistrationRejected, within=PATIENCE)).why == "Awaiting approval"
    for phone in (sccp, sip, denied):
        (refused, *_) = await desks.watch.seen(PhoneRefused, phone.device)
        assert refused.reason == "awaiting_approval"
        assert record(desks, phone.device) is None
    config = ("--config", str(desks.bed.config))
    queue = json.loads(await run(*config, "autoregistration", "approval", "--json"))
    assert {each["device"] for each in queue["waiting"]} == {str(each.device) for each in (sccp, sip, denied)}
    await run(*config, "autoregistration", "approve", str(sccp.device), str(sip.device))
    await run(*config, "autoregistration", "deny", str(denied.device))
    for phone in (sccp, sip):
        await phone.wait_for(Registered, within=PATIENCE)
        (admitted,) = desks.watch.of(PhoneAdmitted, phone.device)
        assert phone.number == admitted.number
    before = len(desks.watch.of(PhoneRefused, denied.device))
    refused = (await desks.watch.seen(PhoneRefused, denied.device, count=before + 1))[-1]
    assert refused.reason == "not_in_allow_list"
    assert json.loads(await run(*config, "autoregistration", "approval", "--json"))["waiting"] == []


@pytest.mark.req("AR-05")
async def test_lists_and_networks_keep_a_phone_out_until_they_change(desks: Desks) -> None:
    window = desks.bed.window_desk()
    window.set_networks(["10.0.0.0/24"])
    phone = desks.place("7961")
    phone.power_on()
    (refused, *_) = await desks.watch.seen(PhoneRefused, phone.device)
    assert refused.reason == "not_in_allow_list"
    assert (await phone.wait_for(RegistrationRejected, within=PATIENCE)).why == "Not in allow list"
    window.set_networks([])
    window.set_lists(denied=[ListEntry.parse(f"model:{catalogue().require('7961').number}")])
    before = len(desks.watch.of(PhoneRefused, phone.device))
    refused = (await desks.watch.seen(PhoneRefused, phone.device, count=before + 2))[-1]
    assert "deny list" in refused.text
    window.set_lists(denied=[])
    await phone.wait_for(Registered, within=PATIENCE)


@pytest.mark.req("AR-18")
async def test_a_first_server_that_is_switched_off_keeps_phones_out_until_its_flag_is_cleared(desks: Desks) -> None:
    with desks.bed.service.store.write() as work:
        pool = work.site.pool("Default")
        (first,) = pool.group.servers
        servers = (replace(first, autoregistration_disabled=True), Server("second", "127.0.0.9"))
        work.site.save_pool(replace(pool, group=replace(pool.group, servers=servers)))
        work.commit()
    config = ("--config", str(desks.bed.config))
    found = json.loads(await run(*config, "site", "check", "--json", code=1))["findings"]
    assert "first_member_disabled" in {each["code"] for each in found}
    phone = desks.place("7961")
    phone.power_on()
    (refused, *_) = await desks.watch.seen(PhoneRefused, phone.device)
    assert refused.reason == "autoreg_off"
    assert record(desks, phone.device) is None
    # The second server's must go with it: two may not admit at a time (AR-30).
    await run(*config, "autoregistration", "move", first.name, "--yes")
    assert "first_member_disabled" not in await run(*config, "site", "check", "--json")
    await phone.wait_for(Registered, within=PATIENCE)


@pytest.mark.req("AR-20")
async def test_each_model_gets_what_its_device_defaults_say_and_one_without_them_lands_in_default(
    desks: Desks, shelf: Shelf
) -> None:
    old, new = (catalogue().require(model).number for model in ("7941", "8841"))
    assert old is not None
    assert new is not None
    with desks.bed.service.store.write() as work:
        default = work.site.pool("Default")
        for name in ("Workshop", "Office"):
            work.objects.pools.save(replace(default, name=name))
            work.objects.button_templates.save(PhoneButtonTemplate(f"{name} keys"))
        work.site.save_device_defaults(DeviceDefaults(old, SCCP, pool="Workshop", button_template="Workshop keys"))
        work.site.save_device_defaults(DeviceDefaults(new, SIP, pool="Office", button_template="Office keys"))
        work.commit()
    await desks.bed.service.refresh()
    one, two = await desks.registered("7941"), shelf.take(desks.bed, "8841")
    await come_up(two)
    for phone, pool in ((one, "Workshop"), (two, "Office")):
        device = record(desks, phone.device)
        assert device is not None
        assert (device.pool, device.settings.button_template) == (pool, f"{pool} keys")
    config = ("--config", str(desks.bed.config))
    await run(*config, "site", "defaults", "remove", "8841", "SIP", "--yes")
    found = json.loads(await run(*config, "site", "check", "--json"))["findings"]
    assert [each["what"] for each in found if each["code"] == "missing_device_default" and "8841" in each["what"]]
    three = shelf.take(desks.bed, "8841")
    await come_up(three)
    device = record(desks, three.device)
    assert device is not None
    assert (device.pool, device.settings.button_template, device.model) == ("Default", "", "8841")


@pytest.mark.req("AR-34")
async def test_who_opens_the_window_is_told_who_is_on_calls(desks: Desks) -> None:
    one, two, three = [await desks.registered(model) for model in ("7961", "7942", "7975")]
    one.call(two.number)
    await one.wait_for(CallAnswered)
    config = ("--config", str(desks.bed.config))
    told = await run(*config, "autoregistration", "enable")
    first, *rest = told.splitlines()
    assert first == f"On calls now: {one.number}, {two.number}."
    assert "2 in progress" in "".join(rest)
    shown = json.loads(await run(*config, "autoregistration", "enable", "--json"))
    assert (shown["calls"], shown["talking"]) == (2, [one.number, two.number])
    assert three.number not in shown["talking"]
    one.hang_up()
    await two.wait_for(CallEnded)
    await desks.nothing_is_left()
    assert "On calls" not in await run(*config, "autoregistration", "enable")
