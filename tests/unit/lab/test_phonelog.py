"""Waiting for what a phone reports."""

from __future__ import annotations

import asyncio

import pytest

from bridge.core import DeviceName
from bridge.errors import SepbridgeError
from bridge.lab.phoneevents import CallAnswered, CallEnded, CallRinging, PhoneEvent
from bridge.lab.phonelog import PhoneLog

DEVICE = DeviceName("SEP001122AABBCC")


async def test_an_event_that_came_before_is_handed_out_once() -> None:
    log = PhoneLog(DEVICE)
    for call in (1, 2):
        log.report(CallAnswered(*log.mark, call=call))
    assert (await log.wait_for(CallAnswered)).call == 1
    assert (await log.wait_for(CallAnswered)).call == 2
    with pytest.raises(SepbridgeError, match="no CallAnswered") as error:
        await log.wait_for(CallAnswered, within=0.01)
    assert "CallAnswered, CallAnswered" in error.value.why


async def test_kinds_do_not_use_up_each_other() -> None:
    log = PhoneLog(DEVICE)
    log.report(CallRinging(*log.mark, call=1))
    log.report(CallAnswered(*log.mark, call=1))
    assert await log.wait_for(CallAnswered)
    assert await log.wait_for(CallRinging)


async def test_several_may_wait_at_a_time() -> None:
    heard: list[PhoneEvent] = []
    log = PhoneLog(DEVICE, heard.append)
    waiting = [asyncio.create_task(log.wait_for(kind)) for kind in (CallAnswered, CallEnded)]
    await asyncio.sleep(0)
    log.report(CallAnswered(*log.mark, call=1))
    log.report(CallEnded(*log.mark, call=1, status=200))
    assert [type(event) for event in await asyncio.gather(*waiting)] == [CallAnswered, CallEnded]
    assert len(heard) == 2
    assert heard[0].device == DEVICE


async def test_old_events_are_forgotten_and_new_ones_still_found() -> None:
    log = PhoneLog(DEVICE)
    for call in range(500):
        log.report(CallRinging(*log.mark, call=call))
    assert len(log.events) == 200
    assert (await log.wait_for(CallRinging)).call == 300
