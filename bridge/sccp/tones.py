"""Tones that the phone makes itself.

Source: SCCP wire reference, sections 7.1 and 7.2; SCCP enumerations reference, section 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.fields import u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.openenum import OpenEnum
from bridge.sccp.registry import wire


class Tone(OpenEnum):
    """Tone. A server for phones needs those up to TEST, and NO_TONE."""

    SILENCE = 0x00
    DTMF_1 = 0x01
    DTMF_2 = 0x02
    DTMF_3 = 0x03
    DTMF_4 = 0x04
    DTMF_5 = 0x05
    DTMF_6 = 0x06
    DTMF_7 = 0x07
    DTMF_8 = 0x08
    DTMF_9 = 0x09
    DTMF_0 = 0x0A
    DTMF_STAR = 0x0E
    DTMF_POUND = 0x0F
    DTMF_A = 0x10
    DTMF_B = 0x11
    DTMF_C = 0x12
    DTMF_D = 0x13
    INSIDE_DIAL = 0x21
    """The dial tone."""
    OUTSIDE_DIAL = 0x22
    """The secondary dial tone."""
    LINE_BUSY = 0x23
    ALERTING = 0x24
    """Ring-back."""
    REORDER = 0x25
    """Congestion."""
    RECORDER_WARNING = 0x26
    RECORDER_DETECTED = 0x27
    REVERTING = 0x28
    RECEIVER_OFF_HOOK = 0x29
    """The howler."""
    MESSAGE_WAITING = 0x2A
    """Stutter dial tone, for phones without a lamp."""
    NO_SUCH_NUMBER = 0x2B
    BUSY_VERIFICATION = 0x2C
    CALL_WAITING = 0x2D
    CONFIRMATION = 0x2E
    CAMP_ON_INDICATION = 0x2F
    RECALL_DIAL = 0x30
    ZIP_ZIP = 0x31
    ZIP = 0x32
    BEEP_BONK = 0x33
    MUSIC = 0x34
    HOLD = 0x35
    TEST = 0x36
    MONITOR_WARNING_TONE = 0x38
    SECURE_WARNING_TONE = 0x39
    ADD_CALL_WAITING = 0x40
    PRIORITY_CALL_WAITING = 0x41
    RECALL_DIAL_2 = 0x42
    BARGE_IN = 0x43
    DISTINCT_ALERT = 0x44
    PRIORITY_ALERT = 0x45
    REMINDER_RING = 0x46
    PRECEDENCE_RING_BACK = 0x47
    PREEMPTION_TONE = 0x48
    NON_SECURE_WARNING_TONE = 0x49
    MF_1 = 0x50
    MF_2 = 0x51
    MF_3 = 0x52
    MF_4 = 0x53
    MF_5 = 0x54
    MF_6 = 0x55
    MF_7 = 0x56
    MF_8 = 0x57
    MF_9 = 0x58
    MF_0 = 0x59
    MFKP1 = 0x5A
    MFST = 0x5B
    MFKP2 = 0x5C
    MFSTP = 0x5D
    MFST3_P = 0x5E
    MILLIWATT = 0x5F
    MILLIWATT_TEST = 0x60
    HIGH_TONE = 0x61
    FLASH_OVERRIDE = 0x62
    FLASH = 0x63
    PRIORITY = 0x64
    IMMEDIATE = 0x65
    PREEMPTION_WARNING = 0x66
    HZ_2105 = 0x67
    HZ_2600 = 0x68
    HZ_440 = 0x69
    HZ_300 = 0x6A
    MOBILITY_WP = 0x6B
    MOBILITY_UAC = 0x6C
    MOBILITY_WTDN = 0x6D
    MOBILITY_MON = 0x6E
    MOBILITY_MOFF = 0x6F
    MOBILITY_UKC = 0x70
    MOBILITY_VMA = 0x71
    MOBILITY_FAC = 0x72
    MOBILITY_CMC = 0x73
    MLPP_PALA = 0x77
    MLPP_ICA = 0x78
    MLPP_VCA = 0x79
    MLPP_BPA = 0x7A
    MLPP_BNEA = 0x7B
    MLPP_UPA = 0x7C
    TUA = 0x7D
    GONE = 0x7E
    NO_TONE = 0x7F
    MEET_ME_GREETING = 0x80
    MEET_ME_NUMBER_INVALID = 0x81
    MEET_ME_NUMBER_FAILED = 0x82
    MEET_ME_ENTER_PIN = 0x83
    MEET_ME_INVALID_PIN = 0x84
    MEET_ME_FAILED_PIN = 0x85
    MEET_ME_CFB_FAILED = 0x86
    MEET_ME_ENTER_ACCESS_CODE = 0x87
    MEET_ME_ACCESS_CODE_INVALID = 0x88
    MEET_ME_ACCESS_CODE_FAILED = 0x89
    MAX = 0x8A


class ToneDirection(OpenEnum):
    """ToneDirection: who hears it."""

    USER = 0
    NETWORK = 1
    BOTH = 2


@wire(
    Form(
        MessageId.START_TONE,
        u32("tone", Tone),
        u32("direction", ToneDirection),
        u32("line"),
        u32("call_ref"),
        least=4,
    )
)
@dataclass(frozen=True, slots=True)
class StartTone(Message):
    """0x0082: play a tone until StopTone."""

    tone: Tone
    direction: ToneDirection = ToneDirection.USER
    line: int = 0
    call_ref: int = 0


@wire(
    Form(MessageId.STOP_TONE, u32("line"), u32("call_ref"), u32("tone", Tone), name="12", since=11),
    Form(MessageId.STOP_TONE, u32("line"), u32("call_ref"), name="8", until=10, from_length=0),
    choose=lambda body, _version: 0 if len(body) > 8 else 1,
)
@dataclass(frozen=True, slots=True)
class StopTone(Message):
    """0x0083: stop the tone of a call. ``tone`` goes out from version 11 on."""

    line: int = 0
    call_ref: int = 0
    tone: Tone = Tone.SILENCE
