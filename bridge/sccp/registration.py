"""A phone comes and goes: Register, its answers, keepalives, Unregister.

Source: SCCP wire reference, sections 3, 7.1 and 7.2; SCCP flows reference, section 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from bridge.sccp.address import NO_IP4, NO_IP6
from bridge.sccp.devicetypes import VERSIONLESS, DeviceType
from bridge.sccp.fields import Ip4, Ip6, Octets, Pad, Text, u8, u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.openenum import OpenEnum
from bridge.sccp.registry import wire
from bridge.sccp.versions import OLDEST, PhoneFeatures

DATE_TEMPLATE = 6
"""Characters of a date template that RegisterAck has room for."""


class UnregisterReason(OpenEnum):
    """UnregisterReason."""

    UNKNOWN = 0
    POWER_SAVE = 1
    """The phone goes to sleep."""


class UnregisterStatus(OpenEnum):
    """UnregisterStatus."""

    OK = 0
    ERROR = 1
    NAK = 2
    """A call is up; the phone tries again."""


@wire(
    Form(
        MessageId.REGISTER,
        Text("device_name", 16),
        u32("user_id"),
        u32("instance"),
        Ip4("station_ip"),
        u32("device_type", DeviceType),
        u32("max_streams"),
        u32("active_streams"),
        u8("protocol_version"),
        u8("feature0"),
        u8("feature1"),
        u8("feature2"),
        u32("max_conferences"),
        u32("active_conferences"),
        Octets("mac", 12),
        u32("ipv4_scope"),
        u32("max_lines"),
        Ip6("station_ip6"),
        u32("ipv6_scope"),
        Text("load_name", 32),
        Text("config_stamp", 48),
        least=16,
    )
)
@dataclass(frozen=True, slots=True)
class Register(Message):
    """0x0001: a device asks to be served. Old phones send a shorter body; what is missing is 0 or empty."""

    device_name: str
    """``SEP`` and the MAC for a phone: the only thing by which a device is known."""
    user_id: int = 0
    instance: int = 1
    station_ip: IPv4Address = NO_IP4
    """As the phone sees itself: not the address of the connection where NAT is in between."""
    device_type: DeviceType = DeviceType.MISSING
    max_streams: int = 0
    active_streams: int = 0
    protocol_version: int = 0
    """0 where the body is too short to hold one; see ``offered_version``."""
    feature0: int = 0
    feature1: int = 0
    feature2: int = 0
    max_conferences: int = 0
    active_conferences: int = 0
    mac: bytes = bytes(12)
    """Six bytes and padding; older firmware leaves other things here (the MAC as text, remains of its memory)."""
    ipv4_scope: int = 0
    max_lines: int = 0
    station_ip6: IPv6Address = NO_IP6
    ipv6_scope: int = 0
    load_name: str = ""
    """The firmware that runs, for instance ``SCCP41.8-5-3S``; empty below protocol version 17 or so."""
    config_stamp: str = ""

    @property
    def features(self) -> PhoneFeatures:
        """The three feature bytes."""
        return PhoneFeatures.of(self.feature0, self.feature1, self.feature2)

    @property
    def offered_version(self) -> int:
        """The version that the phone speaks: 3 where it says none, or nothing that can be believed."""
        if self.device_type in VERSIONLESS:
            return OLDEST
        return self.protocol_version or OLDEST


@wire(
    Form(
        MessageId.REGISTER_ACK,
        u32("keepalive_s"),
        Text("date_template", DATE_TEMPLATE, full=True),
        Pad(2),
        u32("secondary_keepalive_s"),
        u8("protocol_version"),
        u8("feature0"),
        u8("feature1"),
        u8("feature2"),
        least=4,
    )
)
@dataclass(frozen=True, slots=True)
class RegisterAck(Message):
    """0x0081: the device is registered."""

    keepalive_s: int
    """Seconds between the phone's keepalives."""
    date_template: str = "M/D/Y"
    """``M/D/Y``, ``D.M.Y``, ``M/D/YA`` (a trailing A: 12-hour clock); six characters at most."""
    secondary_keepalive_s: int = 60
    """The same towards a secondary server, in seconds."""
    protocol_version: int = 0
    feature0: int = 0
    feature1: int = 0
    feature2: int = 0


def fitted_date_template(wanted: str) -> str:
    """A date template as it fits: of ``D/M/YYA`` the year gets short, or the clock would lose its twelve hours."""
    return wanted.replace("YY", "Y") if len(wanted) > DATE_TEMPLATE else wanted


@wire(Form(MessageId.REGISTER_REJECT, Text("text", 32)))
@dataclass(frozen=True, slots=True)
class RegisterReject(Message):
    """0x009D: the device is refused, with words (or a built-in label) for its screen."""

    text: str = ""


@wire(Form(MessageId.UNREGISTER, u32("reason", UnregisterReason)))
@dataclass(frozen=True, slots=True)
class Unregister(Message):
    """0x0027: the device goes. Older ones give no reason."""

    reason: UnregisterReason = UnregisterReason.UNKNOWN


@wire(Form(MessageId.UNREGISTER_ACK, u32("status", UnregisterStatus)))
@dataclass(frozen=True, slots=True)
class UnregisterAck(Message):
    """0x0118: the answer to Unregister."""

    status: UnregisterStatus = UnregisterStatus.OK


@wire(Form(MessageId.REGISTER_AVAILABLE_LINES, u32("max_lines")))
@dataclass(frozen=True, slots=True)
class RegisterAvailableLines(Message):
    """0x002D: how many lines the phone shows. Ends the registration of SPA phones; no button count."""

    max_lines: int = 0


@wire(Form(MessageId.KEEP_ALIVE))
@dataclass(frozen=True, slots=True)
class KeepAlive(Message):
    """0x0000: the phone is there. May come before Register."""


@wire(Form(MessageId.KEEP_ALIVE_ACK))
@dataclass(frozen=True, slots=True)
class KeepAliveAck(Message):
    """0x0100: so is the server."""
