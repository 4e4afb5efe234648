"""What a phone knows after it has read its files: the settings it keeps in flash."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from bridge.core import SignallingProtocol
from bridge.errors import InvalidInput

USECALLMANAGER = "USECALLMANAGER"
"""The proxy's name that means: take the address from the call manager group."""
LINE_FEATURE = 9
"""The featureID of a line key."""


class ConfigurationRefused(InvalidInput):
    """The phone cannot use the file. ``what`` is the line its status list shows; ``why`` what is wrong in the file."""


class TransportCode(IntEnum):
    """Values of ``transportLayerProtocol`` (SEP file reference, section 6)."""

    TCP = 1
    UDP = 2
    TLS = 3
    EITHER = 4


@dataclass(frozen=True, slots=True)
class CallManager:
    """One server of the phone's list."""

    address: str
    sip_port: int = 5060
    sccp_port: int = 2000


@dataclass(frozen=True, slots=True)
class LineKey:
    """One line key of the SIP profile."""

    button: int
    name: str
    proxy: str = USECALLMANAGER
    port: int = 5060
    label: str = ""
    display_name: str = ""
    contact: str = ""
    auth_name: str | None = None
    """None where the file has no such element."""
    auth_password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SipTimers:
    """The timers of ``sipStack``, seconds (SEP file reference, section 4.3)."""

    register_expires: int = 3600
    register_delta: int = 5
    keep_alive: int = 120
    t1: float = 0.5
    t2: float = 4.0


@dataclass(frozen=True, slots=True)
class Locale:
    """Names of the locale's folders; None where the file does not speak of them."""

    user: str | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True)
class FurtherFiles:
    """Files that the phone's own file names, to be fetched after it; empty for none."""

    dial_template: str = ""
    soft_keys: str = ""
    feature_policy: str = ""
    folder: str = ""
    """``tftp_cfg_dir`` of a 7940/60: stands before the names of its text files."""


@dataclass(frozen=True, slots=True)
class ServiceKeys:
    """What the keys for services fetch; empty where the file says nothing."""

    directories: str = ""
    services: str = ""
    messages: str = ""
    information: str = ""


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    """Everything a phone took from its own file, or from the defaults where ``autoregistering`` is True."""

    protocol: SignallingProtocol | None = None
    """``deviceProtocol``; None where the file does not say."""
    load: str = ""
    """``loadInformation``: the firmware it is to run; empty for the one it has."""
    servers: tuple[CallManager, ...] = ()
    """First choice first."""
    lines: tuple[LineKey, ...] = ()
    transport: TransportCode | None = None
    security_mode: int = 1
    register_with_proxy: bool = False
    timers: SipTimers = SipTimers()
    locale: Locale = Locale()
    files: FurtherFiles = FurtherFiles()
    services: ServiceKeys = ServiceKeys()
    event_payload: int = 101
    """RTP payload type of key presses."""
    first_media_port: int = 16384
    last_media_port: int = 32766
    sip_port: int = 5060
    """The phone's own (``voipControlPort``)."""
    phone_label: str = ""
    version_stamp: str = ""
    autoregistering: bool = False

    @property
    def line(self) -> LineKey | None:
        """The primary line."""
        return self.lines[0] if self.lines else None

    @property
    def label(self) -> str:
        """What stands beside the first key."""
        return (self.line.label or self.line.name) if self.line else ""

    @property
    def needs_trust(self) -> bool:
        """True when the file asks for TLS, which works only with a trust list (phone boot reference, section 7)."""
        return self.security_mode >= 2 or self.transport is TransportCode.TLS


@dataclass(frozen=True, slots=True)
class FamilyLimits:
    """Where a family's parser gives up (SEP file reference, sections 3, 4.5 and 20)."""

    name: int = 30
    """Characters in line names, labels, display names."""
    password: int = 30
    host: int = 50
    servers: int = 5
    file: int = 512 * 1024
    """Bytes. No source tells how large a phone's file system is; this is larger than any file that was seen."""
