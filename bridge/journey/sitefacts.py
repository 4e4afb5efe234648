"""What the diagnosis knows beside the phone's own journey: the site, this server, and other phones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address

from bridge.core import Device, SignallingProtocol


class Environment(StrEnum):
    """Where a phone stands, as far as it matters for the rules (requirement RG-31)."""

    LAB = "lab"
    """One host and its phones: static TFTP addresses, no DHCP of our own."""
    LAN = "lan"
    """An office: DHCP, voice VLAN, firewalls."""
    REMOTE = "remote"
    """Somewhere on the internet, with a provisioning URL."""


@dataclass(frozen=True, slots=True)
class Limits:
    """After how long something that did not happen counts. Seconds (diagnosis reference, section 11)."""

    no_request: float = 90.0
    """From a lease to the first file request."""
    no_signalling: float = 120.0
    """From the file to the first SYN or REGISTER."""
    loop_times: int = 5
    loop_seconds: float = 600.0
    """The same file so often in so long is a loop."""
    no_end: float = 10.0
    """A phone's own file is small: a transfer that lasts so long goes nowhere."""
    clock_skew: float = 300.0


class PortState(StrEnum):
    """What became of an attempt to reach a port of our own."""

    OPEN = "open"
    REFUSED = "refused"
    """Nobody listens there."""
    BLOCKED = "blocked"
    """No answer: a firewall drops the packets."""


@dataclass(frozen=True, slots=True)
class PortCheck:
    """One port of the self test."""

    purpose: str
    """``SCCP``, ``SIP``, ``TFTP``, ``files over HTTP`` ..."""
    address: str
    port: int
    transport: str
    """``tcp`` or ``udp``."""
    state: PortState
    why: str = ""


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What matters of a certificate that phones are shown."""

    purpose: str
    """``files over HTTPS`` or ``SCCP over TLS``."""
    not_before: datetime
    not_after: datetime
    key: str
    """``RSA`` or ``EC``."""
    bits: int
    signature_hash: str
    """``sha256``; empty where it cannot be told."""
    names: tuple[str, ...]
    """DNS names and addresses that it holds for."""
    ports: tuple[int, ...] = ()
    """Where phones are shown it; empty while unknown."""


@dataclass(frozen=True, slots=True)
class NetworkState:
    """How phones of one network fare with signalling."""

    network: str
    """``192.0.2.0/24``."""
    protocol: SignallingProtocol
    stuck: int
    """Have their file and do not call."""
    up: int


@dataclass(frozen=True, slots=True)
class DhcpAnswer:
    """What a DHCP server was found to tell phones (``sepbridge dhcp check``, or a phone's own words)."""

    option_150: tuple[str, ...] = ()
    option_66: str = ""
    problems: tuple[str, ...] = ()
    """Codes of the checker: ``missing_tftp_option``, ``bad_option_150`` ..."""

    @property
    def tftp_server(self) -> str:
        """What a phone makes of it: 150 goes before 66."""
        return self.option_150[0] if self.option_150 else self.option_66


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """Everything that is not on the phone's journey. Empty means: not known, and no finding follows from it."""

    servers: tuple[str, ...] = ()
    """Addresses and names by which phones may know this site's servers, this node's own first."""
    pools: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The servers of each device pool's group."""
    own_servers: tuple[str, ...] = ()
    """Those of the phone's own pool; empty while unknown."""
    device: Device | None = None
    """The phone as the database has it; None for a stranger."""
    environment: Environment | None = None
    """What the settings say; None lets the phone's address tell."""
    limits: Limits = Limits()
    sccp_port: int = 2000
    sip_port: int = 5060
    file_port: int = 69
    http_port: int = 6970
    ports: tuple[PortCheck, ...] = ()
    certificates: tuple[CertificateFacts, ...] = ()
    networks: tuple[NetworkState, ...] = ()
    dhcp: DhcpAnswer | None = None
    has_ntp: bool | None = None
    """Whether the phone's file names a time server; None while unknown."""
    pools_without_ntp: frozenset[str] = frozenset()
    """Device pools whose phones' files name none."""
    foreign_numbers: frozenset[str] = frozenset()
    """Numbers that Asterisk gives to endpoints that are not ours."""
    transports: frozenset[str] = frozenset()
    """What Asterisk carries SIP on, ``udp``, ``tcp``; empty while unknown."""
    pbx_trouble: str = ""
    """Why Asterisk cannot be reached or does not take our files; empty while all is well."""

    def about(self, device: Device | None, networks: tuple[NetworkState, ...] = ()) -> SiteFacts:
        """The same, for one phone."""
        pool = device.pool if device is not None else ""
        own = next((servers for name, servers in self.pools if name == pool), ())
        has_ntp = pool not in self.pools_without_ntp if self.pools and pool else self.has_ntp
        return replace(self, device=device, networks=networks, own_servers=own, has_ntp=has_ntp)

    def environment_of(self, address: str) -> Environment:
        """Where a phone at this address stands."""
        if self.environment is not None:
            return self.environment
        try:
            at = ip_address(address.partition("%")[0])
        except ValueError:
            return Environment.LAN
        if at.is_loopback:
            return Environment.LAB
        return Environment.LAN if at.is_private or at.is_link_local else Environment.REMOTE
