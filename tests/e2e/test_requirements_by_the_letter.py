"""Requirements of autoregistration whose test column tells a story with several phones: whole node, real Asterisk."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bridge.app.phones.phones import PhoneDesk
from bridge.app.system import SystemIds
from bridge.core import (
    CallingSearchSpace,
    Device,
    DeviceDefaults,
    DeviceName,
    NumberRange,
    Partition,
    RoutePattern,
    SignallingProtocol,
)
from bridge.core.events import FileDelivered, FileRequested, PhoneAdmitted, PhoneRefused, PhoneRegistered
from bridge.lab.anyphone import AnyPhone
from bridge.lab.phoneevents import AudioHeard, CallAnswered, CallEnded, Registered, RegistrationRejected
from bridge.lab.testbed import TestbedWishes
from bridge.lab.tftpclient import TftpClient
from tests.e2e.conftest import PATIENCE, Shelf, come_up
from tests.e2e.desks import Desks, office, polled

SCCP, SIP = SignallingProtocol.SCCP, SignallingProtocol.SIP


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


def record(desks: Desks, name: DeviceName) -> Device | None:
    with desks.bed.service.store.read() as work:
        return work.devices.get(name)


async def register_at_the_doorway(desks: Desks, name: str, *, model: int) -> tuple[str, dict[str, str]]:
    """What a phone that knows only the defaults sends, word by word, and the final answer: its first line, headers."""
    server = desks.bed.service.doorkeeper.addresses[0]
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.setblocking(False)
        wire.bind((server[0], 0))
        here = f"{server[0]}:{wire.getsockname()[1]}"
        own = f'+u.sip!devicename.ccm.cisco.com="{name}";+u.sip!model.ccm.cisco.com="{model}"'
        lines = (
            f"REGISTER sip:{server[0]} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bK5e1f",
            "Max-Forwards: 70",
            f"From: <sip:AUTO-REG@{server[0]}>;tag=0011",
            f"To: <sip:AUTO-REG@{server[0]}>",
            f"Call-ID: {name}@{here}",
            "CSeq: 101 REGISTER",
            f"Contact: <sip:AUTO-REG@{here};transport=udp>;{own}",
            "Expires: 3600",
            "Content-Length: 0",
        )
        await loop.sock_sendto(wire, "\r\n".join([*lines, "", ""]).encode(), server)
        async with asyncio.timeout(PATIENCE):
            while True:
                first, *rest = (await loop.sock_recv(wire, 65_535)).decode().partition("\r\n\r\n")[0].split("\r\n")
                if not first.startswith("SIP/2.0 1"):
                    break
    return first, {key.lower(): value.strip() for key, _, value in (each.partition(":") for each in rest)}


async def hear_each_other(one: AnyPhone, two: AnyPhone) -> None:
    """One calls two; both hear the other's tone."""
    one.call(two.number)
    await one.wait_for(CallAnswered)
    while (await one.wait_for(AudioHeard)).frequency != two.tone:
        pass
    while (await two.wait_for(AudioHeard)).frequency != one.tone:
        pass
    one.hang_up()
    await one.wait_for(CallEnded)
    await two.wait_for(CallEnded)


@pytest.mark.req("AR-01")
@pytest.mark.req("AR-25")
async def test_an_unknown_sccp_phone_and_an_unknown_sip_phone_call_each_other(desks: Desks, shelf: Shelf) -> None:
    """The parameter is SIP; the 7937 speaks SCCP alone, the 8841 SIP."""
    desks.bed.window_desk().set_protocol("SIP")
    old, new = desks.place("7937"), shelf.take(desks.bed, "8841")
    await come_up(old, new)
    await desks.line_up(old)
    for phone, protocol in ((old, SCCP), (new, SIP)):
        device = record(desks, phone.device)
        assert device is not None
        assert (device.number, device.desired_protocol, device.temporary) == (phone.number, protocol, True)
        assert phone.number in NumberRange("1000", "1999")
        first, *_ = desks.watch.of(FileRequested, phone.device)
        second = (await desks.watch.seen(PhoneRegistered, phone.device, count=2))[1]
        assert second.at - first.at < timedelta(seconds=30)
        served = {each.name.lstrip("/") for each in desks.watch.of(FileDelivered, phone.device)}
        assert f"{phone.device}.cnf.xml" in served
        assert phone.number in await desks.bed.asterisk.cli(f"pjsip show endpoint {phone.number}")
    await hear_each_other(old, new)
    await hear_each_other(new, old)


@pytest.mark.req("AR-03")
async def test_a_clean_system_has_disabled_in_the_defaults_and_takes_nobody(shelf: Shelf) -> None:
    async with office(TestbedWishes(open_for=None)) as desks:
        reply = await TftpClient(desks.bed.tftp).read("XMLDefault.cnf.xml")
        assert reply.content is not None
        assert b"<autoRegistration>disabled</autoRegistration>" in reply.content
        sccp, sip = desks.place("7961"), shelf.take(desks.bed, "7961")
        for phone in (sccp, sip):
            phone.power_on()
        for phone in (sccp, sip):
            refused, *_ = await desks.watch.seen(PhoneRefused, phone.device)
            assert refused.reason == "autoreg_off"
            assert record(desks, phone.device) is None
        assert (await sccp.wait_for(RegistrationRejected, within=PATIENCE)).why.startswith("Autoreg")
        assert "1000" not in await desks.bed.asterisk.cli("pjsip show endpoints")


@pytest.mark.req("AR-14")
async def test_other_firmware_keeps_the_number_and_changes_who_serves_the_phone(desks: Desks, shelf: Shelf) -> None:
    before = await desks.registered("7961")
    number, mac = before.number, before.mac.value
    await before.power_off()
    after = shelf.take(desks.bed, "7961", mac=mac)
    after.power_on()
    await polled(lambda: _speaks(desks, after, SIP))
    assert after.number == number

    async def without_proxy() -> bool:
        contacts = [each for each in await desks.bed.service.pbx.contacts() if each.endpoint == number]
        return [each.user_agent.startswith("Cisco") for each in contacts] == [True]

    await polled(without_proxy)
    assert (await desks.bed.service.status()).sccp_phones == 0
    assert len(desks.watch.of(PhoneAdmitted)) == 1


async def _speaks(desks: Desks, phone: AnyPhone, protocol: SignallingProtocol) -> bool:
    device = record(desks, phone.device)
    assert device is not None
    return (device.desired_protocol, device.observed_protocol, device.registered) == (
        protocol,
        protocol,
        True,
    ) and bool(phone.number)


@pytest.mark.req("AR-15")
async def test_a_full_range_is_said_over_sccp_and_sip_and_disturbs_nobody(desks: Desks, shelf: Shelf) -> None:
    window = desks.bed.window_desk()
    window.set_range(NumberRange("1000", "1001"))
    window.enable()
    one, two = await desks.registered("7961"), await desks.registered("7942")
    one.call(two.number)
    await one.wait_for(CallAnswered)
    third, fourth = desks.place("7961"), shelf.take(desks.bed, "8841", http=False)
    third.power_on()
    fourth.power_on()
    assert (await third.wait_for(RegistrationRejected, within=PATIENCE)).why == "Autoreg range full"
    rejected = await fourth.wait_for(RegistrationRejected, within=PATIENCE)
    assert rejected.status == 403
    status, headers = await register_at_the_doorway(desks, "SEP0011223344FE", model=683)
    assert status == "SIP/2.0 403 Forbidden"
    assert headers["retry-after"] == "35"
    assert re.fullmatch(r'399 \S+ "Autoregistration range exhausted 1000-1001"', headers["warning"])
    for phone in (third, fourth):
        refused, *_ = await desks.watch.seen(PhoneRefused, phone.device)
        assert refused.reason == "range_exhausted"
        assert record(desks, phone.device) is None
    with desks.bed.service.store.read() as work:
        alerts = [each for each in work.journal.audit_trail() if each.action == "alert"]
        assert {each.reason for each in work.journal.refused()} == {"range_exhausted"}
    assert ["1000-1001" in each.detail for each in alerts] == [True]  # once, not for every attempt
    while (await one.wait_for(AudioHeard)).frequency != two.tone:
        pass
    assert one.current_call is not None
    await fourth.power_off()
    one.hang_up()
    await two.wait_for(CallEnded)
    await two.power_off()
    PhoneDesk(desks.bed.service.store, desks.bed.service.clock, SystemIds(), "tester").remove(two.device)
    await third.wait_for(Registered, within=PATIENCE)


@pytest.mark.req("AR-28")
async def test_a_phone_of_the_first_batch_boots_in_the_second_and_stays_as_it_is(desks: Desks, shelf: Shelf) -> None:
    with desks.bed.service.store.write() as work:
        for protocol in (SCCP, SIP):
            work.site.save_device_defaults(DeviceDefaults(30018, protocol, f"{protocol}41.9-4-2SR3-1S"))
        work.commit()
    await desks.bed.service.refresh()
    (desks.bed.settings.files_directory).mkdir(exist_ok=True)
    first = await desks.registered("7961")
    number = first.number
    desks.bed.window_desk().set_protocol("SIP")
    await desks.bed.service.refresh()
    second = shelf.take(desks.bed, "7961")
    await come_up(second)
    await first.power_off()
    first.power_on()
    await first.wait_for(Registered, within=PATIENCE)
    await desks.line_up(first)
    device, other = record(desks, first.device), record(desks, second.device)
    assert device is not None
    assert other is not None
    assert (device.number, device.desired_protocol, device.observed_protocol) == (number, SCCP, SCCP)
    assert (other.desired_protocol, other.observed_protocol) == (SIP, SIP)
    reply = await TftpClient(desks.bed.tftp).read(f"{first.device}.cnf.xml")
    assert b"SCCP41.9-4-2SR3-1S" in (reply.content or b"")
    await hear_each_other(first, second)


@pytest.mark.req("AR-32")
async def test_the_pools_autoregistration_space_decides_who_gets_outside(desks: Desks) -> None:
    service, asterisk = desks.bed.service, desks.bed.asterisk
    with (asterisk.phones_directory / "custom.conf").open("a", encoding="utf-8") as custom:
        custom.write("\n[lab-outside]\nexten => _X.,1,Answer()\n same => n,Wait(30)\n")
    await asterisk.cli("dialplan reload")
    with service.store.write() as work:
        for name in ("Inside", "Outside"):
            work.objects.partitions.save(Partition(name))
        work.objects.calling_search_spaces.save(CallingSearchSpace("Internal", ("Inside",)))
        work.objects.calling_search_spaces.save(CallingSearchSpace("Everything", ("Inside", "Outside")))
        work.objects.patterns.save(RoutePattern(pattern="8XXX", partition="Outside", destination="lab-outside"))
        work.commit()
    desks.bed.window_desk().set_space("Inside", "Internal")
    await service.refresh()
    one, two = await desks.registered("7961"), await desks.registered("7942")
    await hear_each_other(one, two)
    one.call("8123")
    await one.wait_for(CallEnded, within=PATIENCE)
    assert await desks.channels() == 0
    desks.bed.window_desk().set_space("Inside", "Everything")
    await service.refresh()

    async def may() -> bool:
        shown = await asterisk.cli(f"pjsip show endpoint {one.number}")
        return "everything" in shown

    await polled(may)
    one.call("8123")
    await one.wait_for(CallAnswered, within=PATIENCE)
    one.hang_up()
