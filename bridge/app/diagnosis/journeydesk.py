"""All phones' journeys, as the running service knows them, and why each phone is stuck.

Bounded: the journeys of the phones that did something last stay in memory, the others are told anew from the database
when somebody asks. Whose a nameless event is (a connection, the default file, a SIP account) is found out here, too.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bridge.core import Device, DeviceName, SignallingProtocol
from bridge.core.events import (
    Event,
    FileEvent,
    PhoneAdmitted,
    PhoneConnecting,
    PhoneRegistered,
    SipChallenged,
    SipRefused,
    TlsFailed,
)
from bridge.doctor.ports import DOCTORS_NAME
from bridge.errors import NotFound
from bridge.journey import (
    Finding,
    Judgement,
    NetworkCounts,
    NetworkState,
    PhoneFacts,
    PhoneJourney,
    Progress,
    SiteFacts,
    Stage,
    diagnose,
    follow,
    judge,
)
from bridge.net.portprobe import PROBE_NAME
from bridge.ports import Clock, Store

log = logging.getLogger(__name__)

MOST = 5000
"""Phones whose journeys stay in memory; the one that was silent longest goes first."""
MOST_TOLD = 1000
"""Phones whose journeys are kept as the database tells them, until something is heard of them."""
_STILL_THERE = timedelta(minutes=10)
"""A phone that is stuck asks for files again long before."""
READ_BACK = 1000
"""Events of a phone from which its journey is told anew."""
_BEFORE_CONNECTING = frozenset(
    {Stage.SEEN, Stage.DHCP, Stage.TFTP, Stage.CONFIG, Stage.FIRMWARE, Stage.REJECTED, Stage.UNREGISTERED}
)
_ON_THEIR_WAY = _BEFORE_CONNECTING | {Stage.CONNECTING, Stage.REGISTERING}
_PLACED = (FileEvent, PhoneConnecting, SipChallenged, SipRefused, TlsFailed)
"""Events without a name whose address may tell whose they are."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A phone's journey, and what was found."""

    journey: PhoneJourney
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class DeviceNews:
    """The phones of the database beside those that were known before."""

    devices: dict[DeviceName, Device]
    numbers: dict[str, tuple[DeviceName, SignallingProtocol]]
    registered: Sequence[Device]
    """Of these nothing was heard since the start."""
    changed: Sequence[DeviceName]
    """Phones that are new, gone, or other than before in what the diagnosis looks at."""


FactsSource = Callable[[], SiteFacts]
"""What is known of the site now, without a phone."""


class JourneyDesk:
    """Listens to all events."""

    def __init__(self, store: Store, clock: Clock, facts: FactsSource = SiteFacts, *, most: int = MOST) -> None:
        self._store = store
        self._clock = clock
        self._facts = facts
        self._most = most
        self._journeys: OrderedDict[DeviceName, PhoneJourney] = OrderedDict()
        self._at: dict[str, dict[DeviceName, None]] = {}
        self._by_number: dict[str, tuple[DeviceName, SignallingProtocol]] = {}
        self._devices: dict[DeviceName, Device] = {}
        self._by_flag: set[DeviceName] = set()
        """Phones of which nothing was heard since the start, and the database says that they are registered."""
        self._gone: set[DeviceName] = set()
        """Phones that were let go from memory: not to be taken up again for their flag."""
        self._told: OrderedDict[DeviceName, PhoneJourney] = OrderedDict()
        """Journeys of phones of which nothing was heard since the start, as the database tells them."""
        self._networks = NetworkCounts()
        self._doctor = "", 0
        """From where the doctor asked last."""
        self.touched: Callable[[DeviceName], None] = lambda name: None
        """Called for each phone of which something else is known than before."""

    # --- what happens ------------------------------------------------------------------------------------------------

    def compare(self, devices: Iterable[Device]) -> DeviceNews:
        """What is new about every phone that the database has; a thread may do it. ``take_devices`` takes it up."""
        known, found = self._devices, {each.name: each for each in devices}
        return DeviceNews(
            found,
            {each.number: (each.name, each.desired_protocol) for each in found.values() if each.number},
            [each for each in found.values() if each.registered and each.name not in self._journeys],
            [name for name, each in found.items() if _differ(known.get(name), each)]
            + [name for name in known if name not in found],
        )

    def take_devices(self, news: DeviceNews) -> None:
        """Every phone that the database has, as the service reads them now and then. In the event loop."""
        self._devices = news.devices
        self._by_number |= news.numbers
        for device in news.registered:
            if device.name not in self._journeys and device.name not in self._gone:
                self._keep(None, _standing(device))
                self._by_flag.add(device.name)
        for name in news.changed:
            self._differs(name)

    def _differs(self, name: DeviceName) -> None:
        if (journey := self._journeys.get(name)) is not None:
            self._count(journey)
        self.touched(name)

    def devices(self) -> tuple[Device, ...]:
        """Those phones, as they were read last."""
        return tuple(self._devices.values())

    def with_address(self) -> tuple[Device, ...]:
        """Those whose address is known now: registered ones, and those that were seen on their way a moment ago."""
        soon = self._clock.now() - _STILL_THERE
        found: list[Device] = []
        for device in self._devices.values():
            journey = self._journeys.get(device.name)
            if device.registered and device.address:
                found.append(device)
            elif journey is not None and journey.client and journey.last_seen >= soon:
                found.append(replace(device, address=journey.client))
        return tuple(found)

    def whose(self, event: Event) -> DeviceName | None:
        """Which phone an event without a name is about: by its SIP account, or the one phone at its address that may
        be doing this. None where several could, as behind one router."""
        if not isinstance(event, _PLACED):
            return None
        if isinstance(event, FileEvent) and event.name.startswith(PROBE_NAME):
            return None  # our own self test, on a host where a phone may have our address
        if isinstance(event, SipChallenged | SipRefused) and self._is_the_doctors(event):
            return None
        if isinstance(event, SipChallenged | SipRefused) and (owner := self._by_number.get(event.account)):
            known = self._journeys.get(owner[0])
            # Anybody can write a name; only from where the phone is it is likely to be the phone's.
            return owner[0] if known is None or known.client in ("", event.client) else None
        there = self._at.get(event.client)
        if there is None:
            return None
        stages = _BEFORE_CONNECTING if isinstance(event, FileEvent) else _ON_THEIR_WAY
        waiting = [name for name in there if self._journeys[name].stage in stages]
        return waiting[0] if len(waiting) == 1 else None

    def _is_the_doctors(self, event: SipChallenged | SipRefused) -> bool:
        """Whether it is about the doctor's question; the challenge that follows on it names nobody."""
        if event.account == DOCTORS_NAME:
            self._doctor = event.client, event.port
        return (event.client, event.port) == self._doctor

    def heard(self, event: Event) -> None:
        """Take note of an event."""
        device = event.device
        if device is None:
            return
        self._by_flag.discard(device)
        before = self._journeys.get(device)
        after = follow(before, event)
        if after is None or after is before:
            return
        if after.impossible and (before is None or after.impossible != before.impossible):
            log.warning("%s: not followed: %s", device, after.impossible)
        self._keep(before, after)
        match event:
            case PhoneAdmitted():
                self._by_number[event.number] = device, event.protocol
            case PhoneRegistered(protocol=SignallingProtocol() as protocol):
                self._by_number[event.endpoint] = device, protocol

    def _keep(self, before: PhoneJourney | None, after: PhoneJourney) -> None:
        name = after.device
        if before is None or before.client != after.client:
            if before is not None:
                self._leave(before)
            self._at.setdefault(after.client, {})[name] = None
        self._journeys[name] = after
        self._journeys.move_to_end(name)
        self._told.pop(name, None)
        self._count(after)
        self.touched(name)
        if len(self._journeys) > self._most:
            gone, oldest = self._journeys.popitem(last=False)
            self._gone.add(gone)
            self._by_flag.discard(gone)
            self._leave(oldest)
            self._networks.leave(gone)
            self.touched(gone)

    def _count(self, journey: PhoneJourney) -> None:
        device = self._devices.get(journey.device)
        self._networks.count(journey, device.desired_protocol if device is not None else None)

    def _leave(self, journey: PhoneJourney) -> None:
        there = self._at.get(journey.client)
        if there is not None:
            there.pop(journey.device, None)
            if not there:
                del self._at[journey.client]

    def seen(self, name: DeviceName) -> PhoneJourney | None:
        """The journey of a phone that was seen since the start; the database is left alone."""
        return self._journeys.get(name)

    def speaks(self, account: str) -> SignallingProtocol | None:
        """What the phone with this SIP account is to speak; None for an account of nobody here."""
        owner = self._by_number.get(account)
        return owner[1] if owner is not None else None

    # --- what is asked -----------------------------------------------------------------------------------------------

    def of(self, name: DeviceName) -> PhoneJourney | None:
        """The journey of one phone; from the database where the service has not seen it since it started.

        Raises StoreError. It may read the database: ask from a thread.
        """
        known = self._journeys.get(name)
        if known is not None and name not in self._by_flag:
            return known
        return told_anew(self._store, name) or known

    def all(self) -> tuple[PhoneJourney, ...]:
        """Every phone that was seen since the start, the one that did something last first."""
        return tuple(reversed(self._journeys.values()))

    def on_their_way(self) -> tuple[Progress, ...]:
        """The same in short."""
        return tuple(each.progress for each in reversed(self._journeys.values()))

    async def diagnose(self, name: DeviceName) -> tuple[Finding, ...]:
        """Why this phone is stuck, the likeliest cause first; empty for one that is well. Raises StoreError."""
        return await asyncio.to_thread(self.diagnose_now, name)

    def diagnose_now(self, name: DeviceName) -> tuple[Finding, ...]:
        """The same, from a thread of the caller's own."""
        journey = self.of(name)
        if journey is None:
            return ()
        with self._store.read() as work:
            device = work.devices.get(name)
        return self.judged(journey, device, self._facts(), self.networks())

    def sheet(self, name: DeviceName) -> Diagnosis:
        """Journey and findings of one phone. Reads the database: ask from a thread. Raises NotFound, StoreError."""
        journey = self.of(name)
        if journey is None:
            raise NotFound(
                f"nothing was ever heard of {name}",
                why="no DHCP server that is watched gave it an address, and it asked this server for no file",
                fix="see that it has power and that its switch port is in the right VLAN; 7940 and 7960 take two "
                "minutes where the switch speaks no CDP; then `sepbridge dhcp check`",
            )
        return Diagnosis(journey, self.diagnose_now(name))

    def judged(
        self, journey: PhoneJourney, device: Device | None, facts: SiteFacts, networks: tuple[NetworkState, ...]
    ) -> tuple[Finding, ...]:
        """What is found in one journey."""
        return diagnose(journey, facts.about(device, networks), now=self._clock.now())

    def judge(self, name: DeviceName, facts: SiteFacts) -> Judgement | None:
        """The same by what is in memory, without the database; None for a phone of which nothing is."""
        journey = self._journeys.get(name) or self._told.get(name)
        if journey is None:
            return None
        site = facts.about(self._devices.get(name), self._networks.states())
        return judge(journey, site, now=self._clock.now())

    def networks(self) -> tuple[NetworkState, ...]:
        """How the phones of each network fare with signalling."""
        return self._networks.states()

    @property
    def networks_version(self) -> int:
        """Grows when that may be judged otherwise than before."""
        return self._networks.version

    # --- what was before the start -----------------------------------------------------------------------------------

    def untold(self) -> list[DeviceName]:
        """Phones that were not registered when the service stopped, and of which nothing was heard since it started.

        The one that was seen last goes first. It reads the database: ask from a thread. Raises StoreError.
        """
        with self._store.read() as work:
            seen = {each.device: each.last_at for each in work.journal.refused()}
            seen |= {each.name: each.last_seen or each.created_at for each in work.devices.all() if not each.registered}
        names = sorted(seen, key=lambda name: seen[name], reverse=True)
        return [name for name in names if name not in self._journeys][:MOST_TOLD]

    def take_told(self, name: DeviceName, journey: PhoneJourney) -> None:
        """A phone's journey as the database told it; what was heard meanwhile counts more. In the event loop."""
        if name not in self._journeys and len(self._told) < MOST_TOLD:
            self._told[name] = journey
            self.touched(name)


def _differ(one: Device | None, other: Device) -> bool:
    """Whether the diagnosis may say something else of them."""
    return one is None or (one.desired_protocol, one.number, one.model, one.pool) != (
        other.desired_protocol,
        other.number,
        other.model,
        other.pool,
    )


def _standing(device: Device) -> PhoneJourney:
    """Where a phone stands by the database alone: it registered before this start, and has not left since."""
    at = device.last_seen or device.created_at
    facts = PhoneFacts(model=device.model, load=device.load, number=device.number, protocol=device.observed_protocol)
    return PhoneJourney(
        device.name, Stage.REGISTERED, at, at, at, client=device.address, word=device.number, facts=facts
    )


def told_anew(store: Store, name: DeviceName) -> PhoneJourney | None:
    """A phone's journey from what the database has of it. Raises StoreError."""
    with store.read() as work:
        events: Sequence[Event] = work.journal.journey(name, limit=READ_BACK)
    journey: PhoneJourney | None = None
    for event in events:
        journey = follow(journey, event)
    return journey
