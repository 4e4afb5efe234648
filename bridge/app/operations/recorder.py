"""Where all events go: onto the phones' journeys in the database, to live listeners, and into the log."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.app.operations.eventfields import SAYS_NUMBER, event_fields, own_number
from bridge.core import NOWHERE, DeviceName, NetworkPlace
from bridge.core.events import (
    CallConnected,
    CallEvent,
    CallFinished,
    CallMeasured,
    CallStarted,
    EmergencyNumberDialled,
    Event,
    FileDelivered,
    FileEvent,
    FileNotFound,
    FileRequested,
    FileServedBeside,
    GroupPaged,
    LineStateChanged,
    MaliciousCallMarked,
    MediaTroubled,
    PbxConnected,
    PbxLost,
    PbxReloaded,
    PhoneAdmitted,
    PhoneAlarmed,
    PhoneConnecting,
    PhoneRefused,
    PhoneRegistering,
    SecondConnectionRefused,
    SipChallenged,
    TokenAnswered,
)
from bridge.errors import StoreError
from bridge.phones.filenames import parse_file_name
from bridge.ports import Store

log = logging.getLogger(__name__)

Listener = Callable[[Event], None]

_QUIET = (
    FileRequested,
    FileDelivered,
    FileServedBeside,
    FileNotFound,
    PbxReloaded,
    CallEvent,
    PhoneConnecting,
    PhoneRegistering,
    SipChallenged,
)
"""Everyday events: hundreds a second while an office boots. They are logged at DEBUG, save for what is a decision."""

_LOUD = {EmergencyNumberDialled: logging.CRITICAL, MaliciousCallMarked: logging.WARNING}
"""What somebody should be woken for, or look into."""

_REFUSED = 400
"""From this SIP status on a call came to nothing because somebody said so."""

MAX_WAITING = 50_000
"""Events kept in memory while the database is away; beyond that the oldest are dropped, and counted."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is the same for all events of one type; found out once, since they come by the thousand."""

    names_file: bool
    says_number: bool
    level: int
    listeners: tuple[Listener, ...]


class EventRecorder:
    """The EventSink of the running service.

    Recording only appends to a queue; the queue is written to the database a few times a second, many events in one
    transaction, so that a boot storm costs tens of transactions and not thousands. While the database is away the
    events wait.
    """

    def __init__(self, store: Store, *, interval: float = 0.25) -> None:
        self._store = store
        self._interval = interval
        self._waiting: deque[Event] = deque(maxlen=MAX_WAITING)
        self._listeners: list[tuple[Listener, tuple[type[Event], ...]]] = []
        self._kinds: dict[type[Event], _Kind] = {}
        self.whose: Callable[[Event], DeviceName | None] = lambda event: None
        """Finds out which phone an event without a name is about."""
        self._arrived = asyncio.Event()
        self.dropped = 0
        self.numbers: dict[DeviceName, str] = {}
        """The first number of each device, for the log; whoever reads the devices fills it in."""

    @property
    def waiting(self) -> int:
        """Events that are not in the database yet."""
        return len(self._waiting)

    def record(self, event: Event) -> None:
        """Take note of ``event``. Never blocks, never raises."""
        kind = self._kinds.get(type(event)) or self._learn(type(event))
        if event.device is None:
            device = parse_file_name(event.name).device if kind.names_file and isinstance(event, FileEvent) else None
            if device is not None or (device := self.whose(event)) is not None:
                event = replace(event, device=device)
        if event.device is not None:  # what nobody's journey has is for listeners alone
            if len(self._waiting) == MAX_WAITING:
                self.dropped += 1
            self._waiting.append(event)
            self._arrived.set()
            if kind.says_number and (number := own_number(event)):
                self.numbers.setdefault(event.device, number)
        level = logging.INFO if kind.level < logging.INFO and _is_decision(event) else kind.level
        if log.isEnabledFor(level):  # finding the words costs more than all the rest
            log.log(level, "%s", describe(event), extra={"fields": event_fields(event, self.numbers)})
        for listener in kind.listeners:
            listener(event)

    def subscribe(self, listener: Listener, *kinds: type[Event]) -> Callable[[], None]:
        """Call ``listener`` for every event from now on, or for those of these kinds alone; returns the function that
        ends it.
        """
        entry = listener, kinds or (Event,)
        self._listeners.append(entry)
        self._kinds.clear()

        def leave() -> None:
            self._listeners.remove(entry)
            self._kinds.clear()

        return leave

    def _learn(self, kind: type[Event]) -> _Kind:
        known = self._kinds[kind] = _Kind(
            names_file=issubclass(kind, FileEvent),
            says_number=issubclass(kind, SAYS_NUMBER),
            level=logging.DEBUG if issubclass(kind, _QUIET) else _LOUD.get(kind, logging.INFO),
            listeners=tuple(listener for listener, kinds in self._listeners if issubclass(kind, kinds)),
        )
        return known

    async def run(self) -> None:
        """Write events until cancelled; what is left is written on the way out."""
        try:
            while True:
                await self._arrived.wait()
                await asyncio.sleep(self._interval)
                await self._flush()
        finally:
            await asyncio.shield(self._flush())

    async def _flush(self) -> None:
        self._arrived.clear()
        batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not batch:
            return
        try:
            await asyncio.to_thread(self._write, batch)
        except StoreError as error:
            log.warning("%d events wait for the database: %s", len(batch), error)
            self._waiting.extendleft(reversed(batch))
            self._arrived.set()

    def _write(self, events: list[Event]) -> None:
        with self._store.write(urgent=False) as work:
            work.journal.append(events)
            work.commit()


def _is_decision(event: Event) -> bool:
    match event:
        case FileDelivered(secret=True) | FileServedBeside(secret=True):
            return True  # a password left the house
        case CallFinished(outgoing=True, answered=False, status=status) if status >= _REFUSED:
            return True  # the call was refused
    return False


def describe(event: Event) -> str:
    """One line for people. Never holds a secret, because events hold none."""
    who = f"{event.device}: " if event.device else ""
    match event:
        case FileRequested():
            what = f"asks for {event.name!r} from {event.client} over {event.via}"
        case FileDelivered():
            what = f"has {event.name!r}, {event.size} bytes in {event.seconds:.3f} s"
            what += " (holds its password)" if event.secret else ""
        case FileServedBeside():
            what = f"has {event.name!r} from the other TFTP server" + (" (holds its password)" if event.secret else "")
        case FileNotFound():
            what = f"was told that {event.name!r} does not exist" + (f": {event.why}" if event.why else "")
        case PhoneAdmitted():
            place = NetworkPlace(event.vlan, event.neighbour, event.neighbour_port)
            where = f", {place}" if place != NOWHERE else ""
            what = f"admitted with number {event.number}, {event.protocol}, from {event.client}{where}"
        case PhoneRefused():
            what = f"refused ({event.reason}): {event.text}"
        case PbxReloaded():
            what = f"Asterisk reloaded in {event.seconds * 1000:.0f} ms for {event.endpoints} endpoints"
        case PbxConnected():
            what = f"connected to the manager interface of {event.version}"
        case PbxLost():
            what = f"lost the manager interface: {event.why}"
        case PhoneAlarmed():
            what = f"says of itself ({event.severity}): {event.text}"
        case EmergencyNumberDialled():
            what = f"EMERGENCY: {event.number} dialled {event.dialled}"
        case MaliciousCallMarked():
            by = f"{event.number or 'a withheld number'} {event.name!r}"
            what = f"MALICIOUS CALL {event.call} to {event.called} from {by}, SIP Call-ID {event.sip_call_id}"
        case GroupPaged():
            what = f"{event.number} pages the {event.phones} phones of {event.group}"
        case LineStateChanged():
            cause = " ".join(str(each) for each in (event.status, event.detail) if each)
            what = f"line {event.number}: {event.state}" + (f" ({cause})" if cause else "")
        case CallEvent():
            what = f"call {event.call} {_of_call(event)}" if event.call else _of_call(event)
        case TokenAnswered():
            what = "asked for a token; " + (
                "it may register here" if event.granted else f"refused for {event.wait} s: {event.why}"
            )
        case SecondConnectionRefused():
            what = f"came on a second connection from {event.client} while the first one carries a call; refused"
        case _:
            details = {
                name: getattr(event, name)
                for name in event.__dataclass_fields__
                if name not in {"at", "device"} and getattr(event, name) not in {"", None}
            }
            words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in type(event).__name__)
            what = words.strip() + "".join(f", {name.replace('_', ' ')} {value}" for name, value in details.items())
    return who + what


def _of_call(event: CallEvent) -> str:
    match event:
        case CallStarted():
            return ("to " if event.outgoing else "from ") + (event.number or "somebody unknown")
        case CallConnected():
            return f"connected with {event.number or 'somebody unknown'}"
        case CallFinished():
            after = f"after {event.seconds:.0f} s" if event.answered else "before it was answered"
            return f"over {after}: {event.why}" + (f" ({event.status})" if event.status else "")
        case CallMeasured():
            return (
                f"by the phone's count: {event.sent} packets sent, {event.received} received, {event.lost} lost, "
                f"jitter {event.jitter} ms, latency {event.latency} ms"
            )
        case MediaTroubled():
            return f"has no sound: {event.what}"
        case _:
            return type(event).__name__
