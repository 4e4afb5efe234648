"""Phones being installed are seen step by step, as ``sepbridge phones watch`` asks."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bridge.app.settings import DhcpSettings
from bridge.core import DeviceName, MacAddress, Via
from bridge.core.events import Event
from bridge.journey import Stage
from bridge.lab.filefetch import FileServer
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phoneevents import Registered, RestartAsked
from bridge.lab.phonetiming import LAB_TIMING
from bridge.lab.testbed import TestbedWishes, prepared_testbed
from bridge.ports import Store
from tests.e2e.desks import office


@pytest.mark.req("AR-35")
@pytest.mark.req("RG-03")
@pytest.mark.req("RG-16")
@pytest.mark.req("RG-20")
async def test_an_unknown_sccp_phone_from_its_first_file_to_registered() -> None:
    async with office() as desks:
        service = desks.bed.service
        phone = desks.place("7961")
        seen: list[tuple[Stage, float]] = []
        there = asyncio.Event()

        def look(event: Event) -> None:
            # Listeners are told in the order in which they subscribed: the service has taken note already.
            progress = next((each for each in service.phones_on_their_way() if each.device == phone.device), None)
            if progress is not None and (not seen or seen[-1][0] is not progress.stage):
                seen.append((progress.stage, (datetime.now(UTC) - event.at).total_seconds()))
                if progress.stage is Stage.REGISTERED:
                    there.set()

        service.recorder.subscribe(look)
        phone.power_on()
        await asyncio.wait_for(there.wait(), 20)
        first = [stage for stage, _ in seen]
        first = first[: first.index(Stage.REGISTERED) + 1]
        assert first == [Stage.TFTP, Stage.CONFIG, Stage.CONNECTING, Stage.REGISTERING, Stage.REGISTERED]
        assert all(late < 2 for _, late in seen)
        (progress,) = [each for each in service.phones_on_their_way() if each.device == phone.device]
        assert progress.first_seen <= progress.since
        assert await service.journeys.diagnose(phone.device) == (), "a healthy phone has no finding"
        journey = service.journeys.seen(phone.device)
        assert journey is not None
        assert journey.seconds_to_register is not None
        assert journey.facts.source_port
        # RG-03: with a file of its own, the number of LineStat is on the screen, and in the inventory.
        await phone.wait_for(Registered)
        await phone.wait_for(RestartAsked)
        await phone.wait_for(Registered)
        assert phone.number == phone.display == inventory_number(service.store, phone.device) != ""


def inventory_number(store: Store, device: DeviceName) -> str:
    with store.read() as work:
        known = work.devices.get(device)
    return known.number if known is not None else ""


@pytest.mark.req("AR-35")
@pytest.mark.req("RG-03")
@pytest.mark.req("RG-15")
@pytest.mark.req("RG-16")
@pytest.mark.req("RG-19")
@pytest.mark.req("RG-20")
async def test_an_unknown_sip_phone_from_its_lease_to_registered() -> None:
    async with prepared_testbed(TestbedWishes()) as bed:
        log = bed.directory / "dnsmasq.log"
        log.touch()
        bed.settings = replace(bed.settings, dhcp=DhcpSettings(log=log))
        async with bed.node() as service:
            follows = bed.settings.state.directory / "dhcp-log.json"
            while not follows.exists():  # what is in the log before it is followed is the past  # noqa: ASYNC110  # a file rings no bell
                await asyncio.sleep(0.02)
            phone = SimulatedPhone(
                "8841", MacAddress("0011223344FE"), FileServer(bed.tftp, bed.http), timing=LAB_TIMING
            )
            seen: list[tuple[Stage, float]] = []
            reached = {stage: asyncio.Event() for stage in Stage}

            def look(event: Event) -> None:
                progress = service.stage_of(phone.device)
                if progress is not None and (not seen or seen[-1][0] is not progress.stage):
                    seen.append((progress.stage, (datetime.now(UTC) - event.at).total_seconds()))
                    reached[progress.stage].set()

            service.recorder.subscribe(look)
            begun = time.monotonic()
            with log.open("a", encoding="utf-8") as file:
                lines = (
                    "77 vendor class: Cisco Systems, Inc. IP Phone CP-8841",
                    f"77 client provides name: {phone.device}",
                    f"77 DHCPACK(eth0) 127.0.0.1 00:11:22:33:44:fe {phone.device}",
                )
                file.writelines(f"Nov 26 08:00:00 dnsmasq-dhcp[5]: {line}\n" for line in lines)
            await asyncio.wait_for(reached[Stage.DHCP].wait(), 10)
            assert time.monotonic() - begun < 2, "from the line in the log to the journey"
            (listed,) = [each for each in service.phones_on_their_way() if each.device == phone.device]
            assert (listed.stage, listed.client) == (Stage.DHCP, "127.0.0.1")
            phone.power_on()
            try:
                await asyncio.wait_for(reached[Stage.REGISTERED].wait(), 20)
                journey = service.journeys.seen(phone.device)
                assert journey is not None
                assert {each.via for each in journey.files if each.outcome == "delivered"} == {Via.HTTP}
                assert journey.facts.vendor_class == "Cisco Systems, Inc. IP Phone CP-8841"
                assert journey.facts.host_name == str(phone.device)
                assert journey.facts.source_port
                assert journey.facts.number == phone.number
                # RG-03: its file holds the number as the line's name and as what stands beside the key.
                assert phone.settings is not None
                assert phone.settings.line is not None
                shown = (phone.settings.line.name, phone.settings.line.label, phone.display)
                assert shown == (inventory_number(service.store, phone.device),) * 3
                assert journey.seconds_to_register is not None
            finally:
                await phone.power_off()
        stages = [stage for stage, _ in seen]
        stages = stages[: stages.index(Stage.REGISTERED) + 1]
        assert stages == [Stage.DHCP, Stage.TFTP, Stage.CONFIG, Stage.CONNECTING, Stage.REGISTERED]
        assert all(late < 2 for _, late in seen)
