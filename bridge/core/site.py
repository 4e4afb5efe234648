"""The site's objects that an admin of CUCM knows: servers, groups, pools, device defaults."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.core.protocol import SignallingProtocol


@dataclass(frozen=True, slots=True)
class Server:
    """A call-processing server as phones see it: where they register."""

    name: str
    address: str
    """Host name or address that phones can reach; an address is safer, it needs no DNS on the phone."""
    sip_port: int = 5060
    sccp_port: int = 2000
    description: str = ""


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


@dataclass(frozen=True, slots=True)
class DeviceDefaults:
    """What a phone of one model and protocol gets when it is created; its load steers unknown phones (AR-22)."""

    model_number: int
    protocol: SignallingProtocol
    load: str = ""
    """Firmware load without ``.loads``; empty means: keep what the phone runs."""
    pool: str = "Default"
