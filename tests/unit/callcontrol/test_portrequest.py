"""The phone is asked for its port before the INVITE, and opens its channel when there is something to hear."""

from __future__ import annotations

import pytest

from bridge.callcontrol import CallSettings
from bridge.sccp import (
    MediaStatus,
    Message,
    OpenReceiveChannel,
    OpenReceiveChannelAck,
    PhoneFeatures,
    PortClose,
    PortReq,
    PortRes,
    StartMediaTransmission,
    StationAddress,
    StationCallState,
)
from bridge.sip import SessionChanged
from bridge.sip.sdp import PCMA, AudioSession
from tests.sccpbench import PBX_ADDRESS, PBX_MEDIA, PHONE_ADDRESS, Bench

ABLE = PhoneFeatures.RFC2833 | PhoneFeatures.UTF_8 | PhoneFeatures.PORT_REQUEST
PORT = 31000
WHERE = StationAddress.of(PHONE_ADDRESS)


def bench_with(features: PhoneFeatures = ABLE, *, asked: bool = True) -> Bench:
    bench = Bench(version=19, settings=CallSettings(port_request=asked), features=features)
    bench.station.acknowledges = False
    return bench


def tell_port(bench: Bench, port: int = PORT) -> PortReq:
    (asked,) = bench.station.take(PortReq)
    bench.says(PortRes(asked.conf_id, asked.call_ref, asked.party_id, WHERE, port, port + 1))
    return asked


def open_at(bench: Bench, port: int) -> OpenReceiveChannel:
    (opened,) = bench.station.take(OpenReceiveChannel)
    bench.station.opening.clear()
    bench.says(OpenReceiveChannelAck(MediaStatus.OK, WHERE, port, opened.party_id, opened.call_ref))
    return opened


def of(bench: Bench, kind: type[Message]) -> int:
    return bench.station.names.count(kind.__name__)


def test_the_offer_has_the_port_that_was_told_and_the_channel_opens_at_the_answer() -> None:
    bench = bench_with()
    bench.lift()
    bench.dial("600#")
    asked = tell_port(bench)
    incoming = bench.invited()
    assert incoming.offer is not None
    assert (incoming.offer.address, incoming.offer.port) == (PHONE_ADDRESS, PORT)
    assert of(bench, OpenReceiveChannel) == 0
    pbx = bench.pbxs[0].agent
    pbx.ring(incoming.call, now=bench.now)
    bench.settle()
    assert of(bench, OpenReceiveChannel) == 0
    assert bench.station.states[bench.ref] == StationCallState.RING_OUT
    pbx.answer(incoming.call, PBX_MEDIA, now=bench.now)
    bench.settle()
    assert open_at(bench, PORT).party_id == asked.party_id
    (media,) = bench.station.take(StartMediaTransmission)
    assert media.remote_port == PBX_MEDIA.port
    assert not bench.take(SessionChanged), "the port is the one that was told"
    bench.replace()
    assert of(bench, PortClose) == 0, "the port belongs to a channel, which is closed"
    bench.at_rest()


def test_early_media_open_the_channel_in_the_codec_that_comes() -> None:
    bench = bench_with()
    bench.lift()
    bench.dial("600#")
    tell_port(bench)
    incoming = bench.invited()
    bench.pbxs[0].agent.ring(
        incoming.call, status=183, session=AudioSession(PBX_ADDRESS, 20002, (PCMA,)), now=bench.now
    )
    bench.settle()
    open_at(bench, PORT)
    (media,) = bench.station.take(StartMediaTransmission)
    assert media.remote_port == 20002
    bench.replace()
    bench.at_rest()


def test_another_port_in_the_end_is_told_to_the_other_side() -> None:
    bench = bench_with()
    bench.lift()
    bench.dial("600#")
    tell_port(bench)
    bench.pbxs[0].agent.answer(bench.invited().call, PBX_MEDIA, now=bench.now)
    bench.settle()
    open_at(bench, PORT + 10)
    (changed,) = bench.take(SessionChanged)
    assert changed.remote.port == PORT + 10


def test_a_call_given_up_gives_the_port_back() -> None:
    bench = bench_with()
    bench.lift()
    bench.dial("600#")
    asked = tell_port(bench)
    bench.replace()
    assert [message.party_id for message in bench.station.take(PortClose)] == [asked.party_id]
    bench.at_rest()


@pytest.mark.parametrize("answers", [True, False])
def test_a_phone_that_tells_no_port_opens_its_channel_and_is_not_asked_again(answers: bool) -> None:
    bench = bench_with()
    bench.lift()
    bench.dial("600#")
    if answers:
        tell_port(bench, 0)
    else:
        bench.station.take(PortReq)
        bench.advance(2.0)
    open_at(bench, PORT)
    incoming = bench.invited()
    assert incoming.offer is not None
    assert incoming.offer.port == PORT
    bench.replace()
    bench.lift()
    bench.dial("600#")
    assert of(bench, PortReq) == 0
    assert of(bench, OpenReceiveChannel) == 1


@pytest.mark.parametrize(("features", "asked"), [(PhoneFeatures.RFC2833 | PhoneFeatures.UTF_8, True), (ABLE, False)])
def test_without_the_switch_or_the_feature_nobody_asks(features: PhoneFeatures, asked: bool) -> None:
    bench = bench_with(features, asked=asked)
    bench.lift()
    bench.dial("600#")
    assert of(bench, PortReq) == 0
    assert of(bench, OpenReceiveChannel) == 1


def test_a_late_answer_changes_nothing() -> None:
    bench = bench_with()
    bench.lift()
    bench.dial("600#")
    (asked,) = bench.station.take(PortReq)
    bench.advance(2.0)
    open_at(bench, PORT)
    bench.says(PortRes(asked.conf_id, asked.call_ref, asked.party_id, WHERE, 1, 2))
    incoming = bench.invited()
    assert incoming.offer is not None
    assert incoming.offer.port == PORT
