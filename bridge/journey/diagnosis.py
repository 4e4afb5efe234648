"""Why a phone is stuck: the rules, one after the other, and what they find, the likeliest first.

Logs decide first, what the phone says second (diagnosis reference, principle). The order below is the order of the
findings: a cause that is certain goes before one that is only likely, a cause before the symptom that it explains. A
phone that is registered and well has none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bridge.core.findings import Weight
from bridge.journey import accountrules, callrules, dhcprules, filerules, firmwarerules, lossrules, refusalrules
from bridge.journey.case import Case
from bridge.journey.findings import Finding
from bridge.journey.phonejourney import PhoneJourney
from bridge.journey.sitefacts import SiteFacts

Rule = Callable[[Case], Finding | tuple[Finding, ...] | None]

RULES: tuple[Rule, ...] = (
    # What this server decided itself is certain.
    refusalrules.window_closed,
    refusalrules.range_exhausted,
    filerules.network_not_allowed,
    refusalrules.device_not_configured,
    refusalrules.other_protocol,
    refusalrules.refused_otherwise,
    # What the phone or its requests say outright.
    filerules.leftover_trust_list,
    lossrules.tls_trouble,
    lossrules.clock_skew,
    filerules.config_too_large,
    firmwarerules.firmware_rejected,
    firmwarerules.firmware_missing,
    firmwarerules.firmware_loop,
    accountrules.number_in_use,
    accountrules.doubles,
    accountrules.wrong_secret,
    callrules.transport_off,
    accountrules.unknown_at_pbx,
    accountrules.address_refused,
    accountrules.challenge_unheard,
    filerules.transfer_broken,
    filerules.config_refused,
    filerules.config_missing,
    # No address, no file request.
    dhcprules.no_address,
    dhcprules.wrong_tftp_address,
    dhcprules.bad_option,
    dhcprules.files_blocked,
    dhcprules.missing_option,
    dhcprules.no_request,
    # A file, and no call.
    callrules.wrong_protocol,
    callrules.dns_trouble,
    callrules.port_blocked,
    callrules.profile_unused,
    # Symptoms: what explains them stands above.
    filerules.config_loop,
    callrules.unreachable,
    dhcprules.http_blocked,
    # Gone again.
    lossrules.connection_lost,
    lossrules.address_lost,
    # Worth knowing.
    dhcprules.wrong_vlan,
    firmwarerules.firmware_with_a_bug,
    lossrules.ntp_missing,
    accountrules.behind_nat,
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is found about a phone at one moment, and for how long that holds."""

    findings: tuple[Finding, ...]
    """The likeliest first; each code once. Problems go before notes."""
    changes_at: datetime | None
    """When other findings may follow though nothing happens; None: not before something does.

    Until then the same is found, save for spans of time in the evidence.
    """
    by_networks: bool
    """Whether it hung on how other phones fare."""


def judge(journey: PhoneJourney, site_facts: SiteFacts, *, now: datetime) -> Judgement:
    """Everything that is found about this phone, and when to look again."""
    case = Case(journey, site_facts, now)
    found: dict[str, Finding] = {}
    for rule in RULES:
        told = rule(case)
        for finding in (told,) if isinstance(told, Finding) else told or ():
            found.setdefault(finding.code, finding)
    findings = tuple(sorted(found.values(), key=lambda each: each.severity is not Weight.PROBLEM))
    return Judgement(findings, case.changes_at, case.asked_networks)


def diagnose(journey: PhoneJourney, site_facts: SiteFacts, *, now: datetime) -> tuple[Finding, ...]:
    """Everything that is found about this phone, most likely first; each code once. Problems go before notes."""
    return judge(journey, site_facts, now=now).findings
