"""Both ends act before they have heard of each other: both hang up at once, an answer crosses a CANCEL, hold crosses a
BYE. Messages are delivered one round at a time, so that every way in which they can cross comes up."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from bridge.sccp import DeviceType, Message, OffHook, OnHook, SoftKeyEvent, SoftKeyEventType
from bridge.sip import CallState
from tests.sccpbench import PBX_MEDIA, Bench

K = SoftKeyEventType
OVER = (CallState.ENDED,)


class CrossingCalls(RuleBasedStateMachine):
    """One phone, one PBX, and a wire on which messages stay as long as the test likes."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(DeviceType.CISCO_7961G, 17)
        self.agent = self.bench.pbxs[0].agent

    def _says(self, message: Message) -> None:
        """The phone sends; nobody has read it yet."""
        self.bench.station.to_send.append(message)

    # --- what either end does ----------------------------------------------------------------------------------------

    @rule()
    def the_pbx_calls(self) -> None:
        if len(self.agent.calls) < 3:
            self.agent.call("1001", PBX_MEDIA, now=self.bench.now)

    @rule()
    def the_user_calls(self) -> None:
        if len(self.bench.phone.calls) < 3:
            self.bench.lift()
            self.bench.dial("600#")

    @rule(which=st.integers(0, 2))
    def the_pbx_answers(self, which: int) -> None:
        waiting = [call for call in self.agent.calls if call.state is CallState.INCOMING]
        if waiting:
            self.agent.answer(waiting[which % len(waiting)], PBX_MEDIA, now=self.bench.now)

    @rule(which=st.integers(0, 2))
    def the_pbx_hangs_up_or_cancels(self, which: int) -> None:
        calls = [call for call in self.agent.calls if call.state not in OVER]
        if calls:
            self.agent.hang_up(calls[which % len(calls)], now=self.bench.now)

    @rule(key=st.sampled_from([K.ANSWER, K.END_CALL, K.HOLD, K.RESUME]), which=st.integers(0, 2))
    def the_user_presses(self, key: SoftKeyEventType, which: int) -> None:
        calls = self.bench.phone.calls
        self._says(SoftKeyEvent(key, 1, calls[which % len(calls)].call_ref if calls else 0))

    @rule(message=st.sampled_from([OffHook(), OnHook()]))
    def the_handset(self, message: Message) -> None:
        self._says(message)

    @rule()
    def the_pbx_is_asked_whether_the_calls_stand(self) -> None:
        self.bench.phone.check_calls(now=self.bench.now)

    # --- the wire ----------------------------------------------------------------------------------------------------

    @rule(rounds=st.integers(1, 3))
    def some_messages_arrive(self, rounds: int) -> None:
        for _ in range(rounds):
            self.bench._step()

    @rule()
    def all_messages_arrive(self) -> None:
        self.bench.settle()

    @rule(seconds=st.sampled_from([0.3, 4.0, 33.0]))
    def time(self, seconds: float) -> None:
        self.bench.advance(seconds)

    # --- the races by name -------------------------------------------------------------------------------------------

    def _alone(self) -> None:
        """Nothing else is going on."""
        self.bench.settle()
        for _ in range(4):
            for call in self.bench.phone.calls:
                self.bench.press(K.END_CALL, 1, call.call_ref)
        for call in self.agent.calls:
            if call.state not in OVER:
                self.agent.hang_up(call, now=self.bench.now)
        self.bench.advance(40)
        self.bench.at_rest()
        self.bench.pbx_events.clear()

    @rule(outgoing=st.booleans(), phone_first=st.booleans(), rounds=st.integers(0, 2))
    def both_hang_up_at_once(self, outgoing: bool, phone_first: bool, rounds: int) -> None:
        self._alone()
        if outgoing:
            call = self.bench.talk()
        else:
            call = self.bench.ring()
            self.bench.press(K.ANSWER, 1, self.bench.ref)
        assert call.state is CallState.CONFIRMED
        if phone_first:
            self._says(SoftKeyEvent(K.END_CALL, 1, self.bench.ref))
            self.some_messages_arrive(rounds)
        if call.state not in OVER:
            self.agent.hang_up(call, now=self.bench.now)
        if not phone_first:
            self._says(SoftKeyEvent(K.END_CALL, 1, self.bench.ref))
        self.bench.settle()
        assert call.state is CallState.ENDED
        self.bench.at_rest()

    @rule(answer_first=st.booleans(), rounds=st.integers(0, 3))
    def an_answer_crosses_a_cancel(self, answer_first: bool, rounds: int) -> None:
        """Whoever wins: either the call stands at both ends, or at neither."""
        self._alone()
        call = self.bench.ring()
        ref = self.bench.ref
        if answer_first:
            self._says(SoftKeyEvent(K.ANSWER, 1, ref))
            self.some_messages_arrive(rounds)
            self.agent.hang_up(call, now=self.bench.now)
        else:
            self.agent.hang_up(call, now=self.bench.now)
            self.some_messages_arrive(rounds)
            self._says(SoftKeyEvent(K.ANSWER, 1, ref))
        self.bench.advance(40)
        # The caller gave up: a call that was answered all the same is ended by him.
        assert call.state is CallState.ENDED
        for left in self.bench.phone.calls:  # the phone went off-hook by it
            self.bench.press(K.END_CALL, 1, left.call_ref)
        self.bench.at_rest()

    def teardown(self) -> None:
        self._alone()
        self.bench.advance(40)
        for agent in (self.agent, *self.bench.agents):
            assert agent._calls == {}
            assert agent._line._dialogs == {}


CrossingCalls.TestCase.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestCrossingCalls = CrossingCalls.TestCase
