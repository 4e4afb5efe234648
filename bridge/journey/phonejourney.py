"""A phone's journey, told from events: where it stands, since when, and what is known of it.

Pure: ``follow`` takes what is known and one event, and returns what is known then. What the diagnosis looks at is kept
with it, bounded: the newest events that say anything about the way to "registered".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from bridge.core import DeviceName, Via
from bridge.core.events import (
    CallEvent,
    DhcpLeaseSeen,
    DhcpUnanswered,
    EndpointConfirmed,
    EndpointWritten,
    Event,
    FileDelivered,
    FileEvent,
    FileNotFound,
    FileRefused,
    FileRequested,
    FileServedBeside,
    FirmwareStageReached,
    LineStateChanged,
    ModelLearnt,
    OutOfServiceTold,
    PhoneAdmitted,
    PhoneAlarmed,
    PhoneConnecting,
    PhonePageRead,
    PhoneRefused,
    PhoneRegistered,
    PhoneRegistering,
    PhoneUnregistered,
    SipChallenged,
    SipRefused,
    TransferAborted,
    TrustListNamed,
    TrustListSeen,
)
from bridge.journey.phonefacts import CONFIGURATION, NOTHING_KNOWN, PhoneFacts, learn
from bridge.journey.stages import Stage, may_follow
from bridge.phones.filenames import parse_file_name
from bridge.phones.requestedfile import FileKind

MOST_EVENTS = 120
"""Events kept with a journey for the diagnosis: a dozen boots of a phone that comes to nothing."""
MOST_FILES = 48
"""Files kept with a journey; the one that was asked for longest ago goes first."""

_BOOTING = CONFIGURATION | {FileKind.TRUST_LIST}
LOADING = frozenset({FileKind.LOADS, FileKind.FIRMWARE, FileKind.DEFAULT_LOADS})
_UNTOLD = (CallEvent, EndpointWritten, EndpointConfirmed, FirmwareStageReached)
"""Events that tell nothing of the way."""


@dataclass(frozen=True, slots=True)
class ServedFile:
    """One file that the phone asked for, and what became of it the last time."""

    name: str
    kind: FileKind
    via: Via
    asked: int
    """How often."""
    asked_at: datetime
    """The last time."""
    outcome: str = "asked"
    """``asked``, ``delivered``, ``not found``, ``refused`` or ``aborted``."""
    at: datetime | None = None
    """When that was: for a delivery, the moment of the last acknowledgement."""
    size: int = 0
    """Octets of the whole file."""
    acknowledged: int = 0
    """Octets that the phone is known to have."""
    seconds: float = 0.0
    digest: str = ""
    """SHA-256 of what was sent; empty for firmware."""
    version: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class PhoneJourney:
    """Everything that is known of one phone's way."""

    device: DeviceName
    stage: Stage
    since: datetime
    """When it reached that stage."""
    first_seen: datetime
    last_seen: datetime
    client: str = ""
    """Its address, as last seen."""
    word: str = ""
    """What happened last: the file it asked for, or why it was turned away."""
    facts: PhoneFacts = NOTHING_KNOWN
    files: tuple[ServedFile, ...] = ()
    """Ordered by when they were asked for last."""
    events: tuple[Event, ...] = field(default=(), repr=False)
    """The newest ones that tell of the way, oldest first."""
    lines: tuple[tuple[str, str], ...] = ()
    """Lines of an SCCP phone that do not stand as they should at the PBX, each with how it stands."""
    began: datetime | None = None
    """When the present boot began, as far as it was seen."""
    seconds_to_register: float | None = None
    """How long the last boot took, from the first thing seen of it to "registered"."""
    impossible: str = ""
    """The last step that was reported and cannot be; it was not followed."""

    @property
    def progress(self) -> Progress:
        """The short form, for lists."""
        return Progress(self.device, self.stage, self.since, self.first_seen, self.client, self.word)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one phone has come."""

    device: DeviceName
    stage: Stage
    since: datetime
    first_seen: datetime
    client: str = ""
    word: str = ""


def follow(before: PhoneJourney | None, event: Event) -> PhoneJourney | None:
    """What is known with this event; the same as before where it says nothing of the way.

    ``event`` is about one phone: its ``device`` is given. A step that cannot follow on the stage before is not made;
    ``impossible`` then says so.
    """
    if event.device is None or isinstance(event, _UNTOLD):
        return before
    known = before or PhoneJourney(event.device, Stage.SEEN, event.at, event.at, event.at, began=event.at)
    told = _reached(before.stage if before else None, event)
    if before is None and told is None and not _says_something(event):
        return None
    known = replace(
        known,
        last_seen=max(known.last_seen, event.at),
        client=_client(event) or known.client,
        facts=learn(known.facts, event),
        files=_note_file(known.files, event),
        events=known.events if _is_routine(event) else (*known.events, event)[-MOST_EVENTS:],
        lines=_note_line(known.lines, event),
    )
    if isinstance(event, PhoneUnregistered) and not known.stage.is_up and _was_up(known):
        told = None  # it boots already, and its farewell was told late
    if told is None and isinstance(event, LineStateChanged) and known.stage.is_up:
        told = (Stage.PARTIALLY_REGISTERED if known.lines else Stage.REGISTERED), event.state
    return known if told is None else _step(known, before is None, event, *told)


def _step(known: PhoneJourney, new: bool, event: Event, stage: Stage, word: str) -> PhoneJourney:
    if not may_follow(None if new else known.stage, stage):
        what = f"{type(event).__name__}: {known.stage} cannot be followed by {stage}"
        return replace(known, impossible=what)
    begins = stage in (Stage.DHCP, Stage.TFTP) and (new or known.stage not in (Stage.DHCP, Stage.TFTP))
    took = known.seconds_to_register
    if stage is Stage.REGISTERED and not known.stage.is_up and known.began is not None:
        took = (event.at - known.began).total_seconds()
    return replace(
        known,
        stage=stage,
        since=known.since if stage is known.stage and not new else event.at,
        word=word or known.word,
        began=event.at if begins else known.began,
        seconds_to_register=took,
        lines=() if begins else known.lines,
    )


def _was_up(known: PhoneJourney) -> bool:
    boots = (Stage.DHCP, Stage.TFTP, Stage.CONFIG, Stage.FIRMWARE, Stage.CONNECTING)
    return known.stage in boots and any(isinstance(each, PhoneRegistered) for each in known.events)


def _is_routine(event: Event) -> bool:
    """Trust lists are asked for at every boot, and tell nothing by not being there."""
    return isinstance(event, FileRequested | FileNotFound) and parse_file_name(event.name).kind is FileKind.TRUST_LIST


def _says_something(event: Event) -> bool:
    return isinstance(
        event,
        FileEvent
        | DhcpUnanswered
        | TrustListNamed
        | OutOfServiceTold
        | PhonePageRead
        | PhoneAlarmed
        | PhoneAdmitted
        | ModelLearnt,
    )


def _client(event: Event) -> str:
    if isinstance(event, DhcpLeaseSeen):
        return event.address
    return str(getattr(event, "client", ""))


def _reached(before: Stage | None, event: Event) -> tuple[Stage, str] | None:
    match event:
        case DhcpLeaseSeen() if before in (None, Stage.SEEN):
            return Stage.DHCP, event.address
        case FileRequested():
            kind = parse_file_name(event.name).kind
            # A registered phone asks for ring tones and lists; only a phone that boots asks for its own file.
            if before in (None, Stage.SEEN, Stage.DHCP) or kind in _BOOTING:
                return Stage.TFTP, event.name
            return (Stage.FIRMWARE, event.name) if kind in LOADING and not _is_up(before) else None
        case FileDelivered() | FileServedBeside():
            kind = parse_file_name(event.name).kind
            if kind in CONFIGURATION and not _is_up(before):
                return Stage.CONFIG, event.name
            return (Stage.FIRMWARE, event.name) if kind in LOADING and not _is_up(before) else None
        case TransferAborted() if not _is_up(before):
            return Stage.TFTP, f"{event.name}: {event.why}"
        case PhoneConnecting() | SipChallenged() if not _is_up(before) and before is not Stage.REGISTERING:
            return Stage.CONNECTING, ""
        case PhoneRegistering():
            return Stage.REGISTERING, ""
        case SipRefused() if not _is_up(before):
            return Stage.REJECTED, f"Asterisk refused it: {event.reason}"
        case PhoneRegistered():
            return Stage.REGISTERED, event.endpoint
        case PhoneUnregistered():
            return Stage.UNREGISTERED, event.why
        case PhoneRefused():
            return Stage.REJECTED, event.text
        case _:
            return None


def _is_up(stage: Stage | None) -> bool:
    return stage is not None and stage.is_up


def _note_file(files: tuple[ServedFile, ...], event: Event) -> tuple[ServedFile, ...]:
    if not isinstance(event, FileEvent) or isinstance(event, TrustListSeen):
        return files
    known = next((each for each in files if each.name == event.name), None)
    others = tuple(each for each in files if each is not known)
    if isinstance(event, FileRequested):
        kind = parse_file_name(event.name).kind
        fresh = ServedFile(event.name, kind, event.via, known.asked + 1 if known else 1, event.at)
        return (*others, fresh)[-MOST_FILES:]
    if known is None:
        known = ServedFile(event.name, parse_file_name(event.name).kind, event.via, 1, event.at)
    done = replace(known, at=event.at, via=event.via)
    match event:
        case FileDelivered():
            done = replace(
                done,
                outcome="delivered",
                size=event.size,
                acknowledged=event.size,
                seconds=event.seconds,
                digest=event.digest,
                version=event.version,
            )
        case FileServedBeside():
            done = replace(done, outcome="delivered")
        case FileNotFound():
            done = replace(done, outcome="not found", why=event.why)
        case FileRefused():
            done = replace(done, outcome="refused", why=event.why)
        case TransferAborted():
            done = replace(done, outcome="aborted", size=event.size, acknowledged=event.acknowledged, why=event.why)
    return (*others, done)[-MOST_FILES:]


_AS_IT_SHOULD = frozenset({"registered", "registering", "not registered"})


def _note_line(lines: tuple[tuple[str, str], ...], event: Event) -> tuple[tuple[str, str], ...]:
    if not isinstance(event, LineStateChanged):
        return lines
    others = tuple(each for each in lines if each[0] != event.number)
    return others if event.state in _AS_IT_SHOULD else (*others, (event.number, event.state))[-MOST_FILES:]
