"""Certificates for tests: made by openssl, signed by themselves."""

from __future__ import annotations

import subprocess
from pathlib import Path


def certificate(directory: Path, address: str = "127.0.0.1") -> tuple[Path, Path]:
    """A certificate for an address, and its key."""
    crt, key = directory / "sccp.pem", directory / "sccp.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=sepbridge"),
            *("-addext", f"subjectAltName=IP:{address}", "-out", str(crt), "-keyout", str(key)),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return crt, key
