"""A phone's way as a timeline: what happened, boot by boot, newest first, everyday lines folded together. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.core.events import (
    CallEvent,
    ClaimRefused,
    Event,
    FileDelivered,
    FileNotFound,
    FileRefused,
    FileRequested,
    FileRewritten,
    FileServedBeside,
    FirmwareStageReached,
    LineStateChanged,
    MediaTroubled,
    PhoneAdmitted,
    PhoneAlarmed,
    PhoneClaimed,
    PhoneDeferred,
    PhoneMoved,
    PhoneRefused,
    PhoneRegistered,
    PhoneRestartSent,
    PhoneUnregistered,
    SecondConnectionRefused,
    TransferAborted,
    TrustListSeen,
)
from bridge.phones.filenames import parse_file_name
from bridge.phones.requestedfile import FileKind
from bridge.web.dashboard.words import clock, sentence, span, stamp

QUIET_FOR = timedelta(minutes=3)
"""After so long without an event a new chapter begins."""
_GOOD = (PhoneRegistered, PhoneAdmitted, PhoneClaimed)
_BAD = (
    PhoneRefused,
    PhoneUnregistered,
    FileRefused,
    TransferAborted,
    SecondConnectionRefused,
    ClaimRefused,
    TrustListSeen,
    MediaTroubled,
)
_NOTED = (PhoneDeferred, PhoneAlarmed, PhoneRestartSent, PhoneMoved, LineStateChanged, FirmwareStageReached)
_FILES = (FileRequested, FileDelivered, FileNotFound, FileServedBeside)
_HARMLESS = (FileKind.TRUST_LIST,)
"""A file of these kinds that is not there is nothing to worry about (diagnosis reference, section 1, trust)."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline."""

    at: str
    """The time of day."""
    after: str
    """How long after the chapter began."""
    text: str
    tone: str
    """``ok``, ``bad``, ``note``, or ``quiet`` for everyday things."""
    sign: str
    """The icon's name."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Events that belong together: one boot, one call."""

    title: str
    began: datetime
    lasted: str
    moments: Sequence[Moment]
    tone: str


def chapters(events: Sequence[Event]) -> tuple[Chapter, ...]:
    """The chapters of a journey, newest first; inside a chapter oldest first. ``events`` are oldest first."""
    found: list[list[Event]] = []
    for event in sorted(events, key=lambda each: each.at):
        if not found or event.at - found[-1][-1].at > QUIET_FOR:
            found.append([])
        found[-1].append(event)
    return tuple(_chapter(each) for each in reversed(found))


def _chapter(events: list[Event]) -> Chapter:
    began = events[0].at
    last = next((each for each in reversed(events) if isinstance(each, (*_GOOD, *_BAD))), None)
    tone = "quiet" if last is None else ("ok" if isinstance(last, _GOOD) else "bad")
    seconds = (events[-1].at - began).total_seconds()
    return Chapter(
        title=stamp(began),
        began=began,
        lasted=span(seconds) if seconds >= 1 else "",
        moments=tuple(_moment(each, began) for each in events),
        tone=tone,
    )


def _moment(event: Event, began: datetime) -> Moment:
    tone, sign = _look(event)
    seconds = (event.at - began).total_seconds()
    return Moment(
        clock(event.at), f"+{seconds:.2f} s" if seconds < 100 else f"+{span(seconds)}", sentence(event), tone, sign
    )


def _look(event: Event) -> tuple[str, str]:
    if isinstance(event, _GOOD):
        return "ok", "ok"
    if isinstance(event, FileNotFound):
        harmless = parse_file_name(event.name).kind in _HARMLESS
        return ("quiet", "file") if harmless else ("note", "note")
    if isinstance(event, _BAD):
        return "bad", "bad"
    if isinstance(event, _NOTED):
        return "note", "note"
    if isinstance(event, (*_FILES, FileRewritten)):
        return "quiet", "file"
    return "quiet", "line" if isinstance(event, CallEvent) else "note"
