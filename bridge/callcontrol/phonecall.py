"""One call on a phone: its state, its two sides, its channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from bridge.callcontrol.channel import MediaChannel
from bridge.callcontrol.parties import Party
from bridge.sip import AudioSession, Call, UserAgent


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
    FAILED = "failed"
    """It did not come about; the user hears a tone."""
    ENDED = "ended"


ASIDE = frozenset({PhoneCallState.RINGING_IN, PhoneCallState.HELD, PhoneCallState.ENDED})
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
    target: str = ""
    """The service of the PBX that is called, where it is no number that was dialled."""
    deadline: float | None = None
    """End of the wait for a digit, or of a failure's tone."""
    answered_at: float | None = None
    waiting: bool = False
    """Rings as a call-waiting call."""
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
    transfer_words: str = ""
    """What the screen says when the PBX does not take it."""
    handed_over: bool = False
    """The PBX took it off our hands."""
    number_for: Callable[[PhoneCall, str, float], None] | None = None
    """Who wants the number that the user dials, in place of the network: ``(call, number, now)``."""
    most_digits: int = 0
    """So many digits are complete at once; 0 where the route patterns decide."""
    emergency: bool = False
    """It goes to an emergency number."""
    only_emergency: bool = False
    """There is no room for it: it may go nowhere but to an emergency number."""
    tone: bool = False
    """A tone sounds on the phone."""
    redirected_from: Party = field(default_factory=Party)
    noticed: PhoneCallState | None = None
    """The state in which the phone's features last saw it."""

    @property
    def is_aside(self) -> bool:
        """True when the user does something else meanwhile."""
        return self.state in ASIDE
