"""A phone's way to "registered", told from events, and why it is stuck."""

from __future__ import annotations

from bridge.journey.alarms import alarm_event, parse_alarm, parse_alarm_document, place_of
from bridge.journey.certificates import certificate_findings
from bridge.journey.diagnosis import diagnose
from bridge.journey.findings import Evidence, Finding, Fix, FixKind, Source
from bridge.journey.inventory import take_stock
from bridge.journey.phonefacts import PhoneFacts
from bridge.journey.phonejourney import PhoneJourney, Progress, ServedFile, follow
from bridge.journey.sitefacts import (
    CertificateFacts,
    DhcpAnswer,
    Environment,
    Limits,
    NetworkState,
    PortCheck,
    PortState,
    SiteFacts,
)
from bridge.journey.stages import FOLLOWERS, Stage, may_follow

__all__ = [
    "FOLLOWERS",
    "CertificateFacts",
    "DhcpAnswer",
    "Environment",
    "Evidence",
    "Finding",
    "Fix",
    "FixKind",
    "Limits",
    "NetworkState",
    "PhoneFacts",
    "PhoneJourney",
    "PortCheck",
    "PortState",
    "Progress",
    "ServedFile",
    "SiteFacts",
    "Source",
    "Stage",
    "alarm_event",
    "certificate_findings",
    "diagnose",
    "follow",
    "may_follow",
    "parse_alarm",
    "parse_alarm_document",
    "place_of",
    "take_stock",
]
