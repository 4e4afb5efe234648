"""Phones as extensions of a FreePBX: its API simulated with the recorded shapes, its Asterisk real."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest

from bridge.core import SignallingProtocol
from bridge.lab.freepbx import FreePbxManners
from bridge.lab.freepbxbed import FreePbxBed, running_freepbx
from bridge.lab.phoneevents import AudioHeard
from tests.e2e.conftest import Shelf, come_up
from tests.e2e.desks import Desks


@contextlib.asynccontextmanager
async def office(lab: FreePbxBed) -> AsyncIterator[Desks]:
    desks = Desks(lab.bed)
    try:
        yield desks
    finally:
        for phone in desks.phones:
            await phone.power_off()


@pytest.mark.req("AR-01")
@pytest.mark.parametrize("version", [16, 17])
async def test_a_sip_and_an_sccp_phone_become_extensions_and_call_each_other(shelf: Shelf, version: int) -> None:
    async with running_freepbx(manners=FreePbxManners(version=version, latency=0.05)) as lab, office(lab) as desks:
        sip = shelf.take(lab.bed, "8841")
        await come_up(sip)
        lab.bed.window_desk().set_protocol(SignallingProtocol.SCCP)
        sccp = await desks.registered("7961")
        extensions = lab.freepbx.site.extensions
        assert set(extensions) == {sip.number, sccp.number}
        # Nobody's secret is longer than phones can take, though FreePBX makes 32 characters.
        assert {len(each.secret) for each in extensions.values()} == {12}
        sip.call(sccp.number)
        assert (await sip.wait_for(AudioHeard)).frequency == sccp.tone
        assert (await sccp.wait_for(AudioHeard)).frequency == sip.tone
        sip.hang_up()
