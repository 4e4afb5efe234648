"""One call on an SCCP phone: what the phone knows of it, its media channel, and how long things took."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp import CallHistory, CallInfo, CallType, MediaCodec, StationCallState

FAILED = {
    StationCallState.BUSY: 486,
    StationCallState.CONGESTION: 503,
    StationCallState.INVALID_NUMBER: 404,
}
"""Call states in which a call came to nothing, and the SIP status that means the same."""
_ANSWERED = 200
_GIVEN_UP = 487


@dataclass(slots=True, eq=False)
class MediaChannel:
    """A receive channel that the server had the phone open, and what is sent beside it."""

    party_id: int
    conf_id: int
    codec: MediaCodec
    packet_ms: int
    events: int
    """RTP payload type of key presses; 0 for none."""
    port: int = 0
    """The phone's own, once it is open."""
    acknowledged: bool = False
    remote: tuple[str, int] | None = None
    """Where the phone sends its sound."""


@dataclass(slots=True, eq=False)
class StationCall:
    """A call, as the phone sees it. Times are those that the machine was given."""

    number: int
    """Counts the phone's calls, from 1."""
    ref: int
    line: int
    incoming: bool
    state: StationCallState
    info: CallInfo | None = None
    dialled: str = ""
    """Keys pressed before the server took over."""
    off_hook: bool = False
    """Whether the state OffHook was ever shown, without which some phones send no sound."""
    unlifted: bool = False
    """Connected came without it; forgiven only where InUseRemotely follows at once (flows reference, section 4.9)."""
    elsewhere: bool = False
    """Another phone of the line has it, since it was shown as in use, or on hold, there."""
    announced: bool = False
    connected: bool = False
    """Whether it was ever connected."""
    filed: CallHistory | None = None
    """How the server wants it listed; None where it did not say."""
    failure: StationCallState | None = None
    channel: MediaChannel | None = None
    last_key_at: float | None = None
    ringing_at: float | None = None
    answered_at: float | None = None
    """When the person took the call."""
    connected_at: float | None = None
    media_at: float | None = None
    """When sound could flow both ways for the first time."""

    @property
    def other(self) -> str:
        """The number at the other end, as far as it is known."""
        info = self.info
        if self.incoming or (info is not None and info.call_type == CallType.INBOUND):
            return info.calling_number if info else ""
        return (info.called_number if info else "") or self.dialled

    @property
    def name(self) -> str:
        """The name at the other end; empty where the server told none."""
        if self.info is None:
            return ""
        return self.info.calling_name if self.info.call_type == CallType.INBOUND else self.info.called_name

    @property
    def own(self) -> bool:
        """False for a call of somebody else on a shared line."""
        return (self.incoming or self.off_hook) and not self.elsewhere

    @property
    def on_hold(self) -> bool:
        """Whether it is held."""
        return self.state in {StationCallState.HOLD, StationCallState.HOLD_REVERT}

    @property
    def status(self) -> int:
        """How it ended, as a SIP status: 200 for a call that was connected."""
        if self.connected:
            return _ANSWERED
        return FAILED[self.failure] if self.failure is not None else _GIVEN_UP

    @property
    def setup_time(self) -> float | None:
        """Seconds from the last key to Ring Out (or, without that, to Connected)."""
        reached = self.ringing_at if self.ringing_at is not None else self.connected_at
        return None if self.incoming or self.last_key_at is None or reached is None else reached - self.last_key_at

    @property
    def media_time(self) -> float | None:
        """Seconds from the answer (the person's, or the far end's as shown) to sound that may flow both ways."""
        answered = self.answered_at if self.incoming else self.connected_at
        return None if answered is None or self.media_at is None else max(0.0, self.media_at - answered)


@dataclass(frozen=True, slots=True)
class ListedCall:
    """An entry of the phone's lists of placed, received and missed calls."""

    kind: CallHistory
    line: int
    number: str
    name: str


def list_of(call: StationCall) -> CallHistory:
    """Where a call that is over is listed: where the server wants it, else by what the phone saw of it."""
    if call.filed is not None and call.filed is not CallHistory.UNKNOWN:
        return call.filed
    if call.elsewhere:
        return CallHistory.IGNORE
    if call.incoming:
        return CallHistory.RECEIVED if call.connected else CallHistory.MISSED
    return CallHistory.PLACED if call.off_hook and call.other else CallHistory.IGNORE
