"""Phones whose firmware is not what the site wants, or changed since they were here: whole node, real Asterisk."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridge.app.phones.phones import PhoneDesk
from bridge.app.system import SystemIds
from bridge.core import Device, DeviceDefaults, SignallingProtocol
from bridge.core.events import PhoneAdmitted, PhoneRefused, PhoneRegistered
from bridge.lab.anyphone import AnyPhone
from bridge.lab.phoneevents import Registered, RegistrationRejected
from bridge.lab.tftpclient import TftpClient
from tests.e2e.conftest import PATIENCE, Shelf, come_up
from tests.e2e.desks import Desks, office, polled
from tests.e2e.test_requirements_by_the_letter import hear_each_other, record

SCCP, SIP = SignallingProtocol.SCCP, SignallingProtocol.SIP
LOADS = {SCCP: "SCCP41.9-4-2SR3-1S", SIP: "SIP41.9-4-2SR3-1S"}


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


def known(desks: Desks, phone: AnyPhone) -> Device:
    device = record(desks, phone.device)
    assert device is not None
    return device


@pytest.mark.req("AR-14")
async def test_a_phone_that_comes_back_with_sccp_firmware_is_served_by_the_proxy(desks: Desks, shelf: Shelf) -> None:
    window = desks.bed.window_desk()
    window.set_protocol("SIP")
    before = shelf.take(desks.bed, "7961")
    await come_up(before)
    number, mac = before.number, before.mac.value
    await desks.watch.seen(PhoneRegistered, before.device, count=2)
    await before.power_off()
    # Nobody told Asterisk that it is gone: its registration over SIP stands for as long as it was asked for.
    assert known(desks, before).registered
    window.set_protocol("SCCP")
    await desks.bed.service.refresh()
    after = desks.place("7961", mac=mac)
    # Its own file, for SCCP, is made when it shows what it speaks: it starts again once, and reads it.
    await come_up(after)
    await desks.line_up(after)
    device = known(desks, after)
    assert (after.number, device.desired_protocol, device.observed_protocol) == (number, SCCP, SCCP)

    async def through_the_proxy() -> bool:
        contacts = [each for each in await desks.bed.service.pbx.contacts() if each.endpoint == number]
        return [each.user_agent.startswith("sepbridge") for each in contacts] == [True]

    await polled(through_the_proxy)
    assert (await desks.bed.service.status()).sccp_phones == 1
    assert len(desks.watch.of(PhoneAdmitted)) == 1
    other = await desks.registered("7942")
    await hear_each_other(after, other)
    await hear_each_other(other, after)


@pytest.mark.req("AR-22")
async def test_a_phone_on_the_other_firmware_is_shown_until_it_has_upgraded(desks: Desks, shelf: Shelf) -> None:
    service, window = desks.bed.service, desks.bed.window_desk()
    with service.store.write() as work:
        for protocol, load in LOADS.items():
            work.site.save_device_defaults(DeviceDefaults(30018, protocol, load))
        work.commit()
    for protocol in (SCCP, SIP):
        window.set_protocol(protocol)
        await service.refresh()
        defaults = await TftpClient(desks.bed.tftp).read("XMLDefault.cnf.xml")
        assert f">{LOADS[protocol]}</loadInformation30018>".encode() in (defaults.content or b"")
    # An admin wants SIP of a phone that is registered over SCCP; until it boots it comes back as it is.
    window.set_protocol("SCCP")
    old = await desks.registered("7961")
    desk = PhoneDesk(service.store, service.clock, SystemIds(), "tester")
    desk.remove(old.device)
    number = desk.add(old.device, model="7961", protocol=SIP).number
    old.cut()  # else the service has it start anew, once it knows
    await service.refresh()
    (refused, *_) = await desks.watch.seen(PhoneRefused, old.device)
    assert refused.reason == "wrong_protocol"
    assert (await old.wait_for(RegistrationRejected, within=PATIENCE)).why

    async def on_the_other() -> bool:
        device = known(desks, old)
        return (device.desired_protocol, device.observed_protocol, device.registered) == (SIP, SCCP, False)

    await polled(on_the_other)
    await old.power_off()
    # With the load that its file names it speaks SIP.
    new = shelf.take(desks.bed, "7961", mac=old.mac.value)
    new.power_on()
    await new.wait_for(Registered, within=PATIENCE)

    async def upgraded() -> bool:
        device = known(desks, new)
        return (device.desired_protocol, device.observed_protocol, device.registered) == (SIP, SIP, True)

    await polled(upgraded)
    assert (new.number, known(desks, new).number) == (number, number)


@pytest.mark.req("AR-25")
async def test_phones_of_one_protocol_do_not_follow_the_parameter(desks: Desks, shelf: Shelf) -> None:
    """The 8841 comes while the parameter is SCCP, the 7937 while it is SIP; they call each other."""
    window = desks.bed.window_desk()
    assert window.settings().protocol is SCCP
    new = shelf.take(desks.bed, "8841")
    await come_up(new)
    window.set_protocol("SIP")
    await desks.bed.service.refresh()
    old = await desks.registered("7937")
    for phone, protocol in ((new, SIP), (old, SCCP)):
        device = known(desks, phone)
        assert (device.desired_protocol, device.observed_protocol) == (protocol, protocol)
    contacts = {each.endpoint: each.user_agent for each in await desks.bed.service.pbx.contacts()}
    assert contacts[new.number].startswith("Cisco")
    assert contacts[old.number].startswith("sepbridge")
    await hear_each_other(old, new)
