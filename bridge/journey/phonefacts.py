"""What a phone's events tell of the phone itself: model, loads, number, switch port, trust list."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bridge.core import SignallingProtocol
from bridge.core.events import (
    DhcpLeaseSeen,
    DhcpUnanswered,
    Event,
    FileDelivered,
    FileRequested,
    ModelLearnt,
    OutOfServiceTold,
    PhoneAdmitted,
    PhoneAlarmed,
    PhoneConnecting,
    PhonePageRead,
    PhoneRefused,
    PhoneRegistered,
    PhoneRegistering,
    SipChallenged,
    TrustListNamed,
    TrustListSeen,
)
from bridge.journey.alarms import parse_alarm
from bridge.phones.filenames import parse_file_name
from bridge.phones.requestedfile import FileKind

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


NOTHING_KNOWN = PhoneFacts()


def learn(facts: PhoneFacts, event: Event) -> PhoneFacts:
    """What is known with this event."""
    match event:
        case DhcpLeaseSeen():
            return replace(
                facts,
                host_name=event.host_name or facts.host_name,
                vendor_class=event.vendor_class or facts.vendor_class,
                model=facts.model or event.model,
            )
        case DhcpUnanswered():
            return replace(
                facts,
                host_name=event.host_name or facts.host_name,
                vendor_class=event.vendor_class or facts.vendor_class,
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
        case PhoneRefused(model=model) if model:
            return replace(facts, model=model)
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
