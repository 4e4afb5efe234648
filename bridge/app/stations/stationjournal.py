"""What an SCCP phone and its calls leave on the journey: the proxy's own reports, turned into events for people.

A phone's words before it registered (its alarm) are kept until somebody has decided to serve it: names that nobody
knows fill no journal. Texts from outside are cut and freed of what is no character to print.
"""

from __future__ import annotations

from collections import deque

from bridge.callcontrol.events import (
    CallConnected,
    CallFinished,
    CallMeasured,
    CallStarted,
    LineChanged,
    LineState,
    MaliciousCallMarked,
    MediaTroubled,
    PhoneEvent,
)
from bridge.core import DeviceName, events
from bridge.core.events import Event
from bridge.journey import alarm_event, parse_alarm_document
from bridge.ports import Clock, EventSink
from bridge.sccp.stationevents import AlarmReported

LONGEST = 200
"""Characters of a text that came from a phone or from the PBX."""
MOST_ALARMS = 20
"""Alarms of one connection that are written down: a phone sends one or two when it starts."""
_KEPT = 3
_QUIET = frozenset({LineState.REGISTERING, LineState.GONE})
"""States that every start and every farewell passes through; the journey has those already."""


def printable(text: str) -> str:
    """A text from outside in one line of at most ``LONGEST`` characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 4 * LONGEST]).split())[:LONGEST]


class StationJournal:
    """The scribe of one connection. ``device`` is set when it is decided that the phone is served."""

    def __init__(self, sink: EventSink, clock: Clock) -> None:
        self._sink = sink
        self._clock = clock
        self._device: DeviceName | None = None
        self._early: deque[AlarmReported] = deque(maxlen=_KEPT)
        self._alarms = 0

    def serve(self, device: DeviceName) -> None:
        """From now on it is known whose words these are."""
        self._device = device
        while self._early:
            self.heard(self._early.popleft())

    def heard(self, event: PhoneEvent) -> None:
        """Write down what belongs on the journey."""
        device = self._device
        if device is None:
            if isinstance(event, AlarmReported):
                self._early.append(event)
            return
        written = self._written(event, device)
        if written is not None:
            self._sink.record(written)

    def _written(self, event: PhoneEvent, device: DeviceName) -> Event | None:
        at = self._clock.now()
        match event:
            case AlarmReported():
                self._alarms += 1
                if self._alarms > MOST_ALARMS:
                    return None
                if (document := parse_alarm_document(event.text)) is not None:
                    return alarm_event(document, device, at)
                return events.PhoneAlarmed(
                    at=at, device=device, text=printable(event.text), severity=event.severity.name.lower()
                )
            case LineChanged() if event.state not in _QUIET:
                return events.LineStateChanged(
                    at=at,
                    device=device,
                    number=event.number,
                    state=str(event.state),
                    status=event.status,
                    detail=printable(event.detail),
                )
            case CallStarted():
                return events.CallStarted(
                    at=at,
                    device=device,
                    call=event.call_ref,
                    line=event.line,
                    number=printable(event.number),
                    outgoing=event.outgoing,
                    sip_call_id=printable(event.sip_call_id),
                )
            case CallConnected():
                return events.CallConnected(
                    at=at, device=device, call=event.call_ref, line=event.line, number=printable(event.number)
                )
            case CallFinished():
                return events.CallFinished(
                    at=at,
                    device=device,
                    call=event.call_ref,
                    line=event.line,
                    number=printable(event.number),
                    outgoing=event.outgoing,
                    answered=event.answered,
                    seconds=round(event.seconds, 3),
                    why=printable(event.why),
                    status=event.status,
                )
            case CallMeasured(measured=measured):
                return events.CallMeasured(
                    at=at,
                    device=device,
                    call=measured.call_ref,
                    sent=measured.packets_sent,
                    received=measured.packets_received,
                    lost=measured.packets_lost,
                    jitter=measured.jitter,
                    latency=measured.latency,
                )
            case MaliciousCallMarked():
                return events.MaliciousCallMarked(
                    at=at,
                    device=device,
                    call=event.call_ref,
                    called=event.called,
                    number=printable(event.number),
                    name=printable(event.name),
                    sip_call_id=printable(event.sip_call_id),
                )
            case MediaTroubled():
                return events.MediaTroubled(
                    at=at, device=device, call=event.call_ref, line=event.line, what=printable(event.what)
                )
            case _:
                return None
