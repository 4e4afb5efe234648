"""Who serves files and pages, and to whom: TFTP, HTTP, the dashboard, DHCP's logs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from bridge.app.settings.machine import Address, MetricsAccess, Network
from bridge.errors import ConfigurationError
from bridge.net.tls import OldestTls

_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]")


class SecretsTo(StrEnum):
    """Who may fetch a known device's file, which holds its SIP password (design, section 6)."""

    KNOWN = "known"
    """Only the address known for the device, or an address on our link that has the device's MAC."""
    UNCLAIMED = "unclaimed"
    """Also another address, unless it is seen to have a different MAC or the phone is registered elsewhere."""
    ANY = "any"
    """Whoever asks from an allowed network."""


class UnsignedFiles(StrEnum):
    """Whether a phone that asks for the signed form of its file (``.sgn``) gets the plain one under that name."""

    NEVER = "never"
    HTTPS = "https"
    """Over HTTPS alone, where phones want exactly that (phone boot reference, section 4)."""
    ALWAYS = "always"


class TftpMode(StrEnum):
    """Who answers phones on port 69."""

    OWN = "own"
    """We do."""
    BESIDE = "beside"
    """A server that was there before: its log is read, and phones' files are put into its directory."""
    OFF = "off"
    """Nobody, or somebody who needs nothing from us: phones fetch over HTTP alone."""


class BesideServer(StrEnum):
    """Which server that is."""

    AUTO = "auto"
    """Whichever of the others logs."""
    TFTPD_HPA = "tftpd-hpa"
    ATFTPD = "atftpd"
    DNSMASQ = "dnsmasq"


@dataclass(frozen=True, slots=True)
class TftpSettings:
    """``[tftp]``: our own TFTP server."""

    mode: TftpMode = TftpMode.OWN
    listen: tuple[Address, ...] = (Address("0.0.0.0", 69),)
    max_transfers: int = 2000
    max_transfers_per_client: int = 20


@dataclass(frozen=True, slots=True)
class BesideSettings:
    """``[beside]``: the TFTP server that is there already, for ``tftp.mode = "beside"``."""

    root: Path | None = None
    """Its directory."""
    log: Path | None = None
    """The file it logs to; the journal is read when there is none."""
    journal_unit: str = ""
    """The systemd unit whose journal is read; everything under the servers' names when empty."""
    owner: str = ""
    """``user:group`` of the files that we write there; our own when empty."""
    mode: str = "0644"
    """Their mode. tftpd-hpa and dnsmasq serve, as they are set up as a rule, only what everybody may read."""
    server: BesideServer = BesideServer.AUTO


@dataclass(frozen=True, slots=True)
class DhcpSettings:
    """``[dhcp]``: the DHCP server on this machine, dnsmasq or Kea, whose leases tell of phones."""

    log: Path | None = None
    """The file it logs to."""
    journal_unit: str = ""
    """The systemd unit whose journal is read instead."""
    leases: Path | None = None
    """Its lease file."""


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """``[http]``: the file server that newer phones ask first."""

    listen: tuple[Address, ...] = (Address("0.0.0.0", 6970),)
    tls_listen: tuple[Address, ...] = ()
    """Where the same files are served over HTTPS, as a rule on port 6971; empty: nowhere."""
    tls_certificate: Path | None = None
    """PEM, with its chain."""
    tls_key: Path | None = None
    """PEM, without a passphrase."""
    tls_oldest: OldestTls = OldestTls.TLS_1_2
    """The oldest TLS version spoken: 1.0, 1.1, 1.2 or 1.3."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """``[web]``: the dashboard and the REST API, for admins."""

    listen: tuple[Address, ...] = (Address("0.0.0.0", 6980),)
    tls: bool = False
    """Speak HTTPS, with the certificate given here or one that we make and that signs itself."""
    tls_certificate: Path | None = None
    """PEM, with its chain."""
    tls_key: Path | None = None
    """PEM, without a passphrase."""
    tls_oldest: OldestTls = OldestTls.TLS_1_2
    """The oldest TLS version spoken: 1.2 or 1.3."""
    first_run: bool = True
    """While nobody may log in, make the user ``admin`` with a one-time password, in a file for the service alone."""
    one_time_lifetime: float = 86400.0
    """Seconds in which a one-time password must be used; 0: it waits for ever."""
    trusted_proxies: tuple[Network, ...] = ()
    """Proxies whose word counts for who asks, and whether over HTTPS (X-Forwarded-For, X-Forwarded-Proto)."""
    hosts: tuple[str, ...] = ()
    """The names under which browsers may ask for the site; all when empty."""
    session_lifetime: float = 43200.0
    """Seconds after which a person has to log in again."""
    session_idle: float = 7200.0
    """The same after so long without a request."""
    tries: int = 5
    """Wrong logins with one name from one address until they are no longer looked at."""
    locked: float = 900.0
    """Seconds for which they are not."""
    metrics: MetricsAccess = MetricsAccess.TOKEN
    """Who may read the figures for Prometheus under ``/metrics``."""
    largest_package: int = 1 << 30
    """Octets of a firmware package that is uploaded. The largest load that is known has some 300 MB."""
    phone_user: str = ""
    """What phones' own web pages are asked with for a screenshot; phones ask us whether it is right. Empty: nothing."""
    phone_password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if bool(self.phone_user) != bool(self.phone_password):
            raise ConfigurationError(
                "web.phone_user and web.phone_password belong together", fix="set both of them, or none"
            )
        if self.largest_package < 1 << 20:
            raise ConfigurationError(
                "web.largest_package must be a megabyte (1048576) or more", fix="the default is 1073741824"
            )
        if self.tries < 1:
            raise ConfigurationError("web.tries must be 1 or more", fix="the default is 5")
        for network in self.trusted_proxies:
            if network.prefixlen == 0:
                raise ConfigurationError(
                    f"web.trusted_proxies = {network} would let everybody say where a request comes from",
                    fix="name the proxy's own address, 127.0.0.1 for instance",
                )
        for host in self.hosts:
            if not _HOST_NAME.fullmatch(host):
                raise ConfigurationError(
                    f"web.hosts names {host[:60]!r}, which is no host",
                    fix='a name or an address without a port: hosts = ["pbx.example.com"]',
                )
        if not 60 <= self.session_lifetime <= 30 * 86400 or self.session_idle < 60:
            raise ConfigurationError(
                "logins must last from a minute to 30 days", fix="see web.session_lifetime and web.session_idle"
            )


@dataclass(frozen=True, slots=True)
class FilesSettings:
    """``[files]``: who gets what."""

    directory: Path = Path("files")
    """The admin's firmware, rings, locales; relative to the state directory."""
    templates: Path = Path("templates")
    """The admin's own templates, which win over ours; relative to the state directory."""
    secrets_to: SecretsTo = SecretsTo.UNCLAIMED
    unknown_per_minute: int = 20
    """How many different unknown phones one address may ask for in a minute before it is refused; 0: no limit."""
    unsigned_for_signed: UnsignedFiles = UnsignedFiles.NEVER
    wait_for_pbx: float = 0.5
    """Seconds a new phone's file waits for Asterisk to know the phone. The file is sent in any case."""
