"""Callback requests among other calls, in any order: what the screen says is true, and every watch is given up."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.callcontrol import CallSettings
from bridge.callcontrol.events import NumberStands, UnwatchNumber, WatchNumber
from bridge.core.numberstate import NumberState
from bridge.sccp import SoftKeyEventType
from bridge.sip import CallState, IncomingCall
from tests.sccpbench import PBX_MEDIA, Bench

numbers = st.sampled_from(["2002", "2003"])


class CallBackRequests(RuleBasedStateMachine):
    """One phone, two others that are busy, free, absent or unknown."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(settings=CallSettings(callback_wait=100))
        self.states = dict.fromkeys(["2002", "2003"], NumberState.FREE)

    # --- the user

    @rule(number=numbers)
    def dial(self, number: str) -> None:
        if len(self.bench.phone.calls) < 3:
            self.bench.lift()
            self.bench.dial(f"{number}#")

    @rule()
    def call_back(self) -> None:
        self.bench.press(SoftKeyEventType.CALL_BACK)

    @rule(number=numbers)
    def ask_for(self, number: str) -> None:
        """From the dial tone to the request, which chance alone would find too seldom."""
        self.dial(number)
        self.other_side("busy")
        self.call_back()

    @rule(key=st.sampled_from([SoftKeyEventType.HOLD, SoftKeyEventType.RESUME, SoftKeyEventType.ANSWER]))
    def press(self, key: SoftKeyEventType) -> None:
        self.bench.press(key)

    @rule()
    def hang_up(self) -> None:
        for call in self.bench.phone.calls[:1]:
            self.bench.press(SoftKeyEventType.END_CALL, call.line, call.call_ref)

    # --- the others

    @rule(what=st.sampled_from(["ring", "busy", "answer", "hang up"]))
    def other_side(self, what: str) -> None:
        agent = self.bench.pbxs[0].agent
        self.bench.take(IncomingCall)
        for call in agent.calls[-1:]:
            if what == "hang up":
                agent.hang_up(call, now=self.bench.now)
            elif call.state is CallState.INCOMING and what == "ring":
                agent.ring(call, now=self.bench.now)
            elif call.state is CallState.INCOMING and what == "busy":
                agent.reject(call, 486, now=self.bench.now)
            elif call.state is CallState.INCOMING:
                agent.answer(call, PBX_MEDIA, now=self.bench.now)
        self.bench.settle()

    @rule(number=numbers)
    def calls(self, number: str) -> None:
        if len(self.bench.pbxs[0].agent.calls) < 4:
            self.bench.ring(number=number)

    @rule(states=st.lists(st.sampled_from(NumberState), min_size=1, max_size=3))
    def stands(self, states: list[NumberState]) -> None:
        """The number that is watched, where there is one."""
        number = next(iter(self._watched()), "2002")
        for state in states:
            self._stands(number, state)
            self.nobody_is_called_free_who_is_not()

    def _stands(self, number: str, state: NumberState) -> None:
        self.states[number] = state
        self.bench.phone.tell(NumberStands(number, state), now=self.bench.now)
        self.bench.settle()

    @rule(seconds=st.sampled_from([1.0, 10.0, 120.0]))
    def wait(self, seconds: float) -> None:
        self.bench.advance(seconds)

    # --- what must hold

    @invariant()
    def nobody_is_called_free_who_is_not(self) -> None:
        if self.bench.phone.calls:
            return  # the idle text is not what the user sees
        for number, state in self.states.items():
            if self.bench.station.prompts.get(0) == f"{number} is free: CallBack":
                assert state is NumberState.FREE

    @invariant()
    def one_number_is_watched_at_most(self) -> None:
        assert self._watched() == {each.number for each in self.bench.phone.house.callbacks.values()}
        assert len(self.bench.phone.house.callbacks) <= 1

    def _watched(self) -> set[str]:
        watched: set[str] = set()
        for event in self.bench.events:
            match event:
                case WatchNumber(number):
                    watched.add(number)
                case UnwatchNumber(number):
                    watched.discard(number)
        return watched

    def teardown(self) -> None:
        for call in self.bench.phone.calls:
            self.bench.press(SoftKeyEventType.END_CALL, call.line, call.call_ref)
        agent = self.bench.pbxs[0].agent
        for sip in agent.calls:
            agent.hang_up(sip, now=self.bench.now)
        self.bench.advance(120)
        self.bench.at_rest()
        assert self._watched() == set()
        assert self.bench.station.prompts[0] == "Your current options"


TestCallBackRequests = CallBackRequests.TestCase
TestCallBackRequests.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
