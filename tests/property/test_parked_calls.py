"""Parking, fetching, time-outs, refusals, hang-ups in any order: lamps tell the truth, and nothing is left behind."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bridge.core import CallParked, CallUnparked, ParkedCall, ParkedCallsListed, ParkingChange, ParkingEnd
from bridge.sccp import LampMode, SoftKeyEventType, StimulusType
from bridge.sip import Call, CallState, IncomingCall, TransferRequested
from bridge.sip.message import Header
from bridge.sip.timers import TimerValues
from tests.sccpbench import PBX_MEDIA, Bench
from tests.unit.callcontrol.test_park import PARK_PROFILE

SLOTS = ("71", "72", "73")
slots = st.sampled_from(SLOTS)
indexes = st.integers(0, 5)


class ParkedCalls(RuleBasedStateMachine):
    """One phone, and a PBX that parks, refuses, forgets and tells late."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(profile=PARK_PROFILE)
        self.asked: list[tuple[Call, float]] = []
        """Calls that the phone wants to be parked, and since when."""
        self.taken: set[str] = set()

    # --- the user

    @rule()
    def talk(self) -> None:
        if len(self.bench.phone.calls) < 3:
            self.bench.lift()
            self.bench.dial("600#")
            self._pick_up()

    def _pick_up(self) -> None:
        for event in self.bench.take(IncomingCall):
            if event.call.state is CallState.INCOMING:
                self.bench.pbxs[0].agent.answer(event.call, PBX_MEDIA, now=self.bench.now)
        self.bench.settle()
        self.asked += [(event.call, self.bench.now) for event in self.bench.take(TransferRequested)]

    @rule(
        key=st.sampled_from(
            [SoftKeyEventType.PARK, SoftKeyEventType.HOLD, SoftKeyEventType.RESUME, SoftKeyEventType.TRANSFER]
        )
    )
    def press(self, key: SoftKeyEventType) -> None:
        self.bench.press(key)
        self._pick_up()

    @rule(
        button=st.sampled_from([StimulusType.CALL_PARK, StimulusType.DIRECTED_PARK]),
        instance=st.integers(0, 3),
    )
    def push(self, button: StimulusType, instance: int) -> None:
        self.bench.push(button, instance)
        self._pick_up()

    @rule(index=indexes)
    def hang_up(self, index: int) -> None:
        if calls := self.bench.phone.calls:
            call = calls[index % len(calls)]
            self.bench.press(SoftKeyEventType.END_CALL, call.line, call.call_ref)

    @rule()
    def lift(self) -> None:
        self.bench.lift()

    @rule()
    def leave(self) -> None:
        """The phone's connection breaks, and it comes back."""
        self.bench.phone.close(now=self.bench.now)
        house = self.bench.phone.house
        self.bench = Bench(profile=PARK_PROFILE, register=False)
        self.bench.phone.house.parking.change(
            ParkedCallsListed(tuple(call for slot in SLOTS if (call := house.parking.at(slot))))
        )
        self.bench.register()
        self.asked.clear()

    # --- the PBX

    def _asked(self) -> Call | None:
        """A REFER that waits for a word: later its user agent refuses it by itself."""
        self.asked = [
            (call, at)
            for call, at in self.asked
            if call.state is CallState.CONFIRMED and self.bench.now - at < TimerValues().give_up / 2
        ]
        return self.asked.pop(0)[0] if self.asked else None

    @rule(status=st.sampled_from([0, 200, 503]), bye=st.booleans())
    def take(self, status: int, bye: bool) -> None:
        """It accepts a REFER; says how it went, or not; and may hang up by itself."""
        if (call := self._asked()) is None:
            return
        agent = self.bench.pbxs[0].agent
        agent.accept_transfer(call, now=self.bench.now)
        if status:
            agent.report_transfer(call, status, now=self.bench.now)
        if bye and call.state is CallState.CONFIRMED:
            agent.hang_up(call, now=self.bench.now)
        self.bench.settle()

    @rule()
    def refuse(self) -> None:
        if (call := self._asked()) is not None:
            self.bench.pbxs[0].agent.refuse_transfer(call, 603, now=self.bench.now)
            self.bench.settle()

    def _tell(self, change: ParkingChange) -> None:
        self.bench.phone.house.parking.change(change)
        self.bench.phone.tell(change, now=self.bench.now)
        self.bench.settle()

    @rule(slot=slots, number=st.sampled_from(["600", "2002", ""]), parker=st.sampled_from(["1001", "1002", ""]))
    def parked(self, slot: str, number: str, parker: str) -> None:
        self.taken.add(slot)
        self._tell(CallParked(ParkedCall(slot, number, "", parker)))

    @rule(slot=slots, end=st.sampled_from(ParkingEnd))
    def unparked(self, slot: str, end: ParkingEnd) -> None:
        self.taken.discard(slot)
        self._tell(CallUnparked(slot, end))

    @rule(listed=st.sets(slots))
    def came_back(self, listed: set[str]) -> None:
        self.taken = set(listed)
        self._tell(ParkedCallsListed(tuple(ParkedCall(slot) for slot in sorted(listed))))

    @rule(slot=slots)
    def returns(self, slot: str) -> None:
        """Nobody fetched it."""
        agent = self.bench.pbxs[0].agent
        if len(agent.calls) < 4:
            alert = Header("Alert-Info", f"<http://localhost>;info=sepbridge-park-{slot}")
            agent.call("1001", PBX_MEDIA, headers=[alert], now=self.bench.now)
            self.bench.settle()

    @rule(index=indexes)
    def other_side_hangs_up(self, index: int) -> None:
        agent = self.bench.pbxs[0].agent
        if calls := agent.calls:
            agent.hang_up(calls[index % len(calls)], now=self.bench.now)
            self.bench.settle()

    @rule(seconds=st.sampled_from([0.5, 5.0, 40.0]))
    def wait(self, seconds: float) -> None:
        self.bench.advance(seconds)

    # --- what must hold

    @precondition(lambda self: self.bench.session.is_accepted)
    @invariant()
    def lamps_tell_the_truth(self) -> None:
        lit = {
            PARK_PROFILE.park_buttons[instance - 1].slot
            for (kind, instance), mode in self.bench.station.lamps.items()
            if kind == StimulusType.DIRECTED_PARK and mode == LampMode.ON
        }
        assert lit == self.taken & {"71", "72"}

    def teardown(self) -> None:
        for call in self.bench.phone.calls:
            self.bench.press(SoftKeyEventType.END_CALL, call.line, call.call_ref)
        for agent in (pbx.agent for pbx in self.bench.pbxs):
            for sip in agent.calls:
                agent.hang_up(sip, now=self.bench.now)
        self._tell(ParkedCallsListed())
        self.bench.advance(60)
        self.bench.at_rest()
        assert self.bench.phone.timer() is None or self.bench.phone.timer() > self.bench.now  # type: ignore[operator]  # a number here: asked just before


TestParkedCalls = ParkedCalls.TestCase
TestParkedCalls.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
