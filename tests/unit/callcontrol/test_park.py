"""Park: what the phone asks for, what it shows, and what happens in which order."""

from __future__ import annotations

from dataclasses import replace

from bridge.callcontrol import PhoneCallState
from bridge.core import CallParked, CallUnparked, ParkedCall, ParkedCallsListed, ParkingChange, ParkingEnd
from bridge.sccp import (
    BlfStatus,
    DeviceType,
    FeatureStat,
    FeatureStatReq,
    LampMode,
    SoftKeyEventType,
    StationCallState,
    StimulusType,
)
from bridge.sccp.buttonplaces import place
from bridge.sccp.profile import BusyLamp, ParkButton, StationLine, StationProfile
from bridge.sip import Call, IncomingCall, TransferRequested
from bridge.sip.message import Header
from tests.sccpbench import PBX_MEDIA, Bench, local_time

PARK_PROFILE = StationProfile(
    lines=(StationLine("1001", "Alice", "Alice"), StationLine("1002", "Office", "Office")),
    local_time=local_time,
    park_buttons=(ParkButton("71", "Park 1"), ParkButton("72")),
)
LAMP = StimulusType.DIRECTED_PARK


def park_bench() -> Bench:
    return Bench(profile=PARK_PROFILE)


def change(bench: Bench, what: ParkingChange) -> None:
    """The PBX tells all phones."""
    bench.phone.house.parking.change(what)
    bench.phone.tell(what, now=bench.now)
    bench.settle()


def parked(slot: str = "71", number: str = "600", parker: str = "1001") -> CallParked:
    return CallParked(ParkedCall(slot, number, "", parker))


def asked(bench: Bench) -> str:
    """Whither the one REFER goes."""
    (request,) = bench.take(TransferRequested)
    return request.target.address.removeprefix("sip:").partition("@")[0]


def take(bench: Bench, call: Call) -> None:
    """The PBX accepts the transfer, and has the call."""
    bench.pbxs[0].agent.accept_transfer(call, now=bench.now)
    bench.pbxs[0].agent.report_transfer(call, 200, now=bench.now)
    bench.settle()


def lit(bench: Bench) -> set[int]:
    return {instance for (kind, instance), mode in bench.station.lamps.items() if kind == LAMP and mode == LampMode.ON}


def test_the_park_key_parks_the_call_and_the_slot_is_shown() -> None:
    bench = park_bench()
    call = bench.talk()
    bench.press(SoftKeyEventType.PARK, 1, bench.ref)
    assert asked(bench) == "sepbridge-park"
    assert "INVITE" not in bench.pbxs[0].methods()[2:], "no re-INVITE crosses the REFER"
    change(bench, parked())
    assert bench.notified() == ["Park number 71"]
    take(bench, call)
    assert bench.notified() == []
    assert bench.phone.calls == ()
    assert lit(bench) == {1}
    change(bench, CallUnparked("71", ParkingEnd.RETRIEVED))
    bench.at_rest()


def test_the_slot_may_be_told_after_the_call_has_gone() -> None:
    bench = park_bench()
    call = bench.talk()
    bench.push(StimulusType.CALL_PARK, 1)
    take(bench, call)
    assert bench.notified() == []
    change(bench, parked("72"))
    assert bench.notified() == ["Park number 72"]
    change(bench, parked("71", "601"))
    assert bench.notified() == [], "somebody else's"


def test_where_nobody_tells_the_slot_the_screen_says_so() -> None:
    bench = park_bench()
    call = bench.talk()
    bench.press(SoftKeyEventType.PARK)
    take(bench, call)
    bench.advance(10)
    assert bench.notified() == ["Parked, slot unknown"]
    bench.at_rest()


def test_a_free_slot_takes_the_held_call() -> None:
    bench = park_bench()
    bench.talk()
    bench.press(SoftKeyEventType.HOLD)
    bench.push(LAMP, 2)
    assert asked(bench) == "sepbridge-park-72"


def test_a_taken_slot_gives_its_call_and_puts_the_other_on_hold() -> None:
    bench = park_bench()
    bench.talk()
    change(bench, CallParked(ParkedCall("71", "2002", "Bob", "1001")))
    bench.push(LAMP, 1)
    assert bench.invited().called == "sepbridge-retrieve-71"
    assert bench.station.infos[bench.ref].called_number == "2002"
    assert sorted(bench.station.states.values()) == sorted([StationCallState.HOLD, StationCallState.PROCEED])
    assert bench.phone._desk.last_dialled == "600", "redial dials no service"


def test_without_a_call_a_free_slot_does_nothing() -> None:
    bench = park_bench()
    bench.push(LAMP, 1)
    assert bench.notified() == ["Key is not active"]
    bench.push(LAMP, 3)
    assert bench.notified() == ["Number not configured"]
    bench.at_rest()


def test_a_call_that_the_pbx_does_not_park_is_on_hold_and_the_other_side_hears_of_it() -> None:
    bench = park_bench()
    call = bench.talk()
    bench.press(SoftKeyEventType.PARK)
    assert asked(bench) == "sepbridge-park"
    bench.pbxs[0].agent.refuse_transfer(call, 603, now=bench.now)
    bench.settle()
    assert bench.notified() == ["No park number available"]
    assert [each.state for each in bench.phone.calls] == [PhoneCallState.HELD]
    assert call.remote is not None
    assert call.remote.on_hold
    change(bench, parked())
    assert bench.notified() == [], "that was somebody else's call"
    bench.press(SoftKeyEventType.RESUME)
    assert list(bench.station.states.values()) == [StationCallState.CONNECTED]


def test_a_call_that_is_asked_about_is_not_parked() -> None:
    bench = park_bench()
    bench.talk()
    bench.press(SoftKeyEventType.TRANSFER)
    bench.press(SoftKeyEventType.PARK)
    assert bench.take(TransferRequested) == []


def returns(bench: Bench, slot: str = "71") -> Call:
    alert = Header("Alert-Info", f"<http://localhost>;info=sepbridge-park-{slot}")
    call = bench.pbxs[0].agent.call("1001", PBX_MEDIA, headers=[alert], now=bench.now)
    bench.settle()
    return call


def test_a_call_that_comes_back_says_from_where() -> None:
    bench = park_bench()
    returns(bench)
    assert bench.station.prompts[bench.ref] == "CallPark Reversion 71"
    assert "CallPark Reversion 71 600" in bench.notified()
    bench.lift()
    assert bench.station.prompts[bench.ref] == "Connected"


def test_another_alert_info_says_nothing() -> None:
    bench = park_bench()
    alert = Header("Alert-Info", "<http://localhost>;info=sepbridge-park-71;x")
    bench.pbxs[0].agent.call("1001", PBX_MEDIA, headers=[alert], now=bench.now)
    bench.settle()
    assert not any("Reversion" in text for text in bench.notified())
    assert bench.take(IncomingCall) == []


def test_a_phone_that_comes_later_has_its_lamps_and_labels() -> None:
    bench = Bench(profile=PARK_PROFILE, register=False)
    bench.phone.house.parking.change(parked("72"))
    bench.register()
    assert lit(bench) == {2}
    stats = {stat.index: (stat.label, stat.status) for stat in bench.station.take(FeatureStat)}
    assert stats == {1: ("Park 1", BlfStatus.IDLE), 2: ("72", BlfStatus.IN_USE)}
    change(bench, ParkedCallsListed((ParkedCall("71"),)))
    assert lit(bench) == {1}


def test_lamps_of_slots_and_of_numbers_do_not_get_in_each_others_way() -> None:
    wanted = ((1, StimulusType.LINE), (2, StimulusType.BLF_SPEED_DIAL), (3, LAMP), (4, LAMP))
    buttons = place(DeviceType.CISCO_7961G, wanted)
    profile = replace(PARK_PROFILE, lines=PARK_PROFILE.lines[:1], buttons=buttons, lamps=(BusyLamp("2002", "Carol"),))
    bench = Bench(profile=profile)
    bench.says(FeatureStatReq(1), FeatureStatReq(2))
    labels = {each.index: (each.feature_id, each.label) for each in bench.station.take(FeatureStat)}
    assert labels == {1: (StimulusType.BLF_SPEED_DIAL, "Carol"), 2: (LAMP, "Park 1"), 3: (LAMP, "72")}
    change(bench, parked("72"))
    assert [(each.index, each.status) for each in bench.station.take(FeatureStat)] == [(3, BlfStatus.IN_USE)]
    assert lit(bench) == {3}
    bench.push(LAMP, 3)
    assert bench.invited().called == "sepbridge-retrieve-72"


def test_an_old_phone_gets_lamps_and_no_icons() -> None:
    bench = Bench(profile=PARK_PROFILE, version=11)
    bench.station.take(FeatureStat)
    change(bench, parked())
    assert lit(bench) == {1}
    assert bench.station.take(FeatureStat) == []


def test_hanging_up_while_it_is_parked_still_shows_the_slot() -> None:
    bench = park_bench()
    bench.talk()
    bench.press(SoftKeyEventType.PARK)
    bench.press(SoftKeyEventType.END_CALL, 1, bench.ref)
    assert bench.phone.calls == ()
    change(bench, parked())
    assert bench.notified() == ["Park number 71"]
