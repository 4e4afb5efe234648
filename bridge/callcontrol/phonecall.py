"""One call on a phone: its state, its two sides, its channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from bridge.callcontrol.channel import MediaChannel
from bridge.callcontrol.parties import Party
from bridge.callcontrol.ringing import Ring
from bridge.core import NumberRange
from bridge.sccp import Label
from bridge.sip import AudioSession, Call, UserAgent
from bridge.sip import CallState as SipState
from bridge.sip.message import Header


class PhoneCallState(StrEnum):
    """Where a call on the phone stands."""

    OFF_HOOK = "off hook"
    """Dial tone; no digit yet."""
    DIALLING = "dialling"
    PROCEEDING = "proceeding"
    """The number is complete; the channel opens or the INVITE is out."""
    RINGING_OUT = "ringing out"
    RINGING_IN = "ringing in"
    ANSWERING = "answering"
    """Answered, and waiting for the phone's channel."""
    CONNECTED = "connected"
    HELD = "held"
    RESUMING = "resuming"
    REMOTE = "in use on another phone"
    REMOTE_HELD = "on hold on another phone"
    """Of the line that this phone shares with another; the SIP side is with that phone."""
    FAILED = "failed"
    """It did not come about; the user hears a tone."""
    ENDED = "ended"


class RecordingState(StrEnum):
    """Whether the PBX records a call."""

    OFF = "off"
    ASKED = "asked for"
    ON = "on"


REMOTE = frozenset({PhoneCallState.REMOTE, PhoneCallState.REMOTE_HELD})
"""States of calls that another phone has."""
ASIDE = REMOTE | {PhoneCallState.RINGING_IN, PhoneCallState.HELD, PhoneCallState.ENDED}
"""States that do not occupy the user; of the others there is at most one call."""


@dataclass(slots=True, eq=False)
class PhoneCall:
    """One call. ``line`` counts the line appearances from 1."""

    call_ref: int
    line: int
    instance: int
    """The how manieth call of its line."""
    agent: UserAgent
    outgoing: bool
    channel: MediaChannel
    state: PhoneCallState
    sip: Call | None = None
    """None before the INVITE."""
    digits: str = ""
    remote: Party = field(default_factory=Party)
    dialled: str = ""
    caller: str = ""
    """The number of who called, as it was when the call came; the other side may be somebody else since."""
    target: str = ""
    """The service of the PBX that this call asks for, in place of a number: what only the proxy asks for."""
    service: str = ""
    """The name of the service that the number being dialled is for; empty for a plain call."""
    numbers: tuple[NumberRange, ...] = ()
    """The numbers that this service takes."""
    deadline: float | None = None
    """End of the wait for a digit, or of a failure's tone."""
    answered_at: float | None = None
    waiting: bool = False
    """Rings as a call-waiting call."""
    ring: Ring | None = None
    """The ring that the PBX wants for it; None where it names none."""
    answers_itself: bool = False
    """It is about to be answered without anybody's hand."""
    announced: bool = False
    """The PBX asked for that, for an intercom call or a page."""
    whispers: bool = False
    """The other side is heard, and hears nothing."""
    offer: AudioSession | None = None
    """The other side's offer that waits for our answer."""
    early: AudioSession | None = None
    """The other side's early media."""
    told_port: int = 0
    """The phone's RTP port as the other side knows it."""
    late: bool = False
    """The INVITE went out without an offer, or came in without one."""
    status: int = 0
    """The SIP status that refused it."""
    transfer_of: PhoneCall | None = None
    """The held call that this one asks about."""
    transferring: str = ""
    """Whereto this held call is on its way by REFER; empty when it is not."""
    number_for: Callable[[PhoneCall, str, float], None] | None = None
    """Who wants the number that the user dials, in place of the network: ``(call, number, now)``."""
    most_digits: int = 0
    """So many digits are complete at once; 0 where the route patterns decide."""
    emergency: bool = False
    """It goes to an emergency number."""
    only_emergency: bool = False
    """There is no room for it: it may go nowhere but to an emergency number."""
    transfer_with: PhoneCall | None = None
    """The call whose other side it shall be joined with."""
    transfer_words: str = Label.CAN_NOT_COMPLETE_TRANSFER
    """What the user reads when it does not come about."""
    transfer_taken: bool = False
    """The PBX said that it will see to it."""
    handed_over: bool = False
    """The PBX has the other side now."""
    transfer_deadline: float | None = None
    """When to stop waiting for word of the transfer."""
    conference_of: PhoneCall | None = None
    """The held call whose other side shall meet this one's in a conference."""
    room: str = ""
    """The conference that this call is the phone's own leg of."""
    selected: bool = False
    """Marked by Select, for Join and DirTrfr."""
    held_there: bool = False
    """The other side put it on hold."""
    reverting: bool = False
    """It is on hold for so long that the user is reminded of it."""
    tone: bool = False
    """A tone sounds on the phone."""
    redirected_from: Party = field(default_factory=Party)
    noticed: PhoneCallState | None = None
    """The state in which the phone's features last saw it."""

    recording: RecordingState = RecordingState.OFF
    recording_tried: bool = False
    """A recording was asked for: an automatic one is not asked for again."""
    recording_file: str = ""
    malicious: bool = False
    """The user marked the caller."""
    headers: tuple[Header, ...] = ()
    """What the service is told."""
    joins: int = 0
    """The reference of another phone's call that this one joins; 0 for a call of its own."""
    elsewhere: bool = False
    """Never talked on this phone: another phone of the line took it, or made it."""
    private: bool = False
    """Another phone has it, and does not show with whom."""
    told_others: tuple[PhoneCallState | None, Party, bool] | None = None
    """What the other phones of the line were last told of it."""

    @property
    def is_remote(self) -> bool:
        """True when another phone has it."""
        return self.state in REMOTE

    @property
    def door(self) -> str:
        """What others are sent to, that they may join the conference of this leg."""
        return f"sepbridge-conf-guest-{self.room}"

    @property
    def stands(self) -> bool:
        """True while both sides are there: talking, or on hold here."""
        return self.state in (PhoneCallState.CONNECTED, PhoneCallState.HELD) and (
            self.sip is not None and self.sip.state is SipState.CONFIRMED
        )

    @property
    def is_aside(self) -> bool:
        """True when the user does something else meanwhile."""
        return self.state in ASIDE
