"""Phones of the 12SP era: they tell one RTP port, and are told to listen in words that nobody else gets."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from bridge.errors import LocalProtocolError
from bridge.sccp import (
    CloseReceiveChannel,
    DeviceType,
    IpPort,
    MediaCodec,
    MediaStatus,
    Message,
    OpenReceiveChannel,
    Register,
    StartMediaReception,
    StopMediaReception,
    encode,
)
from bridge.sccp.stationevents import ReceiveChannelOpened
from tests.unit.sccp.test_session import NAME, PROFILE, Wire

OPEN = OpenReceiveChannel(7, 9, 20, MediaCodec.G711_ALAW_64K, call_ref=7)


def registered(device_type: DeviceType, *more: Message) -> Wire:
    wire = Wire(3)
    wire.says(Register(NAME, station_ip=IPv4Address("192.0.2.10"), device_type=device_type, protocol_version=3), *more)
    wire.session.accept(PROFILE, now=1.0)
    wire.answers()
    wire.events()
    return wire


@pytest.mark.parametrize("device_type", [DeviceType.CISCO_12SP_PLUS, DeviceType.CISCO_30VIP])
def test_a_phone_that_told_its_port_listens_there(device_type: DeviceType) -> None:
    wire = registered(device_type, IpPort(30000))
    wire.session.send(OPEN)
    assert wire.answers() == [StartMediaReception(7, 9, 20, MediaCodec.G711_ALAW_64K)]
    assert wire.events() == [ReceiveChannelOpened(MediaStatus.OK, IPv4Address("192.0.2.10"), 30000, 9, 7)]
    wire.session.send(CloseReceiveChannel(7, 9, 7))
    assert wire.answers() == [StopMediaReception(7, 9)]
    assert wire.events() == []


def test_the_port_may_be_told_later_and_anew() -> None:
    wire = registered(DeviceType.CISCO_30VIP)
    wire.says(IpPort(30000), IpPort(30002))
    wire.session.send(OPEN)
    (event,) = wire.events()
    assert isinstance(event, ReceiveChannelOpened)
    assert event.port == 30002


@pytest.mark.parametrize(
    ("device_type", "port"),
    [(DeviceType.CISCO_30VIP, 0), (DeviceType.CISCO_30VIP, 65536), (DeviceType.CISCO_7961G, 30000)],
)
def test_everybody_else_is_asked_to_open_a_channel(device_type: DeviceType, port: int) -> None:
    wire = registered(device_type, IpPort(port))
    wire.session.send(OPEN)
    assert [type(message) for message in wire.answers()] == [OpenReceiveChannel]
    assert wire.events() == []


@pytest.mark.parametrize("message", [StartMediaReception(7, 9), StopMediaReception(7, 9)])
def test_no_java_phone_gets_the_old_words(message: Message) -> None:
    wire = registered(DeviceType.CISCO_7961G, IpPort(30000))
    with pytest.raises(LocalProtocolError, match="never sent"):
        wire.session.send(message)
    assert wire.answers() == []


def test_sizes() -> None:
    assert len(encode(StartMediaReception(7, 9), 3)) == 12 + 24
    assert len(encode(StopMediaReception(7, 9), 3)) == 12 + 8
