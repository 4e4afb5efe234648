"""Requests for callbacks: what a phone wants is in the database when the service ends, and there when it starts."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bridge.app.stations.callbackdesk import CallBackDesk
from bridge.callcontrol import CallBackRequest
from bridge.callcontrol.events import CallBackWanted
from bridge.core import KeptCallBack
from bridge.store import SqlStore
from tests.storecontract import name, phone
from tests.unit.app.conftest import StillClock

ONE, TWO = name(1), name(2)


@pytest.fixture(autouse=True)
def phones(store: SqlStore) -> None:
    """Two phones that the database knows."""
    with store.write() as work:
        work.devices.add(phone(1, "1001"))
        work.devices.add(phone(2, "1002"))
        work.commit()


def kept(store: SqlStore) -> list[KeptCallBack]:
    with store.read() as work:
        return list(work.callbacks.all())


async def test_the_newest_wish_of_each_phone_is_kept(store: SqlStore, clock: StillClock) -> None:
    desk = CallBackDesk(store, clock, {})
    desk.wants(ONE, CallBackWanted("2001", 1, 60.0, after_use=True))
    desk.wants(ONE, CallBackWanted("2002", 2, 90.0, after_use=False))
    desk.wants(TWO, CallBackWanted("2003", 1, 60.0, after_use=True))
    desk.wants(TWO, None)
    desk.wants(name(9), CallBackWanted("2003", 1, 60.0, after_use=True))  # removed meanwhile
    await desk.close()
    assert kept(store) == [KeptCallBack(ONE, "2002", 2, clock.now() + timedelta(seconds=90), False)]


async def test_after_a_restart_it_has_as_long_to_go_as_before(store: SqlStore, clock: StillClock) -> None:
    desk = CallBackDesk(store, clock, {})
    desk.wants(ONE, CallBackWanted("2001", 1, 60.0, after_use=True))
    desk.wants(TWO, CallBackWanted("2002", 1, 5.0, after_use=False))
    await desk.close()
    clock.pass_by(timedelta(seconds=20))
    requests: dict[str, CallBackRequest] = {}
    await CallBackDesk(store, clock, requests).start()
    assert requests.keys() == {str(ONE)}
    request = requests[str(ONE)]
    assert (request.number, request.line, request.after_use, request.known) == ("2001", 1, True, True)
    assert 39 < request.until - asyncio.get_running_loop().time() <= 40
    assert [each.device for each in kept(store)] == [ONE]


async def test_a_phone_that_goes_takes_its_request_with_it(store: SqlStore, clock: StillClock) -> None:
    desk = CallBackDesk(store, clock, {})
    desk.wants(ONE, CallBackWanted("2001", 1, 60.0, after_use=True))
    await desk.close()
    with store.write() as work:
        work.devices.remove(ONE)
        work.commit()
    assert kept(store) == []
