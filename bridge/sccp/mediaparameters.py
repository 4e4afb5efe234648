"""Structures and enumerations that several media messages share.

Source: SCCP wire reference, section 6 (types codec, crypto, latent); SCCP enumerations reference, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.fields import Nested, Octets, u8, u16, u32
from bridge.sccp.openenum import OpenEnum


class MediaStatus(OpenEnum):
    """MediaStatus: whether the phone could open a channel."""

    OK = 0
    UNKNOWN_ERROR = 1
    NOT_ENOUGH_CHANNELS = 2
    CODEC_TOO_COMPLEX = 3
    INVALID_PARTY_ID = 4
    INVALID_CALL_REFERENCE = 5
    INVALID_CODEC = 6
    INVALID_PACKET_SIZE = 7
    OUT_OF_SOCKETS = 8
    ENCODER_OR_DECODER_FAILED = 9
    INVALID_DYNAMIC_PAYLOAD_TYPE = 10
    REQUESTED_IP_TYPE_UNAVAILABLE = 11
    DEVICE_ON_HOOK = 12
    DEVICE_ON_HOOK_OTHER = 255
    """The same as DEVICE_ON_HOOK: both numbers are documented."""


class MediaType(OpenEnum):
    """MediaType."""

    INVALID = 0
    AUDIO = 1
    MAIN_VIDEO = 2
    FAR_END_CAMERA_CONTROL = 3
    PRESENTATION_VIDEO = 4
    BFCP = 5
    IX_CHANNEL = 6
    T38 = 7


class MediaTransport(OpenEnum):
    """MediaTransport."""

    RTP = 1
    UDP = 2
    TCP = 3


class PortHandling(OpenEnum):
    """PortHandling: what becomes of the RTP port when a channel closes."""

    CLOSE = 0
    KEEP = 1


class EncryptionAlgorithm(OpenEnum):
    """EncryptionAlgorithm."""

    NONE = 0
    AES_CM_128_HMAC_SHA1_32 = 1
    AES_CM_128_HMAC_SHA1_80 = 2
    F8_128_HMAC_SHA1_32 = 3
    F8_128_HMAC_SHA1_80 = 4
    AEAD_AES_128_GCM = 5
    AEAD_AES_256_GCM = 6


@dataclass(frozen=True, slots=True)
class CodecParameter:
    """Four bytes whose meaning depends on the codec; zeros for G.711, G.722 and G.729."""

    mode: int = 0
    dynamic_payload: int = 0
    parameter1: int = 0
    parameter2: int = 0

    @property
    def bit_rate(self) -> int:
        """For G.723.1: 1 is 5.3 kbit/s, 2 is 6.3 kbit/s."""
        return self.mode | self.dynamic_payload << 8 | self.parameter1 << 16 | self.parameter2 << 24


@dataclass(frozen=True, slots=True)
class MediaEncryption:
    """SRTP parameters of one direction; all zero without encryption."""

    algorithm: EncryptionAlgorithm = EncryptionAlgorithm.NONE
    key_length: int = 0
    salt_length: int = 0
    key: bytes = bytes(16)
    salt: bytes = bytes(16)
    mki_present: int = 0
    key_derivation_rate: int = 0


@dataclass(frozen=True, slots=True)
class LatentCapabilities:
    """Modem relay parameters of the largest media messages; a server for voice sends zeros."""

    active: int = 0
    modem_relay: int = 0
    modulation: int = 0
    sprt_channel0_payload: int = 0
    sprt_channel2_payload: int = 0
    sprt_channel3_payload: int = 0
    sprt_channel2_window: int = 0
    sse_standard: int = 0
    sse_vendor: int = 0
    payloads: bytes = bytes(8)


NO_CODEC_PARAMETER = CodecParameter()
NO_ENCRYPTION = MediaEncryption()
NO_LATENT_CAPABILITIES = LatentCapabilities()


def codec_parameter() -> Nested:
    """The field ``codec_parameter``."""
    return Nested(
        "codec_parameter", CodecParameter, u8("mode"), u8("dynamic_payload"), u8("parameter1"), u8("parameter2")
    )


def media_encryption() -> Nested:
    """The field ``encryption``: 48 bytes."""
    return Nested(
        "encryption",
        MediaEncryption,
        u32("algorithm", EncryptionAlgorithm),
        u16("key_length"),
        u16("salt_length"),
        Octets("key", 16),
        Octets("salt", 16),
        u32("mki_present"),
        u32("key_derivation_rate"),
    )


def latent_capabilities() -> Nested:
    """The field ``latent``: 36 bytes."""
    return Nested(
        "latent",
        LatentCapabilities,
        u32("active"),
        u32("modem_relay"),
        u32("modulation"),
        u16("sprt_channel0_payload"),
        u16("sprt_channel2_payload"),
        u16("sprt_channel3_payload"),
        u16("sprt_channel2_window"),
        u32("sse_standard"),
        u32("sse_vendor"),
        Octets("payloads", 8),
    )
