"""Multicast media: the phone joins a group and plays what is sent there, or sends to it.

Source: SCCP wire reference, section 8. No source says which models follow these messages.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.address import StationAddress
from bridge.sccp.fields import NarrowAddress, Pad, WideAddress, u16, u32
from bridge.sccp.form import Form
from bridge.sccp.mediacodecs import MediaCodec
from bridge.sccp.mediaparameters import NO_CODEC_PARAMETER, CodecParameter, codec_parameter
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.openenum import OpenEnum
from bridge.sccp.registry import wire
from bridge.sccp.switches import Switch
from bridge.sccp.versions import NEWEST


class MulticastStatus(OpenEnum):
    """Whether the phone joined the group (SCCP enumerations reference, section 9)."""

    OK = 0
    ERROR = 1


def _receive(name: str, *, wide: bool, since: int = 0, until: int = NEWEST, from_length: int = 0) -> Form:
    return Form(
        MessageId.START_MULTICAST_MEDIA_RECEPTION,
        u32("conf_id"),
        u32("party_id"),
        WideAddress("group_ip") if wide else NarrowAddress("group_ip"),
        u32("group_port"),
        u32("packet_ms"),
        u32("codec", MediaCodec),
        u32("echo_cancel", Switch),
        codec_parameter(),
        u32("call_ref"),
        name=name,
        since=since,
        until=until,
        from_length=from_length,
        # Some write no call reference.
        least=32,
    )


@wire(_receive("52", wide=True, since=17, from_length=48), _receive("36", wide=False, until=16))
@dataclass(frozen=True, slots=True)
class StartMulticastMediaReception(Message):
    """0x0101: join a group, and play what is sent there. The phone answers with MulticastMediaReceptionAck."""

    conf_id: int
    party_id: int
    """A token of the server's for this stream; the phone returns it."""
    group_ip: StationAddress
    group_port: int
    packet_ms: int = 20
    codec: MediaCodec = MediaCodec.G711_ULAW_64K
    echo_cancel: Switch = Switch.OFF
    codec_parameter: CodecParameter = NO_CODEC_PARAMETER
    call_ref: int = 0


@wire(
    Form(
        MessageId.MULTICAST_MEDIA_RECEPTION_ACK,
        u32("status", MulticastStatus),
        u32("party_id"),
        u32("call_ref"),
        least=8,
    )
)
@dataclass(frozen=True, slots=True)
class MulticastMediaReceptionAck(Message):
    """0x0021: whether the phone joined. Some phones send no ``call_ref``: know the stream by ``party_id``."""

    status: MulticastStatus
    party_id: int
    call_ref: int = 0


def _transmit(name: str, *, wide: bool, since: int = 0, until: int = NEWEST, from_length: int = 0) -> Form:
    return Form(
        MessageId.START_MULTICAST_MEDIA_TRANSMISSION,
        u32("conf_id"),
        u32("party_id"),
        WideAddress("group_ip") if wide else NarrowAddress("group_ip"),
        u32("group_port"),
        u32("packet_ms"),
        u32("codec", MediaCodec),
        u32("precedence"),
        u32("silence_suppression", Switch),
        u16("max_frames"),
        Pad(2),
        codec_parameter(),
        u32("call_ref"),
        name=name,
        since=since,
        until=until,
        from_length=from_length,
        least=40,
    )


@wire(_transmit("60", wide=True, since=17, from_length=56), _transmit("44", wide=False, until=16))
@dataclass(frozen=True, slots=True)
class StartMulticastMediaTransmission(Message):
    """0x0102: send RTP to a group."""

    conf_id: int
    party_id: int
    group_ip: StationAddress
    group_port: int
    packet_ms: int = 20
    codec: MediaCodec = MediaCodec.G711_ULAW_64K
    precedence: int = 0xB8
    """The DSCP byte of the RTP packets; 0xB8 is EF."""
    silence_suppression: Switch = Switch.OFF
    max_frames: int = 0
    codec_parameter: CodecParameter = NO_CODEC_PARAMETER
    call_ref: int = 0


@wire(
    Form(MessageId.STOP_MULTICAST_MEDIA_RECEPTION, u32("conf_id"), u32("party_id"), u32("call_ref"), least=8),
)
@dataclass(frozen=True, slots=True)
class StopMulticastMediaReception(Message):
    """0x0103: leave the group."""

    conf_id: int
    party_id: int
    call_ref: int = 0


@wire(
    Form(MessageId.STOP_MULTICAST_MEDIA_TRANSMISSION, u32("conf_id"), u32("party_id"), u32("call_ref"), least=8),
)
@dataclass(frozen=True, slots=True)
class StopMulticastMediaTransmission(Message):
    """0x0104: send no more to the group."""

    conf_id: int
    party_id: int
    call_ref: int = 0
