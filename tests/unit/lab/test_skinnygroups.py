"""What a simulated phone does that is told to play a multicast group."""

from __future__ import annotations

import pytest

from bridge.lab.skinnyevents import GroupUnwanted, GroupWanted, StationEvent
from bridge.lab.skinnygroups import StationGroups
from bridge.lab.skinnymodels import skinny_traits
from bridge.phones import catalogue
from bridge.sccp import (
    KeepAlive,
    MediaCodec,
    Message,
    MulticastMediaReceptionAck,
    MulticastStatus,
    StartMulticastMediaReception,
    StationAddress,
    StopMulticastMediaReception,
)

GROUP = StationAddress.of("239.192.0.1")


class Phone:
    """The groups of a 7961, and what became of them."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.events: list[StationEvent] = []
        self.faults: list[str] = []
        model = catalogue().require("7961")
        self.groups = StationGroups(
            skinny_traits(model, ""), send=self.sent.append, report=self.events.append, fault=self.faults.append
        )


def test_it_joins_says_so_and_leaves() -> None:
    phone = Phone()
    assert phone.groups.receive(StartMulticastMediaReception(5, 6, GROUP, 20480, call_ref=7))
    assert phone.events == [GroupWanted(6, "239.192.0.1", 20480)]
    assert phone.sent == []
    phone.groups.joined(6, well=True)
    assert phone.sent == [MulticastMediaReceptionAck(MulticastStatus.OK, 6, 7)]
    assert phone.groups.receive(StopMulticastMediaReception(5, 6))
    assert phone.groups.receive(StopMulticastMediaReception(5, 6))
    assert phone.events[1:] == [GroupUnwanted(6)]
    assert phone.faults == []
    assert not phone.groups.receive(KeepAlive())


def test_what_it_cannot_join_it_refuses() -> None:
    phone = Phone()
    phone.groups.receive(StartMulticastMediaReception(5, 6, GROUP, 20480))
    phone.groups.joined(6, well=False)
    phone.groups.joined(6, well=True)  # too late
    assert phone.sent == [MulticastMediaReceptionAck(MulticastStatus.ERROR, 6)]
    phone.groups.receive(StopMulticastMediaReception(5, 6))
    assert phone.events == [GroupWanted(6, "239.192.0.1", 20480)]


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        (StartMulticastMediaReception(1, 1, StationAddress.of("192.0.2.1"), 20480), "for 192.0.2.1:20480"),
        (StartMulticastMediaReception(1, 1, GROUP, 0), "for 239.192.0.1:0"),
        (StartMulticastMediaReception(1, 1, GROUP, 20480, codec=MediaCodec.GSM_FULL_RATE), "codec GSM_FULL_RATE"),
    ],
)
def test_what_makes_no_sense_is_a_fault(message: StartMulticastMediaReception, fault: str) -> None:
    phone = Phone()
    phone.groups.receive(message)
    assert phone.events == []
    assert len(phone.faults) == 1
    assert fault in phone.faults[0]
    assert phone.sent == [MulticastMediaReceptionAck(MulticastStatus.ERROR, 1)]
