"""Records of calls: put together from what a phone reports, then written as JSON lines and into the database.

A ``CallBook`` belongs to one connection of a phone. The phone measures a call after its end, so the record of an
answered call waits a moment for that. The ``CallLog`` of the node writes in the background: neither a slow database
nor a full disk delays a call.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bridge.app.services.csvcells import csv_text
from bridge.app.stations.stationjournal import printable
from bridge.callcontrol.events import CallConnected, CallFinished, CallMeasured, CallStarted, PhoneEvent
from bridge.core import CallQuality, CallRecord, DeviceName
from bridge.errors import SepbridgeError
from bridge.ports import Clock, Store

log = logging.getLogger(__name__)

MEASURED_WITHIN = 3.0
"""Seconds in which a phone tells its figures after a call; phones do so at once, or not at all."""
MOST_WAITING = 10_000
"""Records that wait for the database; beyond, the oldest are only in the file."""
MOST_UNDER_WAY = 100
"""Calls whose beginning is remembered; a phone has no more than 32."""
_FORGET_EVERY = 3600.0
_GATHER = 0.2


@dataclass(slots=True)
class _Times:
    started: datetime
    answered: datetime | None = None


class CallBook:
    """The records of one connection's calls. ``write`` takes each when it is whole."""

    def __init__(self, clock: Clock, number_of: Callable[[int], str], write: Callable[[CallRecord], None]) -> None:
        self._clock = clock
        self._number_of = number_of
        self._write = write
        self._times: dict[int, _Times] = {}
        self._over: dict[int, tuple[CallRecord, asyncio.TimerHandle]] = {}

    def heard(self, device: DeviceName, event: PhoneEvent) -> None:
        """Take note of what has to do with calls."""
        match event:
            case CallStarted():
                self._times[event.call_ref] = _Times(self._clock.now())
                if len(self._times) > MOST_UNDER_WAY:
                    del self._times[next(iter(self._times))]  # another phone of the line has it since, and its end
            case CallConnected():
                now = self._clock.now()
                self._times.setdefault(event.call_ref, _Times(now)).answered = now
            case CallFinished():
                self._finished(device, event)
            case CallMeasured(measured=measured):
                quality = CallQuality(
                    measured.packets_sent,
                    measured.packets_received,
                    measured.packets_lost,
                    measured.jitter,
                    measured.latency,
                )
                self._settle(measured.call_ref, quality)
            case _:
                pass

    def close(self) -> None:
        """Nothing more will be measured."""
        for call in list(self._over):
            self._settle(call, None)

    def _finished(self, device: DeviceName, event: CallFinished) -> None:
        now = self._clock.now()
        talked = now - timedelta(seconds=event.seconds)
        # A call that another phone of the line began, and answered, is known here by its length alone.
        times = self._times.pop(event.call_ref, None) or _Times(talked, talked)
        record = CallRecord(
            device=device,
            line=self._number_of(event.line),
            number=printable(event.number),
            name=printable(event.name)[:100],
            outgoing=event.outgoing,
            started=times.started,
            # What was answered elsewhere, and taken from hold here, may have rung here, too.
            answered=(times.answered or talked) if event.answered else None,
            ended=now,
            why=printable(event.why),
            status=event.status,
            codec=event.codec,
            malicious=event.malicious,
            recording=event.recording,
        )
        if not event.answered:
            self._write(record)
            return
        self._settle(event.call_ref, None)
        timer = asyncio.get_running_loop().call_later(MEASURED_WITHIN, self._settle, event.call_ref, None)
        self._over[event.call_ref] = record, timer

    def _settle(self, call: int, quality: CallQuality | None) -> None:
        found = self._over.pop(call, None)
        if found is not None:
            record, timer = found
            timer.cancel()
            self._write(record.measured_as(quality))


def as_json(record: CallRecord) -> dict[str, object]:
    """A record as it stands in the file, and as the command prints it."""
    quality = record.quality
    return {
        "device": record.device.value,
        "line": record.line,
        "direction": "out" if record.outgoing else "in",
        "number": record.number,
        "name": record.name,
        "started": record.started.isoformat(),
        "answered": record.answered.isoformat() if record.answered else None,
        "ended": record.ended.isoformat(),
        "seconds": round(record.seconds, 3),
        "why": record.why,
        "status": record.status,
        "codec": record.codec,
        "quality": None
        if quality is None
        else {
            "sent": quality.sent,
            "received": quality.received,
            "lost": quality.lost,
            "jitter_ms": quality.jitter,
            "latency_ms": quality.latency,
        },
        "malicious": record.malicious,
        "recording": record.recording,
    }


def as_csv(records: Iterable[CallRecord]) -> str:
    """Records as a CSV file, one line each, with the columns of ``as_json``."""
    return csv_text(_COLUMNS, map(_cells, records))


_COLUMNS = (
    *("device", "line", "direction", "number", "name", "started", "answered", "ended", "seconds", "why", "status"),
    *("codec", "sent", "received", "lost", "jitter_ms", "latency_ms", "malicious", "recording"),
)


def _cells(record: CallRecord) -> list[object]:
    told = as_json(record)
    measured = told["quality"] if isinstance(told["quality"], dict) else {}
    values = {**told, **measured, "malicious": "yes" if record.malicious else ""}
    return [values.get(name) for name in _COLUMNS]


class CallFile:
    """A file with one line of JSON for each call. Full, it becomes ``.1``, that ``.2``, and so on."""

    def __init__(self, path: Path, *, largest: int, most: int) -> None:
        """``largest``: bytes of one file; ``most``: files in all."""
        self._path = path
        self._largest = largest
        self._most = max(1, most)

    def write(self, record: CallRecord) -> None:
        """Add a line. Raises OSError."""
        line = json.dumps(as_json(record), ensure_ascii=False) + "\n"
        data = line.encode()
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_size + len(data) > self._largest:
                self._turn_over()
        with self._path.open("ab") as file:
            file.write(data)

    def _turn_over(self) -> None:
        if self._most == 1:
            self._path.unlink()
            return
        for number in range(self._most - 1, 0, -1):
            older = self._path if number == 1 else self._named(number - 1)
            with contextlib.suppress(FileNotFoundError):
                older.replace(self._named(number))

    def _named(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


class CallLog:
    """Writes the records of a node."""

    def __init__(self, store: Store, clock: Clock, file: CallFile | None, *, keep: timedelta | None) -> None:
        """``keep``: the age beyond which records in the database are forgotten; None keeps them."""
        self._store = store
        self._clock = clock
        self._file = file
        self._keep = keep
        self._for_file: deque[CallRecord] = deque(maxlen=MOST_WAITING)
        self._waiting: deque[CallRecord] = deque(maxlen=MOST_WAITING)
        self._arrived = asyncio.Event()

    def add(self, record: CallRecord) -> None:
        """Take a record. Never blocks, never raises."""
        if self._file is not None:
            self._for_file.append(record)
        self._waiting.append(record)
        self._arrived.set()

    async def run(self) -> None:
        """Write until cancelled; what is left is written on the way out."""
        loop = asyncio.get_running_loop()
        forget_at = loop.time()
        try:
            while True:
                if loop.time() >= forget_at:
                    forget_at = loop.time() + _FORGET_EVERY
                    await asyncio.to_thread(self._forget)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(forget_at):
                        await self._arrived.wait()
                await asyncio.sleep(_GATHER)
                await self._flush()
        finally:
            await asyncio.shield(self._flush())

    async def _flush(self) -> None:
        self._arrived.clear()
        if self._for_file or self._waiting:
            await asyncio.to_thread(self._write)

    def _write(self) -> None:
        lines = [self._for_file.popleft() for _ in range(len(self._for_file))]
        try:
            for record in lines:
                if self._file is not None:
                    self._file.write(record)
        except OSError as error:
            log.warning("a record of a call could not be written to its file: %s", error)
        batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            with self._store.write() as work:
                for record in batch:
                    work.calls.add(record)
                work.commit()
        except SepbridgeError as error:
            log.warning("%d records of calls wait for the database: %s", len(batch), error)
            self._waiting.extendleft(reversed(batch))
            self._arrived.set()

    def _forget(self) -> None:
        if self._keep is None:
            return
        try:
            with self._store.write() as work:
                work.calls.forget(self._clock.now() - self._keep)
                work.commit()
        except SepbridgeError as error:
            log.warning("old records of calls could not be removed: %s", error)
