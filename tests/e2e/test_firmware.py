"""Roll-outs on a whole system: simulated phones fetch their firmware and come back with it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bridge.app.files.firmware import FirmwareDesk
from bridge.core import RolloutPhone, RolloutStage, RolloutState, SignallingProtocol
from bridge.core.events import FileNotFound, FirmwareStageReached, PhoneRegistered
from bridge.errors import Conflict
from bridge.store.firmware import FirmwareStore
from tests.e2e.conftest import Shelf, Watch, come_up
from tests.e2e.desks import Desks, office
from tests.firmware import JAVA_41, java_load, load_list, zipped

LOAD = "SCCP41.9-4-2SR4-1S"
MIDDLE = "SCCP41.8-5-2S"
OLD = "SCCP41.8-2-2SR1S"


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


def firmware_desk(desks: Desks) -> FirmwareDesk:
    service = desks.bed.service
    return FirmwareDesk(service.store, FirmwareStore(service.settings.files_directory), service.clock, "lab")


def rolled(desk: FirmwareDesk) -> tuple[RolloutPhone, ...]:
    rollout = desk.rollout()
    assert rollout is not None
    return rollout.phones


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
async def test_how_far_a_phone_is_and_how_long_it_still_takes(desks: Desks, tmp_path: Path) -> None:
    """Five files, one after the other; the second phone takes as long as was said of it, within a half."""
    one, two = await desks.registered("7961"), await desks.registered("7961")
    for phone in (one, two):
        phone.timing = replace(phone.timing, flash=1.2)
    service, desk, content = desks.bed.service, firmware_desk(desks), java_load(LOAD)
    assert len(content) == 5
    desk.add(zipped(tmp_path / "firmware.zip", content))
    desk.start(desk.plan(LOAD), at_a_time=1)
    service.rollouts.look()
    named: set[str] = set()
    whole: list[int] = []
    told: list[tuple[datetime, int]] = []
    async with asyncio.timeout(60):
        while not told or rolled(desk)[1].stage is not RolloutStage.DONE:
            progress = service.rollouts.progress()
            if progress is not None:
                first, second = progress.phones
                if first.files:  # it is under way
                    named.update(each.name for each in first.files)
                    whole.append(sum(each.percent == 100 for each in first.files))
                if second.seconds_left:
                    told.append((service.clock.now(), second.seconds_left))
            await asyncio.sleep(0.1)  # nobody rings a bell for it
    assert named == set(content)
    assert whole == sorted(whole)
    assert {2, 3, 4} <= set(whole)
    last = rolled(desk)[1]
    assert last.told_at is not None
    assert last.ended_at is not None
    (at, left), took = told[0], (last.ended_at - last.told_at).total_seconds()
    assert abs((at - last.told_at).total_seconds() + left - took) <= took / 2


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


@pytest.mark.req("RG-18")
async def test_a_stop_spares_the_phones_whose_turn_it_was_not(desks: Desks, tmp_path: Path) -> None:
    phones = [await desks.registered("7961") for _ in range(3)]
    before = {phone.device: (phone.load, phone.boots) for phone in phones}
    desk = firmware_desk(desks)
    desk.add(zipped(tmp_path / "firmware.zip", java_load(LOAD, size=200_000)))
    desk.start(desk.plan(LOAD), at_a_time=1)
    desks.bed.service.rollouts.look()
    async with asyncio.timeout(60):
        while not any(each.stage.is_under_way for each in rolled(desk)):  # noqa: ASYNC110  the database tells nobody
            await asyncio.sleep(0.02)
    desk.stop()
    desks.bed.service.rollouts.look()
    await ended(desk, RolloutState.STOPPED)
    async with asyncio.timeout(60):  # the one under way goes on
        while any(each.stage.is_under_way for each in rolled(desk)):  # noqa: ASYNC110  the database tells nobody
            await asyncio.sleep(0.1)
    assert sorted(each.stage for each in rolled(desk)) == [RolloutStage.DONE, *[RolloutStage.STOPPED] * 2]
    (done,) = (each.device for each in rolled(desk) if each.stage is RolloutStage.DONE)
    for phone in phones:
        if phone.device == done:
            assert phone.load == LOAD
        else:
            assert (phone.load, phone.boots) == before[phone.device]


@pytest.mark.req("RG-18")
async def test_a_missing_image_is_said_before_a_phone_asks_for_it(desks: Desks, tmp_path: Path) -> None:
    phone = await desks.registered("7961")
    boots = phone.boots
    desk = firmware_desk(desks)
    content = java_load(LOAD)
    desk.add(zipped(tmp_path / "firmware.zip", content))
    assert desk.check() == ()
    missing = sorted(name for name in content if name.startswith("dsp"))[0]
    (desks.bed.settings.files_directory / missing).unlink()
    (said,) = desk.check()
    assert said.code == "firmware_incomplete"
    assert missing in said.what
    with pytest.raises(Conflict, match=rf"not complete.*missing: {re.escape(missing)}"):
        desk.start(desk.plan(LOAD), at_a_time=1)
    assert phone.boots == boots
    assert missing not in {event.name for event in desks.watch.of(FileNotFound)}


@pytest.mark.req("RG-12")
async def test_a_very_old_phone_climbs_a_ladder(desks: Desks, tmp_path: Path) -> None:
    phone = desks.place("7961", load=OLD)
    await come_up(phone)
    await desks.watch.seen(PhoneRegistered, phone.device, count=2)
    desk = firmware_desk(desks)
    desk.add(zipped(tmp_path / "firmware.zip", java_load(LOAD)))
    images = tuple(name.replace("9-4-2ES26", "8-5-2") for name in JAVA_41)
    desk.add(zipped(tmp_path / "middle.zip", java_load(MIDDLE, images)))
    with pytest.raises(Conflict, match="reboot loop"):
        desk.start(desk.plan(LOAD), at_a_time=1)
    assert desk.plan(LOAD).phones[0].fix == f"roll out {MIDDLE} first"
    for step in (MIDDLE, LOAD):
        desk.start(desk.plan(step), at_a_time=1)
        desks.bed.service.rollouts.look()
        await ended(desk, RolloutState.FINISHED)
        assert [each.stage for each in rolled(desk)] == [RolloutStage.DONE], rolled(desk)
        assert phone.load == step


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
