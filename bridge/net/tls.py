"""TLS for phones: a server's certificate and key, and how old a phone may be."""

from __future__ import annotations

import ssl
import warnings
from enum import StrEnum
from pathlib import Path

from bridge.errors import ConfigurationError


class OldestTls(StrEnum):
    """The oldest TLS version that is spoken. Phones of the 79xx series know nothing newer than 1.0."""

    TLS_1_0 = "1.0"
    TLS_1_1 = "1.1"
    TLS_1_2 = "1.2"
    TLS_1_3 = "1.3"


_VERSIONS = {
    OldestTls.TLS_1_0: ssl.TLSVersion.TLSv1,
    OldestTls.TLS_1_1: ssl.TLSVersion.TLSv1_1,
    OldestTls.TLS_1_2: ssl.TLSVersion.TLSv1_2,
    OldestTls.TLS_1_3: ssl.TLSVersion.TLSv1_3,
}
_OLD_CIPHERS = "DEFAULT:@SECLEVEL=0"
"""OpenSSL speaks TLS below 1.2 at this level only."""


def server_context(
    certificate: Path | None, key: Path | None, oldest: OldestTls, *, what: str = "SCCP over TLS", section: str = "sccp"
) -> ssl.SSLContext:
    """A server's context. ``certificate``: PEM, its chain after it. Raises ConfigurationError naming what is wrong."""
    if certificate is None or key is None:
        raise ConfigurationError(
            f"{what} needs a certificate and its key",
            why=f"{section}.tls_listen is set, and one of them is not",
            fix=f"set {section}.tls_certificate and {section}.tls_key (`sepbridge setup certificate` makes both), or "
            f"take {section}.tls_listen out",
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"the certificate {certificate} and the key {key} cannot be used",
            why=error.strerror or str(error),
            fix="both are PEM files that the service can read, and the key is without a passphrase",
        ) from error
    if oldest in (OldestTls.TLS_1_0, OldestTls.TLS_1_1):
        context.set_ciphers(_OLD_CIPHERS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old TLS is what the admin asked for
        context.minimum_version = _VERSIONS[oldest]
    return context
