"""How phones of the 12SP and 30VIP era listen: at the one RTP port that they told in IpPort, without acknowledging it.

Source: SCCP flows reference, section 1.2; SCCP wire reference, section 7.6. No source has the layout of
StartMediaReception. Its body has 24 bytes, as many as the oldest OpenReceiveChannel, and the same purpose: that one's
fields are taken. Unverified on hardware.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.fields import u32
from bridge.sccp.form import Form
from bridge.sccp.media import CloseReceiveChannel, OpenReceiveChannel
from bridge.sccp.mediacodecs import MediaCodec
from bridge.sccp.mediaparameters import NO_CODEC_PARAMETER, CodecParameter, codec_parameter
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.registry import wire
from bridge.sccp.switches import Switch


@wire(
    Form(
        MessageId.START_MEDIA_RECEPTION,
        u32("conf_id"),
        u32("party_id"),
        u32("packet_ms"),
        u32("codec", MediaCodec),
        u32("echo_cancel", Switch),
        codec_parameter(),
        least=8,
    )
)
@dataclass(frozen=True, slots=True)
class StartMediaReception(Message):
    """0x008C: listen for RTP at the port of IpPort. Only for phones of the 12SP era, which do not answer it."""

    conf_id: int
    party_id: int
    packet_ms: int = 20
    codec: MediaCodec = MediaCodec.G711_ULAW_64K
    echo_cancel: Switch = Switch.OFF
    codec_parameter: CodecParameter = NO_CODEC_PARAMETER


@wire(Form(MessageId.STOP_MEDIA_RECEPTION, u32("conf_id"), u32("party_id"), least=4))
@dataclass(frozen=True, slots=True)
class StopMediaReception(Message):
    """0x008D: stop listening. Only for phones of the 12SP era; CallManager 2 sends the first field alone."""

    conf_id: int
    party_id: int = 0


def in_old_words(message: Message) -> Message:
    """The same for a phone of the 12SP era; other messages unchanged."""
    match message:
        case OpenReceiveChannel():
            return StartMediaReception(
                message.conf_id,
                message.party_id,
                message.packet_ms,
                message.codec,
                message.echo_cancel,
                message.codec_parameter,
            )
        case CloseReceiveChannel():
            return StopMediaReception(message.conf_id, message.party_id)
        case _:
            return message
