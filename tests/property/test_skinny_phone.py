"""Whatever a server sends, an SCCP phone does not break: it notes faults, shows what it can, or gives the server up."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core import DeviceName
from bridge.errors import SepbridgeError
from bridge.lab.skinnyevents import PortWanted
from bridge.lab.skinnymodels import sccp_load, skinny_models, skinny_traits
from bridge.lab.skinnystation import SkinnyStation
from bridge.lab.skinnywords import Identity
from bridge.phones import catalogue
from bridge.sccp import CallState, Direction, Frame, Message, MessageId, StationCallState, encode, forms_of, messages
from tests.property.sccp_strategies import messages_of
from tests.unit.lab.skinnyserver import ScriptedServer

TO_PHONE = [int(each) for each in MessageId if each.direction in {Direction.TO_PHONE, Direction.EITHER}]
frames = st.builds(
    Frame, st.sampled_from(TO_PHONE) | st.integers(0, 0xFFFF), st.binary(max_size=200), st.integers(0, 30)
).map(Frame.to_bytes)
said = st.one_of(
    [
        messages_of(message, form)
        for message in messages()
        for form in forms_of(message)
        if form.id.direction in {Direction.TO_PHONE, Direction.EITHER}
    ]
)


def registered(index: int) -> tuple[SkinnyStation, ScriptedServer]:
    kind = skinny_models()[index % len(skinny_models())]
    model = catalogue().by_number(int(kind))
    assert model is not None
    load = sccp_load(model)
    station = SkinnyStation(skinny_traits(model, load), Identity(DeviceName("SEP001122334455"), kind, load))
    server = ScriptedServer()
    station.register(now=0.0)
    while out := b"".join(station.data_to_send()):
        station.receive_stream(server.receive(out), now=0.0)
    return station, server


def drain(station: SkinnyStation, now: float) -> None:
    while event := station.next_event():
        if isinstance(event, PortWanted):
            station.port_opened(event.call, event.channel, "192.0.2.1", 20000, now=now)
    station.data_to_send()
    station.view(now=now)


@given(index=st.integers(0, 99), chunks=st.lists(frames | st.binary(max_size=60), max_size=12))
def test_any_bytes(index: int, chunks: list[bytes]) -> None:
    station, _ = registered(index)
    for place, chunk in enumerate(chunks):
        station.receive_stream(chunk, now=float(place))
        drain(station, float(place))


@settings(max_examples=60)
@given(
    index=st.integers(0, 99),
    sequence=st.lists(
        said | st.builds(CallState, st.sampled_from(StationCallState), st.integers(0, 2), st.integers(0, 3)),
        max_size=12,
    ),
    keys=st.lists(st.sampled_from(["lift", "down", "answer", "hang up", "dial", "5", "NewCall", "line"]), max_size=12),
)
def test_any_messages_and_any_keys(index: int, sequence: list[Message], keys: list[str]) -> None:
    station, _ = registered(index)
    now = 0.0
    for place in range(max(len(sequence), len(keys))):
        now += 1.0
        if place < len(sequence):
            try:
                data = encode(sequence[place], station.version)
            except SepbridgeError:
                data = b""
            station.receive_stream(data, now=now)
        if place < len(keys):
            press(station, keys[place], now)
        if (due := station.timer()) is not None and due <= now:
            station.handle_timer(now=now)
        drain(station, now)
    station.connection_lost()
    assert station.calls.all == ()
    assert station.timer() is None or station.keys.dialling


def press(station: SkinnyStation, key: str, now: float) -> None:
    try:
        match key:
            case "lift":
                station.do(lambda keys: keys.lift(now=now), now=now)
            case "down":
                station.do(lambda keys: keys.put_down(now=now), now=now)
            case "answer":
                station.do(lambda keys: keys.answer(now=now), now=now)
            case "hang up":
                station.do(lambda keys: keys.hang_up(now=now), now=now)
            case "dial":
                station.do(lambda keys: keys.dial("600", now=now), now=now)
            case "5":
                station.do(lambda keys: keys.digit("5", now=now), now=now)
            case "line":
                station.do(lambda keys: keys.line(1, now=now), now=now)
            case label:
                station.do(lambda keys: keys.soft_key(label, now=now), now=now)
    except SepbridgeError:
        pass  # the phone said no; what counts is that nothing else is raised
