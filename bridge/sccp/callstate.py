"""What becomes of a call, as the phone is told.

Source: SCCP wire reference, sections 7.1 and 7.2; SCCP flows reference, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp.fields import Text, u32
from bridge.sccp.form import Form
from bridge.sccp.message import Message
from bridge.sccp.messageid import MessageId
from bridge.sccp.openenum import OpenEnum
from bridge.sccp.registry import wire
from bridge.sccp.switches import Switch


class StationCallState(OpenEnum):
    """CallState."""

    IDLE = 0
    OFF_HOOK = 1
    ON_HOOK = 2
    RING_OUT = 3
    RING_IN = 4
    CONNECTED = 5
    BUSY = 6
    CONGESTION = 7
    HOLD = 8
    CALL_WAITING = 9
    TRANSFER = 10
    PARK = 11
    PROCEED = 12
    IN_USE_REMOTELY = 13
    """Somebody else talks on the shared line."""
    INVALID_NUMBER = 14
    HOLD_REVERT = 15
    WHISPER = 16
    REMOTE_HOLD = 17


class CallVisibility(OpenEnum):
    """CallVisibility."""

    DEFAULT = 0
    COLLAPSED = 1
    HIDDEN = 2


class CallPriority(OpenEnum):
    """CallPriority."""

    HIGHEST = 0
    HIGH = 1
    MEDIUM = 2
    LOW = 3
    NORMAL = 4


class CallHistory(OpenEnum):
    """CallHistory: how the phone files the call."""

    IGNORE = 0
    PLACED = 1
    RECEIVED = 2
    MISSED = 3
    UNKNOWN = 0xFFFFFFFF


@wire(
    Form(
        MessageId.CALL_STATE,
        u32("state", StationCallState),
        u32("line"),
        u32("call_ref"),
        u32("visibility", CallVisibility),
        u32("priority", CallPriority),
        u32("precedence_domain"),
        least=12,
    )
)
@dataclass(frozen=True, slots=True)
class CallState(Message):
    """0x0111: the state of a call. OFF_HOOK always comes before CONNECTED, or some phones send no audio."""

    state: StationCallState
    line: int = 0
    call_ref: int = 0
    visibility: CallVisibility = CallVisibility.DEFAULT
    priority: CallPriority = CallPriority.NORMAL
    precedence_domain: int = 0


@wire(
    Form(
        MessageId.DIALED_NUMBER, Text("number", 25), u32("line"), u32("call_ref"), name="33", since=18, from_length=33
    ),
    Form(MessageId.DIALED_NUMBER, Text("number", 24), u32("line"), u32("call_ref"), name="32", until=17),
)
@dataclass(frozen=True, slots=True)
class DialedNumber(Message):
    """0x011D: the number that was dialled, for the redial list."""

    number: str
    line: int = 0
    call_ref: int = 0


@wire(Form(MessageId.BACK_SPACE_RES, u32("line"), u32("call_ref")))
@dataclass(frozen=True, slots=True)
class BackSpaceRes(Message):
    """0x0119: take the last digit away."""

    line: int = 0
    call_ref: int = 0


@wire(Form(MessageId.ACTIVATE_CALL_PLANE, u32("line")))
@dataclass(frozen=True, slots=True)
class ActivateCallPlane(Message):
    """0x0116: bring the line to the front of the screen."""

    line: int = 0


@wire(Form(MessageId.DEACTIVATE_CALL_PLANE))
@dataclass(frozen=True, slots=True)
class DeactivateCallPlane(Message):
    """0x0117: back to the idle screen."""


@wire(Form(MessageId.CALL_SELECT_STAT, u32("status"), u32("call_ref"), u32("line")))
@dataclass(frozen=True, slots=True)
class CallSelectStat(Message):
    """0x0130: the call was selected, or is no longer."""

    status: int = 0
    call_ref: int = 0
    line: int = 0


@wire(Form(MessageId.CALL_HISTORY_DISPOSITION, u32("disposition", CallHistory), u32("line"), u32("call_ref"), least=4))
@dataclass(frozen=True, slots=True)
class CallHistoryDisposition(Message):
    """0x0156: how to file the call; newer phones only."""

    disposition: CallHistory
    line: int = 0
    call_ref: int = 0


@wire(Form(MessageId.RECORDING_STATUS, u32("call_ref"), u32("status", Switch), least=4))
@dataclass(frozen=True, slots=True)
class RecordingStatus(Message):
    """0x0160: whether the call is recorded."""

    call_ref: int
    status: Switch = Switch.OFF
