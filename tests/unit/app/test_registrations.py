"""What follows when a phone registers: state, model, its final file, one restart."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.app.admission.window import WindowDesk
from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.phones.phones import PhoneDesk
from bridge.app.phones.registrations import Registrations
from bridge.core import Device, DeviceDefaults, DeviceName, SignallingProtocol, UniversalDeviceTemplate
from bridge.core.events import (
    Event,
    FileRewritten,
    ModelLearnt,
    PhoneMoved,
    PhoneRegistered,
    PhoneRestartSent,
    PhoneUnregistered,
)
from bridge.errors import PbxUnavailable, StoreUnavailable
from bridge.ports import Contact, RestartEvent, RestartKind
from bridge.store import SqlStore
from tests.unit.app.conftest import CountingIds, Remembering, StillClock

NAME = DeviceName("SEP001122AABBCC")
CONTACT = Contact("1000", "sip:1000@192.0.2.7:5060;transport=tcp", "Cisco-CP8841/12.8.1", "192.0.2.7:50123", "call-1")


class Phones:
    """The part of the PBX that restarts phones."""

    def __init__(self) -> None:
        self.restarted: list[str] = []
        self.away = False

    async def restart_phone(
        self, endpoint: str, kind: RestartKind, *, event: RestartEvent = RestartEvent.SERVICE_CONTROL
    ) -> None:
        if self.away:
            raise PbxUnavailable("Asterisk is not connected")
        self.restarted.append(endpoint)


class Waiting(Remembering):
    """Remembers, and lets a test wait for an event."""

    def __init__(self) -> None:
        super().__init__()
        self._watchers: list[tuple[Callable[[Event], bool], asyncio.Event]] = []

    def record(self, event: Event) -> None:
        super().record(event)
        for matches, seen in self._watchers:
            if matches(event):
                seen.set()

    async def until(self, kind: type[Event], count: int = 1) -> None:
        if len(self.of(kind)) >= count:
            return
        seen = asyncio.Event()
        self._watchers.append((lambda _: len(self.of(kind)) >= count, seen))
        async with asyncio.timeout(5):
            await seen.wait()


@pytest.fixture
def sink() -> Waiting:
    return Waiting()


@pytest.fixture
def phones() -> Phones:
    return Phones()


@pytest.fixture
def device(store: SqlStore, clock: StillClock, ids: CountingIds, window: WindowDesk) -> Device:
    return PhoneDesk(store, clock, ids, "tester").add(NAME)


@pytest.fixture
async def registrations(
    store: SqlStore,
    files: PhoneFiles,
    sink: Waiting,
    clock: StillClock,
    ids: CountingIds,
    phones: Phones,
    device: Device,
) -> AsyncIterator[Registrations]:
    registrations = Registrations(store, files, sink, clock, ids, phones)
    running = asyncio.create_task(registrations.run())
    yield registrations
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def stored(store: SqlStore) -> Device:
    with store.read() as work:
        device = work.devices.get(NAME)
    assert device is not None
    return device


async def test_the_first_registration_tells_the_model_and_restarts_once(
    registrations: Registrations, store: SqlStore, sink: Waiting, phones: Phones, device: Device
) -> None:
    registrations.contact_added(CONTACT)
    await sink.until(PhoneRestartSent)
    after = stored(store)
    assert (after.registered, after.address, after.model, after.model_number) == (True, "192.0.2.7", "8841", 683)
    assert after.version_stamp != device.version_stamp
    assert [type(event) for event in sink.events] == [PhoneRegistered, ModelLearnt, FileRewritten, PhoneRestartSent]
    assert phones.restarted == ["1000"]
    # It comes back after the restart, as the same model: nothing more is to be done.
    registrations.contact_added(replace(CONTACT, address="192.0.2.7:50124", call_id="call-2"))
    registrations.contact_removed("1000", "expired")
    await sink.until(PhoneUnregistered)
    assert phones.restarted == ["1000"]
    assert len(sink.of(FileRewritten)) == 1
    assert not stored(store).registered


@pytest.mark.req("AR-20")
async def test_a_phone_that_autoregistered_gets_what_its_model_gets_once_that_is_known(
    registrations: Registrations, files: PhoneFiles, store: SqlStore, sink: Waiting, phones: Phones, device: Device
) -> None:
    with store.write() as work:
        default = work.site.pool("Default")
        work.site.save_pool(replace(default, name="Berlin"))
        template = UniversalDeviceTemplate("Office", pool="Berlin", device_description="Desk {number}")
        work.objects.device_templates.save(template)
        row = DeviceDefaults(683, SignallingProtocol.SIP, device_template="Office")
        work.site.save_device_defaults(row)
        work.devices.update(replace(device, temporary=True))
        work.commit()
    files.read_site()
    told: list[str] = []
    registrations.furnished = lambda devices: told.extend(each.pool for each in devices)
    registrations.contact_added(CONTACT)
    await sink.until(PhoneRestartSent)
    after = stored(store)
    assert (after.pool, after.description, after.number) == ("Berlin", f"Desk {device.number}", device.number)
    assert told == ["Berlin"]
    assert phones.restarted == [device.number]


async def test_a_phone_with_an_unknown_agent_keeps_its_neutral_file(
    registrations: Registrations, store: SqlStore, sink: Waiting, phones: Phones, device: Device
) -> None:
    registrations.contact_added(replace(CONTACT, user_agent="Softphone 1.0"))
    await sink.until(PhoneRegistered)
    assert stored(store).version_stamp == device.version_stamp
    assert stored(store).model == ""
    assert phones.restarted == []


async def test_a_restart_that_cannot_be_sent_is_no_catastrophe(
    registrations: Registrations, store: SqlStore, sink: Waiting, phones: Phones
) -> None:
    phones.away = True
    registrations.contact_added(CONTACT)
    await sink.until(FileRewritten)
    registrations.contact_removed("1000", "expired")
    await sink.until(PhoneUnregistered)
    assert stored(store).model == "8841"
    assert sink.of(PhoneRestartSent) == []


async def test_a_registration_from_elsewhere_is_noticed(registrations: Registrations, sink: Waiting) -> None:
    registrations.contact_added(CONTACT)
    registrations.contact_added(replace(CONTACT, address="192.0.2.8:50123", call_id="call-2"))
    await sink.until(PhoneMoved)
    (moved,) = sink.of(PhoneMoved)
    assert (moved.before, moved.after) == ("192.0.2.7", "192.0.2.8")


async def test_a_phone_that_is_back_before_it_was_missed_registered_once_more(
    registrations: Registrations, sink: Waiting
) -> None:
    registrations.contact_added(CONTACT)
    registrations.contact_added(CONTACT)  # the same one, read again
    registrations.contact_added(replace(CONTACT, address="192.0.2.7:50124", call_id="call-2"))
    await sink.until(PhoneRegistered, 2)
    assert [each.address for each in sink.of(PhoneRegistered)] == ["192.0.2.7:50123", "192.0.2.7:50124"]
    assert not sink.of(PhoneMoved)


async def test_contacts_that_are_not_ours_are_left_alone(registrations: Registrations, sink: Waiting) -> None:
    registrations.contact_added(replace(CONTACT, endpoint="trunk"))
    registrations.contact_added(CONTACT)
    await sink.until(PhoneRegistered)
    assert [event.endpoint for event in sink.of(PhoneRegistered)] == ["1000"]


async def test_what_came_while_the_database_was_away_is_noted_in_its_order(
    registrations: Registrations, store: SqlStore, sink: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.app.phones.registrations.RETRY_AFTER", 0.05)
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def away() -> None:
        loop.call_soon_threadsafe(asked.set)
        raise StoreUnavailable("the database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(store, "write", away)
        registrations.contact_added(CONTACT)
        async with asyncio.timeout(5):
            await asked.wait()
        registrations.contact_removed("1000", "expired")
    await sink.until(PhoneUnregistered)
    assert not stored(store).registered
    assert [type(each) for each in sink.events if not isinstance(each, PhoneRestartSent)] == [
        PhoneRegistered,
        ModelLearnt,
        FileRewritten,
        PhoneUnregistered,
    ]


@pytest.mark.req("AR-20")
async def test_a_pool_that_is_gone_since_the_site_was_read_stops_nobody(
    registrations: Registrations, files: PhoneFiles, store: SqlStore, sink: Waiting, phones: Phones, device: Device
) -> None:
    row = DeviceDefaults(683, SignallingProtocol.SIP, pool="Berlin")
    with store.write() as work:
        work.site.save_pool(replace(work.site.pool("Default"), name="Berlin"))
        work.site.save_device_defaults(row)
        work.devices.update(replace(device, temporary=True))
        work.commit()
    files.read_site()
    with store.write() as work:  # another node, or a command line that could not tell us
        work.site.save_device_defaults(replace(row, pool="Default"))
        work.objects.pools.remove("Berlin")
        work.commit()
    registrations.contact_added(CONTACT)
    await sink.until(PhoneRegistered)
    await sink.until(ModelLearnt)
    after = stored(store)
    assert (after.registered, after.model, after.pool) == (True, "8841", "Default")


async def test_a_phone_that_goes_over_to_another_node_stays_registered(
    registrations: Registrations,
    store: SqlStore,
    files: PhoneFiles,
    sink: Waiting,
    clock: StillClock,
    ids: CountingIds,
    phones: Phones,
) -> None:
    """Each node has an Asterisk of its own: what one of them does not see may be at the other."""
    other_sink = Waiting()
    other = Registrations(store, files, other_sink, clock, ids, phones)
    for each in (registrations, other):
        each.is_one_of_several = lambda: True
    running = asyncio.create_task(other.run())
    try:
        registrations.contact_added(CONTACT)
        await sink.until(PhoneRestartSent)
        # The other node starts, and its Asterisk does not know the phone.
        other.contact_removed("1000", "Asterisk does not know the registration any more")
        clock.pass_by(timedelta(seconds=60))
        moved = replace(CONTACT, address="192.0.2.8:50123", call_id="call-2")
        other.contact_added(moved)
        await other_sink.until(PhoneMoved)
        assert other_sink.of(PhoneUnregistered) == []
        # It has gone over; the first node's registration runs out behind it.
        second = PhoneDesk(store, clock, ids, "tester").add(DeviceName("SEP001122AABBDD"), number="1001")
        registrations.contact_removed("1000", "expired")
        registrations.contact_added(replace(CONTACT, endpoint="1001"))
        await sink.until(PhoneRegistered, 2)
        assert sink.of(PhoneRegistered)[1].device == second.name
        other.contact_removed("1000", "expired")
        await other_sink.until(PhoneUnregistered)
        assert sink.of(PhoneUnregistered) == []
        assert not stored(store).registered
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
