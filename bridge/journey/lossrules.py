"""Certificates, clocks, and phones that were registered and are gone.

Source: diagnosis reference, sections 1, 3 and 11; requirements RG-26 and RG-27.
"""

from __future__ import annotations

from dataclasses import replace

from bridge.core import SignallingProtocol
from bridge.core.events import (
    ClockTold,
    PhoneUnregistered,
    TlsFailed,
)
from bridge.core.findings import Weight
from bridge.journey import keys
from bridge.journey.case import Case, known, said, seen
from bridge.journey.certificates import certificate_findings
from bridge.journey.findings import Evidence, Finding, Fix, FixKind
from bridge.journey.sitefacts import CertificateFacts
from bridge.journey.stages import Stage

SCCP, SIP = SignallingProtocol.SCCP, SignallingProtocol.SIP
_OPEN = Fix(FixKind.COMMAND, "sepbridge autoregistration enable --for 30m")
_CHECK_PBX = Fix(FixKind.COMMAND, "sepbridge status")


def tls_trouble(case: Case) -> tuple[Finding, ...]:
    """Handshakes fail, or the phone says that they do: what is wrong with the certificates, each fault by itself."""
    proof = [seen(each) for each in (*case.of(TlsFailed)[-3:], *case.boot_alarms(106))]
    proof += [said(text, at) for text, at in case.messages("fips compliant")]
    if not proof:
        return ()
    shown = _shown_to(case)
    for each in shown:
        # What is found of a certificate changes at these moments, and at no other.
        case.has_come(each.not_before)
        case.has_come(each.not_after)
    found: dict[str, Finding] = {}
    for finding in certificate_findings(shown, case.site.servers, now=case.now):
        if (known_already := found.get(finding.code)) is not None:
            # Another certificate with the same fault: one finding names both.
            others = (known(f"{finding.title}: {each.what}") for each in finding.evidence)
            found[finding.code] = replace(known_already, evidence=(*known_already.evidence, *others))
        else:
            found[finding.code] = replace(finding, evidence=(*proof, *finding.evidence))
    if found:
        return tuple(found.values())
    return (
        Finding(
            "tls_handshake_failed",
            "TLS between the phone and this server fails",
            Weight.PROBLEM,
            tuple(proof),
            "The phone does not accept the server's certificate (its trust list does not name it), or both have no TLS "
            "version in common: 7900 phones know TLS 1.0 alone.",
            (
                *keys.erase_trust_list(case.model),
                Fix(FixKind.NETWORK, "set tls_oldest to 1.0 for 7900 phones, in [http] or [sccp] of sepbridge.toml"),
            ),
        ),
    )


def _shown_to(case: Case) -> list[CertificateFacts]:
    """The certificates that the phone was shown: those of the ports where it failed, as far as both are known."""
    failed = {each.server_port for each in case.of(TlsFailed)[-3:] if each.server_port}
    every = case.site.certificates
    if not failed or case.boot_alarms(106):  # its own words tell of no port
        return list(every)
    return [each for each in every if not each.ports or failed & set(each.ports)]


def clock_skew(case: Case) -> Finding | None:
    """The phone's clock is wrong."""
    told = next((e for e in reversed(case.journey.events) if isinstance(e, ClockTold)), None)
    if told is None:
        return None
    off = (told.told - told.at).total_seconds()
    if abs(off) <= case.site.limits.clock_skew:
        return None
    return Finding(
        "clock_skew",
        f"The phone's clock is {_span(abs(off))} {'ahead' if off > 0 else 'behind'}",
        Weight.PROBLEM if not case.is_up else Weight.NOTE,
        (
            Evidence(
                f"{told.source} says {told.told:%Y-%m-%d %H:%M:%S}, off by {off:+.0f} s", seen(told).source, told.at
            ),
        ),
        "With a wrong clock a phone takes certificates for not yet valid or expired, and its call lists have wrong "
        "times. "
        "It has no time server, or cannot reach it.",
        (
            Fix(FixKind.CLICK, "Site > Date time groups > NTP servers"),
            Fix(
                FixKind.NETWORK, "let UDP 123 through to that server; phones with SCCP firmware take the time from here"
            ),
        ),
    )


def _span(seconds: float) -> str:
    if seconds >= 172_800:
        return f"{seconds / 86_400:.0f} days"
    return f"{seconds / 3600:.0f} hours" if seconds >= 7200 else f"{seconds / 60:.0f} minutes"


def ntp_missing(case: Case) -> Finding | None:
    """A SIP phone's file names no time server, and the phone has trouble that a wrong clock explains."""
    if case.site.has_ntp is not False or case.wanted is not SIP:
        return None
    if not (clock_skew(case) or case.of(TlsFailed) or case.alarms(106)):
        return None
    return Finding(
        "ntp_missing",
        "The phone's file names no time server",
        Weight.NOTE,
        (known("its date/time group has no NTP server"),),
        "Phones with SIP firmware take their time from NTP, or from the Date of SIP answers, which Asterisk does not "
        "send.",
        (Fix(FixKind.CLICK, "Site > Date time groups > NTP servers"),),
    )


_LOST = {
    10: "its connection timed out",
    12: "the server reset its connection",
    13: "the server aborted its connection",
    14: "the server closed its connection",
    17: "its REGISTER or its keepalives were not answered",
}


def connection_lost(case: Case) -> Finding | None:
    """It was registered and is gone, and nobody asked it to go."""
    gone = case.last(PhoneUnregistered)
    if gone is None or case.stage is not Stage.UNREGISTERED:
        return None
    if not any(word in gone.why.lower() for word in ("keepalive", "silent", "lost", "timed out", "expired", "reset")):
        return None
    alarms = list(case.alarms(*_LOST))
    return Finding(
        "connection_lost",
        "The phone was registered and fell silent",
        Weight.PROBLEM,
        (seen(gone), *(seen(each) for each in alarms[-2:])),
        "Its power or its cable is gone, or the network between is. A firewall that forgets idle connections does the "
        "same, again and again.",
        (keys.restart(case.model), Fix(FixKind.COMMAND, f"sepbridge phones show {case.journey.device}")),
    )


def address_lost(case: Case) -> Finding | None:
    """Alarm 16 and 21, and the screen's "Duplicate IP"."""
    proof = [seen(each) for each in case.alarms(16, 21)]
    proof += [said(text, at) for text, at in case.messages("duplicate ip", "ip address released", "dhcp timeout")]
    if not proof or case.is_up:
        return None
    return Finding(
        "address_lost",
        "The phone lost its address",
        Weight.PROBLEM,
        tuple(proof),
        "Its lease ran out and was not renewed, or another device has the same address.",
        (
            Fix(FixKind.NETWORK, "look whether the DHCP server answers renewals, and whether its pool is full"),
            Fix(FixKind.NETWORK, "look for a second device with that address: a static one within the DHCP range"),
        ),
    )
