"""Transfers: what ends them, what gives the call back, and answers that come too late."""

from __future__ import annotations

import pytest

from bridge.callcontrol import CallSettings, TransferFinished
from bridge.sccp import DeviceType, HookFlash, SoftKeyEventType, StationCallState
from bridge.sip import Call, CallState, IncomingCall, TransferRequested
from tests.sccpbench import PBX_MEDIA, Bench

E = SoftKeyEventType


def consultation(bench: Bench, *, answered: bool = True) -> tuple[Call, Call]:
    first = bench.talk()
    bench.press(E.TRANSFER, 1, bench.ref)
    bench.dial("700#")
    second = bench.invited().call
    if answered:
        bench.pbxs[0].agent.answer(second, PBX_MEDIA, now=bench.now)
    else:
        bench.pbxs[0].agent.ring(second, now=bench.now)
    bench.settle()
    return first, second


def test_a_pbx_that_says_nothing_more_gives_the_call_back_after_a_while() -> None:
    bench = Bench(settings=CallSettings(transfer_wait=20.0))
    first, second = consultation(bench)
    bench.press(E.TRANSFER, 1, bench.ref)
    bench.pbxs[0].agent.accept_transfer(first, now=bench.now)
    bench.settle()
    bench.advance(19)
    assert bench.reported(TransferFinished) == []
    bench.advance(2)
    (finished,) = bench.reported(TransferFinished)
    assert (finished.succeeded, finished.status) == (False, 408)
    assert "Can not complete transfer" in bench.notified()
    assert sorted(bench.station.states.values()) == [StationCallState.CONNECTED, StationCallState.HOLD]
    assert first.state == second.state == CallState.CONFIRMED


def test_an_answer_that_comes_too_late_is_not_taken_for_that_of_the_second_try() -> None:
    bench = Bench(settings=CallSettings(transfer_wait=5.0))
    first, _ = consultation(bench)
    bench.press(E.TRANSFER, 1, bench.ref)
    (early,) = bench.take(TransferRequested)
    bench.advance(6)  # the first REFER has no answer yet
    assert len(bench.reported(TransferFinished)) == 1
    bench.press(E.TRANSFER, 1, bench.ref)
    bench.pbxs[0].agent.refuse_transfer(early.call, 603, now=bench.now)
    bench.settle()
    assert len(bench.reported(TransferFinished)) <= 2
    bench.pbxs[0].agent.hang_up(first, now=bench.now)
    bench.advance(60)
    assert all(not call.transferring for call in bench.phone.calls)
    bench.press(E.END_CALL, 1, bench.ref)
    bench.at_rest()


def test_a_party_that_hangs_up_before_the_refer_is_taken_is_just_gone() -> None:
    bench = Bench()
    first, second = consultation(bench)
    bench.press(E.TRANSFER, 1, bench.ref)
    bench.pbxs[0].agent.hang_up(first, now=bench.now)
    bench.settle()
    assert not any(finished.succeeded for finished in bench.reported(TransferFinished))
    assert second.state == CallState.CONFIRMED
    assert [*bench.station.states.values()] == [StationCallState.CONNECTED]
    bench.replace()
    bench.at_rest()


def test_both_hang_up_while_the_pbx_joins_them() -> None:
    bench = Bench()
    first, second = consultation(bench)
    bench.press(E.TRANSFER, 1, bench.ref)
    agent = bench.pbxs[0].agent
    agent.accept_transfer(first, now=bench.now)
    agent.hang_up(second, now=bench.now)
    agent.hang_up(first, now=bench.now)
    bench.at_rest()


@pytest.mark.parametrize("on_hook", [True, False])
@pytest.mark.parametrize("answered", [True, False])
def test_hanging_up_hands_over_where_that_is_wanted(on_hook: bool, answered: bool) -> None:
    bench = Bench(settings=CallSettings(transfer_on_hook=on_hook))
    first, _ = consultation(bench, answered=answered)
    bench.replace(1, bench.ref)
    refers = bench.take(TransferRequested)
    assert [refer.call for refer in refers] == ([first] if on_hook else [])
    if on_hook:
        bench.pbxs[0].agent.accept_transfer(first, now=bench.now)
        bench.pbxs[0].agent.report_transfer(first, 200, now=bench.now)
        bench.at_rest()
    else:
        assert [*bench.station.states.values()] == [StationCallState.HOLD]


@pytest.mark.parametrize(
    ("device", "version"),
    [(DeviceType.ATA_186, 3), (DeviceType.CISCO_7905G, 5), (DeviceType.CISCO_7912G, 5), (DeviceType.CISCO_6901, 20)],
)
def test_a_hook_flash_holds_and_dials_and_swaps(device: DeviceType, version: int) -> None:
    bench = Bench(device, version)
    first = bench.talk()
    bench.says(HookFlash())
    bench.dial("700#")
    second = bench.invited().call
    bench.pbxs[0].agent.answer(second, PBX_MEDIA, now=bench.now)
    bench.settle()
    bench.says(HookFlash())  # back to the first one
    held, active = sorted(bench.phone.calls, key=lambda call: call.state == "connected")
    assert active.sip is not None
    assert held.sip is not None
    assert (active.sip.call_id, held.sip.call_id) == (first.call_id, second.call_id)
    for call in (first, second):
        bench.pbxs[0].agent.hang_up(call, now=bench.now)
    bench.settle()
    bench.replace()
    bench.at_rest()


@pytest.mark.parametrize("device", [DeviceType.ATA_186, DeviceType.CISCO_7912G])
@pytest.mark.parametrize(("number", "waits"), [("", False), ("", True), ("70", False), ("700#", False), ("700#", True)])
def test_a_hook_flash_comes_back_from_a_number_that_led_nowhere(device: DeviceType, number: str, waits: bool) -> None:
    bench = Bench(device, 5)
    call = bench.talk()
    held = bench.ref
    bench.says(HookFlash())
    bench.dial(number)
    for event in bench.take(IncomingCall):
        bench.pbxs[0].agent.reject(event.call, 486, now=bench.now)
    bench.settle()
    if waits:
        bench.advance(40)  # until the tone is over
    bench.says(HookFlash())
    assert bench.station.states[held] == StationCallState.CONNECTED
    assert call.state == "confirmed"
    bench.replace()
    bench.at_rest()
