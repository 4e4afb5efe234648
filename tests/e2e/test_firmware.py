"""Roll-outs on a whole system: simulated phones fetch their firmware and come back with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.app.files.firmware import FirmwareDesk
from bridge.core import RolloutStage, RolloutState, SignallingProtocol
from bridge.core.events import FirmwareStageReached
from bridge.store.firmware import FirmwareStore
from tests.e2e.conftest import Shelf, Watch, come_up
from tests.e2e.desks import Desks, office
from tests.firmware import java_load, load_list, zipped

LOAD = "SCCP41.9-4-2SR4-1S"


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


def firmware_desk(desks: Desks) -> FirmwareDesk:
    service = desks.bed.service
    return FirmwareDesk(service.store, FirmwareStore(service.settings.files_directory), service.clock, "lab")


async def ended(desk: FirmwareDesk, state: RolloutState) -> None:
    async def is_so() -> bool:
        rollout = desk.rollout()
        return rollout is not None and rollout.state is state

    async with asyncio.timeout(60):
        while not await is_so():  # noqa: ASYNC110  the database tells nobody
            await asyncio.sleep(0.1)


@pytest.mark.req("RG-18")
async def test_two_phones_get_new_firmware_one_after_the_other(desks: Desks, tmp_path: Path) -> None:
    one, two = await desks.registered("7961"), await desks.registered("7961")
    assert one.load.lower() != LOAD.lower()
    desk = firmware_desk(desks)
    desk.add(zipped(tmp_path / "firmware.zip", java_load(LOAD, size=200_000)))
    desk.start(desk.plan(LOAD), at_a_time=1)
    desks.bed.service.rollouts.look()
    await ended(desk, RolloutState.FINISHED)
    rollout = desk.rollout()
    assert rollout is not None
    assert {each.stage for each in rollout.phones} == {RolloutStage.DONE}, rollout
    assert (one.load, two.load) == (LOAD, LOAD)
    first, second = rollout.phones
    assert first.ended_at is not None
    assert second.told_at is not None
    assert first.ended_at <= second.told_at
    stages = [each.stage for each in desks.watch.of(FirmwareStageReached, one.device)]
    assert stages[-1] == "done"


@pytest.mark.req("RG-18")
async def test_a_load_without_an_image_fails_by_name_and_the_phone_keeps_its_own(desks: Desks, tmp_path: Path) -> None:
    phone = await desks.registered("7961")
    before = phone.load
    desk = firmware_desk(desks)
    content = java_load(LOAD)
    desk.add(zipped(tmp_path / "firmware.zip", content))
    desk.start(desk.plan(LOAD), at_a_time=1)
    missing = sorted(name for name in content if name.startswith("dsp"))[0]
    (desks.bed.settings.files_directory / missing).unlink()
    desks.bed.service.rollouts.look()
    await ended(desk, RolloutState.FINISHED)
    rollout = desk.rollout()
    assert rollout is not None
    assert rollout.phones[0].detail == f"it asked for {missing}, which is not there"
    assert phone.load == before


async def test_a_sip_phone_is_followed_by_its_user_agent(desks: Desks, shelf: Shelf, tmp_path: Path) -> None:
    desks.bed.window_desk().set_protocol("SIP")
    phone = shelf.take(desks.bed, "8841")
    await come_up(phone)
    watch = Watch(desks.bed)
    desk = firmware_desk(desks)
    load = "sip88xx.14-4-1-0301-6"
    images = ("kern88xx.14-4-1.sbn", "rootfs88xx.14-4-1.sbn")
    desk.add(zipped(tmp_path / "sip.zip", {f"{load}.loads": load_list(*images), **dict.fromkeys(images, b"x" * 5000)}))
    plan = desk.plan(load)
    assert [each.device.desired_protocol for each in plan.phones] == [SignallingProtocol.SIP]
    desk.start(plan, at_a_time=1)
    desks.bed.service.rollouts.look()
    await ended(desk, RolloutState.FINISHED)
    rollout = desk.rollout()
    assert rollout is not None
    assert rollout.phones[0].stage is RolloutStage.DONE, rollout
    assert phone.load == load
    assert watch.of(FirmwareStageReached, phone.device)
