"""Forward, do-not-disturb, emergency and abbreviated dial in any order: no stuck lamp, no silent bell, no call left."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bridge.callcontrol import CallSettings, PhoneCallState
from bridge.callcontrol.events import ChangeDnd, ChangeForward, LineFeaturesRead
from bridge.core import AbbreviatedDial, DndMode, ForwardKind, LineFeatures
from bridge.sccp import LampMode, RingMode, SoftKeyEventType, StimulusType
from tests.sccpbench import Bench

_KEYS = [
    SoftKeyEventType.CFWD_ALL,
    SoftKeyEventType.CFWD_BUSY,
    SoftKeyEventType.CFWD_NO_ANSWER,
    SoftKeyEventType.DO_NOT_DISTURB,
    SoftKeyEventType.ABBREVIATED_DIAL,
    SoftKeyEventType.NEW_CALL,
    SoftKeyEventType.END_CALL,
    SoftKeyEventType.ANSWER,
    SoftKeyEventType.HOLD,
]
_FIELDS = {ForwardKind.ALL: 0, ForwardKind.BUSY: 1, ForwardKind.NO_ANSWER: 2}


class OnePhone(RuleBasedStateMachine):
    """A phone, and a PBX that answers its wishes sooner or later, or is changed by somebody else."""

    @initialize()
    def start(self) -> None:
        self.bench = Bench(
            settings=CallSettings(emergency=frozenset({"911"}), abbreviated=(AbbreviatedDial(1, "2001"),))
        )
        self.pbx: dict[str, LineFeatures] = {}
        self.shown: dict[str, LineFeatures] = {}

    @rule(key=st.sampled_from(_KEYS))
    def press(self, key: SoftKeyEventType) -> None:
        self.bench.press(key)

    @rule(digits=st.sampled_from(["1", "911", "2005#", "77", "#"]))
    def dial(self, digits: str) -> None:
        self.bench.dial(digits)

    @rule()
    def lift(self) -> None:
        self.bench.lift()

    @rule()
    def put_down(self) -> None:
        self.bench.replace()

    @rule(line=st.sampled_from([1, 2]))
    def somebody_calls(self, line: int) -> None:
        if len(self.bench.phone.calls) < 4:
            self.bench.ring(line)

    @rule(
        number=st.sampled_from(["1001", "1002"]),
        all_to=st.sampled_from(["", "1007"]),
        dnd=st.sampled_from(DndMode),
        through=st.booleans(),
    )
    def somebody_else_sets(self, number: str, all_to: str, dnd: DndMode, through: bool) -> None:
        self.pbx[number] = LineFeatures(all_to, dnd=dnd, ring_through=through)

    @rule()
    def the_pbx_does_what_the_phone_wants(self) -> None:
        wishes, self.bench.events = self.bench.events, []
        for wish in wishes:
            match wish:
                case ChangeForward():
                    old = self.pbx.get(wish.number, LineFeatures())
                    targets = [old.forward_all, old.forward_busy, old.forward_no_answer]
                    targets[_FIELDS[wish.kind]] = wish.target
                    self.pbx[wish.number] = LineFeatures(*targets, old.dnd, old.ring_through)  # type: ignore[arg-type]  # as many as there are kinds
                case ChangeDnd():
                    old = self.pbx.get(wish.number, LineFeatures())
                    self.pbx[wish.number] = LineFeatures(
                        old.forward_all, old.forward_busy, old.forward_no_answer, wish.mode, old.ring_through
                    )
        self.tell()

    @rule()
    def tell(self) -> None:
        for number, features in self.pbx.items():
            self.shown[number] = features
            self.bench.phone.tell(LineFeaturesRead(number, features), now=self.bench.now)
        self.bench.settle()

    @rule(seconds=st.sampled_from([1.0, 9.0, 30.0]))
    def time_passes(self, seconds: float) -> None:
        self.bench.advance(seconds)

    @invariant()
    def the_lamps_and_the_bell_are_those_of_what_was_read(self) -> None:
        if not hasattr(self, "bench"):
            return
        station = self.bench.station
        on = any(each.dnd is not DndMode.OFF for each in self.shown.values())
        assert (station.lamps.get((StimulusType.DO_NOT_DISTURB, 1), LampMode.OFF) is LampMode.ON) == on
        forwarded = any(each.forward_all for each in self.shown.values())
        assert (station.lamps.get((StimulusType.FORWARD_ALL, 1), LampMode.OFF) is LampMode.ON) == forwarded
        for call in self.bench.phone.calls:
            if call.state is PhoneCallState.RINGING_IN:
                line = self.shown.get(self.bench.profile.lines[call.line - 1].number, LineFeatures())
                silent = call.waiting or (line.dnd is not DndMode.OFF and not line.ring_through)
                assert (station.rings.get(call.call_ref) == RingMode.SILENT) == silent

    def teardown(self) -> None:
        if not hasattr(self, "bench"):
            return
        bench = self.bench
        for number in ("1001", "1002"):
            bench.phone.tell(LineFeaturesRead(number, LineFeatures()), now=bench.now)
        for _ in range(40):
            if not bench.phone.calls:
                break
            bench.press(SoftKeyEventType.END_CALL, 0, bench.phone.calls[-1].call_ref)
        bench.at_rest()


TestOnePhone = OnePhone.TestCase
TestOnePhone.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
