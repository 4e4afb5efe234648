"""What codecs a phone has.

Source: SCCP wire reference, section 7.5.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.fields import Length, Octets, u32
from bridge.sccp.form import Form
from bridge.sccp.mediacodecs import MediaCodec
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.registry import wire
from bridge.sccp.segments import Entries, Rest
from bridge.sccp.versions import NEWEST

MAX_AUDIO = 18


@dataclass(frozen=True, slots=True)
class MediaCapability:
    """A codec that the phone can receive and send, and how many frames a packet may hold.

    ``parameters`` are eight bytes whose meaning depends on the codec; ``dynamic_payload`` is what most codecs use.
    """

    codec: MediaCodec
    max_frames: int = 0
    parameters: bytes = bytes(8)

    @property
    def dynamic_payload(self) -> int:
        """The dynamic RTP payload type, 0 for none."""
        return self.parameters[1]


def _audio(limit: int, slots: tuple[int, ...] = ()) -> Entries:
    return Entries(
        "audio",
        MediaCapability,
        u32("codec", MediaCodec),
        u32("max_frames"),
        Octets("parameters", 8),
        limit=limit,
        slots=slots,
    )


@wire(Form(MessageId.CAPABILITIES_REQ))
@dataclass(frozen=True, slots=True)
class CapabilitiesReq(Message):
    """0x009B: which codecs do you have?"""


@wire(
    Form(MessageId.CAPABILITIES_RES, Length("audio"), _audio(MAX_AUDIO), name="counted"),
    Form(MessageId.CAPABILITIES_RES, Length("audio"), _audio(MAX_AUDIO, (MAX_AUDIO,)), name="padded", since=99),
)
@dataclass(frozen=True, slots=True)
class CapabilitiesRes(Message):
    """0x0010: the codecs of the phone. Older phones always send 18 slots."""

    audio: tuple[MediaCapability, ...]


def _update(message_id: MessageId, name: str, size: int, since: int = 99, until: int = NEWEST) -> Form:
    return Form(
        message_id,
        Length("audio"),
        u32("video_count"),
        u32("data_count"),
        u32("rtp_payload_format"),
        u32("custom_picture_count"),
        Octets("custom_pictures", 120),
        Octets("conference_resources", 172),
        _audio(MAX_AUDIO, (MAX_AUDIO,)),
        Rest("video_and_data", size - 600),
        name=name,
        since=since,
        until=until,
        size=size,
        from_length=size,
        least=4,
    )


@wire(
    _update(MessageId.UPDATE_CAPABILITIES, "0030", 1840, since=0),
    _update(MessageId.UPDATE_CAPABILITIES, "0030 from 16", 2000),
    _update(MessageId.UPDATE_CAPABILITIES_V2, "0043", 2000),
    _update(MessageId.UPDATE_CAPABILITIES_V3, "0044", 2340),
    _update(MessageId.UPDATE_CAPABILITIES_V3, "0044 from 16", 2380),
)
@dataclass(frozen=True, slots=True)
class UpdateCapabilities(Message):
    """0x0030, 0x0043, 0x0044: the codecs of a phone that may have video too.

    For voice only ``audio`` counts. The rest is kept as bytes: its slots may hold remains of the phone's memory.
    """

    audio: tuple[MediaCapability, ...]
    video_count: int = 0
    data_count: int = 0
    rtp_payload_format: int = 0
    custom_picture_count: int = 0
    custom_pictures: bytes = bytes(120)
    conference_resources: bytes = bytes(172)
    video_and_data: bytes = b""
    """Ten video entries, five data entries, and the trailer of the third version."""
