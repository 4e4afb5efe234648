"""Voice channels: open and close the receiving and the sending side.

Source: SCCP wire reference, sections 7.1 to 7.4 (the columns *send* there).
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.address import UNSPECIFIED, AddressFamily, StationAddress
from bridge.sccp.fields import NarrowAddress, Pad, WideAddress, i32, u16, u32
from bridge.sccp.form import Form
from bridge.sccp.mediacodecs import MediaCodec
from bridge.sccp.mediaparameters import (
    NO_CODEC_PARAMETER,
    NO_ENCRYPTION,
    NO_LATENT_CAPABILITIES,
    CodecParameter,
    LatentCapabilities,
    MediaEncryption,
    MediaStatus,
    PortHandling,
    codec_parameter,
    latent_capabilities,
    media_encryption,
)
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.openenum import OpenEnum
from bridge.sccp.registry import wire
from bridge.sccp.switches import Switch
from bridge.sccp.versions import NEWEST


class MediaDirection(OpenEnum):
    """Transmit and receive."""

    NONE = 0
    RECEIVE_ONLY = 1
    TRANSMIT_ONLY = 2
    BOTH = 3


DTMF_TYPE_RFC2833 = 10
"""What CallManager sends as ``dtmf_type``, and phones accept."""


def _receive(name: str, *, wide: bool, size: int, since: int, until: int, from_length: int = 0) -> Form:
    """OpenReceiveChannel: every form is a prefix of the longest one of its address width."""
    return Form(
        MessageId.OPEN_RECEIVE_CHANNEL,
        u32("conf_id"),
        u32("party_id"),
        u32("packet_ms"),
        u32("codec", MediaCodec),
        u32("echo_cancel", Switch),
        codec_parameter(),
        u32("call_ref"),
        media_encryption(),
        u32("stream_id"),
        u32("associated_stream_id"),
        u32("rfc2833_payload"),
        u32("dtmf_type"),
        u32("mixing_mode"),
        u32("direction", MediaDirection),
        WideAddress("source_ip") if wide else NarrowAddress("source_ip"),
        u32("source_port"),
        u32("requested_ip_type", AddressFamily),
        *((i32("audio_level_adjust"), latent_capabilities()) if wide else ()),
        name=name,
        since=since,
        until=until,
        size=size,
        from_length=from_length,
        least=28,
    )


@wire(
    _receive("168", wide=True, size=168, since=21, until=NEWEST, from_length=128),
    _receive("132", wide=True, size=132, since=18, until=20, from_length=128),
    _receive("128", wide=True, size=128, since=17, until=17, from_length=128),
    # Sources give 108 or 112 for version 16. Phones accept a longer body than they know, dissectors no shorter one.
    _receive("112", wide=False, size=112, since=16, until=16),
    _receive("108", wide=False, size=108, since=0, until=15),
    _receive("92", wide=False, size=92, since=99, until=99),
    _receive("68", wide=False, size=68, since=99, until=99),
)
@dataclass(frozen=True, slots=True)
class OpenReceiveChannel(Message):
    """0x0105: listen for RTP. The phone answers with its address in OpenReceiveChannelAck.

    A source other than 0.0.0.0 is suspected of making phones fall silent: leave it.
    """

    conf_id: int
    party_id: int
    """A token of the server's for this channel; the phone returns it."""
    packet_ms: int = 20
    codec: MediaCodec = MediaCodec.G711_ULAW_64K
    echo_cancel: Switch = Switch.OFF
    codec_parameter: CodecParameter = NO_CODEC_PARAMETER
    call_ref: int = 0
    encryption: MediaEncryption = NO_ENCRYPTION
    stream_id: int = 0
    associated_stream_id: int = 0
    rfc2833_payload: int = 0
    """RTP payload type of telephone events; 0 for a phone without RFC 2833."""
    dtmf_type: int = 0
    mixing_mode: int = 0
    direction: MediaDirection = MediaDirection.NONE
    source_ip: StationAddress = UNSPECIFIED
    source_port: int = 0
    requested_ip_type: AddressFamily = AddressFamily.IPV4
    audio_level_adjust: int = 0
    latent: LatentCapabilities = NO_LATENT_CAPABILITIES


@wire(
    Form(
        MessageId.OPEN_RECEIVE_CHANNEL_ACK,
        u32("status", MediaStatus),
        WideAddress("ip"),
        u32("port"),
        u32("party_id"),
        u32("call_ref"),
        name="36",
        since=17,
        from_length=36,
    ),
    Form(
        MessageId.OPEN_RECEIVE_CHANNEL_ACK,
        u32("status", MediaStatus),
        NarrowAddress("ip"),
        u32("port"),
        u32("party_id"),
        u32("call_ref"),
        name="20",
        until=16,
        least=16,
    ),
)
@dataclass(frozen=True, slots=True)
class OpenReceiveChannelAck(Message):
    """0x0022: where the phone listens. Without MediaStatus.OK the address means nothing.

    A 7905 or 7912 sends no ``call_ref``: know the channel by ``party_id``.
    """

    status: MediaStatus
    ip: StationAddress
    port: int
    party_id: int
    call_ref: int = 0


def _transmit(name: str, *, wide: bool, size: int, since: int, until: int, from_length: int = 0) -> Form:
    """StartMediaTransmission: every form is a prefix of the longest one of its address width."""
    return Form(
        MessageId.START_MEDIA_TRANSMISSION,
        u32("conf_id"),
        u32("party_id"),
        WideAddress("remote_ip") if wide else NarrowAddress("remote_ip"),
        u32("remote_port"),
        u32("packet_ms"),
        u32("codec", MediaCodec),
        u32("precedence"),
        u32("silence_suppression", Switch),
        u16("max_frames"),
        Pad(2),
        codec_parameter(),
        u32("call_ref"),
        media_encryption(),
        u32("stream_id"),
        u32("associated_stream_id"),
        u32("rfc2833_payload"),
        u32("dtmf_type"),
        u32("mixing_mode"),
        u32("direction", MediaDirection),
        *((latent_capabilities(),) if wide else ()),
        name=name,
        since=since,
        until=until,
        size=size,
        from_length=from_length,
        least=20,
    )


@wire(
    _transmit("168", wide=True, size=168, since=21, until=NEWEST, from_length=132),
    _transmit("132", wide=True, size=132, since=17, until=20, from_length=132),
    _transmit("116", wide=False, size=116, since=0, until=16),
    _transmit("108", wide=False, size=108, since=99, until=99),
    _transmit("84", wide=False, size=84, since=99, until=99),
)
@dataclass(frozen=True, slots=True)
class StartMediaTransmission(Message):
    """0x008A: send RTP there."""

    conf_id: int
    party_id: int
    remote_ip: StationAddress
    remote_port: int
    packet_ms: int = 20
    codec: MediaCodec = MediaCodec.G711_ULAW_64K
    precedence: int = 0xB8
    """The DSCP byte of the RTP packets; 0xB8 is EF."""
    silence_suppression: Switch = Switch.OFF
    max_frames: int = 0
    codec_parameter: CodecParameter = NO_CODEC_PARAMETER
    call_ref: int = 0
    encryption: MediaEncryption = NO_ENCRYPTION
    stream_id: int = 0
    associated_stream_id: int = 0
    rfc2833_payload: int = 0
    dtmf_type: int = 0
    mixing_mode: int = 0
    direction: MediaDirection = MediaDirection.NONE
    latent: LatentCapabilities = NO_LATENT_CAPABILITIES


@wire(
    Form(
        MessageId.START_MEDIA_TRANSMISSION_ACK,
        u32("conf_id"),
        u32("party_id"),
        u32("call_ref"),
        WideAddress("ip"),
        u32("port"),
        u32("status", MediaStatus),
        name="40",
        since=17,
        from_length=40,
    ),
    Form(
        MessageId.START_MEDIA_TRANSMISSION_ACK,
        u32("conf_id"),
        u32("party_id"),
        u32("call_ref"),
        NarrowAddress("ip"),
        u32("port"),
        u32("status", MediaStatus),
        name="24",
        until=16,
        least=12,
    ),
)
@dataclass(frozen=True, slots=True)
class StartMediaTransmissionAck(Message):
    """0x0154: from where the phone sends; newer phones only. A 6901 or 6911 fills in ``call_ref`` alone."""

    conf_id: int
    party_id: int
    call_ref: int
    ip: StationAddress
    port: int
    status: MediaStatus = MediaStatus.OK


@wire(
    Form(
        MessageId.MEDIA_TRANSMISSION_FAILURE,
        u32("conf_id"),
        u32("party_id"),
        WideAddress("remote_ip"),
        u32("remote_port"),
        u32("call_ref"),
        name="36",
        since=17,
        from_length=36,
    ),
    Form(
        MessageId.MEDIA_TRANSMISSION_FAILURE,
        u32("conf_id"),
        u32("party_id"),
        NarrowAddress("remote_ip"),
        u32("remote_port"),
        u32("call_ref"),
        name="20",
        until=16,
        least=8,
    ),
)
@dataclass(frozen=True, slots=True)
class MediaTransmissionFailure(Message):
    """0x002A: the phone cannot send there."""

    conf_id: int
    party_id: int
    remote_ip: StationAddress = UNSPECIFIED
    remote_port: int = 0
    call_ref: int = 0


@wire(
    Form(
        MessageId.STOP_MEDIA_TRANSMISSION,
        u32("conf_id"),
        u32("party_id"),
        u32("call_ref"),
        u32("port_handling", PortHandling),
        least=8,
    )
)
@dataclass(frozen=True, slots=True)
class StopMediaTransmission(Message):
    """0x008B: stop sending RTP."""

    conf_id: int
    party_id: int
    call_ref: int = 0
    port_handling: PortHandling = PortHandling.CLOSE


@wire(
    Form(
        MessageId.CLOSE_RECEIVE_CHANNEL,
        u32("conf_id"),
        u32("party_id"),
        u32("call_ref"),
        u32("port_handling", PortHandling),
        least=8,
    )
)
@dataclass(frozen=True, slots=True)
class CloseReceiveChannel(Message):
    """0x0106: stop listening."""

    conf_id: int
    party_id: int
    call_ref: int = 0
    port_handling: PortHandling = PortHandling.CLOSE
