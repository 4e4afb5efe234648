"""A phone's journey, told from events: where it stands, since when, and what is known of it.

Pure: ``follow`` takes what is known and one event, and returns what is known then. What the diagnosis looks at is kept
with it, bounded: the newest events that say anything about the way to "registered".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from bridge.core import DeviceName, SignallingProtocol, Via
from bridge.core.events import (
    CallEvent,
    DhcpLeaseSeen,
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
from bridge.journey.alarms import parse_alarm
from bridge.journey.stages import Stage, may_follow
from bridge.phones.filenames import parse_file_name
from bridge.phones.requestedfile import FileKind

MOST_EVENTS = 60
"""Events kept with a journey for the diagnosis."""
MOST_FILES = 48
"""Files kept with a journey; the one that was asked for longest ago goes first."""

CONFIGURATION = frozenset(
    {
        FileKind.DEVICE,
        FileKind.DEFAULT,
        FileKind.OLD_DEVICE,
        FileKind.SIP_TEXT,
        FileKind.PROFILE,
        FileKind.FLAT_PROFILE,
        FileKind.SOFTPHONE,
    }
)
"""Kinds of files that tell a phone where to register."""
_BOOTING = CONFIGURATION | {FileKind.TRUST_LIST}
LOADING = frozenset({FileKind.LOADS, FileKind.FIRMWARE, FileKind.DEFAULT_LOADS})
_UNTOLD = (CallEvent, EndpointWritten, EndpointConfirmed, FirmwareStageReached)
"""Events that tell nothing of the way."""
NO_VLAN = 4095
"""What a phone calls its voice VLAN when it has none (diagnosis reference, section 3.2)."""


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
class PhoneFacts:
    """What is known of the phone itself. Empty and 0 mean: nobody has told."""

    model: str = ""
    load: str = ""
    inactive_load: str = ""
    user_agent: str = ""
    vendor_class: str = ""
    host_name: str = ""
    number: str = ""
    protocol: SignallingProtocol | None = None
    """What it was seen to speak."""
    voice_vlan: int = 0
    """4095: it says that it has none."""
    neighbour: str = ""
    """The switch that it hangs on."""
    neighbour_port: str = ""
    tftp_server: str = ""
    """By its own web page."""
    trust_server: str = ""
    """Who issued the trust list that it holds."""
    asks_signed: bool = False
    source_port: int = 0
    """Of its last connection."""
    last_reset: str = ""
    """Why it started again the last time, in its own words."""
    serial_number: str = ""
    hardware: str = ""


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
    facts: PhoneFacts = PhoneFacts()
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
        facts=_learn(known.facts, event),
        files=_note_file(known.files, event),
        events=(*known.events, event)[-MOST_EVENTS:],
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


def _says_something(event: Event) -> bool:
    return isinstance(
        event,
        FileEvent | TrustListNamed | OutOfServiceTold | PhonePageRead | PhoneAlarmed | PhoneAdmitted | ModelLearnt,
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


def _learn(facts: PhoneFacts, event: Event) -> PhoneFacts:
    match event:
        case DhcpLeaseSeen():
            return replace(
                facts,
                host_name=event.host_name or facts.host_name,
                vendor_class=event.vendor_class or facts.vendor_class,
                model=facts.model or event.model,
            )
        case FileRequested(user_agent=agent) if agent:
            return replace(facts, user_agent=agent)
        case TrustListSeen():
            return replace(facts, asks_signed=True)
        case FileDelivered() if parse_file_name(event.name).kind in CONFIGURATION and not _is_signed(event.name):
            return replace(facts, asks_signed=False)
        case TrustListNamed():
            return replace(facts, trust_server=event.itl_server or event.ctl_server)
        case PhoneAdmitted():
            return replace(facts, number=event.number)
        case ModelLearnt():
            return replace(facts, model=event.model)
        case PhoneConnecting() | SipChallenged():
            return replace(facts, source_port=event.port or facts.source_port)
        case PhoneRegistering():
            return replace(facts, protocol=event.protocol)
        case PhoneRegistered():
            return replace(
                facts,
                number=event.endpoint,
                user_agent=event.user_agent or facts.user_agent,
                load=event.load or facts.load,
                protocol=event.protocol or facts.protocol,
            )
        case PhoneAlarmed():
            alarm = parse_alarm(event.text)
            return replace(
                facts,
                load=alarm.load or facts.load,
                inactive_load=alarm.inactive_load or facts.inactive_load,
                last_reset=alarm.last or facts.last_reset,
            )
        case OutOfServiceTold():
            return replace(
                facts,
                voice_vlan=event.voice_vlan or facts.voice_vlan,
                neighbour=event.neighbour or facts.neighbour,
                neighbour_port=event.neighbour_port or facts.neighbour_port,
                last_reset=event.reason or facts.last_reset,
            )
        case PhonePageRead():
            return replace(
                facts,
                model=facts.model or event.model,
                load=event.load or facts.load,
                serial_number=event.serial_number or facts.serial_number,
                hardware=event.hardware or facts.hardware,
                tftp_server=event.tftp_server or facts.tftp_server,
                voice_vlan=event.voice_vlan or facts.voice_vlan,
                neighbour=event.neighbour or facts.neighbour,
                neighbour_port=event.neighbour_port or facts.neighbour_port,
            )
        case _:
            return facts


def _is_signed(name: str) -> bool:
    return parse_file_name(name).signed


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
