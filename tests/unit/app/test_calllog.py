"""Records of calls: put together, written, forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.app.stations import calllog
from bridge.app.stations.calllog import CallBook, CallFile, CallLog, as_json
from bridge.callcontrol.events import CallConnected, CallFinished, CallMeasured, CallStarted
from bridge.core import CallQuality, CallRecord, DeviceName
from bridge.sccp.stationevents import ConnectionMeasured
from bridge.store import SqlStore
from tests.unit.app.conftest import StillClock

PHONE = DeviceName("SEP001122334455")


async def until(reached: Callable[[], bool]) -> None:
    """Wait for something that another task does."""
    for _ in range(1000):
        if reached():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came to that")


def finished(call: int, *, answered: bool, status: int = 0) -> CallFinished:
    """The end of a call from 2002."""
    return CallFinished(call, 1, False, "2002", answered, 4.0, "over", status, "Bob\x00 Ünal", "ulaw", True, "x/y.wav")


def measured(call: int) -> CallMeasured:
    """What the phone counted."""
    return CallMeasured(ConnectionMeasured(call, 200, 32000, 198, 31680, 2, 3, 4))


def book(clock: StillClock, written: list[CallRecord]) -> CallBook:
    """A book for a phone with one line."""
    return CallBook(clock, {1: "1001"}.__getitem__, written.append)


async def test_an_answered_call_waits_for_its_figures(clock: StillClock) -> None:
    written: list[CallRecord] = []
    kept = book(clock, written)
    began = clock.now()
    kept.heard(PHONE, CallStarted(7, 1, False, "2002", "id"))
    clock.pass_by(timedelta(seconds=3))
    kept.heard(PHONE, CallConnected(7, 1, "2002"))
    clock.pass_by(timedelta(seconds=4))
    kept.heard(PHONE, finished(7, answered=True))
    assert written == []
    kept.heard(PHONE, measured(7))
    kept.heard(PHONE, measured(7))
    assert written == [
        CallRecord(
            PHONE,
            "1001",
            "2002",
            "Bob Ünal",
            False,
            began,
            began + timedelta(seconds=3),
            began + timedelta(seconds=7),
            "over",
            0,
            "ulaw",
            CallQuality(200, 198, 2, 3, 4),
            True,
            "x/y.wav",
        )
    ]
    assert written[0].seconds == 4


async def test_a_phone_that_measures_nothing_leaves_a_record(
    clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[CallRecord] = []
    monkeypatch.setattr(calllog, "MEASURED_WITHIN", 0.01)
    kept = book(clock, written)
    kept.heard(PHONE, CallStarted(7, 1, False, "2002", "id"))
    kept.heard(PHONE, CallConnected(7, 1, "2002"))
    kept.heard(PHONE, finished(7, answered=True))
    await until(lambda: bool(written))
    assert written[0].quality is None


async def test_a_phone_that_goes_leaves_its_records(clock: StillClock) -> None:
    written: list[CallRecord] = []
    kept = book(clock, written)
    kept.heard(PHONE, finished(7, answered=True))
    kept.close()
    kept.close()
    assert len(written) == 1


async def test_a_call_that_rang_here_and_was_answered_on_another_phone_of_the_line_is_answered(
    clock: StillClock,
) -> None:
    written: list[CallRecord] = []
    kept = book(clock, written)
    began = clock.now()
    kept.heard(PHONE, CallStarted(7, 1, False, "2002", "id"))
    clock.pass_by(timedelta(seconds=9))
    kept.heard(PHONE, finished(7, answered=True))
    kept.close()
    assert (written[0].started, written[0].answered) == (began, began + timedelta(seconds=5))


async def test_a_call_that_another_phone_of_the_line_answered_has_its_length(clock: StillClock) -> None:
    written: list[CallRecord] = []
    kept = book(clock, written)
    for call in range(1000, 2000):  # calls that began here, and ended elsewhere
        kept.heard(PHONE, CallStarted(call, 1, False, "2002", "id"))
    kept.heard(PHONE, finished(7, answered=True))
    kept.close()
    (record,) = written
    assert record.answered == record.started == clock.now() - timedelta(seconds=4)
    assert record.seconds == 4
    assert len(kept._times) <= calllog.MOST_UNDER_WAY


async def test_a_call_that_nobody_answered_is_written_at_once(clock: StillClock) -> None:
    written: list[CallRecord] = []
    kept = book(clock, written)
    kept.heard(PHONE, CallStarted(7, 1, False, "2002", "id"))
    kept.heard(PHONE, finished(7, answered=False, status=486))
    (record,) = written
    assert (record.answered, record.seconds, record.status) == (None, 0, 486)


def sample(clock: StillClock, number: str = "2002") -> CallRecord:
    """A record."""
    return CallRecord(PHONE, "1001", number, "Ünal\n", True, clock.now(), None, clock.now(), "busy", 486)


def test_the_file_turns_over(tmp_path: Path, clock: StillClock) -> None:
    path = tmp_path / "calls.jsonl"
    one = len(json.dumps(as_json(sample(clock)), ensure_ascii=False).encode()) + 1
    file = CallFile(path, largest=2 * one, most=3)
    for number in range(9):
        file.write(sample(clock, str(2000 + number)))
    names = sorted(each.name for each in tmp_path.iterdir())
    assert names == ["calls.jsonl", "calls.jsonl.1", "calls.jsonl.2"]
    numbers = [
        json.loads(line)["number"]
        for name in reversed(names)
        for line in (tmp_path / name).read_text(encoding="utf-8").splitlines()
    ]
    assert numbers == ["2004", "2005", "2006", "2007", "2008"]


async def test_both_places_get_each_record_and_old_ones_go(store: SqlStore, tmp_path: Path, clock: StillClock) -> None:
    with store.write() as work:
        work.calls.add(replace(sample(clock, "1"), ended=clock.now() - timedelta(days=91)))
        work.commit()
    path = tmp_path / "calls.jsonl"
    log = CallLog(store, clock, CallFile(path, largest=10**6, most=2), keep=timedelta(days=90))
    task = asyncio.create_task(log.run())
    log.add(sample(clock, "2"))

    def numbers() -> list[str]:
        with store.read() as work:
            return [each.number for each in work.calls.newest()]

    await until(lambda: numbers() == ["2"])
    log.add(sample(clock, "3"))  # what is left is written on the way out
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert numbers() == ["2", "3"]
    assert [json.loads(line)["number"] for line in path.read_text(encoding="utf-8").splitlines()] == ["2", "3"]


async def test_a_file_that_cannot_be_written_keeps_nothing_from_the_database(
    store: SqlStore, tmp_path: Path, clock: StillClock, caplog: pytest.LogCaptureFixture
) -> None:
    log = CallLog(store, clock, CallFile(tmp_path / "no" / "calls", largest=1000, most=2), keep=None)
    task = asyncio.create_task(log.run())
    log.add(sample(clock))

    def count() -> int:
        with store.read() as work:
            return len(work.calls.newest())

    await until(lambda: count() == 1)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert "could not be written to its file" in caplog.text
