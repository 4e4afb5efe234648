"""Soft keys: the template of all keys, the sets by call state, the choice of a set, and the key pressed.

Source: SCCP wire reference, section 7.6; SCCP enumerations reference, section 6.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.sccp.fields import Array, Length, Text, u8, u16, u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.openenum import OpenEnum
from bridge.sccp.registry import wire
from bridge.sccp.segments import Entries

TEMPLATE_SLOTS = 32
SET_SLOTS = 16
KEYS_PER_SET = 16
ALL_KEYS = 0xFFFFFFFF
"""Mask of SelectSoftKeys that enables every key of the set."""
INFO_BASE = 300
"""The info index of a soft key is 300 and its event."""


class SoftKeySetIndex(OpenEnum):
    """SoftKeySet: the state of a call, as far as soft keys care."""

    ON_HOOK = 0
    CONNECTED = 1
    ON_HOLD = 2
    RING_IN = 3
    OFF_HOOK = 4
    CONNECTED_TRANSFERABLE = 5
    DIGITS_AFTER_DIALING_FIRST = 6
    CONNECTED_CONFERENCEABLE = 7
    RING_OUT = 8
    OFF_HOOK_WITH_FEATURE = 9
    IN_USE_HINT = 10
    ON_HOOK_STEALABLE = 11
    HOLD_CONFERENCE = 12


class SoftKeyEventType(OpenEnum):
    """Soft-key events. All servers agree on 1 to 18; above, the phone returns whatever number the template gave it.

    Those from 19 on are CUCM's own.
    """

    NONE = 0
    REDIAL = 1
    NEW_CALL = 2
    HOLD = 3
    TRANSFER = 4
    CFWD_ALL = 5
    CFWD_BUSY = 6
    CFWD_NO_ANSWER = 7
    BACKSPACE = 8
    END_CALL = 9
    RESUME = 10
    ANSWER = 11
    INFO = 12
    CONFRN = 13
    PARK = 14
    JOIN = 15
    MEET_ME = 16
    PICK_UP = 17
    GROUP_PICK_UP = 18
    REMOVE_LAST_CONFERENCE_PARTY = 19
    CALL_BACK = 20
    BARGE = 21
    QUALITY_REPORT = 22
    MALICIOUS_CALL = 27
    DIRECT_TRANSFER = 28
    SELECT = 29
    CONF_LIST = 30
    IDIVERT = 31
    VIDEO_MODE = 33
    OTHER_PICK_UP = 34
    HUNT_GROUP_LOGIN = 35
    DO_NOT_DISTURB = 69
    ABBREVIATED_DIAL = 71
    RECORD = 74
    DIAL = 201


@dataclass(frozen=True, slots=True)
class SoftKeyDefinition:
    """One soft key: its label (plain text, or a built-in label) and the event that pressing it reports."""

    label: str
    event: SoftKeyEventType


@dataclass(frozen=True, slots=True)
class SoftKeySet:
    """The keys of one state: positions in the template (1-based, 0 for a blank key), and their help texts."""

    positions: tuple[int, ...]
    info: tuple[int, ...]


@wire(Form(MessageId.SOFT_KEY_EVENT, u32("event", SoftKeyEventType), u32("line"), u32("call_ref"), least=4))
@dataclass(frozen=True, slots=True)
class SoftKeyEvent(Message):
    """0x0026: a soft key was pressed. Line and call are 0 when none is selected."""

    event: SoftKeyEventType
    line: int = 0
    call_ref: int = 0


@wire(
    Form(
        MessageId.SOFT_KEY_TEMPLATE_RES,
        u32("offset"),
        Length("keys"),
        u32("total"),
        Entries(
            "keys",
            SoftKeyDefinition,
            Text("label", 16),
            u32("event", SoftKeyEventType),
            limit=128,
            slots=(TEMPLATE_SLOTS,),
        ),
        least=12,
    )
)
@dataclass(frozen=True, slots=True)
class SoftKeyTemplateRes(Message):
    """0x0108: all soft keys there are."""

    keys: tuple[SoftKeyDefinition, ...]
    offset: int = 0
    total: int = 0

    @classmethod
    def of(cls, keys: Iterable[SoftKeyDefinition]) -> SoftKeyTemplateRes:
        """The template in one message."""
        whole = tuple(keys)
        return cls(whole, 0, len(whole))


@wire(
    Form(
        MessageId.SOFT_KEY_SET_RES,
        u32("offset"),
        Length("sets"),
        u32("total"),
        Entries(
            "sets",
            SoftKeySet,
            Array("positions", u8(""), KEYS_PER_SET, 0),
            Array("info", u16(""), KEYS_PER_SET, 0),
            limit=64,
            slots=(SET_SLOTS,),
        ),
        least=12,
    )
)
@dataclass(frozen=True, slots=True)
class SoftKeySetRes(Message):
    """0x0109: which soft keys belong to which state; the index of a set is its SoftKeySetIndex."""

    sets: tuple[SoftKeySet, ...]
    offset: int = 0
    total: int = 0

    @classmethod
    def of(cls, sets: Iterable[SoftKeySet]) -> SoftKeySetRes:
        """The sets in one message."""
        whole = tuple(sets)
        return cls(whole, 0, len(whole))


@wire(Form(MessageId.SELECT_SOFT_KEYS, u32("line"), u32("call_ref"), u32("set", SoftKeySetIndex), u32("valid_mask")))
@dataclass(frozen=True, slots=True)
class SelectSoftKeys(Message):
    """0x0110: show this set of soft keys for a call; line and call 0 for the idle phone."""

    line: int = 0
    call_ref: int = 0
    set: SoftKeySetIndex = SoftKeySetIndex.ON_HOOK
    valid_mask: int = 0
    """Bit n enables key n + 1 of the set; ALL_KEYS for all of them."""
