"""What is wrong with a certificate that phones are shown (requirement RG-26); the doctor asks, too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bridge.core.findings import Weight
from bridge.journey.findings import Evidence, Finding, Fix, FixKind, Source
from bridge.journey.sitefacts import CertificateFacts

MIN_RSA = 2048
"""Bits; "Cert key size is not FIPS compliant" below (diagnosis reference, section 2)."""
MIN_EC = 256
_WEAK = frozenset({"md5", "sha1"})
_RENEW = Fix(
    FixKind.NETWORK, "put a new certificate and its key where sepbridge.toml names them, and restart the service"
)


def certificate_findings(
    certificates: Iterable[CertificateFacts], servers: Sequence[str], *, now: datetime
) -> tuple[Finding, ...]:
    """What is wrong with each, the worst first. ``servers``: names and addresses by which phones know this server."""
    return tuple(finding for each in certificates for finding in _of(each, servers, now))


def _of(certificate: CertificateFacts, servers: Sequence[str], now: datetime) -> list[Finding]:
    what = certificate.purpose
    found: list[Finding] = []
    if now >= certificate.not_after:
        found.append(
            _made(
                "certificate_expired",
                f"The certificate for {what} has expired",
                f"it ended {certificate.not_after:%Y-%m-%d %H:%M}",
            )
        )
    if now < certificate.not_before:
        found.append(
            _made(
                "certificate_not_yet_valid",
                f"The certificate for {what} is not valid yet",
                f"it begins {certificate.not_before:%Y-%m-%d %H:%M}; this server's clock says {now:%Y-%m-%d %H:%M}",
            )
        )
    least = MIN_EC if certificate.key == "EC" else MIN_RSA
    if certificate.bits < least:
        found.append(
            _made(
                "certificate_key_too_small",
                f"The certificate for {what} has a key of {certificate.bits} bits",
                f"{certificate.key} keys need {least} bits; phones say “Cert key size is not FIPS compliant”",
            )
        )
    if certificate.signature_hash in _WEAK:
        found.append(
            _made(
                "certificate_weak_hash",
                f"The certificate for {what} is signed with {certificate.signature_hash}",
                "newer loads refuse it",
            )
        )
    if servers and not any(_holds(name, server) for name in certificate.names for server in servers):
        found.append(
            _made(
                "certificate_wrong_name",
                f"The certificate for {what} does not name this server",
                f"it holds for {', '.join(certificate.names) or 'no name'}; phones ask for {', '.join(servers)}",
            )
        )
    return found


def _holds(name: str, server: str) -> bool:
    if name.startswith("*.") and "." in server:
        return server.lower().partition(".")[2] == name[2:].lower()
    return name.lower() == server.lower()


def _made(code: str, title: str, proof: str) -> Finding:
    return Finding(
        code,
        title,
        Weight.PROBLEM,
        (Evidence(proof, Source.SITE),),
        "Phones check the certificate of a TLS connection, and end the handshake without a word when they dislike it.",
        (_RENEW,),
    )
