"""How a phone stands, in one word with a sign and a colour: never by the colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bridge.core import Device
from bridge.journey import Progress, Stage
from bridge.ports import RefusedPhone
from bridge.web.dashboard.words import span

STUCK_AFTER = timedelta(seconds=120)
"""A phone on its way that stays longer at one stage is stuck (diagnosis reference, section 1; longest limit there)."""


class Tone(StrEnum):
    """What a badge looks like; each has a sign of its own."""

    OK = "ok"
    BUSY = "busy"
    WAIT = "wait"
    WARN = "warn"
    BAD = "bad"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Badge:
    """A word with its tone."""

    tone: Tone
    text: str
    detail: str = ""
    """More about it, shown on the phone's page and as the badge's title."""


class Standing(StrEnum):
    """What the list can be filtered by."""

    REGISTERED = "registered"
    ON_ITS_WAY = "on-its-way"
    STUCK = "stuck"
    GONE = "gone"
    REFUSED = "refused"
    NEW = "not-seen"

    @property
    def words(self) -> str:
        """For people."""
        return _TITLES[self]


_TITLES = {
    Standing.REGISTERED: "Registered",
    Standing.ON_ITS_WAY: "On its way",
    Standing.STUCK: "Stuck",
    Standing.GONE: "Not registered",
    Standing.REFUSED: "Turned away",
    Standing.NEW: "Not seen yet",
}
TONES = {
    Standing.REGISTERED: Tone.OK,
    Standing.ON_ITS_WAY: Tone.BUSY,
    Standing.STUCK: Tone.WARN,
    Standing.GONE: Tone.OFF,
    Standing.REFUSED: Tone.BAD,
    Standing.NEW: Tone.WAIT,
}
STAGES = {
    Stage.SEEN: "Was heard of",
    Stage.DHCP: "Has an address",
    Stage.TFTP: "Asks for files",
    Stage.CONFIG: "Has its configuration",
    Stage.FIRMWARE: "Loads firmware",
    Stage.CONNECTING: "Connects",
    Stage.REGISTERING: "Registers",
    Stage.REGISTERED: "Registered",
    Stage.PARTIALLY_REGISTERED: "Partly registered",
    Stage.UNREGISTERED: "Not registered",
    Stage.REJECTED: "Turned away",
}


@dataclass(frozen=True, slots=True)
class HowItStands:
    """What is known of one phone at one moment."""

    standing: Standing
    badge: Badge
    since: datetime | None


def how_it_stands(
    device: Device | None, progress: Progress | None, refusal: RefusedPhone | None, now: datetime
) -> HowItStands:
    """From the database and from what was seen since the service started."""
    if device is None:
        if refusal is not None:
            return _of(Standing.REFUSED, refusal.last_at, refusal.text)
        stage = STAGES[progress.stage] if progress else ""
        return _of(Standing.ON_ITS_WAY, progress.since if progress else None, progress.word if progress else "", stage)
    # Heard of without a step of the way: what the database says holds, as after a restart of the service.
    if progress is None or progress.stage is Stage.SEEN:
        if device.registered:
            return _of(Standing.REGISTERED, None, "")
        if device.observed_protocol is None and device.last_seen is None:
            return _of(Standing.NEW, device.created_at, "it has not asked for anything yet")
        return _of(Standing.GONE, device.last_seen, "")
    match progress.stage:
        case Stage.REGISTERED:
            return _of(Standing.REGISTERED, progress.since, "")
        case Stage.PARTIALLY_REGISTERED:
            return _of(Standing.STUCK, progress.since, "some of its lines are not", STAGES[progress.stage])
        case Stage.UNREGISTERED:
            return _of(Standing.GONE, progress.since, progress.word)
        case Stage.REJECTED:
            return _of(Standing.REFUSED, progress.since, progress.word)
        case stage:
            if now - progress.since < STUCK_AFTER:
                return _of(Standing.ON_ITS_WAY, progress.since, progress.word, STAGES[stage])
            # A registered phone may look for a file without leaving: what it does not finish is no boot.
            if device.registered:
                return _of(Standing.REGISTERED, None, "")
            detail = f"{STAGES[stage].lower()} for {span((now - progress.since).total_seconds())}"
            return _of(Standing.STUCK, progress.since, f"{detail}; last: {progress.word}" if progress.word else detail)


def _of(standing: Standing, since: datetime | None, detail: str, text: str = "") -> HowItStands:
    return HowItStands(standing, Badge(TONES[standing], text or standing.words, detail), since)
