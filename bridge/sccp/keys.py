"""What the user does: hook, keypad, buttons, headset.

Source: SCCP wire reference, sections 7.1, 7.2, 7.6 and 10.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.errors import InvalidInput
from bridge.sccp.fields import Pad, Text, u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.openenum import OpenEnum
from bridge.sccp.registry import wire
from bridge.sccp.stimuli import StimulusType
from bridge.sccp.switches import OnOff


class KeypadKey(OpenEnum):
    """KeypadButton: a key of the keypad."""

    DIGIT_0 = 0
    DIGIT_1 = 1
    DIGIT_2 = 2
    DIGIT_3 = 3
    DIGIT_4 = 4
    DIGIT_5 = 5
    DIGIT_6 = 6
    DIGIT_7 = 7
    DIGIT_8 = 8
    DIGIT_9 = 9
    A = 10
    B = 11
    C = 12
    D = 13
    STAR = 14
    POUND = 15
    PLUS = 16

    @property
    def character(self) -> str:
        """The key as it stands in a number; empty for a key that is no digit of a number."""
        return _KEYS[self] if self < len(_KEYS) else ""

    @classmethod
    def of(cls, character: str) -> KeypadKey:
        """The key for a character of a number. Raises InvalidInput for any other text."""
        index = _KEYS.find(character) if len(character) == 1 else -1
        if index < 0:
            raise InvalidInput(f"{character!r} is on no phone's keypad")
        return cls(index)


_KEYS = "0123456789ABCD*#+"


class MediaPath(OpenEnum):
    """MediaPath: what the user speaks into."""

    HEADSET = 1
    HANDSET = 2
    SPEAKER = 3


class MediaPathCapabilityType(OpenEnum):
    """MediaPathCapability: what can be done with it."""

    ENABLE = 1
    DISABLE = 2
    MONITOR = 3


@wire(Form(MessageId.KEYPAD_BUTTON, u32("button", KeypadKey), u32("line"), u32("call_ref"), least=4))
@dataclass(frozen=True, slots=True)
class KeypadButton(Message):
    """0x0003: a key of the keypad was pressed. A 7912 tells the key alone."""

    button: KeypadKey
    line: int = 0
    """Below version 15 the index of the line's button, not the line instance."""
    call_ref: int = 0


def _enbloc_form(body: bytes, _version: int) -> int:
    """Which of the forms below: 24, 28, 32 aligned, 29 packed. Both of the last are 32 bytes long on the wire."""
    if len(body) < 28:
        return 0
    if len(body) == 28:
        return 1
    return 2 if len(body) >= 32 and any(body[28:32]) else 3


@wire(
    Form(MessageId.ENBLOC_CALL, Text("number", 24), name="24", until=16, least=1),
    Form(MessageId.ENBLOC_CALL, Text("number", 24), u32("line"), name="28", since=17, until=17),
    Form(MessageId.ENBLOC_CALL, Text("number", 25), Pad(3), u32("line"), name="aligned", since=99),
    Form(MessageId.ENBLOC_CALL, Text("number", 25), u32("line"), name="packed", since=18),
    choose=_enbloc_form,
)
@dataclass(frozen=True, slots=True)
class EnblocCall(Message):
    """0x0004: a whole number at once. A 7970 packs its fields from version 18 on, an 8945 aligns them."""

    number: str
    line: int = 1


@wire(Form(MessageId.STIMULUS, u32("stimulus", StimulusType), u32("instance"), u32("call_ref"), u32("status"), least=4))
@dataclass(frozen=True, slots=True)
class Stimulus(Message):
    """0x0005: a button was pressed."""

    stimulus: StimulusType
    instance: int = 0
    """Line instance, or the index of the speed dial, feature or service."""
    call_ref: int = 0
    status: int = 0


@wire(Form(MessageId.OFF_HOOK, u32("line"), u32("call_ref")))
@dataclass(frozen=True, slots=True)
class OffHook(Message):
    """0x0006: the handset was lifted. Some phones tell neither line nor call."""

    line: int = 0
    call_ref: int = 0


@wire(Form(MessageId.ON_HOOK, u32("line"), u32("call_ref")))
@dataclass(frozen=True, slots=True)
class OnHook(Message):
    """0x0007: the handset was put down."""

    line: int = 0
    call_ref: int = 0


@wire(Form(MessageId.HOOK_FLASH, u32("line"), u32("call_ref")))
@dataclass(frozen=True, slots=True)
class HookFlash(Message):
    """0x0008: the hook of an analog phone was flashed."""

    line: int = 0
    call_ref: int = 0


@wire(
    Form(
        MessageId.OFF_HOOK_WITH_CALLING_PARTY,
        Text("calling_number", 25),
        Text("voicemail", 25),
        u32("line"),
        name="packed",
        since=18,
        from_length=54,
    ),
    Form(
        MessageId.OFF_HOOK_WITH_CALLING_PARTY,
        Text("calling_number", 24),
        Text("voicemail", 24),
        u32("line"),
        name="52",
        until=17,
    ),
)
@dataclass(frozen=True, slots=True)
class OffHookWithCallingParty(Message):
    """0x0024: the handset was lifted, by somebody with a number of their own."""

    calling_number: str = ""
    voicemail: str = ""
    line: int = 0


@wire(Form(MessageId.HEADSET_STATUS, u32("mode", OnOff)))
@dataclass(frozen=True, slots=True)
class HeadsetStatus(Message):
    """0x002B: the headset was switched on or off."""

    mode: OnOff = OnOff.OFF


@wire(Form(MessageId.MEDIA_PATH_EVENT, u32("path", MediaPath), u32("event", OnOff), least=4))
@dataclass(frozen=True, slots=True)
class MediaPathEvent(Message):
    """0x0049: headset, handset or speaker came into use, or out of it."""

    path: MediaPath
    event: OnOff = OnOff.OFF


@wire(
    Form(MessageId.MEDIA_PATH_CAPABILITY, u32("path", MediaPath), u32("capability", MediaPathCapabilityType), least=4)
)
@dataclass(frozen=True, slots=True)
class MediaPathCapability(Message):
    """0x004A: what the phone can do with headset, handset or speaker."""

    path: MediaPath
    capability: MediaPathCapabilityType = MediaPathCapabilityType.ENABLE


@wire(Form(MessageId.IP_PORT, u32("rtp_port"), least=4))
@dataclass(frozen=True, slots=True)
class IpPort(Message):
    """0x0002: the RTP port of a phone of the 12SP era."""

    rtp_port: int = 0
