"""One phone's case: its journey, the site and the time, with the questions that the rules ask of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from typing import TypeVar

from bridge.core import SignallingProtocol
from bridge.core.events import (
    Event,
    FileDelivered,
    FileEvent,
    FileRefused,
    FileRequested,
    FileServedBeside,
    OutOfServiceTold,
    PhoneAlarmed,
    PhoneConnecting,
    PhonePageRead,
    PhoneRefused,
    PhoneRegistered,
    PhoneRegistering,
    SipChallenged,
    SipRefused,
    TransferAborted,
)
from bridge.journey.alarms import parse_alarm
from bridge.journey.findings import Evidence, Source
from bridge.journey.phonefacts import CONFIGURATION
from bridge.journey.phonejourney import PhoneJourney
from bridge.journey.sitefacts import Environment, NetworkState, PortState, SiteFacts
from bridge.journey.stages import Stage
from bridge.phones import ConfigFamily, catalogue
from bridge.phones.filenames import parse_file_name
from bridge.phones.loads import parse_load
from bridge.phones.requestedfile import FileKind

E = TypeVar("E", bound=Event)
_SIGNALS = (PhoneConnecting, PhoneRegistering, PhoneRegistered, SipChallenged, SipRefused)
_SIP_OVER_UDP = frozenset(
    {
        ConfigFamily.SIPPHONE_7940_60,
        ConfigFamily.FF_LD_GK,
        ConfigFamily.ATA18X,
        ConfigFamily.SPA,
        ConfigFamily.SPA9XX,
        ConfigFamily.SPA_ATA,
        ConfigFamily.MPP_ATA,
    }
)
"""Families that register over UDP with SIP firmware; all others do over TCP."""


def kind_of(event: FileEvent) -> FileKind:
    """What kind of file the event is about."""
    return parse_file_name(event.name).kind


@dataclass(frozen=True)
class Case:
    """What the rules look at, and what the answers hung on: ``changes_at`` and ``asked_networks``."""

    journey: PhoneJourney
    site: SiteFacts
    now: datetime
    _to_come: list[datetime] = field(default_factory=list, init=False, repr=False, compare=False)
    """Moments that a rule asked for and that have not come yet."""
    _asked: list[bool] = field(default_factory=list, init=False, repr=False, compare=False)
    """An entry for each time that a rule asked how other phones fare."""

    @property
    def stage(self) -> Stage:
        """Where the phone stands."""
        return self.journey.stage

    @property
    def is_up(self) -> bool:
        """Whether it is registered."""
        return self.journey.stage.is_up

    @cached_property
    def model(self) -> str:
        """Its model's name; empty while unknown."""
        device = self.site.device
        return (device.model if device is not None else "") or self.journey.facts.model

    @cached_property
    def environment(self) -> Environment:
        """Where it stands."""
        return self.site.environment_of(self.journey.client)

    @cached_property
    def wanted(self) -> SignallingProtocol | None:
        """What it is to speak; None for a stranger."""
        return self.site.device.desired_protocol if self.site.device is not None else None

    # --- events ------------------------------------------------------------------------------------------------------

    @cached_property
    def settled_at(self) -> datetime | None:
        """When it registered the last time, as it should; what was wrong before is mended."""
        return next((each.at for each in reversed(self.journey.events) if isinstance(each, PhoneRegistered)), None)

    @cached_property
    def recent(self) -> Sequence[Event]:
        """The events since it last registered; all of them if it never did."""
        events = self.journey.events
        last = max((i for i, each in enumerate(events) if isinstance(each, PhoneRegistered)), default=-1)
        return events[last + 1 :]

    def of(self, *kinds: type[E]) -> list[E]:
        """Events of these kinds since it last registered, oldest first."""
        return [each for each in self.recent if isinstance(each, kinds)]

    def last(self, *kinds: type[E]) -> E | None:
        """The newest of these."""
        return next((each for each in reversed(self.recent) if isinstance(each, kinds)), None)

    def files(self, kind: type[E], *wanted: FileKind) -> list[E]:
        """File events of one class about files of these kinds, since it last registered."""
        return [each for each in self.of(kind) if isinstance(each, FileEvent) and kind_of(each) in wanted]

    @cached_property
    def deliveries(self) -> Sequence[FileDelivered | FileServedBeside]:
        """Its own or the default configuration, delivered whole and plain."""
        return [
            each
            for each in self.recent
            if isinstance(each, FileDelivered | FileServedBeside) and kind_of(each) in CONFIGURATION
        ]

    @cached_property
    def signals(self) -> Sequence[Event]:
        """Every sign that it reached a call manager, since it last registered."""
        return [each for each in self.recent if isinstance(each, _SIGNALS)]

    def signalled_after(self, at: datetime) -> bool:
        """Whether there was one after ``at``."""
        return any(each.at >= at for each in self.signals)

    def waited(self, since: datetime, seconds: float) -> bool:
        """Whether so many seconds have passed."""
        return self.has_come(since + timedelta(seconds=seconds))

    def has_come(self, moment: datetime) -> bool:
        """Whether it is that late. Rules ask the time here alone, so that it is known when their answer may change."""
        if self.now >= moment:
            return True
        self._to_come.append(moment)
        return False

    @property
    def changes_at(self) -> datetime | None:
        """The first moment at which a rule that was asked may answer otherwise, though nothing happens."""
        return min(self._to_come, default=None)

    @property
    def networks(self) -> tuple[NetworkState, ...]:
        """How the phones of each network fare; asking is noted."""
        self._asked.append(True)
        return self.site.networks

    @property
    def asked_networks(self) -> bool:
        """Whether a rule asked how other phones fare."""
        return bool(self._asked)

    @cached_property
    def is_refused(self) -> bool:
        """Whether the last decision about it was a refusal: since then it was given no file of its own.

        A phone with the wrong firmware is given one as often as it asks, and that changes nothing.
        """
        refused = self.last(PhoneRefused)
        if refused is None or refused.reason == "wrong_protocol":
            return refused is not None
        return not any(
            each.at > refused.at for each in self.files(FileDelivered, *(CONFIGURATION - {FileKind.DEFAULT}))
        )

    # --- the phone's own words ---------------------------------------------------------------------------------------

    def alarms(self, *causes: int) -> list[Event]:
        """Its alarms with one of these numbers, since it last registered."""
        return [each for each in self.recent if _cause_of(each) in causes]

    @cached_property
    def this_boot(self) -> Sequence[Event]:
        """The events since its present boot began, whether it registered meanwhile or not."""
        began = self.journey.began
        return [each for each in self.journey.events if began is None or each.at >= began]

    def boot_alarms(self, *causes: int) -> list[Event]:
        """The same since its present boot began, whether it registered meanwhile or not."""
        return [each for each in self.this_boot if _cause_of(each) in causes]

    def messages(self, *parts: str, though_up: bool = False) -> list[tuple[str, datetime]]:
        """Its status messages that hold one of these texts, by its own web page; letter case does not count.

        A phone keeps them for weeks, without a date. Of one that is up they tell old troubles, and are left out unless
        ``though_up`` says that something else shows the same.
        """
        page = self.last(PhonePageRead)
        if page is None or (self.is_up and not though_up):
            return []
        wanted = [each.lower() for each in parts]
        return [(text, page.at) for text in page.messages if any(each in text.lower() for each in wanted)]

    @cached_property
    def load(self) -> str:
        """The firmware that it is known to run; empty while it has not said."""
        return self.journey.facts.load

    @cached_property
    def load_protocol(self) -> SignallingProtocol | None:
        """What that firmware speaks, where its name tells."""
        return parse_load(self.load).protocol if self.load else None

    def usual_load(self, protocol: SignallingProtocol | None) -> str:
        """The newest load of that protocol that is known for its model; empty where none is, or the model is not."""
        model = catalogue().by_name(self.model) if self.model else None
        return model.last_known_load(protocol) if model is not None and protocol is not None else ""

    @cached_property
    def number(self) -> str:
        """Its number, or the account that it was last heard of by; empty for a stranger."""
        device = self.site.device
        own = device.number if device is not None else ""
        told = (each.account for each in reversed(self.recent) if isinstance(each, SipRefused | SipChallenged))
        return own or next(told, "") or self.journey.facts.number

    @cached_property
    def server(self) -> str:
        """The first address of this site."""
        return self.site.servers[0] if self.site.servers else ""

    @cached_property
    def port(self) -> int:
        """Where it is expected to call; of a stranger, whose firmware is not known, the port that does not answer."""
        if (self.wanted or self.load_protocol) is None:
            both = (self.site.sccp_port, self.site.sip_port)
            bad = (each.port for each in self.site.ports if each.port in both and each.state is not PortState.OPEN)
            return next(bad, self.site.sip_port)
        spoken = self.wanted or self.load_protocol
        return self.site.sccp_port if spoken is SignallingProtocol.SCCP else self.site.sip_port

    @cached_property
    def carrier(self) -> str:
        """What its calls are expected on: ``TCP``, or ``UDP``."""
        model = catalogue().by_name(self.model) if self.model else None
        by_udp = model is not None and model.family in _SIP_OVER_UDP and self.wanted is SignallingProtocol.SIP
        return "UDP" if by_udp else "TCP"


def _cause_of(event: Event) -> int | None:
    """The number that an alarm gives, as a line or as a document: both count alike (diagnosis reference, section 3)."""
    match event:
        case PhoneAlarmed():
            return parse_alarm(event.text).cause
        case OutOfServiceTold(reason=reason) if reason.isascii() and reason.isdigit() and len(reason) < 5:
            return int(reason)
        case _:
            return None


def seen(event: Event) -> Evidence:
    """An event as a piece of evidence."""
    return Evidence(*_told(event), event.at)


def said(text: str, at: datetime) -> Evidence:
    """Something that the phone showed."""
    return Evidence(f"the phone says: {text}", Source.PHONE, at)


def known(text: str) -> Evidence:
    """Something that holds now, by the site's own knowledge."""
    return Evidence(text, Source.SITE)


def _told(event: Event) -> tuple[str, Source]:
    match event:
        case FileDelivered():
            return f"{event.name}, {event.size} bytes, sent whole over {event.via}", Source.FILES
        case FileServedBeside():
            return f"{event.name} sent by the other TFTP server", Source.FILES
        case FileRequested():
            return f"{event.client} asked for {event.name} over {event.via}", Source.FILES
        case TransferAborted():
            return f"{event.name}: {event.acknowledged} of {event.size} bytes, then {event.why}", Source.FILES
        case FileRefused():
            return f"{event.name} refused: {event.why}", Source.FILES
        case FileEvent():
            return f"{event.name}: {getattr(event, 'why', '') or 'not there'}", Source.FILES
        case PhoneAlarmed():
            return f"alarm: {event.text}", Source.PHONE
        case OutOfServiceTold():
            return f"alarm: out of service for reason {event.reason or 'unknown'}", Source.PHONE
        case PhoneRefused():
            return f"refused: {event.text}", Source.SITE
        case PhoneRegistering():
            return f"{event.client} asked to register over {event.protocol}", (
                Source.SCCP if event.protocol is SignallingProtocol.SCCP else Source.SIP
            )
        case PhoneConnecting():
            return f"{event.client} connected to port {event.server_port or 'of the call manager'}", Source.SCCP
        case SipRefused():
            return f"Asterisk: {event.reason} for {event.account or 'nobody'} from {event.client}", Source.SIP
        case SipChallenged():
            return f"Asterisk asked {event.client} for the password of {event.account}", Source.SIP
        case _:
            words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in type(event).__name__)
            details = ", ".join(
                f"{name.replace('_', ' ')} {getattr(event, name)}"
                for name in event.__dataclass_fields__
                if name not in {"at", "device"} and getattr(event, name) not in ("", None, 0, ())
            )
            return f"{words.strip()}: {details}", Source.SITE


def is_address(text: str) -> bool:
    """Whether it is an IP address, and no name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
