"""What an admin may set for the files of all phones, beside the site's objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class SipTransport(StrEnum):
    """What carries SIP between phone and server."""

    TCP = "tcp"
    UDP = "udp"

    @property
    def code(self) -> int:
        """The number in ``transportLayerProtocol`` (phone file reference, section 6)."""
        return 1 if self is SipTransport.TCP else 2


class WebAccess(IntEnum):
    """The phone's own web pages, as desk phones code it (phone file reference, section 9)."""

    ON = 0
    OFF = 1
    READ_ONLY = 2


@dataclass(frozen=True, slots=True)
class Locale:
    """The language of a phone. The default one is built in and makes the phone ask for no file."""

    name: str = "English_United_States"
    language: str = "en_US"
    version: str = ""
    network: str = "United_States"
    """Country of the tones: the directory of ``g3-tones.xml``."""


@dataclass(frozen=True, slots=True)
class SshLogin:
    """A login for the phone's SSH service. Without one, SSH is switched off."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServiceUrls:
    """Phone XML services, at most 255 characters each; an empty one is left out."""

    authentication: str = ""
    directory: str = ""
    services: str = ""
    messages: str = ""
    information: str = ""
    idle: str = ""
    idle_seconds: int = 0
    """After so long without use the idle URL is fetched."""
    problem_report: str = ""
    logo: str = ""
    """The picture on the screen of a 7940 or 7960 with SIP firmware."""


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    """Settings for all phones. Every default is the safe one (phone file reference, sections 4 to 9)."""

    transport: SipTransport = SipTransport.TCP
    """Enterprise loads retransmit needlessly over UDP."""
    max_calls: int = 4
    """Calls at a time on a line; cut to what the model takes."""
    busy_trigger: int = 2
    """Calls from which a line is busy; keep it equal to the endpoint's ``device_state_busy_at``."""
    register_expires: int = 3600
    """Seconds."""
    dial_template: str = "dialplan.xml"
    """File name; empty makes the phone wait 15 s for more digits."""
    soft_key_file: str = ""
    feature_policy: str = "featurepolicy.xml"
    """8961 and 99xx only."""
    phone_label: str = ""
    """Header text, cut to 12 characters."""
    voicemail_number: str = ""
    stutter_tone: bool = True
    """A broken dial tone while messages wait."""
    missed_calls: bool = True
    """List missed calls."""
    web_access: WebAccess = WebAccess.READ_ONLY
    ssh: SshLogin | None = None
    locale: Locale = Locale()
    urls: ServiceUrls = ServiceUrls()
    phone_password: str = field(default="", repr=False)
    """Unlocks the settings menu instead of ``**#``; empty leaves it to the phone."""
    nat_address: str = ""
    """What phones with SIP firmware call themselves behind a router; empty where there is none."""
    resync_seconds: int = 3600
    """How often phones that read flat profiles look for a new one."""
