"""Phones being installed are seen step by step, as ``sepbridge phones watch`` asks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from bridge.core.events import Event
from bridge.journey import Stage
from tests.e2e.desks import office


@pytest.mark.req("AR-35")
@pytest.mark.req("RG-16")
@pytest.mark.req("RG-20")
async def test_an_unknown_sccp_phone_from_its_first_file_to_registered() -> None:
    async with office() as desks:
        service = desks.bed.service
        phone = desks.place("7961")
        seen: list[tuple[Stage, float]] = []
        there = asyncio.Event()

        def look(event: Event) -> None:
            # Listeners are told in the order in which they subscribed: the service has taken note already.
            progress = next((each for each in service.phones_on_their_way() if each.device == phone.device), None)
            if progress is not None and (not seen or seen[-1][0] is not progress.stage):
                seen.append((progress.stage, (datetime.now(UTC) - event.at).total_seconds()))
                if progress.stage is Stage.REGISTERED:
                    there.set()

        service.recorder.subscribe(look)
        phone.power_on()
        await asyncio.wait_for(there.wait(), 20)
        first = [stage for stage, _ in seen]
        first = first[: first.index(Stage.REGISTERED) + 1]
        assert first == [Stage.TFTP, Stage.CONFIG, Stage.CONNECTING, Stage.REGISTERING, Stage.REGISTERED]
        assert all(late < 2 for _, late in seen)
        (progress,) = [each for each in service.phones_on_their_way() if each.device == phone.device]
        assert progress.first_seen <= progress.since
        assert await service.journeys.diagnose(phone.device) == (), "a healthy phone has no finding"
        journey = service.journeys.seen(phone.device)
        assert journey is not None
        assert journey.seconds_to_register is not None
        assert journey.facts.source_port
