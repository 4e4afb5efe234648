"""A phone's way to "registered", told from events, and why it is stuck."""

from __future__ import annotations

from bridge.journey.alarms import alarm_event, parse_alarm, parse_alarm_document, place_of
from bridge.journey.board import FindingBoard, FindingTurned, Turn
from bridge.journey.certificates import certificate_findings
from bridge.journey.codes import CODES, REFUSED
from bridge.journey.diagnosis import Judgement, diagnose, judge
from bridge.journey.findings import Evidence, Finding, Fix, FixKind, Source, has_problem
from bridge.journey.inventory import take_stock
from bridge.journey.networks import NetworkCounts, network_of
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
    "CODES",
    "FOLLOWERS",
    "REFUSED",
    "CertificateFacts",
    "DhcpAnswer",
    "Environment",
    "Evidence",
    "Finding",
    "FindingBoard",
    "FindingTurned",
    "Fix",
    "FixKind",
    "Judgement",
    "Limits",
    "NetworkCounts",
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
    "Turn",
    "alarm_event",
    "certificate_findings",
    "diagnose",
    "follow",
    "has_problem",
    "judge",
    "may_follow",
    "network_of",
    "parse_alarm",
    "parse_alarm_document",
    "place_of",
    "take_stock",
]
