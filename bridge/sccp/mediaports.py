"""Ports asked for before a channel is open.

Source: SCCP wire reference, sections 7.1, 7.2 and 7.6.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.address import UNSPECIFIED, AddressFamily, StationAddress
from bridge.sccp.fields import NarrowAddress, WideAddress, u32
from bridge.sccp.form import Form
from bridge.sccp.mediaparameters import MediaTransport, MediaType
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.registry import wire
from bridge.sccp.versions import NEWEST


@wire(
    Form(
        MessageId.PORT_REQ,
        u32("conf_id"),
        u32("call_ref"),
        u32("party_id"),
        u32("transport", MediaTransport),
        u32("ip_type", AddressFamily),
        u32("media_type", MediaType),
        least=12,
    )
)
@dataclass(frozen=True, slots=True)
class PortReq(Message):
    """0x014B: which port would you use? Only for phones that know it."""

    conf_id: int
    call_ref: int
    party_id: int
    transport: MediaTransport = MediaTransport.RTP
    ip_type: AddressFamily = AddressFamily.IPV4
    media_type: MediaType = MediaType.AUDIO


def _port_res(name: str, *, wide: bool, size: int, since: int, until: int, from_length: int) -> Form:
    return Form(
        MessageId.PORT_RES,
        u32("conf_id"),
        u32("call_ref"),
        u32("party_id"),
        WideAddress("ip") if wide else NarrowAddress("ip"),
        u32("port"),
        u32("rtcp_port"),
        *((u32("media_type", MediaType),) if wide else ()),
        name=name,
        since=since,
        until=until,
        size=size,
        from_length=from_length,
        least=12,
    )


@wire(
    _port_res("44", wide=True, size=44, since=19, until=NEWEST, from_length=40),
    _port_res("40", wide=True, size=40, since=17, until=18, from_length=40),
    _port_res("24", wide=False, size=24, since=0, until=16, from_length=0),
)
@dataclass(frozen=True, slots=True)
class PortRes(Message):
    """0x0045: the port that the phone would use."""

    conf_id: int
    call_ref: int
    party_id: int
    ip: StationAddress = UNSPECIFIED
    port: int = 0
    rtcp_port: int = 0
    media_type: MediaType = MediaType.INVALID
    """Goes out from version 19 on."""


@wire(
    Form(MessageId.PORT_CLOSE, u32("conf_id"), u32("call_ref"), u32("party_id"), u32("media_type", MediaType), least=12)
)
@dataclass(frozen=True, slots=True)
class PortClose(Message):
    """0x014C: the port is not needed any more."""

    conf_id: int
    call_ref: int
    party_id: int
    media_type: MediaType = MediaType.AUDIO
