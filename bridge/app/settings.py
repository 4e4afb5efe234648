"""Deployment settings: what ``sepbridge.toml`` may say, with types, defaults and checks.

The site's objects (numbers, pools, phones) live in the database; here is only what ties the service to its machine.
Every key has a default that fits a plain Asterisk on the same host, except the AMI secret.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, get_type_hints

from bridge.app.environment import with_environment
from bridge.core import DeviceName, NumberRange, PagingGroup, PagingStream
from bridge.errors import ConfigurationError, InvalidInput
from bridge.journey import Environment
from bridge.net.tls import OldestTls
from bridge.pbx.featurecodes import DEFAULT_CODES, FeatureCodes
from bridge.phones import catalogue
from bridge.provisioning.phonefile import MOST_DSCP, MOST_VLAN
from bridge.store import sqlite_url

Network = IPv4Network | IPv6Network

DEFAULT_PLACES = (Path("sepbridge.toml"), Path("/etc/sepbridge/sepbridge.toml"))
"""Where a settings file is looked for when neither ``--config`` nor ``SEPBRIDGE_CONFIG`` names one."""

_PRIVATE_NETWORKS = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address or host name and a port, written ``host:port`` or ``[v6]:port``."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``host:port``. Raises InvalidInput."""
        match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.%]+)\]|([^\s:\[\]]+)):(\d{1,5})", text.strip())
        if match is None or int(match.group(3)) > 65535:
            raise InvalidInput(f"{text!r} is not an address and port", fix='write it as "0.0.0.0:69" or "[::]:69"')
        return cls(match.group(1) or match.group(2), int(match.group(3)))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


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


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """``[server]``: this machine, as phones see it."""

    name: str = ""
    """Name of this node; the host name when empty."""
    address: str = ""
    """Address that phones are told for call control; found by itself when empty."""
    allowed_networks: tuple[Network, ...] = tuple(ip_network(each) for each in _PRIVATE_NETWORKS)
    """Requests from anywhere else are refused, whatever they ask for."""


class LogFormat(StrEnum):
    """Whom the log is written for."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """What is worth a line."""

    DEBUG = "debug"
    """Every request for a file and every call, too."""
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LogSettings:
    """``[log]``: what the service writes about its doings, to standard error and perhaps to a file."""

    format: LogFormat = LogFormat.TEXT
    level: LogLevel = LogLevel.INFO
    file: Path | None = None
    """A file that gets every line, too; none by default."""
    file_megabytes: int = 10
    """When it is as large as that, it gets the ending .1, the one before .2, and so on."""
    files: int = 5
    """Files in all; the oldest one goes."""

    def __post_init__(self) -> None:
        if self.files < 2 or self.file_megabytes < 1:
            raise ConfigurationError("the log needs two files of a megabyte", fix="see log.files, log.file_megabytes")


class MetricsAccess(StrEnum):
    """Who may read ``/metrics``."""

    OFF = "off"
    TOKEN = "token"  # noqa: S105 - the word for the way, not one of them
    """Whoever has an API token, or is logged in."""
    OPEN = "open"
    """Whoever asks from an allowed network."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """``[database]``"""

    url: str = ""
    """Any SQLAlchemy URL; SQLite in the state directory when empty."""


@dataclass(frozen=True, slots=True)
class StateSettings:
    """``[state]``"""

    directory: Path = Path("/var/lib/sepbridge")
    """Database, control socket, and the admin's files for phones (``files/``)."""


class AsteriskBackend(StrEnum):
    """Where a plain Asterisk has the phones' endpoints from. Hints and contexts are files in any case."""

    FILES = "files"
    REALTIME = "realtime"
    """Tables of a database that it reads by ODBC."""


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
    """While nobody may log in, make the user ``admin`` with a one-time password, printed once."""
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
    phone_user: str = ""
    """What phones' own web pages are asked with for a screenshot; phones ask us whether it is right. Empty: nothing."""
    phone_password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if bool(self.phone_user) != bool(self.phone_password):
            raise ConfigurationError(
                "web.phone_user and web.phone_password belong together", fix="set both of them, or none"
            )
        if self.tries < 1:
            raise ConfigurationError("web.tries must be 1 or more", fix="the default is 5")
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


class PhoneWeb(StrEnum):
    """The web pages of the phones themselves."""

    ON = "on"
    OFF = "off"
    READ_ONLY = "read-only"


@dataclass(frozen=True, slots=True)
class SipSettings:
    """``[sip]``: where phones register."""

    port: int = 5060
    """Asterisk's SIP port, UDP and TCP."""
    doorway: tuple[Address, ...] = (Address("0.0.0.0", 5070),)
    """Where unknown phones that know only XMLDefault.cnf.xml announce themselves."""
    autoregistration_name: str = "AUTO-REG"


class TokenPolicy(StrEnum):
    """Which phone with several servers may register with this one."""

    BY_ORDER = "by_order"
    """One for which this is the best server that works, in the order of the phone's group."""
    ALWAYS = "always"


SHORTEST_BEEP = 10
"""Seconds between two beeps of a recording."""


@dataclass(frozen=True, slots=True)
class SccpSettings:
    """``[sccp]``: where phones with SCCP firmware register; their lines register with Asterisk over SIP."""

    listen: tuple[Address, ...] = (Address("0.0.0.0", 2000),)
    asterisk: str = "127.0.0.1"
    """Asterisk's own address, as the bridge reaches it; the port is ``sip.port``."""
    max_phones: int = 5000
    keepalive: int = 30
    """Seconds between two keepalives of a phone."""
    secondary_keepalive: int = 60
    """The same on a phone's connection to its second server."""
    emergency_country: str = "US"
    """Whose emergency numbers are never blocked and dialled at once: an ISO country code, or EU; empty for none."""
    emergency_access_code: str = "9"
    """With this before them they count, too."""
    emergency_numbers: tuple[str, ...] = ()
    """More of them."""
    emergency_call_back: float = 1800.0
    """Seconds after an emergency call in which calls to that line ring whatever is set."""
    hold_reversion: float = 0.0
    """Seconds after which the user of a line is reminded of a held call; 0 for never."""
    hold_reminder: float = 60.0
    """Seconds between two such reminders."""
    transfer_on_hook: bool = False
    """Hanging up during the consultation completes a transfer."""
    conference_outlives_starter: bool = True
    """A conference goes on when the phone that made it leaves."""
    intercom_whisper: bool = True
    """An intercom call that comes in is heard, and hears nothing until the user presses the line's button."""
    recording_directory: str = "sepbridge"
    """Where recordings of calls go, below Asterisk's directory of recordings."""
    recording_beep: int = 0
    """Seconds between two beeps that both sides of a recorded call hear, 10 or more; 0 for none. Asterisk 22 leaves
    some out: asked for every 2 s it beeped every 6."""
    paging: tuple[PagingGroup, ...] = ()
    """Groups of phones that are spoken to by dialling a number: ``8600=1001,1002``."""
    paging_multicast: tuple[PagingStream, ...] = ()
    """Groups that are spoken to by multicast, too: ``8600=239.192.0.1:20480``."""
    paging_multicast_models: tuple[str, ...] = ()
    """Models whose phones join these streams instead of being called. No public source says which do."""
    paging_multicast_from: IPv4Address | None = None
    """Asterisk's address on the network that the streams go to; None to let its system choose."""
    paging_multicast_ttl: int = 1
    """Networks that a stream may cross: 1 for its own alone."""
    meetme: tuple[NumberRange, ...] = ()
    """The numbers of meet-me conferences."""
    preserve: float = 30.0
    """Seconds that a call outlives the phone's connection: its media go on, and the phone may come back."""
    tokens: TokenPolicy = TokenPolicy.BY_ORDER
    token_wait: int = 60
    """Seconds after which a refused phone may ask again; phones are never told less than 30."""
    port_request: tuple[DeviceName, ...] = ()
    """Phones that are asked for their port before the INVITE (PortReq), so that their channel opens later. Not tried
    on real phones: only for one that opens no channel before the answer, and has the feature."""
    callback_wait: float = 1800.0
    """Seconds in which a phone is told that somebody is free whom its user wants to call back."""
    voicemail: str = "*97"
    """What the messages button dials for a line that has no voicemail pilot of its own."""
    tls_listen: tuple[Address, ...] = ()
    """Where SCCP over TLS is spoken, as a rule on port 2443; empty: nowhere."""
    tls_certificate: Path | None = None
    """PEM, with its chain."""
    tls_key: Path | None = None
    """PEM, without a passphrase."""
    tls_oldest: OldestTls = OldestTls.TLS_1_2
    """The oldest TLS version spoken: 1.0, 1.1, 1.2 or 1.3."""
    soft_keys_live: bool = False
    """Send a changed soft-key template to phones while they are registered; otherwise they restart when idle."""

    def __post_init__(self) -> None:
        groups = {each.number for each in self.paging}
        for stream in self.paging_multicast:
            if stream.number not in groups:
                raise ConfigurationError(
                    f"sccp.paging_multicast names the group {stream.number}, which sccp.paging does not have",
                    fix=f'add it there: paging = ["{stream.number}=1001,1002"]',
                )
        if len({each.address for each in self.paging_multicast}) < len(self.paging_multicast):
            raise ConfigurationError(
                "sccp.paging_multicast has two groups with one address",
                why="phones could not tell to whom somebody speaks",
                fix="give each group an address of its own",
            )
        for model in self.paging_multicast_models:
            if catalogue().by_name(model) is None:
                raise ConfigurationError(
                    f"sccp.paging_multicast_models names {model[:40]!r}, which is no model",
                    fix="write it as `sepbridge phones list` does, 7961 for instance",
                )
        if self.recording_beep and self.recording_beep < SHORTEST_BEEP:
            raise ConfigurationError(
                f"sccp.recording_beep must be 0, or {SHORTEST_BEEP} or more",
                why="Asterisk leaves out beeps that come faster",
                fix="15 is usual",
            )
        if not 0 < self.paging_multicast_ttl < 256:
            raise ConfigurationError("sccp.paging_multicast_ttl must be 1 to 255", fix="1 keeps it in its own network")


@dataclass(frozen=True, slots=True)
class PhonesSettings:
    """``[phones]``: what the files of all phones say. `sepbridge phones element` sets what one phone has of its own."""

    audio_dscp: int = 46
    video_dscp: int = 34
    signalling_dscp: int = 24
    voice_vlan: int = 0
    """The VLAN of phones that read flat profiles; 0: they learn it from the switch, as all others do."""
    pc_vlan: int = 0
    """Theirs for the computer behind the phone."""
    pc_port: bool = True
    """Whether the socket for a computer works."""
    discovery: bool = True
    """CDP and LLDP-MED towards the switch."""
    web_access: PhoneWeb = PhoneWeb.READ_ONLY
    """The phones' own web pages: on, off or read-only."""
    authentication_url: str = ""
    """Who checks logins for pushes to phones; our services when empty."""
    information_url: str = ""
    """What the help key of a 79xx opens; our services when empty."""
    problem_report_url: str = ""
    """Where 78xx and 88xx upload their problem reports; nowhere when empty."""

    def __post_init__(self) -> None:
        for name in ("audio_dscp", "video_dscp", "signalling_dscp"):
            if getattr(self, name) > MOST_DSCP:
                raise ConfigurationError(f"phones.{name} must be 0 to {MOST_DSCP}", fix="46 is usual for audio")
        for name in ("voice_vlan", "pc_vlan"):
            if getattr(self, name) > MOST_VLAN:
                raise ConfigurationError(f"phones.{name} must be 0 to {MOST_VLAN}", fix="0 is for none")


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """``[services]``: what phones show behind their directories, services and help keys, over HTTP."""

    enabled: bool = True
    url: str = ""
    """Where phones find the services, ``http://host:port``; this server's address and the HTTP port when empty."""
    language: str = "en"
    """``en`` or ``de``: the words on the screen of phones that ask for no language that we have."""
    voicemail: str = ""
    """The number that the messages page offers to dial."""
    messages: bool = False
    """Let the messages key open a page; otherwise it dials."""
    idle_seconds: int = 0
    """After so long without use a phone fetches the services page to show it; 0: never."""


@dataclass(frozen=True, slots=True)
class CallLogSettings:
    """``[calls]``: records of the calls of SCCP phones."""

    keep_days: int = 90
    """Days after which a record in the database is forgotten; 0: never. Beyond two million the oldest go anyway."""
    file: Path | None = None
    """A file that gets a line of JSON for each call, too; none by default."""
    file_megabytes: int = 10
    """When it is as large as that, it gets the ending .1, the one before .2, and so on."""
    files: int = 5
    """Files in all; the oldest one goes."""


@dataclass(frozen=True, slots=True)
class SelfProvisioningSettings:
    """``[selfprovisioning]``: users make autoregistered phones their own, by dialling in or on the screen."""

    enabled: bool = True
    code: str = "*55"
    """What is dialled; ``sepbridge setup asterisk`` writes it into the dialplan."""
    language: str = "en"
    """The language of the dialogue, as Asterisk names it."""
    tries: int = 3
    """Wrong attempts of one phone, or for one extension, until it is locked."""
    locked: float = 900.0
    """Seconds for which it is."""
    replace_phones: bool = False
    """Whether the record of a phone that is not registered may be claimed, not only a prepared one without a MAC."""
    idle_seconds: int = 0
    """After so long without use an autoregistered phone shows the page for it; 0: never."""
    socket: Path | None = None
    """Where Asterisk's script reaches the service; in ``asterisk.directory`` when empty."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z]{2}[A-Za-z0-9_-]{0,18}", self.language):
            raise ConfigurationError(
                f"{self.language!r} cannot be a language of Asterisk", fix='write selfprovisioning.language = "en"'
            )
        if self.tries < 1:
            raise ConfigurationError("selfprovisioning.tries must be 1 or more", fix="the default is 3")


@dataclass(frozen=True, slots=True)
class JourneySettings:
    """``[journey]``: how phones' ways are watched, how long that is kept, and when a phone counts as stuck."""

    environment: Environment | None = None
    """``lab``, ``lan`` or ``remote``: which rules fit all phones; ``auto`` lets each phone's address tell."""
    no_request: float = 90.0
    """Seconds from a lease to the first file request."""
    no_signalling: float = 120.0
    """Seconds from a phone's file to its first connection or REGISTER."""
    keep_days: int = 90
    """Days after which an event is forgotten; 0: never."""
    events_per_phone: int = 1000
    """A phone's newest events that are kept."""
    events_in_all: int = 2_000_000
    """The newest events of all phones that are kept; with 250 bytes each, half a gigabyte."""
    self_test_every: float = 300.0
    """Seconds between two tests of our own ports; 0: never."""
    phone_pages: bool = False
    """Read the web pages of our own phones: model, load, serial number, switch port, clock, status messages."""
    phone_pages_every: float = 900.0
    """Seconds between two looks at the pages of one phone."""

    def __post_init__(self) -> None:
        if self.events_per_phone < 20:
            raise ConfigurationError(
                "journey.events_per_phone is too small to tell anything", fix="20 or more; the default is 1000"
            )
        if self.phone_pages and self.phone_pages_every < 60:
            raise ConfigurationError("journey.phone_pages_every must be 60 or more", fix="phones are slow web servers")


@dataclass(frozen=True, slots=True)
class AmiSettings:
    """``[ami]``: the manager interface of Asterisk."""

    address: Address = Address("127.0.0.1", 5038)
    username: str = "sepbridge"
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AsteriskSettings:
    """``[asterisk]``: our own directory of included files."""

    directory: Path = Path("/etc/asterisk/sepbridge")
    context: str = "sepbridge-phones"
    """Dialplan context in which our phones' calls start."""
    wraps: str = ""
    """A context of somebody else's that has all numbers already, as FreePBX's ``from-internal``: the site's dial plan
    goes before it and ends in it."""
    backend: AsteriskBackend = AsteriskBackend.FILES
    realtime_url: str = field(default="", repr=False)
    """Of the database with Asterisk's tables, as we reach it: PostgreSQL or MariaDB."""
    voicemail_pin: str = field(default="", repr=False)
    """The first password of mailboxes, which the service makes for lines that name one; empty: somebody else does."""
    parking: bool = False
    """Whether ``sepbridge setup asterisk`` gives Asterisk a parking lot: 70 parks, 71 to 78 take back."""

    def __post_init__(self) -> None:
        if self.backend is AsteriskBackend.REALTIME and not self.realtime_url:
            raise ConfigurationError(
                'asterisk.backend = "realtime" needs asterisk.realtime_url',
                fix='write realtime_url = "postgresql://sepbridge:password@127.0.0.1/asterisk"',
            )
        if self.voicemail_pin and not re.fullmatch(r"[0-9]{4,10}", self.voicemail_pin):
            raise ConfigurationError("asterisk.voicemail_pin cannot be typed", fix="write four to ten digits")


@dataclass(frozen=True, slots=True)
class FreePbxSettings:
    """``[freepbx]``: FreePBX 16 or 17, whose extensions our phones are. Without ``url`` Asterisk is a plain one."""

    url: str = ""
    """Of FreePBX's web pages, without a path: ``https://pbx.example.com``. Switches this mode on."""
    client_id: str = ""
    """Of an application for GraphQL (Admin > API > Applications, machine-to-machine)."""
    client_secret: str = field(default="", repr=False)
    client_secret_file: Path | None = None
    """A file that holds it instead, in one line."""
    scope: str = "gql:core gql:framework"
    """The rights that are asked for: no more than extensions and reloads."""
    verify: bool = True
    """Check the certificate of an ``https`` address."""
    authorities: Path | None = None
    """PEM file of who may have signed it; the system's own when empty."""
    longest_secret: int = 12
    """Characters of a SIP password that a phone is given, at most 30. Some 79xx refuse files with more than 12."""
    email: str = "nobody@sepbridge.invalid"
    """What extensions that we make have as their mail address. It gets no mail."""
    look_every: float = 20.0
    """Seconds between two looks for changes made in FreePBX's pages; after each reload it is looked at once."""
    wait: float = 4.0
    """Seconds that a new phone waits for its extension to be made. It is served in any case."""
    reload_patience: float = 180.0
    """Seconds that a reload of FreePBX may take."""

    def __post_init__(self) -> None:
        if not self.url:
            return
        if not re.fullmatch(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?/?", self.url):
            raise ConfigurationError(
                f"freepbx.url = {self.url!r} is no address of FreePBX", fix='write "https://pbx.example.com"'
            )
        if not 6 <= self.longest_secret <= 30:
            raise ConfigurationError("freepbx.longest_secret must be 6 to 30", fix="the default is 12")
        if not self.client_id or bool(self.client_secret) == bool(self.client_secret_file):
            raise ConfigurationError(
                "freepbx.client_id and one of client_secret and client_secret_file are needed",
                fix="`fwconsole api gql genclientcred pbx.example.com` prints both, or see Admin > API > Applications",
            )
        if not re.fullmatch(r"[^@\s]{1,64}@[A-Za-z0-9.-]{1,100}", self.email):
            # FreePBX does nothing at all, and says nothing, for an extension without one.
            raise ConfigurationError(f"freepbx.email = {self.email!r} is no mail address", fix="leave it out")

    def secret(self) -> str:
        """The client secret, wherever it stands. Raises ConfigurationError."""
        if self.client_secret_file is None:
            return self.client_secret
        try:
            text = self.client_secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"{self.client_secret_file} cannot be read", why=str(error), fix="see freepbx.client_secret_file"
            ) from error
        if not text or not text.isprintable() or len(text) > 500:
            raise ConfigurationError(f"{self.client_secret_file} does not hold a client secret in one line")
        return text


FROM_INTERNAL = "from-internal"
"""Where calls of FreePBX's extensions start."""


@dataclass(frozen=True, slots=True)
class HookSettings:
    """``[hooks]``: who is told of a new phone."""

    new_phone_url: str = ""
    """POSTed to as JSON; empty: nobody."""
    new_phone_command: tuple[str, ...] = ()
    """A program and its first arguments; name, number, protocol and address of the phone follow. Empty: none."""
    timeout: float = 10.0
    """Seconds that one attempt may take."""
    attempts: int = 3
    pause: float = 5.0
    """Seconds between two attempts."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file."""

    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    state: StateSettings = StateSettings()
    tftp: TftpSettings = TftpSettings()
    beside: BesideSettings = BesideSettings()
    dhcp: DhcpSettings = DhcpSettings()
    http: HttpSettings = HttpSettings()
    web: WebSettings = WebSettings()
    files: FilesSettings = FilesSettings()
    sip: SipSettings = SipSettings()
    sccp: SccpSettings = SccpSettings()
    phones: PhonesSettings = PhonesSettings()
    services: ServiceSettings = ServiceSettings()
    calls: CallLogSettings = CallLogSettings()
    selfprovisioning: SelfProvisioningSettings = SelfProvisioningSettings()
    ami: AmiSettings = AmiSettings()
    asterisk: AsteriskSettings = AsteriskSettings()
    codes: FeatureCodes = DEFAULT_CODES
    freepbx: FreePbxSettings = FreePbxSettings()
    hooks: HookSettings = HookSettings()
    log: LogSettings = LogSettings()
    journey: JourneySettings = JourneySettings()

    def __post_init__(self) -> None:
        if self.codes.self_provisioning != DEFAULT_CODES.self_provisioning:
            raise ConfigurationError(
                "codes.self_provisioning has another place", fix="write selfprovisioning.code instead"
            )

    @property
    def feature_codes(self) -> FeatureCodes:
        """What users dial, with the code of ``[selfprovisioning]``."""
        return replace(self.codes, self_provisioning=self.selfprovisioning.code)

    @property
    def wrapped_context(self) -> str:
        """The PBX's own context that calling search spaces stand in front of; empty where our contexts are all."""
        return self.asterisk.wraps or (FROM_INTERNAL if self.freepbx.url else "")

    @property
    def phone_context(self) -> str:
        """Where calls of phones without a calling search space start."""
        if self.freepbx.url and self.asterisk.context == AsteriskSettings().context:
            return FROM_INTERNAL
        return self.asterisk.context

    @property
    def database_url(self) -> str:
        """The database's URL, with the default filled in."""
        return self.database.url or sqlite_url(self.state.directory / "sepbridge.db")

    @property
    def files_directory(self) -> Path:
        """The admin's files for phones."""
        return self.state.directory / self.files.directory

    @property
    def templates_directory(self) -> Path:
        """The admin's own templates."""
        return self.state.directory / self.files.templates

    @property
    def self_provision_socket(self) -> Path:
        """The Unix socket by which Asterisk's self-provisioning script talks to the running service."""
        return self.selfprovisioning.socket or self.asterisk.directory / "selfprovision.sock"

    @property
    def web_certificates(self) -> Path:
        """Where the certificate for dashboard and API is kept that we made ourselves."""
        return self.state.directory / "web"

    @property
    def control_socket(self) -> Path:
        """The Unix socket by which the command line talks to the running service."""
        return self.state.directory / "control.sock"


def find_settings(named: Path | None) -> Path | None:
    """The settings file to read: the one named, ``$SEPBRIDGE_CONFIG``, or the first default place that exists."""
    if named is None and (variable := os.environ.get("SEPBRIDGE_CONFIG")):
        named = Path(variable)
    if named is not None:
        if not named.is_file():
            raise ConfigurationError(f"there is no settings file {named}", fix="check the path given by --config")
        return named
    return next((place for place in DEFAULT_PLACES if place.is_file()), None)


def load_settings(path: Path | None) -> Settings:
    """Read a settings file and the environment; the defaults without either.

    Raises ConfigurationError naming the key.
    """
    document: dict[str, object] = {}
    try:
        if path is not None:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not valid TOML", why=str(error)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read", why=str(error)) from error
    known = {each.name: get_type_hints(type(each.default)) for each in fields(Settings)}
    return settings_from(with_environment(document, os.environ, known), source=str(path or "the environment"))


def settings_from(document: dict[str, object], *, source: str = "sepbridge.toml") -> Settings:
    """Check a parsed document and make Settings of it. Raises ConfigurationError."""
    sections = {each.name: each.default for each in fields(Settings)}
    values: dict[str, Any] = {}
    for name, table in document.items():
        _known(name, sections, source, "section ")
        if not isinstance(table, dict):
            raise ConfigurationError(f"{source}: {name} must be a section", fix=f"write [{name}] above its keys")
        values[name] = _section(type(sections[name]), table, source, name)
    return Settings(**values)


def _known(key: str, known: Iterable[str], source: str, kind: str) -> None:
    names = list(known)
    if key not in names:
        near = difflib.get_close_matches(key, names, n=1)
        raise ConfigurationError(
            f"{source}: there is no {kind}{key}",
            fix=f"did you mean {near[0]}?" if near else f"known here: {', '.join(names)}",
        )


def _section(kind: type[Any], table: dict[str, object], source: str, section: str) -> Any:
    hints = get_type_hints(kind)
    values: dict[str, object] = {}
    for key, value in table.items():
        _known(key, hints, source, f"setting {section}.")
        try:
            values[key] = _CONVERTERS[hints[key]](value)
        except (InvalidInput, ValueError, TypeError) as error:
            raise ConfigurationError(f"{source}: {section}.{key} = {value!r} cannot be used", why=str(error)) from error
    try:
        return kind(**values)
    except InvalidInput as error:
        raise ConfigurationError(f"{source}: [{section}] cannot be used", why=error.what, fix=error.fix) from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidInput("a text in quotes is wanted")
    return value


def _whole_number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidInput("a whole number from 0 up is wanted")
    return value


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput("true or false is wanted")
    return value


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        raise InvalidInput("a number of seconds from 0 up is wanted")
    return float(value)


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise InvalidInput("a list of texts is wanted, even for one")
    return [_text(each) for each in value]


_CONVERTERS: dict[object, Callable[[object], object]] = {
    str: _text,
    int: _whole_number,
    bool: _switch,
    float: _seconds,
    Path: lambda value: Path(_text(value)),
    Path | None: lambda value: Path(_text(value)),
    OldestTls: lambda value: OldestTls(_text(value)),
    tuple[DeviceName, ...]: lambda value: tuple(DeviceName.parse(each) for each in _texts(value)),
    SecretsTo: lambda value: SecretsTo(_text(value)),
    Environment | None: lambda value: None if value == "auto" else Environment(_text(value)),
    PhoneWeb: lambda value: PhoneWeb(_text(value)),
    UnsignedFiles: lambda value: UnsignedFiles(_text(value)),
    TftpMode: lambda value: TftpMode(_text(value)),
    AsteriskBackend: lambda value: AsteriskBackend(_text(value)),
    BesideServer: lambda value: BesideServer(_text(value)),
    TokenPolicy: lambda value: TokenPolicy(_text(value)),
    LogFormat: lambda value: LogFormat(_text(value)),
    LogLevel: lambda value: LogLevel(_text(value)),
    MetricsAccess: lambda value: MetricsAccess(_text(value)),
    Address: lambda value: Address.parse(_text(value)),
    tuple[Address, ...]: lambda value: tuple(Address.parse(each) for each in _texts(value)),
    tuple[str, ...]: lambda value: tuple(_texts(value)),
    tuple[PagingGroup, ...]: lambda value: tuple(PagingGroup.parse(each) for each in _texts(value)),
    IPv4Address | None: lambda value: IPv4Address(_text(value)) if value else None,
    tuple[PagingStream, ...]: lambda value: tuple(PagingStream.parse(each) for each in _texts(value)),
    tuple[NumberRange, ...]: lambda value: tuple(NumberRange.parse(each) for each in _texts(value)),
    tuple[Network, ...]: lambda value: tuple(ip_network(each) for each in _texts(value)),
}
"""How a TOML value becomes the type that the dataclass declares."""
