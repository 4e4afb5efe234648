"""What Asterisk's manager events say of park slots and of numbers."""

from __future__ import annotations

import pytest

from bridge.core import CallParked, CallUnparked, ParkedCall, ParkingChange, ParkingEnd
from bridge.core.numberstate import NumberState
from bridge.errors import InvalidInput
from bridge.pbx.ami import Ami, AmiSettings
from bridge.pbx.amilink import AmiMessage
from bridge.pbx.numberstates import AsteriskNumberStates, state_of
from bridge.pbx.parking import AsteriskParking


def message(**headers: str) -> AmiMessage:
    return AmiMessage(tuple((key.lower(), value) for key, value in headers.items()))


def heard(**headers: str) -> list[ParkingChange]:
    """What the listener is told of an event."""
    parking = AsteriskParking(Ami(AmiSettings()))
    told: list[ParkingChange] = []
    parking.on_change = told.append
    parking.event(message(**headers))
    return told


PARKED = {
    "Event": "ParkedCall",
    "Parkinglot": "default",
    "ParkingSpace": "71",
    "ParkeeCallerIDNum": "2002",
    "ParkeeCallerIDName": "<unknown>",
    "ParkerDialString": "PJSIP/1001",
}


def test_a_parked_call() -> None:
    assert heard(**PARKED) == [CallParked(ParkedCall("71", "2002", "", "1001"))]


@pytest.mark.parametrize(
    ("event", "end"),
    [
        ("UnParkedCall", ParkingEnd.RETRIEVED),
        ("ParkedCallTimeOut", ParkingEnd.TIMED_OUT),
        ("ParkedCallGiveUp", ParkingEnd.GAVE_UP),
    ],
)
def test_how_it_leaves_its_slot(event: str, end: ParkingEnd) -> None:
    assert heard(**{**PARKED, "Event": event}) == [CallUnparked("71", end)]


@pytest.mark.parametrize(
    "other",
    [
        {"Parkinglot": "sales"},
        {"ParkingSpace": "seven"},
        {"ParkingSpace": ""},
        {"ActionID": "1"},
        {"Event": "ParkedCallSwap"},
        {"Event": "Hangup"},
    ],
)
def test_what_does_not_count(other: dict[str, str]) -> None:
    assert heard(**{**PARKED, **other}) == []


def test_a_parker_that_is_no_sip_phone() -> None:
    (change,) = heard(**{**PARKED, "ParkerDialString": "Local/1001@x"})
    assert isinstance(change, CallParked)
    assert change.call.parker == ""


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("0", NumberState.FREE),
        ("1", NumberState.IN_USE),
        ("2", NumberState.IN_USE),
        ("4", NumberState.ABSENT),
        ("8", NumberState.RINGING),
        ("9", NumberState.IN_USE),
        ("16", NumberState.IN_USE),
        ("-1", NumberState.UNKNOWN),
        ("-2", NumberState.UNKNOWN),
        ("", NumberState.UNKNOWN),
    ],
)
def test_states_of_hints(status: str, state: NumberState) -> None:
    assert state_of(status) is state


async def test_only_watched_numbers_are_told() -> None:
    states = AsteriskNumberStates(Ami(AmiSettings()))
    told: list[tuple[str, NumberState]] = []
    states.on_state = lambda number, state: told.append((number, state))
    busy = message(Event="ExtensionStatus", Exten="1001", Status="1")
    states.event(busy)
    states.watch("1001", "sepbridge-phones")
    states.event(busy)
    states.unwatch("1001")
    states.event(busy)
    assert told == [("1001", NumberState.IN_USE)]
    with pytest.raises(InvalidInput):
        states.watch("1001\r\nAction: Command", "sepbridge-phones")
