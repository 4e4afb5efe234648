"""NOTIFYs lost, repeated, reordered; servers that forget and refuse; phones that come and go: no lamp stays wrong."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.callcontrol.lookout import Lookout, nobody_watches
from bridge.callcontrol.watching import BESIDE, LINGER, LampState, Watching
from bridge.core import DndMode
from bridge.sip import Account, Destination, MessageIgnored, SubscriptionState, UserAgent
from bridge.sip.message import reply_to
from tests.sipwatch import CONFIRMED, EARLY, IDLE, Notifier
from tests.sipwire import PBX, PHONE, CountingIds, Party, Wire

NUMBERS = ("2001", "2002", "2003")
LAMP_OF = {IDLE: LampState.IDLE, EARLY: LampState.ALERTING, CONFIRMED: LampState.IN_USE}
numbers = st.sampled_from(NUMBERS)
phones = st.integers(0, 3)


class BadWire(Wire):
    """Keeps datagrams back where it is told to, and delivers them in another order, or twice."""

    def __init__(self, parties: list[Party]) -> None:
        super().__init__(parties)
        self.keeping = False
        self.losing = False
        self.kept: list[tuple[Party, bytes, Destination]] = []

    def _carry(self, sender: Party, data: bytes, destination: Destination) -> None:
        if self.losing:
            return
        if self.keeping and len(self.kept) < 20:
            self.kept.append((sender, data, destination))
            return
        super()._carry(sender, data, destination)

    def release(self, order: list[int], *, twice: bool) -> None:
        kept, self.kept, self.keeping = self.kept, [], False
        for index in sorted(range(len(kept)), key=lambda at: order[at % len(order)]):
            for _ in range(2 if twice else 1):
                super()._carry(*kept[index])


class Lamp:
    """A lamp of some phone: shows what it was told last."""

    def __init__(self, watching: Watching, number: str) -> None:
        self.number = number
        self._watching = watching
        self.state = watching.watch(number, self.changed).state

    def changed(self, now: float) -> None:
        self.state = self._watching.state(self.number).state


class Lamps(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.watching = Watching()
        account = Account("watcher", "192.0.2.1", Destination(*PBX), password="secret")
        self.agent = UserAgent(account, CountingIds("phone"), PHONE, notify_policy=nobody_watches)
        self.lookout = Lookout(self.watching, self.agent)
        self.server = Notifier()
        self.server.states = dict.fromkeys((*NUMBERS, *(BESIDE + number for number in NUMBERS)), IDLE)
        self.wire = BadWire([self.agent, self.server])
        self.lamps: dict[tuple[int, str], Lamp] = {}
        self.is_well = True
        """Nothing was lost, refused or forgotten so far: what is delivered must show at once."""

    # --- moving ------------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        for _ in range(200):
            self.lookout.look_after(now=self.wire.now)
            self.wire.settle()
            heard = False
            while (event := self.agent.next_event()) is not None:
                said = self.lookout.heard(event, now=self.wire.now)
                heard = heard or (bool(said) and not isinstance(event, MessageIgnored))
            if not heard and (self.lookout.timer() is None or self.lookout.timer() > self.wire.now):  # type: ignore[operator]  # a number here: asked just before
                return
        raise AssertionError("it never comes to rest")

    def advance(self, seconds: float) -> None:
        end = self.wire.now + seconds
        self.settle()
        while True:
            times = [self.agent.timer(), self.server.timer(), self.lookout.timer()]
            due = [at for at in times if at is not None and at <= end]
            if not due:
                break
            self.wire.now = max(self.wire.now, min(due))
            self.settle()
        self.wire.now = end

    def is_not_disturbed(self, number: str) -> bool:
        entry = self.watching._numbers.get(number)
        return entry is not None and entry.dnd is not DndMode.OFF

    def right(self, number: str) -> LampState:
        """What a lamp should say by what the server has."""
        state = LAMP_OF[self.server.states[number]]
        if state is LampState.ALERTING or not self.is_not_disturbed(number):
            return state
        talks = self.server.states[BESIDE + number] == CONFIRMED
        return LampState.IN_USE if talks else LampState.DO_NOT_DISTURB

    # --- what happens ------------------------------------------------------------------------------------------------

    @rule(phone=phones, number=numbers)
    def come(self, phone: int, number: str) -> None:
        if (phone, number) not in self.lamps:
            self.lamps[phone, number] = Lamp(self.watching, number)
            self.settle()

    @rule(phone=phones, number=numbers)
    def go(self, phone: int, number: str) -> None:
        lamp = self.lamps.pop((phone, number), None)
        if lamp is not None:
            self.watching.unwatch(number, lamp.changed, now=self.wire.now)
            self.settle()

    @rule(number=numbers, state=st.sampled_from([IDLE, EARLY, CONFIRMED]))
    def change(self, number: str, state: str) -> None:
        if number in self.server.states:
            self.server.change(number, state, now=self.wire.now)
            self.settle()

    @rule(number=numbers, mode=st.sampled_from(DndMode))
    def do_not_disturb(self, number: str, mode: DndMode) -> None:
        self.watching.do_not_disturb(number, mode, now=self.wire.now)
        self.settle()

    @rule(number=numbers, state=st.sampled_from([IDLE, CONFIRMED]))
    def phones_talk(self, number: str, state: str) -> None:
        """In spite of do-not-disturb, in which the number's own hint says nothing of it."""
        self.server.change(BESIDE + number, state, now=self.wire.now)
        self.settle()

    @rule(number=numbers)
    def number_goes(self, number: str) -> None:
        self.is_well = False
        if self.server.states.pop(number, None) is not None:
            for watcher in [each for each in self.server.watchers if each.number == number]:
                self.server.tell(watcher, "terminated;reason=noresource", now=self.wire.now)
                self.server.watchers.remove(watcher)
            self.settle()

    @rule(number=numbers)
    def number_comes(self, number: str) -> None:
        self.server.states.setdefault(number, IDLE)

    @rule(reason=st.sampled_from(["deactivated", "timeout", "probation;retry-after=5", "giveup"]))
    def server_ends_all(self, reason: str) -> None:
        self.is_well = False
        for watcher in list(self.server.watchers):
            self.server.watchers.remove(watcher)
            self.server.tell(watcher, f"terminated;reason={reason}", now=self.wire.now)
        self.settle()

    @rule(told=st.booleans())
    def server_forgets(self, told: bool) -> None:
        self.is_well = False
        self.server.watchers.clear()
        if told:
            self.watching.renew()
        self.settle()

    @rule()
    def lose(self) -> None:
        self.wire.losing, self.is_well = True, False

    @rule()
    def lose_no_more(self) -> None:
        self.wire.losing = False

    @rule()
    def keep_back(self) -> None:
        self.wire.keeping = True

    @rule(order=st.lists(st.integers(0, 20), min_size=3, max_size=20), twice=st.booleans())
    def deliver_in_disorder(self, order: list[int], twice: bool) -> None:
        self.wire.release(order, twice=twice)
        self.settle()
        if self.is_well:
            self.advance(5)
            for (_, number), lamp in self.lamps.items():
                assert lamp.state is self.right(number), number

    @rule(status=st.sampled_from([403, 481, 489, 500, 503]))
    def server_refuses(self, status: int) -> None:
        self.server.refuse = lambda request: reply_to(request, status, tag="no")
        self.is_well = False

    @rule()
    def server_takes_again(self) -> None:
        self.server.refuse = lambda request: None

    @rule(seconds=st.sampled_from([0.1, 1.0, 10.0, 40.0, 130.0, 700.0]))
    def time_goes_by(self, seconds: float) -> None:
        self.advance(seconds)

    # --- what holds --------------------------------------------------------------------------------------------------

    @invariant()
    def all_lamps_of_a_number_agree(self) -> None:
        for (_, number), lamp in self.lamps.items():
            assert lamp.state is self.watching.state(number).state

    @invariant()
    def what_is_not_told_is_not_shown(self) -> None:
        for subscription in self.agent.subscriptions:
            if subscription.state is SubscriptionState.WAITING:
                assert self.watching.state(subscription.user).state is LampState.UNKNOWN

    @invariant()
    def there_is_one_subscription_a_number(self) -> None:
        wanted = [each.user for each in self.agent.subscriptions if not each.is_over and each.state != "unsubscribing"]
        assert len(wanted) == len(set(wanted))
        assert {each.removeprefix(BESIDE) for each in wanted} <= self.watching.numbers

    def teardown(self) -> None:
        """In the end the network is well, the server knows all numbers: every lamp tells the truth, nothing is left."""
        self.wire.losing = False
        self.wire.release([0], twice=False)
        self.server.refuse = lambda request: None
        for number in NUMBERS:
            self.server.states.setdefault(number, IDLE)
        self.advance(1400)
        for (_, number), lamp in self.lamps.items():
            assert lamp.state is self.right(number), number
        shown = {number for _, number in self.lamps}
        shown |= {BESIDE + number for number in shown if self.is_not_disturbed(number)}
        assert {each.user for each in self.agent.subscriptions} == shown
        watched = [watcher.number for watcher in self.server.watchers]
        for (_, number), lamp in self.lamps.items():
            self.watching.unwatch(number, lamp.changed, now=self.wire.now)
        assert shown <= set(watched)
        self.advance(LINGER + 700)
        assert self.agent.subscriptions == ()
        assert self.watching.numbers == frozenset()
        assert self.lookout.timer() is None


@given(
    st.lists(st.sampled_from([IDLE, EARLY, CONFIRMED]), min_size=2, max_size=8),
    st.permutations(range(8)),
    st.booleans(),
)
def test_whatever_order_notifys_come_in_the_newest_counts(changes: list[str], order: list[int], twice: bool) -> None:
    lamps = Lamps()
    lamps.come(0, "2001")
    lamps.keep_back()
    for state in changes:
        lamps.change("2001", state)
    lamps.deliver_in_disorder(order, twice=twice)
    assert lamps.is_well
    lamps.teardown()


def test_two_challenges_that_cross_do_not_keep_each_other_out() -> None:
    """The server takes its newest nonce only, and both SUBSCRIBEs were challenged before either was answered."""
    lamps = Lamps()
    lamps.keep_back()
    lamps.come(0, "2001")
    lamps.come(0, "2002")
    lamps.time_goes_by(0.1)
    lamps.teardown()


Lamps.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLamps = Lamps.TestCase
