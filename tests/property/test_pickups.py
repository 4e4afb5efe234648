"""Several phones take one call at once, in any interleaving, while its lamp is told late, twice or never: one has it,
the others hear why not, and nothing is left behind."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.callcontrol import House, ProxiedPhone
from bridge.callcontrol.watching import LampState
from bridge.sccp import BlfStatus, ButtonDefinition, FeatureStat, LampMode, SoftKeyEventType, StimulusType
from bridge.sccp.profile import BusyLamp
from bridge.sip import Call, CallState, IncomingCall
from bridge.sip.dialoginfo import MEDIA_TYPE
from tests.sccpbench import PBX_MEDIA, PROFILE, Bench
from tests.sipwatch import CONFIRMED, EARLY, IDLE, document

B = StimulusType
K = SoftKeyEventType
NUMBER = "2001"
PROFILE_WITH_LAMP = replace(
    PROFILE,
    lamps=(BusyLamp(NUMBER, "Front"),),
    buttons=(ButtonDefinition(1, B.LINE), ButtonDefinition(2, B.LINE), ButtonDefinition(1, B.BLF_SPEED_DIAL)),
)
VERSIONS = (11, 17, 22)
SHOWN = {LampState.IDLE: BlfStatus.IDLE, LampState.ALERTING: BlfStatus.ALERTING, LampState.IN_USE: BlfStatus.IN_USE}
LIT = {LampState.IDLE: LampMode.OFF, LampState.ALERTING: LampMode.BLINK, LampState.IN_USE: LampMode.ON}
phones = st.integers(0, len(VERSIONS) - 1)


class Pickups(RuleBasedStateMachine):
    """Three phones of three generations; the PBX has one number that rings now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.house: House[ProxiedPhone] = House()
        self.benches = [Bench(version=version, profile=PROFILE_WITH_LAMP, house=self.house) for version in VERSIONS]
        self.truth = IDLE
        self.version = 0
        self.waiting: list[tuple[int, Call]] = []
        """Pickups that the PBX has not answered yet, with the phone that asked."""
        self.taken: tuple[int, Call] | None = None
        self.tell(NUMBER, self.truth)

    # --- the PBX -----------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        for index, bench in enumerate(self.benches):
            bench.settle()
            for event in bench.take(IncomingCall):
                if event.called == f"sepbridge-pickup-{NUMBER}":
                    self.waiting.append((index, event.call))
                else:
                    bench.pbxs[0].agent.reject(event.call, 486, now=bench.now)
                    bench.settle()

    def tell(self, number: str, state: str) -> None:
        caller = "1003" if state == EARLY else ""
        body = document(state, self.version, number=number, caller=caller).encode()
        self.house.watching.notified(number, MEDIA_TYPE, body, now=self.benches[0].now)
        self.settle()

    @rule(told=st.booleans())
    def it_rings(self, told: bool) -> None:
        if self.truth == IDLE:
            self.truth = EARLY
            self.version += 1
            if told:
                self.tell(NUMBER, self.truth)

    @rule(told=st.booleans())
    def its_caller_gives_up(self, told: bool) -> None:
        if self.truth == EARLY:
            self.truth = IDLE
            self.version += 1
            if told:
                self.tell(NUMBER, self.truth)

    @rule()
    def the_lamp_is_told_again(self) -> None:
        self.tell(NUMBER, self.truth)

    @rule(first=st.booleans())
    def the_pbx_decides(self, first: bool) -> None:
        """Whoever comes first has the call; the others are a moment too late."""
        if not self.waiting:
            return
        index, call = self.waiting.pop(0 if first else -1)
        bench = self.benches[index]
        agent = bench.pbxs[0].agent
        if call.state is CallState.ENDED:
            return  # the user thought better of it
        if self.truth == EARLY:
            self.truth = CONFIRMED
            self.taken = index, call
            self.version += 1
            agent.answer(call, PBX_MEDIA, now=bench.now)
        else:
            agent.reject(call, 480, now=bench.now)
        self.settle()

    @rule()
    def the_caller_hangs_up(self) -> None:
        if self.taken is not None:
            index, call = self.taken
            self.taken, self.truth = None, IDLE
            bench = self.benches[index]
            bench.pbxs[0].agent.hang_up(call, now=bench.now)
            self.settle()

    # --- the users ---------------------------------------------------------------------------------------------------

    @rule(phone=phones)
    def press(self, phone: int) -> None:
        bench = self.benches[phone]
        button, instance = (B.LINE, 3) if VERSIONS[phone] < 15 else (B.BLF_SPEED_DIAL, 1)
        bench.push(button, instance)
        self.settle()

    @rule(order=st.permutations(range(len(VERSIONS))))
    def all_press_at_once(self, order: list[int]) -> None:
        self.it_rings(told=True)
        for phone in order:
            self.press(phone)

    @rule(phone=phones, key=st.sampled_from([K.END_CALL, K.HOLD, K.RESUME, K.NEW_CALL]))
    def key(self, phone: int, key: SoftKeyEventType) -> None:
        bench = self.benches[phone]
        bench.press(key, 1, bench.ref)
        self.settle()

    @rule(phone=phones, seconds=st.sampled_from([0.1, 3.0, 16.0, 65.0]))
    def time(self, phone: int, seconds: float) -> None:
        self.benches[phone].advance(seconds)
        self.settle()

    # --- what holds --------------------------------------------------------------------------------------------------

    @invariant()
    def all_show_what_was_told(self) -> None:
        state = self.house.watching.state(NUMBER).state
        for bench in self.benches:
            icons = [each.status for each in bench.station.received if isinstance(each, FeatureStat)]
            shown = icons[-1] if icons else bench.station.lamps.get((B.LINE, 3), LampMode.OFF)
            assert shown == (SHOWN if icons else LIT)[state]

    @invariant()
    def no_more_than_one_has_the_call(self) -> None:
        talking = [each for bench in self.benches for each in bench.pbxs[0].agent.calls if each.state == "confirmed"]
        assert len(talking) <= 1

    def teardown(self) -> None:
        self.the_caller_hangs_up()
        self.truth = IDLE
        while self.waiting:
            self.the_pbx_decides(first=True)
        self.tell(NUMBER, IDLE)
        for bench in self.benches:
            for _ in range(6):
                for call in bench.phone.calls:
                    bench.press(K.END_CALL, 1, call.call_ref)
            bench.advance(70)
            self.settle()
        for bench in self.benches:
            bench.at_rest()
            assert bench.station.lamps.get((B.LINE, 3), LampMode.OFF) == LampMode.OFF
            assert bench.pbxs[0].agent.calls == ()
            bench.phone.close(now=bench.now)
        watching = self.house.watching
        while (at := watching.timer()) is not None:
            watching.next_order(now=at)
        assert watching.numbers == frozenset()


Pickups.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestPickups = Pickups.TestCase
