"""The main job on a real Asterisk: unknown phones boot, get numbers, register and call."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.app.phones.phones import PhoneDesk
from bridge.app.system import SystemIds
from bridge.core import NumberRange, SignallingProtocol
from bridge.core.events import (
    EndpointConfirmed,
    FileDelivered,
    FileNotFound,
    FileRefused,
    FileRewritten,
    ModelLearnt,
    PbxConnected,
    PbxLost,
    PhoneAdmitted,
    PhoneDeferred,
    PhoneRefused,
    PhoneRegistered,
    PhoneUnregistered,
)
from bridge.lab.phoneevents import AudioHeard, CallAnswered, ConfigAccepted, FileMissing, Registered, RestartAsked
from bridge.lab.testbed import Testbed, TestbedWishes, prepared_testbed, running_testbed
from tests.e2e.conftest import Shelf, Watch, come_up


def phone_desk(bed: Testbed) -> PhoneDesk:
    return PhoneDesk(bed.service.store, bed.service.clock, SystemIds(), "tester")


@pytest.mark.req("AR-01")
async def test_two_unknown_phones_register_and_hear_each_other(shelf: Shelf) -> None:
    async with running_testbed() as bed:
        watch = Watch(bed)
        one, two = shelf.take(bed, "8841"), shelf.take(bed, "7961")
        await come_up(one, two)
        numbers = {event.device: event.number for event in watch.of(PhoneAdmitted)}
        assert set(numbers) == {one.device, two.device}
        assert all(number in NumberRange("1000", "1999") for number in numbers.values())
        assert {event.model for event in watch.of(ModelLearnt)} == {"8841", "7961G"}

        one.call(numbers[two.device])
        assert (await one.wait_for(AudioHeard)).frequency == two.tone
        assert (await two.wait_for(AudioHeard)).frequency == one.tone
        one.hang_up()

        # The restart did not repeat itself.
        assert len(watch.of(FileRewritten)) == 2
        sheet = phone_desk(bed).show(numbers[one.device])
        assert sheet.device is not None
        assert (sheet.device.model, sheet.device.temporary) == ("8841", True)


@pytest.mark.req("AR-03")
@pytest.mark.req("AR-15")
async def test_a_refused_phone_gets_in_by_its_own_retry(shelf: Shelf) -> None:
    async with running_testbed(TestbedWishes(open_for=None)) as bed:
        watch = Watch(bed)
        phone = shelf.take(bed, "7961")
        phone.power_on()
        (refusal, *_) = await watch.seen(PhoneRefused, phone.device)
        assert refusal.reason == "autoreg_off"
        assert (await phone.wait_for(FileMissing)).timed_out is False
        assert phone_desk(bed).list().phones == []

        desk = bed.window_desk()
        desk.set_range(NumberRange("1000", "1001"))
        desk.enable(duration=timedelta(minutes=1))
        await watch.seen(PhoneRegistered, phone.device)
        assert [each.device for each in phone_desk(bed).list().refused] == []

        second, third = shelf.take(bed, "7961"), shelf.take(bed, "7961")
        await come_up(second)
        third.power_on()
        (refusal, *_) = await watch.seen(PhoneRefused, third.device)
        assert refusal.reason == "range_exhausted"
        assert phone.number  # those that are registered are not touched
        phone_desk(bed).remove(second.device)
        await bed.service.refresh()
        await third.wait_for(Registered)


@pytest.mark.req("AR-15")
@pytest.mark.req("AR-22")
async def test_a_phone_that_knows_only_the_defaults_is_met_at_the_doorway(shelf: Shelf) -> None:
    """Parameter SCCP, and a SIP-only phone that falls back to TFTP: nothing proves that it speaks SIP until it does."""
    async with running_testbed(TestbedWishes(protocol=SignallingProtocol.SCCP)) as bed:
        watch = Watch(bed)
        phone = shelf.take(bed, "8841", http=False)
        phone.power_on()
        await watch.seen(PhoneDeferred, phone.device)
        accepted = await phone.wait_for(ConfigAccepted)
        assert accepted.autoregistering
        (admitted,) = await watch.seen(PhoneAdmitted, phone.device)
        assert admitted.protocol is SignallingProtocol.SIP
        assert (await phone.wait_for(RestartAsked)).obeyed
        registered = await watch.seen(PhoneRegistered, phone.device)
        assert registered[0].endpoint == admitted.number
        # Its model was known from the start, so its first file was the right one.
        assert watch.of(FileRewritten, phone.device) == []


@pytest.mark.req("AR-24")
async def test_a_dual_phone_with_sip_firmware_is_refused_while_the_site_wants_sccp(shelf: Shelf) -> None:
    async with running_testbed(TestbedWishes(protocol=SignallingProtocol.SCCP)) as bed:
        watch = Watch(bed)
        phone = shelf.take(bed, "7961")
        phone.power_on()
        (refusal, *_) = await watch.seen(PhoneRefused, phone.device)
        assert refusal.reason == "wrong_protocol"
        assert watch.of(PhoneAdmitted) == []
        bed.window_desk().set_protocol("SIP")
        await watch.seen(PhoneRegistered, phone.device)


@pytest.mark.req("AR-25")
async def test_a_sip_only_phone_that_asks_over_http_needs_no_parameter(shelf: Shelf) -> None:
    async with running_testbed(TestbedWishes(protocol=SignallingProtocol.SCCP)) as bed:
        watch = Watch(bed)
        phone = shelf.take(bed, "8841")
        phone.power_on()
        await watch.seen(PhoneRegistered, phone.device)
        assert watch.of(PhoneDeferred) == []


@pytest.mark.req("AR-14")
async def test_the_number_stays_when_the_phone_comes_from_another_address(shelf: Shelf) -> None:
    async with running_testbed() as bed:
        watch = Watch(bed)
        phone = shelf.take(bed, "7961", local_address="127.0.0.7")
        await come_up(phone)
        number = phone.number
        await phone.power_off()
        again = shelf.take(bed, "7961", mac=phone.mac.value, local_address="127.0.0.8")
        again.power_on()
        await again.wait_for(Registered)
        assert again.number == number
        assert len(watch.of(PhoneAdmitted)) == 1


async def test_phones_get_their_files_while_asterisk_is_down_and_register_when_it_is_back(shelf: Shelf) -> None:
    async with running_testbed() as bed:
        watch = Watch(bed)
        await watch.seen(PbxConnected)
        await bed.asterisk.kill()
        await watch.seen(PbxLost)
        phone = shelf.take(bed, "7961")
        phone.power_on()
        delivered = await watch.seen(FileDelivered, phone.device)
        assert delivered[0].seconds < 1
        (admitted,) = watch.of(PhoneAdmitted)
        status = await bed.service.status()
        assert not status.pbx.connected
        assert status.pbx.pending == (admitted.number,)
        assert status.pbx.trouble
        await bed.asterisk.start()
        await watch.seen(EndpointConfirmed, phone.device)
        await watch.seen(PhoneRegistered, phone.device)
        assert (await bed.service.status()).pbx.pending == ()


@pytest.mark.req("AR-06")
@pytest.mark.req("AR-12")
async def test_window_pointer_and_phones_survive_a_restart_of_the_bridge(shelf: Shelf) -> None:
    async with prepared_testbed(TestbedWishes(open_for=timedelta(minutes=5))) as bed:
        async with bed.node():
            phone = shelf.take(bed, "7961")
            await come_up(phone)
            before = bed.window_desk().status()
            number = phone.number
        async with bed.node():
            watch = Watch(bed)
            after = bed.window_desk().status()
            assert replace(after, seconds_left=before.seconds_left) == before
            assert phone.number == number  # it never noticed
            second = shelf.take(bed, "7961")
            second.power_on()
            (admitted,) = await watch.seen(PhoneAdmitted, second.device)
            assert int(admitted.number) == int(number) + 1


async def test_two_phones_with_one_mac_are_told_apart(shelf: Shelf) -> None:
    async with prepared_testbed(TestbedWishes()) as bed:
        files = replace(bed.settings.files, secrets_to=type(bed.settings.files.secrets_to).UNCLAIMED)
        bed.settings = replace(bed.settings, files=files)
        async with bed.node():
            watch = Watch(bed)
            right = shelf.take(bed, "7961", local_address="127.0.0.7")
            await come_up(right)
            await watch.seen(PhoneRegistered, right.device, count=2)
            wrong = shelf.take(bed, "7961", mac=right.mac.value, local_address="127.0.0.8")
            wrong.power_on()
            (refused, *_) = await watch.seen(FileRefused, right.device)
            assert "registered from 127.0.0.7" in refused.why
            assert right.number


async def test_a_network_that_is_not_allowed_gets_nothing(shelf: Shelf) -> None:
    async with prepared_testbed(TestbedWishes()) as bed:
        from ipaddress import ip_network

        server = replace(bed.settings.server, allowed_networks=(ip_network("192.0.2.0/24"),))
        bed.settings = replace(bed.settings, server=server)
        async with bed.node():
            watch = Watch(bed)
            phone = shelf.take(bed, "7961")
            phone.power_on()
            (refused, *_) = await watch.seen(FileRefused)
            assert "allowed_networks" in refused.why
            assert watch.of(PhoneAdmitted) == []
            assert watch.of(FileNotFound) == []


async def test_a_phone_switched_off_is_seen_to_go(shelf: Shelf) -> None:
    async with running_testbed() as bed:
        watch = Watch(bed)
        phone = shelf.take(bed, "7961")
        await come_up(phone)
        await phone.power_off()  # says nothing; but its TCP connection is gone
        await watch.seen(PhoneUnregistered, phone.device)


async def test_many_phones_at_once_cause_a_handful_of_reloads(shelf: Shelf) -> None:
    async with running_testbed() as bed:
        watch = Watch(bed)
        phones = [shelf.take(bed, "7961") for _ in range(100)]
        for phone in phones:
            phone.power_on()
        await asyncio.gather(*(phone.wait_for(Registered, within=30) for phone in phones))
        admitted = watch.of(PhoneAdmitted)
        assert len({event.number for event in admitted}) == 100
        assert (await bed.service.status()).pbx.reloads <= 20


@pytest.mark.req("AR-12")
async def test_a_number_that_asterisk_uses_itself_is_not_given_out(shelf: Shelf) -> None:
    async with running_testbed() as bed:
        watch = Watch(bed)
        await watch.seen(PbxConnected)
        with (bed.asterisk.etc / "pjsip.conf").open("a", encoding="utf-8") as conf:
            conf.write("[1000]\ntype = endpoint\ncontext = default\ndisallow = all\nallow = ulaw\n")
        await bed.asterisk.cli("module reload res_pjsip.so")
        await bed.service.refresh()  # what `sepbridge autoregistration enable` asks for
        phone = shelf.take(bed, "7961")
        phone.power_on()
        (admitted,) = await watch.seen(PhoneAdmitted, phone.device)
        assert admitted.number == "1001"


async def test_call_to_the_numbers_of_the_lab(shelf: Shelf) -> None:
    async with running_testbed() as bed:
        phone = shelf.take(bed, "7961")
        await come_up(phone)
        phone.call("600")
        await phone.wait_for(CallAnswered)
        assert (await phone.wait_for(AudioHeard)).frequency == phone.tone
        phone.hang_up()
