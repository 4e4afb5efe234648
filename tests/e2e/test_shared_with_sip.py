"""One number on a phone with SIP firmware and on one with SCCP firmware, on a stock Asterisk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from bridge.app.phones.phones import PhoneDesk
from bridge.app.system import SystemIds
from bridge.core import MacAddress
from bridge.core.events import PhoneRegistered
from bridge.lab.filefetch import FileServer
from bridge.lab.g711 import TONES
from bridge.lab.phone import SimulatedPhone
from bridge.lab.phoneevents import CallEnded, CallStarted
from bridge.lab.phonetiming import LAB_TIMING
from tests.e2e.conftest import Shelf, come_up
from tests.e2e.desks import Desks, office, polled, seen_on
from tests.e2e.listening import hear_each_other


@pytest.fixture
async def desks() -> AsyncIterator[Desks]:
    async with office() as desks:
        yield desks


async def unanswered_sip_phone(desks: Desks, shelf: Shelf) -> SimulatedPhone:
    """A registered phone with SIP firmware that rings until somebody answers."""
    bed = desks.bed
    phone = SimulatedPhone(
        "8841",
        MacAddress("001122334401"),
        FileServer(bed.tftp, bed.http),
        timing=LAB_TIMING,
        tone=TONES[0],
        auto_answer=None,
    )
    shelf.phones.append(phone)
    bed.window_desk().set_protocol("SIP")
    await come_up(phone)
    bed.window_desk().set_protocol("SCCP")
    return phone


async def test_both_ring_one_answers_and_the_other_stops(desks: Desks, shelf: Shelf) -> None:
    sip = await unanswered_sip_phone(desks, shelf)
    number = sip.number
    caller, sccp = await desks.registered("7961"), await desks.registered("7942", auto_answer=None)
    seen = len(desks.watch.of(PhoneRegistered, sccp.device))
    PhoneDesk(desks.bed.service.store, desks.bed.service.clock, SystemIds(), "test").share(sccp.device, number)
    await desks.bed.service.refresh()  # the phone has another button than before and restarts by itself
    await desks.watch.seen(PhoneRegistered, sccp.device, count=seen + 1)

    async def both_registered() -> bool:
        return (await desks.bed.asterisk.cli(f"pjsip show aor {number}")).count(f"{number}/sip:") == 2

    await polled(both_registered)
    await seen_on(sccp, lambda: len(sccp.view.labels) >= 2 and number in sccp.view.labels[1])

    async def rings_both() -> None:
        caller.call(number)
        await sip.wait_for(CallStarted)
        await seen_on(sccp, lambda: sccp.view.ringing and sccp.view.calls == (f"2: ring in {caller.number}",))
        assert sccp.view.lamps == ("line 2: blink",)

    async def all_over(hang_up: Callable[[], None]) -> None:
        hang_up()
        await caller.wait_for(CallEnded)
        await desks.nothing_is_left()

    # The phone with SIP firmware answers.
    await rings_both()
    sip.answer()
    await hear_each_other(caller, sip)
    await seen_on(sccp, lambda: not (sccp.view.ringing or sccp.view.calls or sccp.view.lamps))
    assert sccp.listed == ()  # answered elsewhere: not missed
    await all_over(sip.hang_up)

    # The phone with SCCP firmware answers.
    await rings_both()
    sccp.answer()
    await sip.wait_for(CallEnded)
    await hear_each_other(caller, sccp)
    assert sip.current_call is None
    assert sccp.view.lamps == ("line 2: on",)
    await all_over(sccp.hang_up)

    # The caller gives up.
    await rings_both()
    caller.hang_up()
    await sip.wait_for(CallEnded)
    await desks.nothing_is_left()

    # Each calls from the number.
    sip.call(caller.number)
    await hear_each_other(caller, sip)
    await seen_on(caller, lambda: number in str(caller.view.calls))
    await all_over(sip.hang_up)
    sccp.press_line(2)
    sccp.press_keys(f"{caller.number}#")
    await hear_each_other(caller, sccp)
    await seen_on(caller, lambda: number in str(caller.view.calls))
    await all_over(sccp.hang_up)
