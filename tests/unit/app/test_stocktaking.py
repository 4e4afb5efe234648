"""What phones are seen to be reaches the database, and outlives the service."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest

from bridge.app.phones.phones import PhoneDesk
from bridge.app.phones.stocktaking import StockTaking
from bridge.core import NOTHING_SEEN, DeviceName
from bridge.core.events import Event, FileRequested, ModelLearnt, OutOfServiceTold, PhoneAdmitted, Via
from bridge.core.protocol import SignallingProtocol
from bridge.store import SqlStore
from tests.unit.app.conftest import CountingIds, StillClock

AT = datetime(2026, 3, 1, tzinfo=UTC)
PHONE = DeviceName("SEP001122334455")
PLACE = OutOfServiceTold(at=AT, device=PHONE, voice_vlan=110, neighbour="sw1", neighbour_port="Gi1/0/7")


async def take(store: SqlStore, *events: Event) -> None:
    """A service that hears these events, and stops."""
    stock = StockTaking(store, every=0)
    running = asyncio.create_task(stock.run())
    await asyncio.sleep(0)
    for event in events:
        stock.heard(event)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


@pytest.fixture
def desk(store: SqlStore, clock: StillClock, ids: CountingIds) -> PhoneDesk:
    return PhoneDesk(store, clock, ids, "test")


@pytest.mark.req("RG-14")
@pytest.mark.req("RG-32")
async def test_it_outlives_the_service_and_is_shown(store: SqlStore, desk: PhoneDesk) -> None:
    desk.add(PHONE, number="1001", model="7961G")
    await take(store, PLACE)
    await take(store, ModelLearnt(at=AT, device=PHONE, model="7961G", evidence=""))
    seen = desk.show("1001").inventory
    assert (seen.voice_vlan, seen.neighbour, seen.neighbour_port) == (110, "sw1", "Gi1/0/7")
    assert (seen.family, seen.firmware) == ("java-79xx", "enterprise")
    with store.write() as work:
        work.devices.remove(PHONE)
        work.commit()
    with store.read() as work:
        assert work.inventory.all() == {}


async def test_what_a_phone_said_before_it_was_ours_is_written_when_it_is(store: SqlStore, desk: PhoneDesk) -> None:
    stock = StockTaking(store, every=0)
    running = asyncio.create_task(stock.run())
    agent = "Cisco-CP7841/10.1.1"
    stock.heard(FileRequested(at=AT, device=PHONE, name="a", client="192.0.2.7", via=Via.HTTP, user_agent=agent))
    await asyncio.to_thread(stock._save, dict(stock._known))
    with store.read() as work:
        assert work.inventory.get(PHONE) == NOTHING_SEEN
    desk.add(PHONE, number="1001")
    stock.heard(PhoneAdmitted(at=AT, device=PHONE, number="1001", protocol=SignallingProtocol.SIP, client="192.0.2.7"))
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    with store.read() as work:
        assert work.inventory.get(PHONE).family == "78xx-ent"
