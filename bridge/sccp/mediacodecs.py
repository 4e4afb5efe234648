"""Codecs by the numbers that capabilities and media messages carry.

Source: SCCP enumerations reference, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.openenum import OpenEnum


class MediaCodec(OpenEnum):
    """Codec numbers of the wire: audio up to AMR_WB, then video, data and pseudo codecs."""

    NONE = 0
    NON_STANDARD = 1
    G711_ALAW_64K = 2
    G711_ALAW_56K = 3
    G711_ULAW_64K = 4
    G711_ULAW_56K = 5
    G722_64K = 6
    G722_56K = 7
    G722_48K = 8
    G723_1 = 9
    G728 = 10
    G729 = 11
    G729_ANNEX_A = 12
    IS11172_AUDIO = 13
    IS13818_AUDIO = 14
    G729_ANNEX_B = 15
    G729_ANNEX_A_B = 16
    GSM_FULL_RATE = 18
    GSM_HALF_RATE = 19
    GSM_ENHANCED_FULL_RATE = 20
    WIDEBAND_256K = 25
    DATA_64K = 32
    DATA_56K = 33
    G722_1_32K = 40
    G722_1_24K = 41
    AAC = 42
    MP4A_LATM_128K = 43
    MP4A_LATM_64K = 44
    MP4A_LATM_56K = 45
    MP4A_LATM_48K = 46
    MP4A_LATM_32K = 47
    MP4A_LATM_24K = 48
    MP4A_LATM = 49
    GSM = 80
    ACTIVE_VOICE = 81
    G726_32K = 82
    G726_24K = 83
    G726_16K = 84
    G729_ANNEX_B_LOW = 85
    ILBC = 86
    ISAC = 89
    OPUS = 90
    AMR = 97
    AMR_WB = 98
    H261 = 100
    H263 = 101
    H263_PLUS = 102
    H264 = 103
    H264_SVC = 104
    T120 = 105
    H224 = 106
    T38_FAX = 107
    TOTE = 108
    H265 = 109
    H264_UC = 110
    XV150_MODEM_RELAY_G711 = 111
    NSE_VOICE_BAND_DATA_G711 = 112
    XV150_MODEM_RELAY_G729A = 113
    NSE_VOICE_BAND_DATA_G729A = 114
    H264_FEC = 115
    CLEAR_CHANNEL = 120
    UNIVERSAL_TRANSCODER = 222
    TELEPHONE_EVENT = 257
    DTMF_PASS_THROUGH = 258
    DYNAMIC_PAYLOAD_PASS_THROUGH = 259
    DTMF_OUT_OF_BAND = 260
    DTMF_IN_BAND = 261
    CONFERENCE_TONES = 262
    NO_AUDIO = 299
    V150_MODEM_RELAY = 300
    V150_SPRT = 301
    V150_SSE = 302


@dataclass(frozen=True, slots=True)
class RtpFormat:
    """What a codec is called in SDP. ``clock_rate`` in hertz; payload types from 96 on are dynamic."""

    payload_type: int
    encoding: str
    clock_rate: int


RTP_FORMATS: dict[MediaCodec, RtpFormat] = {
    MediaCodec.G711_ALAW_64K: RtpFormat(8, "PCMA", 8000),
    MediaCodec.G711_ALAW_56K: RtpFormat(8, "PCMA", 8000),
    MediaCodec.G711_ULAW_64K: RtpFormat(0, "PCMU", 8000),
    MediaCodec.G711_ULAW_56K: RtpFormat(0, "PCMU", 8000),
    MediaCodec.G722_64K: RtpFormat(9, "G722", 8000),
    MediaCodec.G722_56K: RtpFormat(9, "G722", 8000),
    MediaCodec.G722_48K: RtpFormat(9, "G722", 8000),
    MediaCodec.G723_1: RtpFormat(4, "G723", 8000),
    MediaCodec.G729: RtpFormat(18, "G729", 8000),
    MediaCodec.G729_ANNEX_A: RtpFormat(18, "G729", 8000),
    MediaCodec.G729_ANNEX_B: RtpFormat(18, "G729", 8000),
    MediaCodec.G729_ANNEX_A_B: RtpFormat(18, "G729", 8000),
    MediaCodec.GSM_FULL_RATE: RtpFormat(3, "GSM", 8000),
    MediaCodec.GSM_HALF_RATE: RtpFormat(3, "GSM-HR-08", 8000),
    MediaCodec.GSM_ENHANCED_FULL_RATE: RtpFormat(3, "GSM-EFR", 8000),
    MediaCodec.WIDEBAND_256K: RtpFormat(25, "L16", 16000),
    MediaCodec.G722_1_32K: RtpFormat(115, "G7221", 32000),
    MediaCodec.G722_1_24K: RtpFormat(102, "G7221", 16000),
    MediaCodec.GSM: RtpFormat(3, "GSM", 8000),
    MediaCodec.G726_32K: RtpFormat(112, "G726-32", 8000),
    MediaCodec.G726_24K: RtpFormat(2, "G726-24", 8000),
    MediaCodec.G726_16K: RtpFormat(2, "G726-16", 8000),
    MediaCodec.G729_ANNEX_B_LOW: RtpFormat(18, "G729", 8000),
    MediaCodec.ILBC: RtpFormat(97, "iLBC", 8000),
}
"""Audio codecs that RTP has a name for. A codec that is missing here cannot be offered in SDP."""
