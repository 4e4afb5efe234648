"""A certificate and its key, read by the program ``openssl``."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from bridge.doctor.certificates import CertificateFacts
from bridge.errors import NotFound, SepbridgeError
from bridge.host.programs import output_of

_DATE = "%b %d %H:%M:%S %Y"


def certificate_facts(certificate: Path, key: Path | None) -> CertificateFacts:
    """What stands in it, and whether the key belongs to it. Raises NotFound where there is no ``openssl``."""
    try:
        text = output_of(["openssl", "x509", "-in", str(certificate), "-noout", "-text", "-nameopt", "RFC2253"])
        public = output_of(["openssl", "x509", "-in", str(certificate), "-noout", "-pubkey"])
    except NotFound:
        raise
    except SepbridgeError as error:
        return CertificateFacts(str(certificate), trouble=error.why or error.what)
    facts = read_certificate(str(certificate), text)
    if key is None:
        return facts
    try:
        # The empty passphrase: openssl must not ask anybody.
        fits = output_of(["openssl", "pkey", "-in", str(key), "-pubout", "-passin", "pass:"]).strip() == public.strip()
    except SepbridgeError as error:
        return CertificateFacts(str(key), trouble=error.why or error.what)
    return CertificateFacts(
        facts.path,
        "",
        facts.not_before,
        facts.not_after,
        facts.key_kind,
        facts.key_bits,
        facts.signature,
        facts.names,
        fits,
    )


def read_certificate(path: str, text: str) -> CertificateFacts:
    """The answer of ``openssl x509 -text``."""
    bits = re.search(r"Public-Key: \((\d+) bit", text)
    signature = re.search(r"Signature Algorithm: (\S+)", text)
    names = re.findall(r"(?:DNS|IP Address):([^,\s]+)", text)
    if not names and (common := re.search(r"Subject: .*?CN ?= ?([^,\n]+)", text)):
        names = [common.group(1).strip()]  # old certificates, which older phones still take
    kind = "ec" if "id-ecPublicKey" in text else "rsa"
    return CertificateFacts(
        path,
        "",
        _date(text, "Not Before"),
        _date(text, "Not After"),
        kind,
        int(bits.group(1)) if bits else 0,
        signature.group(1) if signature else "",
        tuple(names),
    )


def _date(text: str, field: str) -> datetime | None:
    found = re.search(rf"{field}\s*: (.+?) GMT", text)
    if found is None:
        return None
    return datetime.strptime(" ".join(found.group(1).split()), _DATE).replace(tzinfo=UTC)
