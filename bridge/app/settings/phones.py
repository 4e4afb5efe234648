"""What phones are told, and how they speak: SIP, SCCP, services, claims, journeys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address
from pathlib import Path

from bridge.app.settings.machine import Address
from bridge.core import DeviceName, NumberRange, PagingGroup, PagingStream
from bridge.errors import ConfigurationError
from bridge.journey import Environment
from bridge.net.tls import OldestTls
from bridge.phones import catalogue
from bridge.provisioning.phonefile import MOST_DSCP, MOST_VLAN


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
    """Seconds between two beeps that both sides of a recorded call hear, 10 or more; 0 for none."""
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
                why="beeps that come faster are in the way of the talk",
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
    missing_locales: bool = False
    """Name a language or country in phones' files although its files are not there."""
    make_tones: bool = False
    """Make the tone files of countries that we know, where you have none. No phone has tried one."""

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
