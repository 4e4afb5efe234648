"""What the user sees and hears when a call does not come about.

Source: SCCP flows reference, section 3.1 (table of SIP results).
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sccp import Label, StationCallState, Tone


@dataclass(frozen=True, slots=True)
class Outcome:
    """Call state, tone and words."""

    state: StationCallState
    tone: Tone
    text: str


BUSY = Outcome(StationCallState.BUSY, Tone.LINE_BUSY, Label.BUSY)
UNKNOWN_NUMBER = Outcome(StationCallState.INVALID_NUMBER, Tone.REORDER, Label.UNKNOWN_NUMBER)
FAILURE = Outcome(StationCallState.CONGESTION, Tone.REORDER, Label.TEMP_FAIL)

BY_STATUS: dict[int, Outcome] = {
    404: UNKNOWN_NUMBER,
    484: UNKNOWN_NUMBER,
    604: UNKNOWN_NUMBER,
    486: BUSY,
    600: BUSY,
    603: BUSY,
}


def outcome_of(status: int) -> Outcome:
    """The outcome for the SIP status that refused a call; everything unlisted is a temporary failure."""
    return BY_STATUS.get(status, FAILURE)
