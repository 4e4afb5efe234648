"""The site's objects that an admin of CUCM knows: servers, groups, pools, device defaults."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridge.core.devices import Device
from bridge.core.phonesettings import check_ceiling
from bridge.core.protocol import SignallingProtocol


class OnboardingMethod(StrEnum):
    """How phones of a model come into service (requirement AR-20)."""

    AUTOREGISTRATION = "autoregistration"
    SELF_PROVISIONING = "self-provisioning"
    MANUAL = "manual"
    """Phones of this model are added by an admin alone."""


@dataclass(frozen=True, slots=True)
class Server:
    """A call-processing server as phones see it: where they register."""

    name: str
    address: str
    """Host name or address that phones can reach; an address is safer, it needs no DNS on the phone."""
    sip_port: int = 5060
    sccp_port: int = 2000
    description: str = ""
    autoregistration_disabled: bool = False
    """CUCM's "Auto-registration Disabled on this Server" (requirements AR-18 and AR-30)."""


@dataclass(frozen=True, slots=True)
class CallManagerGroup:
    """An ordered list of one to three servers. Exactly one group admits unknown phones (AR-16)."""

    name: str
    servers: tuple[Server, ...]
    autoregistration: bool = False


@dataclass(frozen=True, slots=True)
class DateTimeGroup:
    """Time zone and date format of a pool's phones."""

    name: str
    time_zone: str = "Etc/UTC"
    """IANA name, for example ``Europe/Berlin``."""
    date_template: str = "D/M/Y"
    """The phones' own notation: D, M, Y with a delimiter, an ``A`` at the end for the 12-hour clock."""
    ntp_servers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Region:
    """Which codecs phones of a pool may use, best first, in Asterisk's names (``g722``, ``ulaw``, ``alaw``)."""

    name: str
    codecs: tuple[str, ...] = ("g722", "ulaw", "alaw")


@dataclass(frozen=True, slots=True)
class DevicePool:
    """What phones of one place have in common."""

    name: str
    group: CallManagerGroup
    region: Region
    date_time_group: DateTimeGroup
    autoreg_css: str = ""
    """The calling search space of phones that autoregistered and were not assigned yet (requirement AR-32)."""
    css: str = ""
    """The calling search space of devices that have none of their own."""
    softkey_template: str = ""
    """The soft keys of devices that have no template of their own."""
    user_locale: str = ""
    network_locale: str = ""
    """Whose tones the phones play."""
    trunk: str = ""
    """What "the local route group" means for this pool's phones: a trunk or context at Asterisk."""

    def css_of(self, device: Device) -> str:
        """The name of a device's calling search space: its own; while it is temporary, the one for autoregistered
        phones; else the pool's. Empty for none, which reaches ``<None>`` alone (requirement AR-32)."""
        return device.settings.css or (self.autoreg_css if device.temporary else self.css)


@dataclass(frozen=True, slots=True)
class DeviceDefaults:
    """What a phone of one model and protocol gets when it is created; its load steers unknown phones (AR-22)."""

    model_number: int
    protocol: SignallingProtocol
    load: str = ""
    """Firmware load without ``.loads``; empty means: keep what the phone runs."""
    pool: str = "Default"
    button_template: str = ""
    softkey_template: str = ""
    onboarding: OnboardingMethod = OnboardingMethod.AUTOREGISTRATION
    version_ceiling: int | None = None
    """The newest SCCP version to speak with phones of this model; None for the newest that both sides know."""
    device_template: str = ""
    """The universal device template that new phones of this model are made from; empty for the site's choice."""

    def __post_init__(self) -> None:
        check_ceiling(self.version_ceiling)
