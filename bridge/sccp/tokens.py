"""Tokens: a phone with several servers asks for permission to fail back before it registers.

Source: SCCP wire reference, sections 7.1, 7.2 and 8; SCCP flows reference, section 1.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from bridge.sccp.address import NO_IP4, NO_IP6
from bridge.sccp.devicetypes import DeviceType
from bridge.sccp.fields import Ip4, Ip6, Text, u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.registry import wire


@wire(
    Form(
        MessageId.REGISTER_TOKEN_REQ,
        Text("device_name", 16),
        u32("user_id"),
        u32("instance"),
        Ip4("station_ip"),
        u32("device_type", DeviceType),
        Ip6("station_ip6"),
        least=16,
    )
)
@dataclass(frozen=True, slots=True)
class RegisterTokenReq(Message):
    """0x0029: may I register with you? A word more than described here occurs, and is ignored."""

    device_name: str
    user_id: int = 0
    instance: int = 1
    station_ip: IPv4Address = NO_IP4
    device_type: DeviceType = DeviceType.MISSING
    station_ip6: IPv6Address = NO_IP6


@wire(Form(MessageId.REGISTER_TOKEN_ACK))
@dataclass(frozen=True, slots=True)
class RegisterTokenAck(Message):
    """0x011A: register now."""


@wire(Form(MessageId.REGISTER_TOKEN_REJECT, u32("wait_s")))
@dataclass(frozen=True, slots=True)
class RegisterTokenReject(Message):
    """0x011B: ask again after ``wait_s`` seconds."""

    wait_s: int = 60


@wire(
    Form(
        MessageId.SPCP_REGISTER_TOKEN_REQ,
        Text("device_name", 16),
        u32("user_id"),
        u32("instance"),
        Ip4("station_ip"),
        u32("device_type", DeviceType),
        u32("max_streams"),
        least=16,
    )
)
@dataclass(frozen=True, slots=True)
class SpcpRegisterTokenReq(Message):
    """0x8000: the same question from an SPA phone."""

    device_name: str
    user_id: int = 0
    instance: int = 1
    station_ip: IPv4Address = NO_IP4
    device_type: DeviceType = DeviceType.MISSING
    max_streams: int = 0


@wire(Form(MessageId.SPCP_REGISTER_TOKEN_ACK, u32("features")))
@dataclass(frozen=True, slots=True)
class SpcpRegisterTokenAck(Message):
    """0x8100: register now."""

    features: int = 65535


@wire(Form(MessageId.SPCP_REGISTER_TOKEN_REJECT, u32("wait_s")))
@dataclass(frozen=True, slots=True)
class SpcpRegisterTokenReject(Message):
    """0x8101: ask again after ``wait_s`` seconds."""

    wait_s: int = 60
