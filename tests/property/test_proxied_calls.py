"""Users who press anything at any time, a PBX that does so too, frames lost, repeated, cut: nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.callcontrol import CallSettings, EarlyOpen
from bridge.callcontrol.phonecall import ASIDE
from bridge.sccp import (
    DeviceType,
    EnblocCall,
    HookFlash,
    KeypadButton,
    KeypadKey,
    MediaStatus,
    OffHook,
    OnHook,
    OpenReceiveChannelAck,
    SoftKeyEvent,
    SoftKeyEventType,
    StationAddress,
    Stimulus,
    StimulusType,
    Unregister,
)
from bridge.sip import CallState, Direction
from bridge.sip.sdp import PCMA, PCMU, TELEPHONE_EVENT, AudioSession
from tests.sccpbench import PBX_ADDRESS, PBX_MEDIA, Bench, digits

Step = Callable[[Bench], None]

MEDIA = (
    PBX_MEDIA,
    AudioSession(PBX_ADDRESS, 20002, (PCMA, TELEPHONE_EVENT)),
    AudioSession("192.0.2.77", 20004, (PCMU,)),
    AudioSession(PBX_ADDRESS, 20000, (PCMU, PCMA), Direction.SENDONLY),
    AudioSession(PBX_ADDRESS, 0, (PCMU,)),
)
refs = st.integers(0, 6)
lines = st.integers(0, 3)
lines_of_pbx = st.integers(1, 2)


def phone_says(message: object) -> Step:
    return lambda bench: bench.says(message)  # type: ignore[arg-type]  # one of many kinds of messages


def pbx_does(line: int, index: int, what: str, media: AudioSession) -> Step:
    def step(bench: Bench) -> None:
        agent = bench.pbxs[line - 1].agent
        calls = agent.calls
        if what == "call":
            if len(calls) < 6:
                agent.call("1001", media, now=bench.now)
        elif what == "late call":
            if len(calls) < 6:
                agent.call("1001", None, now=bench.now)
        elif calls:
            call = calls[index % len(calls)]
            if what == "hang up":
                agent.hang_up(call, now=bench.now)
            elif call.state is CallState.INCOMING and what == "ring":
                agent.ring(call, now=bench.now)
            elif call.state is CallState.INCOMING and what == "media":
                agent.ring(call, status=183, session=media, now=bench.now)
            elif call.state is CallState.INCOMING and what == "answer":
                agent.answer(call, media, now=bench.now)
            elif call.state is CallState.INCOMING and what == "reject":
                agent.reject(call, 486 + index, now=bench.now)
            elif call.state is CallState.CONFIRMED and what == "change" and call.local is not None:
                agent.reoffer(call, media, now=bench.now)

    return step


def settle(bench: Bench) -> None:
    bench.settle()


def acknowledge(first: bool, status: MediaStatus) -> Step:
    def step(bench: Bench) -> None:
        opening = bench.station.opening
        if opening:
            bench.station.acknowledge(opening.popleft() if first else opening.pop(), status)
            bench.settle()

    return step


def cut(message: object, size: int) -> Step:
    """A frame whose body ends too early."""

    def step(bench: Bench) -> None:
        data = bench.station.dialect.encode(message)  # type: ignore[arg-type]  # one of many kinds of messages
        body = data[12:][:size]
        bench.phone.receive_from_station((4 + len(body)).to_bytes(4, "little") + data[4:12] + body, now=bench.now)
        bench.settle()

    return step


messages = st.one_of(
    st.builds(OffHook, lines, refs),
    st.builds(OnHook, lines, refs),
    st.builds(HookFlash, lines, refs),
    st.builds(KeypadButton, st.sampled_from(list(KeypadKey)), lines, refs),
    st.builds(SoftKeyEvent, st.sampled_from(list(SoftKeyEventType)), lines, refs),
    st.builds(Stimulus, st.sampled_from(list(StimulusType)), lines, refs),
    st.builds(EnblocCall, st.sampled_from(["600", "6", "", "sip:x@y", "1\r\n2", "9" * 24]), lines),
    st.builds(
        OpenReceiveChannelAck,
        st.sampled_from(list(MediaStatus)),
        st.just(StationAddress.of("192.0.2.10")),
        st.integers(0, 70000),
        st.integers(0, 8),
        refs,
    ),
)


def press(key: SoftKeyEventType, newest: bool) -> Step:
    """A soft key for a call that is there."""

    def step(bench: Bench) -> None:
        known = [call.call_ref for call in bench.phone.calls] or [0]
        bench.press(key, 1, known[-1] if newest else known[0])

    return step


def dial(bench: Bench) -> None:
    bench.lift()
    bench.dial("600")


def lift(bench: Bench) -> None:
    bench.lift()


def pbx_answers(bench: Bench) -> None:
    for pbx in bench.pbxs:
        for call in pbx.agent.calls:
            if call.state is CallState.INCOMING:
                pbx.agent.answer(call, PBX_MEDIA, now=bench.now)


def all_acknowledged(bench: Bench) -> None:
    while bench.station.opening:
        bench.station.acknowledge()
        bench.settle()


def talking(bench: Bench) -> None:
    dial(bench)
    all_acknowledged(bench)
    pbx_answers(bench)
    bench.settle()
    all_acknowledged(bench)


def talking_and_ringing(bench: Bench) -> None:
    talking(bench)
    bench.ring()


def held_and_talking(bench: Bench) -> None:
    talking(bench)
    bench.press(SoftKeyEventType.HOLD)
    bench.ring()
    bench.lift()
    all_acknowledged(bench)


def consulting(bench: Bench) -> None:
    talking(bench)
    bench.press(SoftKeyEventType.TRANSFER)
    bench.dial("600")


beginnings = st.sampled_from([settle, talking, talking_and_ringing, held_and_talking, consulting])
meaningful = st.sampled_from(
    [
        SoftKeyEventType.HOLD,
        SoftKeyEventType.RESUME,
        SoftKeyEventType.ANSWER,
        SoftKeyEventType.END_CALL,
        SoftKeyEventType.NEW_CALL,
        SoftKeyEventType.TRANSFER,
        SoftKeyEventType.REDIAL,
    ]
)
steps = st.one_of(
    st.builds(press, meaningful, st.booleans()),
    st.builds(press, meaningful, st.booleans()),
    st.sampled_from([dial, lift, pbx_answers, pbx_answers, all_acknowledged, all_acknowledged]),
    messages.map(phone_says),
    st.builds(
        pbx_does,
        lines_of_pbx,
        st.integers(0, 3),
        st.sampled_from(["call", "late call", "hang up", "ring", "media", "answer", "reject", "change"]),
        st.sampled_from(MEDIA),
    ),
    st.builds(acknowledge, st.booleans(), st.sampled_from([MediaStatus.OK, MediaStatus.OUT_OF_SOCKETS])),
    st.builds(cut, messages, st.integers(0, 12)),
    st.just(settle),
    st.sampled_from([0.5, 2.1, 4.5, 9.0, 17.0, 33.0]).map(lambda seconds: lambda bench: bench.advance(seconds)),
)
devices = st.sampled_from(
    [
        (DeviceType.ATA_186, 3),
        (DeviceType.CISCO_7912G, 5),
        (DeviceType.CISCO_7960, 11),
        (DeviceType.CISCO_7961G, 17),
        (DeviceType.CISCO_7975G, 22),
        (DeviceType.SPA504G, 8),
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    device=devices,
    acknowledges=st.booleans(),
    early=st.sampled_from(list(EarlyOpen)),
    loss=st.integers(0, 5),
    beginning=beginnings,
    script=st.lists(steps, min_size=10, max_size=60),
)
def test_nothing_is_left_behind(
    device: tuple[DeviceType, int],
    acknowledges: bool,
    early: EarlyOpen,
    loss: int,
    beginning: Step,
    script: list[Step],
) -> None:
    bench = Bench(*device, settings=CallSettings(early_open=early, digits=digits("6XX")))
    bench.station.acknowledges = acknowledges
    count = 0

    def lose(_: bytes) -> bool:
        nonlocal count
        count += 1
        return loss > 0 and count % (loss + 2) == 0

    beginning(bench)
    bench.lose = lose
    for step in script:
        step(bench)
        bench.settle()
        assert sum(call.state not in ASIDE for call in bench.phone.calls) <= 1
        assert len(bench.station.sending) <= 1
        assert bench.session.in_call == bool(bench.phone.calls)
    bench.lose = lambda _: False
    hang_up_everything(bench)
    bench.at_rest()
    assert not bench.session.is_closed
    for pbx in bench.pbxs:
        assert pbx.agent.calls == ()
    for agent in bench.agents:
        assert agent._calls == {}
        assert agent._line._dialogs == {}


def hang_up_everything(bench: Bench) -> None:
    """Everybody does what ends calls, and time passes."""
    for pbx in bench.pbxs:
        for call in pbx.agent.calls:
            if not call.is_outgoing or call.state is not CallState.CONFIRMED:
                pbx.agent.hang_up(call, now=bench.now)
    bench.advance(40)
    for _ in range(40):
        bench.replace()
        if not bench.phone.calls:
            break
        bench.press(SoftKeyEventType.END_CALL, 0, bench.ref)
    bench.advance(200)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(beginning=beginnings, script=st.lists(steps, min_size=5, max_size=30), leaves=st.booleans())
def test_a_phone_that_vanishes_leaves_no_call(beginning: Step, script: list[Step], leaves: bool) -> None:
    bench = Bench()
    beginning(bench)
    for step in script:
        step(bench)
        bench.settle()
    if leaves:
        bench.says(Unregister())
    bench.phone.station_lost("gone", now=bench.now)
    bench.station.keeps_alive = False
    bench.advance(200)
    assert bench.phone.calls == ()
    assert bench.phone.is_finished
    for pbx in bench.pbxs:
        assert pbx.agent.calls == ()


@settings(max_examples=60, deadline=None)
@given(garbage=st.lists(st.binary(max_size=200), max_size=10))
def test_garbage_on_the_connection(garbage: list[bytes]) -> None:
    bench = Bench()
    bench.talk()
    for data in garbage:
        bench.phone.receive_from_station(data, now=bench.now)
        bench.settle()
    bench.phone.station_lost(now=bench.now)
    bench.station.keeps_alive = False
    bench.advance(100)
    assert bench.phone.is_finished
