"""Checks of the certificates that phones are shown (requirement RG-26)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.core.findings import Finding, Weight
from bridge.doctor.ailment import Ailment, Area

_NEW = "sepbridge setup certificate --replace, or get a new one from whoever made it; then restart the service"
UNREADABLE = Ailment(
    "certificate_unreadable",
    Area.TRUST,
    Weight.PROBLEM,
    "a certificate or key that is named in the settings cannot be read",
    "the service does not start TLS without it",
    "correct the path or its permissions; sepbridge setup certificate makes a new pair",
)
EXPIRED = Ailment(
    "certificate_expired",
    Area.TRUST,
    Weight.PROBLEM,
    "a certificate has expired",
    "phones break off the handshake (alarm 106)",
    _NEW,
)
EXPIRES = Ailment(
    "certificate_expires",
    Area.TRUST,
    Weight.NOTE,
    "a certificate expires within 30 days",
    "phones break off the handshake afterwards",
    _NEW,
)
NOT_YET = Ailment(
    "certificate_not_yet_valid",
    Area.TRUST,
    Weight.PROBLEM,
    "a certificate is not valid yet",
    "this machine's clock is wrong, or was when it was made",
    "set the clock right, then make a new one if it still is",
)
SHORT = Ailment(
    "certificate_key_short",
    Area.TRUST,
    Weight.PROBLEM,
    "an RSA key of less than 2048 bits, or an elliptic-curve key of less than 256",
    'newer phones refuse it: "Cert key size is not FIPS compliant"',
    _NEW,
)
WEAK = Ailment(
    "certificate_hash_weak",
    Area.TRUST,
    Weight.PROBLEM,
    "a certificate is signed with MD5 or SHA-1",
    "newer phones refuse it",
    _NEW,
)
WRONG_NAME = Ailment(
    "certificate_wrong_name",
    Area.TRUST,
    Weight.PROBLEM,
    "a certificate does not name the address that phones are told",
    "phones that check it break off the handshake",
    "sepbridge setup certificate --address … --replace, and restart the service",
)
WRONG_KEY = Ailment(
    "certificate_wrong_key",
    Area.TRUST,
    Weight.PROBLEM,
    "the key does not belong to the certificate",
    "the service cannot start TLS with the two",
    "name the pair that belongs together",
)
AILMENTS = (UNREADABLE, EXPIRED, EXPIRES, NOT_YET, SHORT, WEAK, WRONG_NAME, WRONG_KEY)

_SOON = timedelta(days=30)
_LEAST_RSA = 2048
_LEAST_EC = 256


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """One certificate with its key."""

    path: str
    trouble: str = ""
    """Why it cannot be read; then nothing else is known."""
    not_before: datetime | None = None
    not_after: datetime | None = None
    key_kind: str = ""
    """``rsa`` or ``ec``."""
    key_bits: int = 0
    signature: str = ""
    """For example ``sha256WithRSAEncryption``."""
    names: tuple[str, ...] = ()
    """Names and addresses in subjectAltName."""
    key_fits: bool | None = None


def check_certificate(facts: CertificateFacts, *, now: datetime, told: str) -> Iterator[Finding]:
    """``told``: the address or name by which phones know this server."""
    if facts.trouble:
        yield UNREADABLE.found(f"{facts.path}: {facts.trouble}")
        return
    if facts.not_before is not None and now < facts.not_before:
        yield NOT_YET.found(f"{facts.path} is valid from {facts.not_before:%Y-%m-%d %H:%M} UTC")
    if facts.not_after is not None and now > facts.not_after:
        yield EXPIRED.found(f"{facts.path} expired on {facts.not_after:%Y-%m-%d}")
    elif facts.not_after is not None and now > facts.not_after - _SOON:
        yield EXPIRES.found(f"{facts.path} expires on {facts.not_after:%Y-%m-%d}")
    least = _LEAST_EC if facts.key_kind == "ec" else _LEAST_RSA
    if 0 < facts.key_bits < least:
        yield SHORT.found(f"{facts.path} has a key of {facts.key_bits} bits ({facts.key_kind})")
    if any(each in facts.signature.lower() for each in ("md5", "sha1")):
        yield WEAK.found(f"{facts.path} is signed with {facts.signature}")
    if told and told not in facts.names:
        yield WRONG_NAME.found(
            f"{facts.path} is for {', '.join(facts.names) or 'no name'}, phones are told {told}",
            fix=f"sepbridge setup certificate --address {told} --replace, and restart the service",
        )
    if facts.key_fits is False:
        yield WRONG_KEY.found(f"{facts.path} and its key do not belong together")
