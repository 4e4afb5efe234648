"""Group alerts and multicast pages in any order with calls, do-not-disturb and lost subscriptions: what is told is what
rings, a stream is played only while there is one and nobody talks, and nothing is left on the screen or in the ear."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.callcontrol import CallSettings, GroupAlert, House, PhoneCallState, ProxiedPhone
from bridge.callcontrol.events import LineFeaturesRead
from bridge.core import DndMode, LineFeatures, PagingStream, RingSetting
from bridge.sccp import (
    ClearPriNotify,
    DeviceType,
    DisplayPriNotify,
    MulticastMediaReceptionAck,
    MulticastStatus,
    OnHook,
    RingMode,
    SoftKeyEventType,
    StartMulticastMediaReception,
    StopMulticastMediaReception,
    readable,
)
from bridge.sip import CallState, IncomingCall
from bridge.sip.dialoginfo import MEDIA_TYPE
from tests.sccpbench import PROFILE, Bench
from tests.sipwatch import CONFIRMED, EARLY, IDLE, document

MEMBERS = ("2002", "2003", "2004")
PAGE = "8600"
FIRST = GroupAlert(("1001", "2002", "2003"), 6.0, heard=True, called=True)
SECOND = GroupAlert(
    ("2003", "2004"), 0.0, heard=True, line=2, ring_idle=RingSetting.RING, ring_busy=RingSetting.RING_ONCE
)
RULES = CallSettings(group_alerts=(FIRST, SECOND), pages=(PagingStream(PAGE, "239.192.0.1", 20480),))
KINDS = ((DeviceType.CISCO_7960, 11), (DeviceType.CISCO_7961G, 17), (DeviceType.CISCO_7975G, 22))
phones = st.integers(0, len(KINDS) - 1)


class AlertsAndPages(RuleBasedStateMachine):
    """Three phones of three generations in one house."""

    def __init__(self) -> None:
        super().__init__()
        self.house: House[ProxiedPhone] = House()
        self.benches = [Bench(kind, version, settings=RULES, house=self.house) for kind, version in KINDS]
        self.version = 0
        self.streams = [0] * len(KINDS)
        """How many streams each phone plays."""
        self.rules = [RULES] * len(KINDS)
        self.texts = [""] * len(KINDS)
        """What stands over everything else on each screen."""
        for number in (*MEMBERS, PAGE):
            self.hint(number, IDLE)

    def settle(self) -> None:
        for index, bench in enumerate(self.benches):
            bench.settle()
            received, bench.station.received = bench.station.received, []
            for message in received:
                match message:
                    case StartMulticastMediaReception():
                        self.streams[index] += 1
                        assert self.streams[index] == 1, "a second stream over the first"
                    case StopMulticastMediaReception():
                        self.streams[index] -= 1
                        assert self.streams[index] == 0, "the end of a stream that is not played"
                    case DisplayPriNotify():
                        # What has no time stays until it is taken away.
                        self.texts[index] = "" if message.timeout_s else readable(message.text)
                    case ClearPriNotify():
                        self.texts[index] = ""
            for event in bench.take(IncomingCall):
                bench.pbxs[0].agent.reject(event.call, 480, now=bench.now)
                bench.settle()

    # --- the PBX -----------------------------------------------------------------------------------------------------

    @rule(number=st.sampled_from([*MEMBERS, PAGE]), state=st.sampled_from([IDLE, EARLY, CONFIRMED]))
    def hint(self, number: str, state: str) -> None:
        self.version += 1
        body = document(state, self.version, number=number, caller="3003" if state == EARLY else "").encode()
        self.house.watching.notified(number, MEDIA_TYPE, body, now=self.benches[0].now)
        self.settle()

    @rule(number=st.sampled_from([*MEMBERS, PAGE]))
    def nothing_is_known(self, number: str) -> None:
        self.house.watching.lost(number, now=self.benches[0].now)
        self.settle()

    @rule(phone=phones, line=st.integers(1, 2))
    def somebody_calls(self, phone: int, line: int) -> None:
        bench = self.benches[phone]
        if len(bench.phone.calls) < 3:
            bench.ring(line)
            self.settle()

    @rule(phone=phones)
    def the_others_hang_up(self, phone: int) -> None:
        bench = self.benches[phone]
        for pbx in bench.pbxs:
            for call in pbx.agent.calls:
                if call.state is not CallState.ENDED:
                    pbx.agent.hang_up(call, now=bench.now)
        self.settle()

    @rule(phone=phones, mode=st.sampled_from(DndMode))
    def do_not_disturb(self, phone: int, mode: DndMode) -> None:
        bench = self.benches[phone]
        for number in ("1001", "1002"):
            bench.phone.tell(LineFeaturesRead(number, LineFeatures(dnd=mode)), now=bench.now)
        self.settle()

    # --- the users ---------------------------------------------------------------------------------------------------

    @rule(
        phone=phones,
        key=st.sampled_from(
            [
                SoftKeyEventType.ANSWER,
                SoftKeyEventType.END_CALL,
                SoftKeyEventType.HOLD,
                SoftKeyEventType.RESUME,
                SoftKeyEventType.NEW_CALL,
                SoftKeyEventType.PICK_UP,
                SoftKeyEventType.OTHER_PICK_UP,
            ]
        ),
    )
    def key(self, phone: int, key: SoftKeyEventType) -> None:
        bench = self.benches[phone]
        bench.press(key, 1, bench.ref)
        self.settle()

    @rule(phone=phones)
    def lift(self, phone: int) -> None:
        self.benches[phone].lift()
        self.settle()

    @rule(phone=phones)
    def put_down(self, phone: int) -> None:
        self.benches[phone].says(OnHook())
        self.settle()

    @rule(phone=phones)
    def the_phone_cannot_join(self, phone: int) -> None:
        bench = self.benches[phone]
        for party in range(1, 8):
            bench.says(MulticastMediaReceptionAck(MulticastStatus.ERROR, party))
        self.settle()

    @rule(phone=phones, wait=st.sampled_from([0.0, 6.0]), more=st.booleans())
    def the_admin_changes_the_group(self, phone: int, wait: float, more: bool) -> None:
        bench = self.benches[phone]
        alerts = (replace(FIRST, wait=wait), SECOND) if more else ()
        self.rules[phone] = replace(RULES, group_alerts=alerts)
        bench.phone.change(PROFILE, self.rules[phone], keys_live=False, now=bench.now)
        self.settle()

    @rule(seconds=st.sampled_from([0.5, 4.5, 6.5, 20.0]))
    def time(self, seconds: float) -> None:
        for bench in self.benches:
            bench.advance(seconds)
        self.settle()

    # --- what holds --------------------------------------------------------------------------------------------------

    def _due(self, bench: Bench) -> list[str]:
        rules = self.rules[self.benches.index(bench)]
        numbers = {number for alert in rules.group_alerts for number in alert.numbers}
        rings = [each for each in MEMBERS if self.house.watching.state(each).state == "alerting"]
        return [each for each in rings if each in numbers]

    @invariant()
    def a_stream_is_played_only_while_there_is_one_and_nobody_talks(self) -> None:
        there = self.house.watching.state(PAGE).state == "in use"
        for bench, playing in zip(self.benches, self.streams, strict=True):
            if playing:
                assert there
                assert not bench.phone.calls

    @invariant()
    def the_screen_tells_of_what_rings_and_of_nothing_else(self) -> None:
        for bench, text, playing in zip(self.benches, self.texts, self.streams, strict=True):
            due = self._due(bench)
            if text.startswith("Paging"):
                assert playing
            elif text.startswith("From") and " > " in text:
                assert text.partition(" > ")[2] in due
                assert not bench.phone.calls
            if playing and not due:
                assert text == f"Paging {PAGE}"

    @invariant()
    def the_bell_is_silent_when_nothing_rings(self) -> None:
        for bench in self.benches:
            rings = any(call.state is PhoneCallState.RINGING_IN for call in bench.phone.calls)
            if not self._due(bench) and not rings:
                assert bench.station.rings.get(0, RingMode.OFF) == RingMode.OFF

    @invariant()
    def no_timer_stands_still(self) -> None:
        for bench in self.benches:
            at = bench.phone.timer()
            assert at is None or at > bench.now

    def teardown(self) -> None:
        for number in (*MEMBERS, PAGE):
            self.hint(number, IDLE)
        for index, bench in enumerate(self.benches):
            self.do_not_disturb(index, DndMode.OFF)
            self.the_others_hang_up(index)
            for _ in range(6):
                for call in bench.phone.calls:
                    bench.press(SoftKeyEventType.END_CALL, 1, call.call_ref)
            bench.advance(70)
        self.settle()
        assert self.streams == [0] * len(KINDS)
        assert not [text for text in self.texts if text.startswith(("From", "Paging"))]
        for bench in self.benches:
            bench.at_rest()
            assert all(pbx.agent.calls == () for pbx in bench.pbxs)
            bench.phone.close(now=bench.now)
        watching = self.house.watching
        while (at := watching.timer()) is not None:
            watching.next_order(now=at)
        assert watching.numbers == frozenset()


AlertsAndPages.TestCase.settings = settings(
    max_examples=50, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAlertsAndPages = AlertsAndPages.TestCase
