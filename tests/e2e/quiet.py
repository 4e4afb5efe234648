"""Desks whose phones are watched to the end: nothing may be left anywhere."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from bridge.lab.testbed import running_testbed
from tests.e2e.desks import SCCP, Desks, polled


@asynccontextmanager
async def quiet_desks(**sccp: object) -> AsyncIterator[Desks]:
    """Desks with settings of the section ``sccp``; afterwards no phone may have choked on anything."""
    wishes = replace(SCCP, sccp=replace(SCCP.sccp, **sccp))  # type: ignore[arg-type]  # given by name: the call itself checks
    async with running_testbed(wishes) as bed:
        desks = Desks(bed)
        yield desks
        for phone in desks.phones:
            await phone.power_off()
        for phone in desks.phones:
            assert phone.faults == (), phone.device


async def nothing_left(desks: Desks) -> None:
    """No room and no channel is left at Asterisk, no call and no lamp at the phones."""

    async def over() -> bool:
        channels = await desks.bed.asterisk.cli("core show channels count")
        return re.search(r"^0 active channels", channels, re.MULTILINE) is not None

    await polled(over)
    assert "sepbridge-" not in await desks.bed.asterisk.cli("confbridge list")
    for phone in desks.phones:
        assert phone.view.calls == (), phone.device
        assert phone.view.lamps == (), phone.device
        assert phone.view.tone == "", phone.device
        assert not phone.view.ringing, phone.device
