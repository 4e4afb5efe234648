"""Phones of one line, whose users do not know of each other: lamps are right always, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bridge.callcontrol import CallSettings
from bridge.callcontrol.phonecall import ASIDE
from bridge.sccp import DeviceType, MediaStatus, SoftKeyEventType, StimulusType
from bridge.sccp.profile import StationLine
from bridge.sip import CallState
from tests.sccpbench import PBX_MEDIA, digits
from tests.sccpfloor import Floor, Kind, Place

LINE = StationLine("1001", "Sales", "Sales")
OTHER = StationLine("1002", "Alice", "Alice")
KINDS = (
    Kind(DeviceType.CISCO_7961G, 17, (LINE,)),
    Kind(DeviceType.CISCO_7960, 11, (OTHER, LINE)),
    Kind(DeviceType.CISCO_7975G, 22, (LINE, OTHER)),
)
KEYS = (
    SoftKeyEventType.ANSWER,
    SoftKeyEventType.HOLD,
    SoftKeyEventType.RESUME,
    SoftKeyEventType.END_CALL,
    SoftKeyEventType.NEW_CALL,
    SoftKeyEventType.TRANSFER,
    SoftKeyEventType.BARGE,
)
places = st.integers(0, len(KINDS) - 1)


class SharedLines(RuleBasedStateMachine):
    """Three phones, two lines."""

    def __init__(self) -> None:
        super().__init__()
        self.on = Floor(*KINDS, settings=CallSettings(digits=digits("6XX"), barge=True))

    def _at(self, index: int) -> Place | None:
        place = self.on.places[index]
        return place if place.is_up else None

    @rule(index=places, key=st.sampled_from(KEYS), which=st.integers(0, 3))
    def presses(self, index: int, key: SoftKeyEventType, which: int) -> None:
        if (place := self._at(index)) is not None:
            calls = place.phone.calls
            place.press(key, calls[which % len(calls)].call_ref if calls else 0)

    @rule(first=places, second=places, key=st.sampled_from(KEYS[:4]))
    def press_at_once(self, first: int, second: int, key: SoftKeyEventType) -> None:
        """Two people press the same key for the same call; neither has seen what the other did."""
        one, two = self._at(first), self._at(second)
        if one is None or two is None or one is two or not one.phone.calls:
            return
        ref = one.ref
        one.press(key, ref)
        two.press(key, ref)

    @rule(index=places, line=st.integers(1, 2))
    def pushes_a_line_button(self, index: int, line: int) -> None:
        if (place := self._at(index)) is not None:
            place.push(StimulusType.LINE, line)

    @rule(index=places)
    def lifts(self, index: int) -> None:
        if (place := self._at(index)) is not None:
            place.lift()

    @rule(index=places)
    def hangs_up(self, index: int) -> None:
        if (place := self._at(index)) is not None:
            place.replace()

    @rule(index=places)
    def dials(self, index: int) -> None:
        if (place := self._at(index)) is not None:
            place.dial("600")

    @rule(index=places, works=st.booleans(), at_once=st.booleans())
    def opens_channels(self, index: int, works: bool, at_once: bool) -> None:
        station = self.on.places[index].station
        station.status = MediaStatus.OK if works else MediaStatus.OUT_OF_SOCKETS
        station.acknowledges = at_once
        while station.opening:
            station.acknowledge()
            self.on.settle()

    @rule(number=st.sampled_from(["1001", "1002"]), late=st.booleans())
    def rings(self, number: str, late: bool) -> None:
        if len(self.on.pbxs[number].agent.calls) < 6:
            self.on.ring(None if late else PBX_MEDIA, number)

    @rule()
    def pbx_answers(self) -> None:
        self.on.pbx_answers()

    @rule(number=st.sampled_from(["1001", "1002"]), index=st.integers(0, 3))
    def pbx_hangs_up(self, number: str, index: int) -> None:
        agent = self.on.pbxs[number].agent
        if agent.calls:
            agent.hang_up(agent.calls[index % len(agent.calls)], now=self.on.now)
            self.on.settle()

    @rule(number=st.sampled_from(["1001", "1002"]), index=places)
    def caller_gives_up_as_it_is_answered(self, number: str, index: int) -> None:
        agent, place = self.on.pbxs[number].agent, self._at(index)
        ringing = [call for call in agent.calls if call.is_outgoing and call.state is CallState.RINGING]
        if ringing and place is not None:
            agent.hang_up(ringing[0], now=self.on.now)
            place.lift()

    @rule(seconds=st.sampled_from([0.5, 2.1, 4.5, 16.5, 33.0]))
    def time_passes(self, seconds: float) -> None:
        self.on.advance(seconds)

    @rule(index=places, how=st.sampled_from([Place.leave, Place.lose]))
    def goes(self, index: int, how: Callable[[Place], None]) -> None:
        if (place := self._at(index)) is not None:
            how(place)

    @rule(index=places)
    def registers_again_on_the_same_connection(self, index: int) -> None:
        if (place := self._at(index)) is not None:
            place.start_anew()

    @rule(index=places)
    def the_pbx_is_asked_whether_the_calls_stand(self, index: int) -> None:
        self.on.places[index].phone.check_calls(now=self.on.now)
        self.on.settle()

    @precondition(lambda self: any(not place.is_up for place in self.on.places))
    @rule()
    def comes_back(self) -> None:
        for place in self.on.places:
            if not place.is_up:
                place.come_back()

    @invariant()
    def lamps_agree_with_the_calls(self) -> None:
        self.on.settle()
        self.on.agree()
        for place in self.on.places:
            assert sum(call.state not in ASIDE for call in place.phone.calls) <= 1

    def teardown(self) -> None:
        """Everybody does what ends calls, and time passes."""
        for place in self.on.places:
            place.station.acknowledges, place.station.status = True, MediaStatus.OK
            while place.station.opening:
                place.station.acknowledge()
        self.on.settle()
        for pbx in self.on.pbxs.values():
            for call in pbx.agent.calls:
                pbx.agent.hang_up(call, now=self.on.now)
        for _ in range(4):
            for place in self.on.places:
                if place.is_up:
                    place.replace()
            self.on.advance(25)
        self.on.at_rest()
        for line in self.on.lines.values():
            assert line.agent._calls == {}
            assert line.agent._line._dialogs == {}


def test_any_order() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]  # hypothesis leaves it so
        SharedLines,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
