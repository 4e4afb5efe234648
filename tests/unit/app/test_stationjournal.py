"""What SCCP phones and their calls leave on the journey, in the database and in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridge.app.operations.recorder import describe
from bridge.app.stations.stationjournal import MOST_ALARMS, StationJournal
from bridge.callcontrol.events import (
    CallConnected,
    CallFinished,
    CallMeasured,
    CallStarted,
    LineChanged,
    LineState,
    MediaTroubled,
    PhoneEvent,
)
from bridge.core import DeviceName, events
from bridge.core.events import Event, SecondConnectionRefused, TokenAnswered
from bridge.sccp.alarms import AlarmSeverity
from bridge.sccp.stationevents import AlarmReported, ConnectionMeasured
from bridge.store import SqlStore
from tests.unit.app.conftest import Remembering, StillClock

PHONE = DeviceName("SEP001122334455")
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

WORDS: list[tuple[PhoneEvent, str]] = [
    (CallStarted(7, 1, True, "1002", "abc@192.0.2.1"), "call 7 to 1002"),
    (CallStarted(7, 1, False, ""), "call 7 from somebody unknown"),
    (CallConnected(7, 1, "1002"), "call 7 connected with 1002"),
    (CallFinished(7, 1, True, "1002", True, 12.4, "remote"), "call 7 over after 12 s: remote"),
    (CallFinished(7, 1, True, "1002", False, 0.0, "refused", 486), "call 7 over before it was answered: refused (486)"),
    (
        CallMeasured(ConnectionMeasured(7, 500, 1, 490, 1, 3, 4, 5)),
        "call 7 by the phone's count: 500 packets sent, 490 received, 3 lost, jitter 4 ms, latency 5 ms",
    ),
    (MediaTroubled(7, 1, "it opened no channel"), "call 7 has no sound: it opened no channel"),
    (LineChanged(1, "1001", LineState.UNREACHABLE, 503), "line 1001: the PBX cannot be reached (503)"),
    (
        LineChanged(1, "1001", LineState.BAD_CREDENTIALS, 403, "Forbidden"),
        "line 1001: the PBX refused the user name or the secret (403 Forbidden)",
    ),
    (LineChanged(1, "1001", LineState.REGISTERED), "line 1001: registered"),
    (
        AlarmReported("25: Name=SEP\r\n001122334455 Load=8.5", AlarmSeverity.INFORMATIONAL),
        "says of itself (informational): 25: Name=SEP 001122334455 Load=8.5",
    ),
]


def written(*reports: PhoneEvent) -> list[Event]:
    sink = Remembering()
    journal = StationJournal(sink, StillClock())
    journal.serve(PHONE)
    for report in reports:
        journal.heard(report)
    return sink.events


@pytest.mark.parametrize(("report", "words"), WORDS)
def test_in_words(report: PhoneEvent, words: str) -> None:
    (event,) = written(report)
    assert describe(event) == f"{PHONE}: {words}"


def test_tokens_in_words() -> None:
    assert describe(TokenAnswered(at=AT, device=PHONE, granted=True)).endswith("it may register here")
    refused = TokenAnswered(at=AT, device=PHONE, granted=False, wait=60, why="one comes first and is up")
    assert describe(refused).endswith("refused for 60 s: one comes first and is up")
    second = SecondConnectionRefused(at=AT, device=PHONE, client="192.0.2.9")
    assert "second connection from 192.0.2.9" in describe(second)


def test_everything_is_read_back_from_the_database(store: SqlStore) -> None:
    events_ = [*written(*(report for report, _ in WORDS)), TokenAnswered(at=AT, device=PHONE, granted=True)]
    with store.write() as work:
        work.journal.append(events_)
        work.commit()
    with store.read() as work:
        assert list(work.journal.journey(PHONE)) == events_


def test_what_every_start_and_farewell_passes_through_is_not_written() -> None:
    assert written(LineChanged(1, "1001", LineState.REGISTERING), LineChanged(1, "1001", LineState.GONE)) == []


def test_words_before_the_registration_wait_for_the_name() -> None:
    sink = Remembering()
    journal = StationJournal(sink, StillClock())
    for number in range(9):
        journal.heard(AlarmReported(f"alarm {number}"))
    assert sink.events == []
    journal.serve(PHONE)
    assert [event.text for event in sink.of(events.PhoneAlarmed)] == ["alarm 6", "alarm 7", "alarm 8"]


def test_a_phone_that_only_complains_fills_no_journal() -> None:
    assert len(written(*[AlarmReported("x" * 5000 + "\x00\n")] * 500)) == MOST_ALARMS
    (event,) = written(AlarmReported("y" * 5000))
    assert isinstance(event, events.PhoneAlarmed)
    assert len(event.text) == 200
