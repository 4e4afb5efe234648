"""Pages by multicast: who joins the stream, who is called besides, and what goes before a page."""

from __future__ import annotations

import pytest

from bridge.callcontrol import CallSettings, House, MediaTroubled, ProxiedPhone
from bridge.callcontrol.autoanswering import page_stream
from bridge.callcontrol.events import LineFeaturesRead
from bridge.core import DndMode, LineFeatures, PagingStream
from bridge.errors import InvalidInput
from bridge.sccp import (
    DeviceType,
    DisplayPriNotify,
    MulticastMediaReceptionAck,
    MulticastStatus,
    OnHook,
    OnOff,
    SetSpeakerMode,
    StartMulticastMediaReception,
    StopMulticastMediaReception,
    readable,
)
from bridge.sip import CallEnded
from bridge.sip.message import Header
from tests.sccpbench import PBX_MEDIA, Bench
from tests.sipwatch import CONFIRMED, IDLE, document

STREAM = PagingStream("8600", "239.192.0.1", 20480)
SETTINGS = CallSettings(pages=(STREAM,))
PAGE = (
    Header("Call-Info", "<sip:x@pbx>;answer-after=0"),
    Header("Alert-Info", "<http://pbx>;info=alert-autoanswer;info=page;multicast=239.192.0.1"),
)
_VERSIONS = {"number": 0}


def hint(bench: Bench, state: str) -> None:
    """The PBX says what the group's number does."""
    _VERSIONS["number"] += 1
    body = document(state, _VERSIONS["number"], number="8600").encode()
    bench.phone.house.watching.notified("8600", "application/dialog-info+xml", body, now=bench.now)
    bench.settle()


def paged(bench: Bench) -> tuple[int, int]:
    """How many streams the phone was told to join, and to leave, since the last time."""
    joins = len(bench.station.take(StartMulticastMediaReception))
    return joins, len(bench.station.take(StopMulticastMediaReception))


@pytest.fixture
def bench() -> Bench:
    return Bench(settings=SETTINGS)


def test_a_page_is_heard_as_long_as_it_lasts_and_said_on_the_screen(bench: Bench) -> None:
    hint(bench, IDLE)
    assert paged(bench) == (0, 0)
    bench.station.take(SetSpeakerMode)
    hint(bench, CONFIRMED)
    (join,) = bench.station.take(StartMulticastMediaReception)
    assert (str(join.group_ip.ip), join.group_port, join.packet_ms) == ("239.192.0.1", 20480, 20)
    assert [each.mode for each in bench.station.take(SetSpeakerMode)] == [OnOff.ON]
    assert [readable(each.text) for each in bench.station.take(DisplayPriNotify)] == ["Paging 8600"]
    bench.says(MulticastMediaReceptionAck(MulticastStatus.OK, join.party_id))
    hint(bench, IDLE)
    (leave,) = bench.station.take(StopMulticastMediaReception)
    assert leave.party_id == join.party_id
    assert [each.mode for each in bench.station.take(SetSpeakerMode)] == [OnOff.OFF]
    assert bench.phone.calls == ()


def test_the_call_that_pages_besides_is_refused_and_any_other_page_taken(bench: Bench) -> None:
    bench.pbxs[0].agent.call("1001", PBX_MEDIA, headers=list(PAGE), now=bench.now)
    bench.settle()
    assert [event.status for event in bench.pbx_events if isinstance(event, CallEnded)] == [486]
    assert bench.phone.calls == ()
    bench.pbxs[0].agent.call("1001", PBX_MEDIA, headers=[PAGE[0], Header("Alert-Info", "<x>;info=page")], now=bench.now)
    bench.settle()
    assert len(bench.phone.calls) == 1


def test_a_phone_that_cannot_join_is_called_from_then_on(bench: Bench) -> None:
    hint(bench, CONFIRMED)
    (join,) = bench.station.take(StartMulticastMediaReception)
    bench.says(MulticastMediaReceptionAck(MulticastStatus.ERROR, join.party_id))
    assert [event.what for event in bench.reported(MediaTroubled)] == [
        "the page to 8600 is not heard: the phone cannot join 239.192.0.1"
    ]
    hint(bench, IDLE)
    hint(bench, CONFIRMED)
    assert paged(bench)[0] == 0
    bench.pbxs[0].agent.call("1001", PBX_MEDIA, headers=list(PAGE), now=bench.now)
    bench.settle()
    assert len(bench.phone.calls) == 1


def test_a_call_of_ones_own_and_the_speaker_key_end_it(bench: Bench) -> None:
    hint(bench, CONFIRMED)
    bench.station.take(SetSpeakerMode)
    bench.lift()
    assert paged(bench) == (1, 1)
    assert [each.mode for each in bench.station.take(SetSpeakerMode)][-1] is OnOff.ON
    hint(bench, IDLE)
    hint(bench, CONFIRMED)
    assert paged(bench) == (0, 0)
    bench.replace()
    hint(bench, IDLE)
    hint(bench, CONFIRMED)
    assert paged(bench) == (1, 0)
    bench.says(OnHook())
    assert paged(bench) == (0, 1)


def test_nobody_is_paged_who_is_not_to_be_disturbed_nor_a_phone_without_a_loudspeaker(bench: Bench) -> None:
    bench.phone.tell(LineFeaturesRead("1001", LineFeatures(dnd=DndMode.SILENT)), now=bench.now)
    hint(bench, CONFIRMED)
    assert paged(bench) == (0, 0)
    house: House[ProxiedPhone] = House()
    Bench(DeviceType.ATA_186, 3, settings=SETTINGS, house=house)
    assert house.watching.numbers == frozenset()


def test_a_page_that_is_under_way_is_heard_when_the_phone_comes_and_lost_with_the_hint(bench: Bench) -> None:
    house = bench.phone.house
    hint(bench, CONFIRMED)
    other = Bench(settings=SETTINGS, house=house)
    assert paged(other) == (1, 0)
    house.watching.lost("8600", now=bench.now)
    other.settle()
    assert paged(other) == (0, 1)


def test_a_phone_that_left_is_told_nothing(bench: Bench) -> None:
    hint(bench, CONFIRMED)
    paged(bench)
    bench.phone.station_lost(now=bench.now)
    bench.settle()
    hint(bench, IDLE)
    hint(bench, CONFIRMED)
    assert paged(bench) == (0, 0)


@pytest.mark.parametrize(
    ("alert", "address"),
    [
        ("<http://pbx>;info=page;multicast=239.192.0.1", "239.192.0.1"),
        ("<http://pbx>;multicast=239.192.0.1", ""),
        ("<http://pbx>;info=page", ""),
        ("<http://pbx>;info=page;multicast=elsewhere.example", ""),
    ],
)
def test_which_stream_a_page_names(alert: str, address: str) -> None:
    assert page_stream(alert) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8600",
        "8600=192.0.2.1:20480",
        "8600=239.1.1.1:20481",
        "8600=239.1.1.1:80",
        "x=239.1.1.1:2048",
        "8600=239.1.1.1:²",
    ],
)
def test_streams_that_are_none(text: str) -> None:
    with pytest.raises(InvalidInput):
        PagingStream.parse(text)


def test_a_stream_is_written_as_it_is_read() -> None:
    assert str(PagingStream.parse("8600 = 239.192.0.1:20480")) == "8600=239.192.0.1:20480"
