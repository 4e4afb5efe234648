"""What a certificate file says, read by the program ``openssl``."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from bridge.errors import ConfigurationError
from bridge.journey import CertificateFacts

_DATE = re.compile(r"^not(Before|After)=(.+)$", re.MULTILINE)
_BITS = re.compile(r"Public-Key: \((\d+) bit\)")
_ALGORITHM = re.compile(r"Public Key Algorithm: (\S+)")
_SIGNATURE = re.compile(r"Signature Algorithm: (\S+)")
_NAMES = re.compile(r"(?:DNS|IP Address):([^,\s]+)")
_COMMON = re.compile(r"Subject:.*?CN ?= ?([^,\n/]+)")
_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


def read_certificate(path: Path, purpose: str) -> CertificateFacts:
    """The first certificate of a PEM file. Raises ConfigurationError."""
    command = ["openssl", "x509", "-in", str(path), "-noout", "-dates", "-text"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(
            f"the certificate {path} was not read", why=str(error), fix="install openssl"
        ) from error
    if done.returncode:
        raise ConfigurationError(
            f"the certificate {path} cannot be read",
            why=done.stderr.strip()[-200:],
            fix="it is a PEM file with the server's own certificate first",
        )
    return parse_certificate_text(done.stdout, purpose)


def parse_certificate_text(text: str, purpose: str) -> CertificateFacts:
    """What ``openssl x509 -noout -dates -text`` printed. Raises ConfigurationError."""
    dates = dict(_DATE.findall(text))
    bits, algorithm, signature = _BITS.search(text), _ALGORITHM.search(text), _SIGNATURE.search(text)
    if len(dates) != 2 or bits is None or algorithm is None:
        raise ConfigurationError(f"the certificate for {purpose} cannot be understood", why="openssl printed less")
    signed_with = signature[1].lower().replace("-", "") if signature is not None else ""
    names = tuple(dict.fromkeys(_NAMES.findall(text)))
    if not names and (common := _COMMON.search(text)):
        names = (common[1].strip(),)
    return CertificateFacts(
        purpose,
        _moment(dates["Before"]),
        _moment(dates["After"]),
        "EC" if "ec" in algorithm[1].lower() else "RSA",
        int(bits[1]),
        next((each for each in _HASHES if each in signed_with), ""),
        names,
    )


def _moment(text: str) -> datetime:
    return datetime.strptime(" ".join(text.split()), "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
