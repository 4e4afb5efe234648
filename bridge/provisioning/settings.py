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
    network_version: str = ""


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
class NetworkSettings:
    """What phones do on the wire. DSCP values are 0 to 63; VLANs 1 to 4094, 0 for none."""

    audio_dscp: int = 46
    video_dscp: int = 34
    signalling_dscp: int = 24
    """Enterprise SIP firmware has no element for it."""
    voice_vlan: int = 0
    """For phones that read flat profiles. The others learn theirs from the switch: no element of their files has it."""
    pc_vlan: int = 0
    """In the same way, for what is plugged into the phone."""
    pc_port: bool = True
    """Whether the socket for a computer works."""
    discovery: bool = True
    """CDP and LLDP-MED towards the switch, from which phones learn their voice VLAN."""

    @property
    def audio_octet(self) -> int:
        """The octet in the packet's header, as phones' files write it."""
        return self.audio_dscp << 2

    @property
    def video_octet(self) -> int:
        """The same for video."""
        return self.video_dscp << 2

    @property
    def signalling_octet(self) -> int:
        """The same for signalling."""
        return self.signalling_dscp << 2

    @property
    def audio_precedence(self) -> int:
        """The old way of a 7940 and 7960 with SIP firmware: 0 to 5."""
        return min(self.audio_dscp >> 3, 5)


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
    network: NetworkSettings = NetworkSettings()
    resync_seconds: int = 3600
    """How often phones that read flat profiles look for a new one."""
