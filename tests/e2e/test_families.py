"""Phones of families with files of their own, from the first request to the call, on a real Asterisk."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.app.admission.onboarding import Onboarding
from bridge.app.phones.phones import PhoneDesk
from bridge.app.system import SystemIds
from bridge.core import SignallingProtocol
from bridge.core.events import FileRefused, FileRewritten, ModelLearnt, PhoneAdmitted, PhoneRegistered
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phoneevents import AudioHeard, FileAsked, FileGot, FileMissing, Registered, RestartAsked
from bridge.lab.servicecontrol import RestartAction
from bridge.lab.testbed import TestbedWishes, running_testbed
from bridge.ports import RestartKind, Store
from tests.e2e.conftest import Shelf, Watch, come_up


@pytest.mark.req("RG-08")
async def test_a_7960_with_sip_firmware_registers_from_its_text_files_and_calls(shelf: Shelf) -> None:
    async with running_testbed() as bed:
        watch = Watch(bed)
        phone, other = shelf.take(bed, "7960"), shelf.take(bed, "8841")
        phone.power_on()
        await phone.wait_for(Registered)
        await come_up(other)
        assert {event.device for event in watch.of(PhoneAdmitted)} == {phone.device, other.device}
        await watch.seen(ModelLearnt, phone.device)
        assert phone.boots == 1  # what it got at first is what it needs
        assert phone.device not in {event.device for event in watch.of(FileRewritten)}

        phone.call(other.number)
        assert (await phone.wait_for(AudioHeard)).frequency == other.tone
        assert (await other.wait_for(AudioHeard)).frequency == phone.tone
        phone.hang_up()

        await bed.service.restarts.phone(phone.device, RestartKind.RESTART)
        assert (await phone.wait_for(RestartAsked)).action == RestartAction.CHECK_SYNC
        async with asyncio.timeout(20):
            while (await phone.wait_for(FileGot)).name != "syncinfo.xml":
                pass
        await phone.wait_for(Registered)
        assert phone.boots == 2


@pytest.mark.req("RG-30")
@pytest.mark.parametrize("model", ["8841-3PCC", "9861", "SPA504G", "ATA 191-MPP", "PAP2T"])
async def test_a_phone_with_a_flat_profile_registers_calls_and_resyncs(shelf: Shelf, model: str) -> None:
    async with running_testbed() as bed:
        watch = Watch(bed)
        phone, other = shelf.take(bed, model), shelf.take(bed, "8841")
        phone.power_on()
        await phone.wait_for(Registered)
        await come_up(other)
        assert phone.boots == 1
        (learnt, *_) = await watch.seen(ModelLearnt, phone.device)
        assert learnt.model == phone.model.name
        assert not [name for name in asked_by(phone) if name.endswith(".cnf.xml")]

        phone.call(other.number)
        assert (await phone.wait_for(AudioHeard)).frequency == other.tone
        phone.hang_up()
        await bed.service.restarts.phone(phone.device, RestartKind.RESTART)
        await phone.wait_for(RestartAsked)
        await phone.wait_for(Registered)
        assert phone.boots == 2


async def test_a_7841_that_names_itself_over_http_needs_no_second_boot(shelf: Shelf) -> None:
    async with running_testbed() as bed:
        watch = Watch(bed)
        phone = shelf.take(bed, "7841")
        phone.names_itself_over_http = True
        phone.power_on()
        await phone.wait_for(Registered)
        (learnt, *_) = await watch.seen(ModelLearnt, phone.device)
        assert learnt.model == "7841"
        assert "over HTTP" in learnt.evidence
        await watch.seen(PhoneRegistered, phone.device)
        assert phone.boots == 1
        assert watch.of(FileRewritten) == []
        assert len(watch.of(ModelLearnt)) == 1


@pytest.mark.req("RG-08")
@pytest.mark.parametrize("model", ["ATA 187", "3905", "Cisco IP Communicator"])
async def test_a_phone_of_another_family_registers_and_calls(shelf: Shelf, model: str) -> None:
    async with running_testbed() as bed:
        phone, other = shelf.take(bed, model), shelf.take(bed, "8841")
        phone.power_on()
        await phone.wait_for(Registered)
        await come_up(other)
        other.call(phone.number or "1000")
        assert (await other.wait_for(AudioHeard)).frequency == phone.tone


@pytest.mark.req("RG-32")
@pytest.mark.parametrize(("model", "load"), [("7905", "CP7905080003SIP060111A"), ("7912", "CP7912080004SIP080108A")])
async def test_a_phone_with_a_binary_profile_registers_calls_and_reads_it_again(
    shelf: Shelf, model: str, load: str
) -> None:
    async with running_testbed() as bed:
        phone, other = shelf.take(bed, model, load=load), shelf.take(bed, "8841")
        phone.power_on()
        await phone.wait_for(Registered)
        await come_up(other)
        assert phone.boots == 1
        assert not [name for name in asked_by(phone) if name.endswith(".cnf.xml")]
        phone.call(other.number)
        assert (await phone.wait_for(AudioHeard)).frequency == other.tone
        assert (await other.wait_for(AudioHeard)).frequency == phone.tone
        phone.hang_up()
        await bed.service.restarts.phone(phone.device, RestartKind.RESTART)
        await phone.wait_for(RestartAsked)
        await phone.wait_for(Registered)
        assert phone.boots == 2


@pytest.mark.req("RG-32")
async def test_an_adapter_with_sip_firmware_registers_with_its_profile(shelf: Shelf) -> None:
    async with running_testbed() as bed:
        phone, other = shelf.take(bed, "ATA 186", load="ATA030204SIP090202A"), shelf.take(bed, "8841")
        service = bed.service
        desk = PhoneDesk(service.store, service.clock, SystemIds(), "tester")
        await asyncio.to_thread(desk.add, phone.device, number="1066", model="ATA 186", protocol=SignallingProtocol.SIP)
        await service.refresh()
        phone.power_on()
        await phone.wait_for(Registered)
        assert phone.number == "1066"
        await come_up(other)
        other.call("1066")
        assert (await other.wait_for(AudioHeard)).frequency == phone.tone


@pytest.mark.req("RG-30")
@pytest.mark.parametrize("model", ["8841-3PCC", "9861"])
async def test_a_phone_gets_in_with_a_one_time_code_and_a_second_one_does_not(shelf: Shelf, model: str) -> None:
    async with running_testbed(TestbedWishes(open_for=None)) as bed:
        watch = Watch(bed)
        codes = Onboarding(bed.service.store, bed.service.clock, SystemIds(), "tester")
        code, _ = await asyncio.to_thread(codes.issue, number="1077", display_name="Home office")
        phone, thief, late = (shelf.take(bed, model) for _ in range(3))
        phone.profile_rule = thief.profile_rule = f"http://{bed.http[0]}:{bed.http[1]}/onboard/{code}/$MA.xml"
        phone.power_on()
        await phone.wait_for(Registered)
        assert phone.number == "1077"
        assert [event.number for event in watch.of(PhoneAdmitted)] == ["1077"]
        assert not [name for name in asked_by(phone) if name.endswith(".cnf.xml")]
        assert "/onboard/" not in phone.profile_rule  # from now on it fetches its profile without a code

        thief.power_on()
        missing = await thief.wait_for(FileMissing)
        assert code in missing.name
        await thief.power_off()  # it would go on asking, and all phones of the lab have one address
        refused = await watch.seen(FileRefused)
        assert all("used before" in event.why for event in refused)

        expired, _ = await asyncio.to_thread(codes.issue, life=timedelta(minutes=1))
        await asyncio.to_thread(age_codes, bed.service.store, timedelta(minutes=1))
        late.profile_rule = f"http://{bed.http[0]}:{bed.http[1]}/onboard/{expired}/$MA.xml"
        late.power_on()
        await late.wait_for(FileMissing)
        while not any("expired" in event.why for event in watch.of(FileRefused)):
            await watch.seen(FileRefused, count=len(watch.of(FileRefused)) + 1)
        assert len(watch.of(PhoneAdmitted)) == 1


def age_codes(store: Store, span: timedelta) -> None:
    """As if every code that nobody used had been issued earlier."""
    with store.write() as work:
        for code in work.onboarding.all():
            if code.used_at is None:
                work.onboarding.remove(code.digest)
                aged = replace(code, created_at=code.created_at - span, expires_at=code.expires_at - span)
                work.onboarding.add(aged)
        work.commit()


def asked_by(phone: SimulatedPhone) -> list[str]:
    return [event.name for event in phone.events if isinstance(event, FileAsked)]
