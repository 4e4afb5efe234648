"""Transfers and conferences against everything that may cross them: no stuck call, no lamp left lit, no leaked dialog.

What the user, the PBX and the network do is queued, and delivered whenever hypothesis likes: a second press meets a
hang-up, a REFER is answered late or never, a party leaves while it is moved, both sides hang up at once.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.callcontrol import CallSettings, ConferenceListed, ListConference
from bridge.callcontrol.phonecall import ASIDE
from bridge.core import NumberRange
from bridge.core.conferences import ConferenceMember
from bridge.sccp import DeviceToUserDataV1, DeviceType, HookFlash, OffHook, OnHook, SoftKeyEvent, SoftKeyEventType
from bridge.sip import CallState, TransferRequested
from tests.sccpbench import PBX_MEDIA, PROFILE, Bench, digits

E = SoftKeyEventType
KEYS = (
    E.TRANSFER,
    E.TRANSFER,
    E.CONFRN,
    E.CONFRN,
    E.JOIN,
    E.SELECT,
    E.DIRECT_TRANSFER,
    E.HOLD,
    E.RESUME,
    E.END_CALL,
    E.NEW_CALL,
    E.ANSWER,
    E.CONF_LIST,
    E.REMOVE_LAST_CONFERENCE_PARTY,
    E.MEET_ME,
)
MEMBERS = (ConferenceMember("PJSIP/1", "1001", "", is_starter=True), ConferenceMember("PJSIP/2", "600", "Bob"))
MOST_CALLS = 5


class JoinedCalls(RuleBasedStateMachine):
    """One phone, its PBX, and time."""

    @initialize(
        device=st.sampled_from(
            [
                (DeviceType.CISCO_7961G, 17),
                (DeviceType.CISCO_6921, 20),
                (DeviceType.CISCO_7912G, 5),
                (DeviceType.ATA_186, 3),
            ]
        ),
        on_hook=st.booleans(),
        outlives=st.booleans(),
        key=st.sampled_from([E.TRANSFER, E.CONFRN]),
        steps=st.integers(0, 4),
    )
    def begin(
        self, device: tuple[DeviceType, int], on_hook: bool, outlives: bool, key: SoftKeyEventType, steps: int
    ) -> None:
        self.refers: list[TransferRequested] = []
        lines = tuple(replace(line, hold_reversion=3.0, max_calls=6, busy_trigger=6) for line in PROFILE.lines)
        self.bench = Bench(
            *device,
            profile=replace(PROFILE, lines=lines),
            settings=CallSettings(
                digits=digits("6XX", "7XX"),
                transfer_on_hook=on_hook,
                conference_outlives_starter=outlives,
                meetme=(NumberRange("8500", "8509"),),
            ),
        )
        self.bench.outgoing_call("600")
        self.everybody_answers()
        self.bench.settle()
        if steps > 0:  # a second call, that is answered, and handed over or joined
            self.bench.press(key, 1, self.bench.ref)
            self.bench.dial("700")
        if steps > 1:
            self.everybody_answers()
            self.bench.settle()
        if steps > 2:
            self.bench.press(key, 1, self.bench.ref)
        if steps > 3:
            self.everybody_answers()
            self.bench.settle()

    # --- the user ----------------------------------------------------------------------------------------------------

    @rule(key=st.sampled_from(KEYS), which=st.integers(0, 5))
    def presses(self, key: SoftKeyEventType, which: int) -> None:
        refs = [call.call_ref for call in self.bench.phone.calls] or [0]
        self.bench.station.to_send.append(SoftKeyEvent(key, 1, refs[which % len(refs)]))

    @rule(number=st.sampled_from(["600", "700", "8501"]))
    def dials(self, number: str) -> None:
        self.bench.settle()
        if len(self.bench.phone.calls) < MOST_CALLS:
            self.bench.dial(number)

    @rule(message=st.sampled_from([OffHook(), OnHook(), HookFlash(), HookFlash()]))
    def uses_the_hook(self, message: OffHook | OnHook | HookFlash) -> None:
        self.bench.station.to_send.append(message)

    @rule(data=st.sampled_from([b"show1", b"mute1", b"drop1", b"list0", b"junk"]), transaction=st.integers(0, 4))
    def chooses(self, data: bytes, transaction: int) -> None:
        self.bench.station.to_send.append(DeviceToUserDataV1(9081, 1, 1, transaction, data=data))

    # --- the PBX -----------------------------------------------------------------------------------------------------

    @rule()
    def everybody_answers(self) -> None:
        for pbx in self.bench.pbxs:
            for call in pbx.agent.calls:
                if call.state is CallState.INCOMING:
                    pbx.agent.answer(call, PBX_MEDIA, now=self.bench.now)

    @rule(which=st.integers(0, 5))
    def one_rings(self, which: int) -> None:
        ringing = [call for call in self.bench.pbxs[0].agent.calls if call.state is CallState.INCOMING]
        if ringing:
            self.bench.pbxs[0].agent.ring(ringing[which % len(ringing)], now=self.bench.now)

    @rule(which=st.integers(0, 5), status=st.sampled_from([404, 486, 603]))
    def one_is_refused(self, which: int, status: int) -> None:
        ringing = [call for call in self.bench.pbxs[0].agent.calls if call.state is CallState.INCOMING]
        if ringing:
            self.bench.pbxs[0].agent.reject(ringing[which % len(ringing)], status, now=self.bench.now)

    @rule(which=st.integers(0, 5))
    def one_hangs_up(self, which: int) -> None:
        calls = self.bench.pbxs[0].agent.calls
        if calls:
            self.bench.pbxs[0].agent.hang_up(calls[which % len(calls)], now=self.bench.now)

    @precondition(lambda self: len(self.bench.pbxs[0].agent.calls) < MOST_CALLS)
    @rule()
    def somebody_calls(self) -> None:
        self.bench.pbxs[0].agent.call("1001", PBX_MEDIA, now=self.bench.now)

    @rule(taken=st.booleans())
    def a_refer_is_answered(self, taken: bool) -> None:
        self._collect()
        for asked in self.refers:
            if asked.call.state is CallState.CONFIRMED and asked.call.transfers.answer_by is not None:
                agent = self.bench.pbxs[0].agent
                if taken:
                    agent.accept_transfer(asked.call, now=self.bench.now)
                else:
                    agent.refuse_transfer(asked.call, 603, now=self.bench.now)
                return

    @rule(status=st.sampled_from([180, 200, 200, 486, 503]), hangs_up=st.booleans())
    def a_refer_comes_to_its_end(self, status: int, hangs_up: bool) -> None:
        self._collect()
        for asked in list(self.refers):
            if asked.call.state is not CallState.CONFIRMED:
                self.refers.remove(asked)
            elif asked.call.transfers._subscribed:
                agent = self.bench.pbxs[0].agent
                agent.report_transfer(asked.call, status, now=self.bench.now)
                if hangs_up and status >= 200:
                    agent.hang_up(asked.call, now=self.bench.now)
                return

    @rule(known=st.booleans())
    def the_application_answers(self, known: bool) -> None:
        for question in self.bench.reported(ListConference)[-1:]:
            members = MEMBERS if known else None
            answer = ConferenceListed(question.call_ref, question.room, question.purpose, members)
            self.bench.phone.tell(answer, now=self.bench.now)

    def _collect(self) -> None:
        self.refers += self.bench.take(TransferRequested)

    # --- time --------------------------------------------------------------------------------------------------------

    @rule()
    def everything_arrives(self) -> None:
        self.bench.settle()

    @rule(seconds=st.sampled_from([0.5, 4.0, 21.0]))
    def time_passes(self, seconds: float) -> None:
        self.bench.advance(seconds)

    @invariant()
    def one_call_at_most_has_the_user(self) -> None:
        if not hasattr(self, "bench"):
            return
        assert sum(call.state not in ASIDE for call in self.bench.phone.calls) <= 1
        assert len(self.bench.station.sending) <= 1
        for call in self.bench.phone.calls:
            assert call.transfer_with is None or call.transfer_with in self.bench.phone.calls
            assert call.transfer_of is None or call.transfer_of in self.bench.phone.calls
            assert call.conference_of is None or call.conference_of in self.bench.phone.calls
            assert bool(call.transferring) == (call.transfer_deadline is not None)

    def teardown(self) -> None:
        if not hasattr(self, "bench"):
            return
        bench = self.bench
        bench.advance(90)  # whatever the PBX still owes it will never pay
        assert all(not call.transferring for call in bench.phone.calls)
        for pbx in bench.pbxs:
            for call in pbx.agent.calls:
                pbx.agent.hang_up(call, now=bench.now)
        bench.advance(40)
        for _ in range(20):
            if not bench.phone.calls:
                break
            bench.replace()
            bench.press(E.END_CALL, 0, bench.ref)
        bench.advance(100)
        bench.at_rest()
        assert all(feature.timer() is None for feature in bench.phone._features)
        for pbx in bench.pbxs:
            assert pbx.agent.calls == ()
        for agent in bench.agents:
            assert agent._calls == {}
            assert agent._line._dialogs == {}


TestJoinedCalls = JoinedCalls.TestCase
TestJoinedCalls.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
