"""The recorder: who hears of which events, and what waits for the database."""

from __future__ import annotations

from datetime import UTC, datetime

from bridge.app.operations.recorder import EventRecorder
from bridge.core import DeviceName, Via
from bridge.core.events import Event, FileEvent, FileNotFound, FileRequested, PbxConnected
from bridge.store.database import SqlStore

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PHONE = DeviceName("SEP001122334455")


def asks(name: str) -> FileRequested:
    return FileRequested(at=NOON, name=name, client="192.0.2.7", via=Via.TFTP)


def test_a_listener_hears_the_kinds_that_it_asked_for(store: SqlStore) -> None:
    recorder = EventRecorder(store)
    every: list[Event] = []
    files: list[Event] = []
    some: list[Event] = []
    recorder.subscribe(every.append)
    recorder.subscribe(files.append, FileEvent)
    leave = recorder.subscribe(some.append, PbxConnected, FileNotFound)
    connected = PbxConnected(at=NOON, version="22")
    missing = FileNotFound(at=NOON, name="load", client="192.0.2.7", via=Via.TFTP)
    for event in (asks("load"), connected, missing):
        recorder.record(event)
    assert every == [asks("load"), connected, missing]
    assert files == [asks("load"), missing]
    assert some == [connected, missing]
    leave()
    late: list[Event] = []
    recorder.subscribe(late.append, PbxConnected)
    recorder.record(connected)
    assert some == [connected, missing]
    assert late == [connected]


async def test_what_is_nobodys_does_not_wait_for_the_database(store: SqlStore) -> None:
    recorder = EventRecorder(store)
    heard: list[Event] = []
    recorder.subscribe(heard.append)
    recorder.record(asks("term61.default.loads"))
    assert recorder.waiting == 0
    assert [event.device for event in heard] == [None]
    recorder.record(asks("SEP001122334455.cnf.xml"))
    assert recorder.waiting == 1
    assert heard[1].device == PHONE
    await recorder._flush()
    assert recorder.waiting == 0
    with store.read() as work:
        assert [type(each) for each in work.journal.journey(PHONE)] == [FileRequested]
