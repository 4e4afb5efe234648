"""The bench with a FreePBX: its simulated API and generated files in front of a real Asterisk, and a whole node."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from bridge.app.settings import FreePbxSettings
from bridge.lab.asterisk import LabHouse
from bridge.lab.freepbx import FreePbxManners, SimulatedFreePbx
from bridge.lab.freepbxsite import FreePbxSite
from bridge.lab.testbed import Testbed, TestbedWishes, prepared_testbed
from bridge.pbx.freepbxinstall import plan


@dataclass(frozen=True, slots=True)
class FreePbxBed:
    """A lab whose Asterisk belongs to a FreePBX."""

    bed: Testbed
    freepbx: SimulatedFreePbx


@contextlib.asynccontextmanager
async def prepared_freepbx(
    wishes: TestbedWishes | None = None,
    *,
    site: FreePbxSite | None = None,
    manners: FreePbxManners | None = None,
    settings: FreePbxSettings | None = None,
) -> AsyncIterator[FreePbxBed]:
    """FreePBX and its Asterisk run, the node is not started yet. ``settings`` without address and account."""
    site = site or FreePbxSite()
    house = LabHouse(site.move_in, plan, site.transports)
    async with (
        prepared_testbed(wishes or TestbedWishes(), house=house) as bed,
        SimulatedFreePbx(site, bed.asterisk.cli, manners=manners) as freepbx,
    ):
        account = replace(
            settings or FreePbxSettings(look_every=1.0),
            url=freepbx.url,
            client_id=freepbx.client_id,
            client_secret=freepbx.client_secret,
        )
        bed.settings = replace(bed.settings, freepbx=account)
        yield FreePbxBed(bed, freepbx)


@contextlib.asynccontextmanager
async def running_freepbx(
    wishes: TestbedWishes | None = None,
    *,
    site: FreePbxSite | None = None,
    manners: FreePbxManners | None = None,
    settings: FreePbxSettings | None = None,
) -> AsyncIterator[FreePbxBed]:
    """Everything runs."""
    async with prepared_freepbx(wishes, site=site, manners=manners, settings=settings) as lab, lab.bed.node():
        yield lab
