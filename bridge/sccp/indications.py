"""Lamps, ringer, speaker and microphone.

Source: SCCP wire reference, sections 7.1 and 10; SCCP enumerations reference, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.fields import u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.openenum import OpenEnum
from bridge.sccp.registry import wire
from bridge.sccp.stimuli import StimulusType
from bridge.sccp.switches import OnOff


class LampMode(OpenEnum):
    """LampMode. The four last ones are not to be relied on."""

    OFF = 1
    ON = 2
    WINK = 3
    FLASH = 4
    BLINK = 5
    HOLD = 6
    RING = 7
    CUSTOM_8 = 8
    CUSTOM_9 = 9


class RingMode(OpenEnum):
    """RingMode. The Bellcore rings are not to be relied on."""

    OFF = 1
    INSIDE = 2
    OUTSIDE = 3
    FEATURE = 4
    SILENT = 5
    """The lamp alone."""
    URGENT = 6
    BELLCORE_DR1 = 7
    BELLCORE_DR2 = 8
    BELLCORE_DR3 = 9
    BELLCORE_DR4 = 10
    BELLCORE_DR5 = 11


class RingDuration(OpenEnum):
    """RingDuration."""

    NORMAL = 1
    SINGLE = 2


@wire(Form(MessageId.SET_LAMP, u32("stimulus", StimulusType), u32("instance"), u32("mode", LampMode), least=4))
@dataclass(frozen=True, slots=True)
class SetLamp(Message):
    """0x0086: a lamp. Message waiting is the lamp of VOICEMAIL, instance 0 for the phone, n for line n."""

    stimulus: StimulusType
    instance: int = 0
    mode: LampMode = LampMode.OFF


@wire(
    Form(
        MessageId.SET_RINGER,
        u32("mode", RingMode),
        u32("duration", RingDuration),
        u32("line"),
        u32("call_ref"),
        least=4,
    )
)
@dataclass(frozen=True, slots=True)
class SetRinger(Message):
    """0x0085: ring, or stop ringing."""

    mode: RingMode
    duration: RingDuration = RingDuration.NORMAL
    """CallManager sends NORMAL even with OFF."""
    line: int = 0
    call_ref: int = 0


@wire(Form(MessageId.SET_SPEAKER_MODE, u32("mode", OnOff), least=4))
@dataclass(frozen=True, slots=True)
class SetSpeakerMode(Message):
    """0x0088: the speakerphone on or off."""

    mode: OnOff


@wire(Form(MessageId.SET_MICRO_MODE, u32("mode", OnOff), least=4))
@dataclass(frozen=True, slots=True)
class SetMicroMode(Message):
    """0x0089: the microphone on or off."""

    mode: OnOff
