"""What the SCCP side writes down, and which servers a node finds at its start."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.settings import SccpSettings
from bridge.app.site.ownserver import with_own_server
from bridge.app.stations.profiles import Profiles
from bridge.app.stations.stations import Stations
from bridge.callcontrol import EarlyOpen
from bridge.core import Server
from bridge.sip import Destination
from bridge.store import SqlStore
from tests.linefeatures import MemoryLineFeatures
from tests.samples import sample_device
from tests.unit.app.conftest import Remembering, StillClock


async def test_a_phone_that_opens_no_channel_early_is_remembered_beyond_a_restart(
    store: SqlStore, files: PhoneFiles, sink: Remembering, clock: StillClock
) -> None:
    device = sample_device()
    with store.write() as work:
        work.devices.add(device)
        work.commit()
    settings = SccpSettings()
    stations = Stations(
        store,
        cast("Any", None),
        files,
        sink,
        clock,
        settings=settings,
        networks=(),
        failback=cast("Any", None),
        line_features=MemoryLineFeatures(),
        directory=cast("Any", None),
        conferences=cast("Any", None),
        recordings=cast("Any", None),
        call_log=cast("Any", None),
        numbers=cast("Any", None),
        asterisk=Destination("127.0.0.1", 5060),
        settled=cast("Any", None),
    )
    stations.opens_late(device.name)
    async with asyncio.timeout(5):
        while True:
            with store.read() as work:
                known = work.devices.get(device.name)
            assert known is not None
            if known.settings.opens_late:
                break
            await asyncio.sleep(0.01)
    assert Profiles(files, settings).calls(known).early_open is EarlyOpen.NEVER


class TestOwnServer:
    own = Server("pbx", "192.0.2.1", 5061, 2001)

    def test_the_first_one_admits_unknown_phones(self) -> None:
        assert with_own_server((), self.own) == (self.own,)

    @pytest.mark.req("AR-30")
    def test_a_further_one_waits(self) -> None:
        other = Server("other", "192.0.2.9")
        servers = with_own_server((other,), self.own)
        assert [(each.name, each.autoregistration_disabled) for each in servers] == [("other", False), ("pbx", True)]

    @pytest.mark.req("AR-18")
    def test_a_restart_never_reopens_what_an_admin_closed(self) -> None:
        closed = Server("pbx", "192.0.2.77", description="mine", autoregistration_disabled=True)
        assert with_own_server((closed,), self.own) == (
            Server("pbx", "192.0.2.1", 5061, 2001, "mine", autoregistration_disabled=True),
        )
