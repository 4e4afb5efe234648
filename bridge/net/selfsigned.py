"""A certificate that signs itself, made by the program ``openssl``."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

from bridge.errors import Conflict, InvalidInput, WriteFailed

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?", re.ASCII)


def make_certificate(directory: Path, names: Sequence[str], *, days: int, replace: bool = False) -> tuple[Path, Path]:
    """Write ``sepbridge.pem`` and ``sepbridge.key`` (mode 0600) for these addresses and names.

    The key is an elliptic-curve one: phones take no other for HTTPS on port 6971 (phone boot reference, section 4).
    Raises InvalidInput for a name, Conflict for files that are there (unless ``replace``), WriteFailed.
    """
    alternatives = ",".join(_alternative(name) for name in names)
    crt, key = directory / "sepbridge.pem", directory / "sepbridge.key"
    if not replace and (there := next((each for each in (crt, key) if each.exists()), None)):
        raise Conflict(f"{there} is there already", fix="use it, or add --replace")
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=directory, prefix=".certificate-") as place:
            new_crt, new_key = Path(place) / "crt", Path(place) / "key"
            _run_openssl(new_crt, new_key, alternatives, days)
            new_key.chmod(0o600)
            new_crt.chmod(0o644)
            new_key.replace(key)
            new_crt.replace(crt)
    except OSError as error:
        raise WriteFailed(
            f"no certificate could be written to {directory}",
            why=error.strerror or str(error),
            fix="see to its permissions, or name another one with --directory",
        ) from error
    return crt, key


def _run_openssl(crt: Path, key: Path, alternatives: str, days: int) -> None:
    command = [
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-sha256", "-nodes"),
        *("-days", str(days), "-subj", "/CN=sepbridge", "-addext", f"subjectAltName={alternatives}"),
        *("-out", str(crt), "-keyout", str(key)),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ))
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise WriteFailed(
            "no certificate was made", why=f"openssl cannot be run: {error}", fix="install openssl, or bring your own"
        ) from error
    if done.returncode:
        raise WriteFailed("no certificate was made", why=done.stderr.strip()[-300:] or "openssl failed")


def _alternative(name: str) -> str:
    try:
        return f"IP:{ip_address(name)}"
    except ValueError:
        if _NAME.fullmatch(name):
            return f"DNS:{name}"
    raise InvalidInput(f"{name!r} is neither an address nor a host name", fix="give it as phones reach this server")
