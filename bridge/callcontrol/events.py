"""What a proxied phone reports to the application, besides the events of its station session.

``RegisterRequested``, ``TokenRequested``, ``StationRegistered``, ``StationUnregistered``, ``AlarmReported`` and
``StationMessageIgnored`` pass through unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridge.core import DndMode, ForwardKind, LineFeatures
from bridge.core.conferences import ConferenceMember
from bridge.core.numberstate import NumberState
from bridge.sccp.stationevents import (
    AlarmReported,
    CapabilitiesReported,
    ConnectionMeasured,
    RegisterRequested,
    StationMessageIgnored,
    StationRegistered,
    StationUnregistered,
    TokenRequested,
)


class LineState(StrEnum):
    """How a line stands at the PBX."""

    REGISTERING = "registering"
    REGISTERED = "registered"
    UNREACHABLE = "the PBX cannot be reached"
    BAD_CREDENTIALS = "the PBX refused the user name or the secret"
    UNKNOWN = "the PBX does not know the line"
    REFUSED = "the PBX refuses the line"
    GONE = "not registered"


@dataclass(frozen=True, slots=True)
class LineChanged:
    """The line's registration at the PBX changed."""

    line: int
    number: str
    state: LineState
    status: int = 0
    """SIP status where one decided it."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A call began: the INVITE went out, or came in."""

    call_ref: int
    line: int
    outgoing: bool
    number: str
    """The other side's."""
    sip_call_id: str = ""


@dataclass(frozen=True, slots=True)
class CallConnected:
    """The call was answered."""

    call_ref: int
    line: int
    number: str


@dataclass(frozen=True, slots=True)
class CallFinished:
    """The call is over. ``status`` is the SIP status that refused it, 0 for a normal end."""

    call_ref: int
    line: int
    outgoing: bool
    number: str
    answered: bool
    seconds: float
    """Talking time."""
    why: str
    status: int = 0
    name: str = ""
    """The other side's."""
    codec: str = ""
    """By Asterisk's name; empty where no sound was agreed."""
    malicious: bool = False
    recording: str = ""
    """The file, where the call was recorded."""
    listed: str = ""
    """The number for the phone's list of calls: that was dialled, or that called. ``number`` is who was there in the
    end."""


@dataclass(frozen=True, slots=True)
class CallMeasured:
    """What the phone says about the media of a call that ended."""

    measured: ConnectionMeasured


@dataclass(frozen=True, slots=True)
class MediaTroubled:
    """The phone opened no channel, or the media do not fit."""

    call_ref: int
    line: int
    what: str


@dataclass(frozen=True, slots=True)
class EarlyOpenFailed:
    """The phone acknowledges no channel before the call is answered: give it ``EarlyOpen.NEVER`` from now on."""

    device: str


@dataclass(frozen=True, slots=True)
class MessagesWaiting:
    """The message lamp of a line changed."""

    line: int
    waiting: bool
    new: int = 0
    old: int = 0


@dataclass(frozen=True, slots=True)
class TransferFinished:
    """The PBX took a transfer, or refused it."""

    call_ref: int
    target: str
    succeeded: bool
    status: int = 0


class ListPurpose(StrEnum):
    """What the members of a conference are wanted for."""

    SHOW = "the screen"
    REMOVE_LAST = "removing the last one"


@dataclass(frozen=True, slots=True)
class ListConference:
    """Ask the PBX who is in the conference, and answer with ``ConferenceListed``."""

    call_ref: int
    room: str
    purpose: ListPurpose


@dataclass(frozen=True, slots=True)
class MuteMember:
    """Let the others no longer hear a member of the conference, or hear it again."""

    call_ref: int
    room: str
    channel: str
    muted: bool


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Take a member out of the conference."""

    call_ref: int
    room: str
    channel: str


@dataclass(frozen=True, slots=True)
class ConferenceListed:
    """The application's answer to ``ListConference``: the members in the order in which they came.

    None where the PBX cannot be asked: ``why`` is for the screen then, in at most 31 characters.
    """

    call_ref: int
    room: str
    purpose: ListPurpose
    members: tuple[ConferenceMember, ...] | None
    why: str = ""


ANSWERED_WITHIN = 5.0
"""Seconds for which what a key asked of the PBX counts as done for its next press, unless the PBX says otherwise."""


@dataclass(frozen=True, slots=True)
class ChangeForward:
    """Have the PBX forward a number, or end it with an empty target. Answered by what is read then."""

    number: str
    kind: ForwardKind
    target: str


@dataclass(frozen=True, slots=True)
class ChangeDnd:
    """Have the PBX set do-not-disturb of a number. Answered by what is read then."""

    number: str
    mode: DndMode


@dataclass(frozen=True, slots=True)
class LineFeaturesRead:
    """The application's answer: how a number stands at the PBX, whoever set it."""

    number: str
    features: LineFeatures


@dataclass(frozen=True, slots=True)
class LineChangeFailed:
    """The application's answer: the PBX could not be told; everything stands as before."""

    number: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class EmergencyCalled:
    """Somebody dials an emergency number. The call is on its way, whatever becomes of it."""

    call_ref: int
    line: int
    number: str
    """The caller's directory number."""
    dialled: str


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Have the PBX record a call, and answer with ``RecordingChanged``."""

    call_ref: int
    sip_call_id: str
    line: str
    """The number of the phone's line."""
    number: str
    """The other side's."""


@dataclass(frozen=True, slots=True)
class StopRecording:
    """Have the PBX stop recording a call, and answer with ``RecordingChanged``."""

    call_ref: int


@dataclass(frozen=True, slots=True)
class RecordingChanged:
    """The application's answer: whether the call is recorded now, and where to."""

    call_ref: int
    on: bool
    file: str = ""
    failed: bool = False
    """What was asked for did not come about."""


@dataclass(frozen=True, slots=True)
class MaliciousCallMarked:
    """The user marks a call as malicious while it stands."""

    call_ref: int
    line: int
    called: str
    """The phone's own number."""
    number: str
    """The caller's, as the PBX vouches for it."""
    name: str
    sip_call_id: str


@dataclass(frozen=True, slots=True)
class WatchNumber:
    """Tell this phone how a number stands, now and whenever it changes, with ``NumberStands``."""

    number: str


@dataclass(frozen=True, slots=True)
class UnwatchNumber:
    """No more of that."""

    number: str


@dataclass(frozen=True, slots=True)
class CallBackWanted:
    """The user wants to call somebody back; in the place of what was wanted before."""

    number: str
    line: int
    seconds: float
    """How long it is wanted from now on."""
    after_use: bool


@dataclass(frozen=True, slots=True)
class CallBackOver:
    """Nobody is wanted any more."""


@dataclass(frozen=True, slots=True)
class NumberStands:
    """The application's answer: how the number stands."""

    number: str
    state: NumberState


@dataclass(frozen=True, slots=True)
class Restarted:
    """A restart that was asked for went out to the phone."""

    device: str


PhoneEvent = (
    RegisterRequested
    | TokenRequested
    | StationRegistered
    | StationUnregistered
    | AlarmReported
    | CapabilitiesReported
    | StationMessageIgnored
    | LineChanged
    | CallStarted
    | CallConnected
    | CallFinished
    | CallMeasured
    | MediaTroubled
    | EarlyOpenFailed
    | MessagesWaiting
    | TransferFinished
    | ChangeForward
    | ChangeDnd
    | EmergencyCalled
    | ListConference
    | MuteMember
    | RemoveMember
    | StartRecording
    | StopRecording
    | MaliciousCallMarked
    | CallBackWanted
    | CallBackOver
    | WatchNumber
    | UnwatchNumber
    | Restarted
)
