"""How each model words what it sends: Register, alarms, capabilities, and the shapes of its frames.

Sources: SCCP wire reference, sections 3.2, 7.2, 7.3, 7.5 and 10; SCCP enumerations reference, section 2.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from html import escape
from ipaddress import IPv4Address, ip_address

from bridge.core import NO_VLAN, DeviceName
from bridge.lab.skinnymodels import SkinnyTraits
from bridge.sccp import (
    VERSIONLESS,
    Alarm,
    AlarmSeverity,
    CapabilitiesRes,
    DeviceType,
    Dialect,
    EnblocCall,
    IpPort,
    KeepAlive,
    KeypadButton,
    MediaCapability,
    Message,
    OffHook,
    OnHook,
    OpenReceiveChannelAck,
    Register,
    RegisterTokenReq,
    Shape,
    UpdateCapabilities,
    XmlAlarm,
    shape,
)

_NEWEST = 22
_OLDEST = 3
_HEADER_SINCE = 10
_FRAMES = 40
"""Most frames in a packet, as a 7961G reports for G.711."""
_STREAMS = 5
INITIALISED = 25
"""Alarm cause: the phone initialises."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who registers, and what its last start was about."""

    device: DeviceName
    type: DeviceType
    load: str = ""
    address: str = "127.0.0.1"
    """Its own IP address."""
    cause: int = INITIALISED
    """Number of the alarm (SCCP enumerations reference, section 2.1)."""
    last: str = "initialized"
    active_streams: int = 0
    rtp_port: int = 0
    """The one port of a phone of the 12SP era."""
    neighbour: str = ""
    """The switch that it hears by CDP or LLDP, and the port there."""
    neighbour_port: str = ""
    vlan: int = NO_VLAN
    """Its voice VLAN."""

    @property
    def ip4(self) -> IPv4Address:
        """The address for fields that hold IPv4 alone."""
        parsed = ip_address(self.address)
        return parsed if isinstance(parsed, IPv4Address) else IPv4Address(0)


def dialect(traits: SkinnyTraits, negotiated: int) -> Dialect:
    """How the phone writes its frames, and reads the server's, at a negotiated version."""
    version = _OLDEST if traits.version > _NEWEST else min(negotiated, _NEWEST)
    return _dialect(traits, version)


@lru_cache(maxsize=256)
def _dialect(traits: SkinnyTraits, version: int) -> Dialect:
    own = _OLDEST if traits.version > _NEWEST else traits.version
    shapes: list[Shape] = [shape(Register, length=traits.register_size)]
    if traits.terse:
        shapes += [
            shape(KeypadButton, length=4),
            shape(OffHook, length=0),
            shape(OnHook, length=0),
            shape(OpenReceiveChannelAck, form="20", length=16),
        ]
    if traits.short_capabilities:
        shapes.append(shape(CapabilitiesRes, form="padded"))
    if traits.long_enbloc:
        shapes.append(shape(EnblocCall, form="28"))
    if traits.aligned_enbloc and version >= 18:
        shapes.append(shape(EnblocCall, form="aligned"))
    header = 0 if own < _HEADER_SINCE else own
    return Dialect(version, traits.page, tuple(shapes), header=header)


def first_words(traits: SkinnyTraits, identity: Identity) -> tuple[Message, ...]:
    """What goes out on a new connection up to Register."""
    text = f"{identity.cause}: Name={identity.device} Load={identity.load} Last={identity.last}"
    words: list[Message] = [Alarm(AlarmSeverity.INFORMATIONAL, text[:79], 0, int(identity.ip4))]
    if traits.early_keepalive:
        words.insert(0, KeepAlive())
    if traits.xml_alarm:
        words.append(XmlAlarm(_xml_alarm(identity)))
    words.append(_register(traits, identity))
    if traits.old_media:
        words.append(IpPort(identity.rtp_port))
    return tuple(words)


def _xml_alarm(identity: Identity) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><x-cisco-alarm><Alarm Name="LastOutOfServiceInformation">'
        f'<ParameterList><String name="DeviceName">{identity.device}</String>'
        f'<String name="DeviceIPv4Address">{identity.address}/24</String>'
        f'<String name="NeighborDeviceID">{escape(identity.neighbour)}</String>'
        f'<String name="NeighborPortID">{escape(identity.neighbour_port)}</String>'
        f'<String name="VoiceVLAN">{identity.vlan}</String>'
        # Phones write this value as it is (diagnosis reference, section 3.2).
        '<String name="UnifiedCMIPAddress"><not open></String>'
        f'<Enum name="ReasonForOutOfService">{identity.cause}</Enum></ParameterList></Alarm></x-cisco-alarm>'
    )


def _register(traits: SkinnyTraits, identity: Identity) -> Register:
    mac = identity.device.mac
    feature0, feature1, feature2 = traits.features
    return Register(
        device_name=identity.device.value,
        instance=traits.instance,
        station_ip=identity.ip4,
        device_type=identity.type,
        max_streams=_STREAMS if traits.java else 0,
        active_streams=identity.active_streams,
        protocol_version=traits.version,
        feature0=feature0,
        feature1=feature1,
        feature2=feature2,
        max_conferences=1 if traits.java else 0,
        mac=bytes.fromhex(mac.value) + bytes(6) if mac and traits.java else bytes(8) + b"RING",
        ipv4_scope=3,
        max_lines=min(traits.buttons, 8),
        load_name=identity.load,
    )


def token_request(traits: SkinnyTraits, identity: Identity) -> RegisterTokenReq:
    """The question that comes before Register where there are several servers."""
    return RegisterTokenReq(
        identity.device.value, instance=traits.instance, station_ip=identity.ip4, device_type=identity.type
    )


def reported_capabilities(traits: SkinnyTraits) -> tuple[Message, ...]:
    """The answers to CapabilitiesReq."""
    audio = tuple(MediaCapability(codec, _FRAMES) for codec in traits.codecs)
    if traits.short_capabilities or not traits.java:
        return (CapabilitiesRes(audio),)
    return CapabilitiesRes(audio), UpdateCapabilities(audio)


def speaks_no_version(kind: DeviceType) -> bool:
    """True for the ATAs, whose version byte means nothing."""
    return kind in VERSIONLESS
