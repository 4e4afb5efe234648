"""Recordings of the calls of one phone: asked for by the phone, made by Asterisk, written on the phone's journey."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from bridge.callcontrol.events import RecordingChanged, StartRecording, StopRecording
from bridge.core import DeviceName
from bridge.core.events import CallRecorded
from bridge.errors import SepbridgeError
from bridge.ports import Clock, EventSink, Recordings

log = logging.getLogger(__name__)

_UNSAFE = re.compile(r"[^0-9A-Za-z+]")
LONGEST = 32
"""Characters of a number in the name of a file."""


def file_name(directory: str, at: str, line: str, number: str, call: int) -> str:
    """The name of a recording: nothing that a caller says can leave the directory, or mean anything to a shell."""
    safe = [_UNSAFE.sub("", each)[:LONGEST] or "unknown" for each in (line, number)]
    return f"{directory}/{at}-{safe[0]}-{safe[1]}-{call}.wav"


class RecordingDesk:
    """Serves one phone. ``tell`` hands an answer to it."""

    def __init__(
        self,
        recordings: Recordings,
        sink: EventSink,
        clock: Clock,
        tell: Callable[[RecordingChanged], None],
        *,
        directory: str,
        beep: int,
    ) -> None:
        self._recordings = recordings
        self._sink = sink
        self._clock = clock
        self._tell = tell
        self._directory = directory
        self._beep = beep
        self._running: dict[int, str] = {}

    def ended(self, call_ref: int) -> None:
        """The call is over, and its recording with it."""
        self._running.pop(call_ref, None)

    async def change(self, device: DeviceName, event: StartRecording | StopRecording) -> None:
        """Start or stop, and say how it went."""
        call = event.call_ref
        try:
            if isinstance(event, StartRecording):
                at = self._clock.now()
                file = file_name(self._directory, f"{at:%Y%m%d-%H%M%S}", event.line, event.number, call)
                self._running[call] = await self._recordings.start(event.line, event.sip_call_id, file, beep=self._beep)
                self._sink.record(CallRecorded(at=at, device=device, call=call, file=file))
                self._tell(RecordingChanged(call, on=True, file=file))
            else:
                running = self._running.pop(call, "")
                if running:
                    await self._recordings.stop(running)
                self._tell(RecordingChanged(call, on=False))
        except SepbridgeError as error:
            log.warning("a recording of %s: %s", device, error)
            self._tell(RecordingChanged(call, on=False, failed=isinstance(event, StartRecording)))
