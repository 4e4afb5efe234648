"""How far the move has come, from what the database knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bridge.app.leaving.importdesk import ImportDesk
from bridge.app.leaving.leavingdesk import LeavingDesk
from bridge.app.site.sitedesk import SiteDesk
from bridge.core import DeviceName
from bridge.core.events import Event, FileDelivered, TrustListSeen, Via
from bridge.migration.batfiles import read_file
from bridge.migration.leaving import LeavingState
from bridge.store import SqlStore
from tests.cucm import bat_file
from tests.unit.app.conftest import NOON, CountingIds, StillClock

NAMES = [DeviceName(f"SEP00112200000{at}") for at in range(1, 4)]


@pytest.fixture
def leaving(store: SqlStore, clock: StillClock) -> LeavingDesk:
    rows = [{"Device Name": each.value, "Directory Number 1": f"200{at}"} for at, each in enumerate(NAMES, 1)]
    ImportDesk(store, clock, CountingIds(), "admin").apply(read_file(bat_file(*rows), "x"), {}, source="x")
    return LeavingDesk(store, clock, SiteDesk(store, clock, CountingIds(), "admin"))


def happened(store: SqlStore, *events: Event) -> None:
    with store.write() as work:
        work.journal.append(events)
        work.commit()


def registered(store: SqlStore, names: Sequence[DeviceName]) -> None:
    with store.write() as work:
        for name in names:
            device = work.devices.get(name)
            assert device is not None
            work.devices.update(replace(device, registered=True, last_seen=NOON))
        work.commit()


@pytest.mark.req("RG-29")
def test_the_steps_follow_the_phones(store: SqlStore, leaving: LeavingDesk) -> None:
    about = {"at": NOON, "device": NAMES[0], "via": Via.TFTP, "client": "192.0.2.5"}
    assert leaving.steps()[0].state is LeavingState.DONE
    assert leaving.steps()[5].told == "0 of 3 phones have asked here"
    happened(store, TrustListSeen(**about, name=f"{NAMES[0]}.cnf.xml.sgn"))  # type: ignore[arg-type]  # given by name: the call itself checks
    trust = leaving.steps()[4]
    assert trust.state is LeavingState.BLOCKED
    assert str(NAMES[0]) in trust.told
    happened(store, FileDelivered(**about, name=f"{NAMES[0]}.cnf.xml", size=9, seconds=0.1))  # type: ignore[arg-type]  # given by name: the call itself checks
    assert leaving.steps()[4].state is LeavingState.BY_HAND
    registered(store, NAMES[1:])
    assert leaving.steps()[6].told == "2 of 3 are registered"
    assert leaving.steps()[7].told == str(NAMES[0])
    registered(store, NAMES)
    assert leaving.steps()[8].state is LeavingState.BY_HAND
    assert leaving.steps()[4].state is LeavingState.DONE
