"""Codecs in SDP's terms, addresses behind NAT, and the channel on its own."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from bridge.callcontrol.callrefs import CallReferences
from bridge.callcontrol.channel import ChannelState, MediaChannel, Purpose
from bridge.callcontrol.codecs import chosen_codec, reachable_address, session_of, usable
from bridge.callcontrol.parties import Party
from bridge.callcontrol.settings import DEFAULT_CODECS
from bridge.sccp import CloseReceiveChannel, MediaCodec, MediaStatus, OpenReceiveChannel, StopMediaTransmission
from bridge.sccp.stationevents import ReceiveChannelOpened
from bridge.sip.sdp import G722, G729, PCMA, PCMU, AudioSession, Codec


def test_usable_codecs_come_in_the_order_of_the_settings() -> None:
    phone = (MediaCodec.G729, MediaCodec.G729_ANNEX_A, MediaCodec.G711_ALAW_64K, MediaCodec.G711_ULAW_64K)
    wanted = (MediaCodec.G722_64K, MediaCodec.G711_ALAW_64K, MediaCodec.G729_ANNEX_A, MediaCodec.G729)
    assert usable(wanted, phone) == (MediaCodec.G711_ALAW_64K, MediaCodec.G729_ANNEX_A)


def test_a_phone_that_told_nothing_has_g711() -> None:
    assert usable(DEFAULT_CODECS, ()) == (MediaCodec.G711_ULAW_64K, MediaCodec.G711_ALAW_64K)


def test_the_other_sides_order_decides() -> None:
    ours = (MediaCodec.G711_ULAW_64K, MediaCodec.G729_ANNEX_A)
    assert chosen_codec(AudioSession("192.0.2.1", 1, (G722, G729, PCMU)), ours) is MediaCodec.G729_ANNEX_A
    assert chosen_codec(AudioSession("192.0.2.1", 1, (G722,)), ours) is None


def test_dynamic_payload_numbers_do_not_matter() -> None:
    theirs = AudioSession("192.0.2.1", 1, (Codec("ilbc", 120),))
    assert chosen_codec(theirs, (MediaCodec.ILBC,)) is MediaCodec.ILBC


def test_session() -> None:
    session = session_of((MediaCodec.G711_ALAW_64K,), "192.0.2.10", 30000, with_events=False, packet_ms=30)
    assert (session.codecs, session.packet_time) == ((PCMA,), 30)


@pytest.mark.parametrize(
    ("told", "peer", "address"),
    [
        ("198.18.0.5", "198.18.0.5", "198.18.0.5"),
        ("10.0.0.5", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.5", "10.0.0.5", "10.0.0.5"),
        ("8.8.8.8", "9.9.9.9", "8.8.8.8"),
        ("0.0.0.0", "9.9.9.9", "9.9.9.9"),
        ("10.0.0.5", "not an address", "10.0.0.5"),
    ],
)
def test_where_the_media_go(told: str, peer: str, address: str) -> None:
    assert reachable_address(ip_address(told), peer) == address
    assert reachable_address(None, peer) == peer


@pytest.mark.parametrize(
    ("number", "name", "party"),
    [
        ("2002", "Bob", Party("2002", "Bob")),
        ("2002", "2002", Party("2002", "")),
        ("anonymous", "Anonymous", Party("", "")),
        ("20\x1e\x8002", "B\x00o\nb", Party("2002", "Bob")),
        ("1" * 200, "x" * 200, Party("1" * 40, "x" * 80)),
    ],
)
def test_parties(number: str, name: str, party: Party) -> None:
    assert Party.of(number, name) == party


def test_call_references_go_round() -> None:
    refs = CallReferences(2**31 - 2)
    assert [refs.take() for _ in range(3)] == [2**31 - 2, 2**31 - 1, 1]


def ack(party: int, port: int = 30000, status: MediaStatus = MediaStatus.OK) -> ReceiveChannelOpened:
    return ReceiveChannelOpened(status, ip_address("192.0.2.10"), port, party)


def test_channel() -> None:
    channel = MediaChannel(7, CallReferences(40).take, 20)
    (opened,) = channel.open(Purpose.OFFER, MediaCodec.G711_ULAW_64K, 101, until=2.0)
    assert isinstance(opened, OpenReceiveChannel)
    assert (opened.conf_id, opened.party_id, opened.call_ref) == (7, 40, 7)
    assert channel.acknowledged(ack(39), "192.0.2.10") is None
    assert channel.acknowledged(ack(40, status=MediaStatus.INVALID_CODEC), "192.0.2.10") is False
    assert channel.acknowledged(ack(40, port=0), "192.0.2.10") is False
    again = channel.again(4.0)
    assert again is not None
    assert [type(message) for message in again] == [CloseReceiveChannel, OpenReceiveChannel]
    assert channel.again(6.0) is None
    assert channel.acknowledged(ack(41), "192.0.2.10") is True
    assert channel.acknowledged(ack(41), "192.0.2.10") is None, "told twice"
    assert len(channel.send_to("192.0.2.1", 20000, MediaCodec.G711_ULAW_64K, 101)) == 1
    assert channel.send_to("192.0.2.1", 20000, MediaCodec.G711_ULAW_64K, 101) == ()
    assert len(channel.send_to("192.0.2.1", 20002, MediaCodec.G711_ULAW_64K, 101)) == 2
    assert [type(message) for message in channel.close()] == [CloseReceiveChannel, StopMediaTransmission]
    assert channel.close() == ()
    assert channel.state is ChannelState.CLOSED
