"""The bounds of the journal, and rows that another version wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from bridge.core import DeviceName, SignallingProtocol, Via, events
from bridge.core.events import Event, FileRequested
from bridge.store import SqlStore, open_store, pruning, upgrade
from bridge.store.engines import DatabaseAddress, make_upgrade_engine
from bridge.store.eventcodec import decode, encode
from bridge.store.tables import journey_event
from tests.storecontract import name

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KINDS = [each for each in vars(events).values() if isinstance(each, type) and issubclass(each, Event)]
SAMPLES: dict[str, object] = {
    "tuple[str, ...]": ("DNS timeout", "VPN not configured"),
    "SignallingProtocol | None": SignallingProtocol.SIP,
    "datetime": NOW,
    "DeviceName | None": name(1),
    "str": "text",
    "int": 7,
    "float": 0.5,
    "bool": True,
    "Via": Via.HTTP,
    "SignallingProtocol": SignallingProtocol.SIP,
}


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/sepbridge.db"
    upgrade(url)
    return url


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    store = open_store(url)
    yield store
    store.close()


def asked(device: int, file: int) -> Event:
    return FileRequested(at=NOW, device=name(device), name=str(file), client="10.0.0.5", via=Via.TFTP)


def append(store: SqlStore, *happened: Event) -> None:
    with store.write() as work:
        work.journal.append(happened)
        work.commit()


def kept(store: SqlStore, device: int) -> list[int]:
    with store.read() as work:
        return [
            int(each.name)
            for each in work.journal.journey(name(device), limit=10_000)
            if isinstance(each, FileRequested)
        ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_event_comes_back_as_it_was(kind: type[Event]) -> None:
    event = kind(**{each.name: SAMPLES[str(each.type)] for each in fields(kind)})
    assert decode(kind.__name__, NOW, name(1).value, encode(event)) == event


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("PhoneBeamedUp", "{}"),
        ("FileRequested", "{}"),
        ("FileRequested", "not JSON"),
        ("FileRequested", "[]"),
        ("FileRequested", '{"name": "x", "client": "c", "via": "carrier pigeon"}'),
        ("datetime", "{}"),
    ],
)
def test_what_cannot_be_understood_is_skipped(kind: str, detail: str) -> None:
    assert decode(kind, NOW, name(1).value, detail) is None


def test_what_a_newer_version_wrote(url: str, store: SqlStore) -> None:
    append(store, asked(1, 1), asked(1, 2), asked(1, 3))
    engine = make_upgrade_engine(DatabaseAddress.parse(url), timeout=5)
    with engine.begin() as connection:
        first, second, _ = connection.execute(select(journey_event.c.id, journey_event.c.detail)).all()
        change = update(journey_event).where(journey_event.c.id == first[0])
        connection.execute(change.values(detail=first[1].replace("{", '{"mood": "sunny",', 1)))
        connection.execute(update(journey_event).where(journey_event.c.id == second[0]).values(kind="PhoneBeamedUp"))
    engine.dispose()
    assert kept(store, 1) == [1, 3]


def test_a_journey_keeps_its_newest_thousand(url: str, store: SqlStore) -> None:
    append(store, *(asked(2, number) for number in range(5)))
    for start in range(0, 3000, 50):
        append(store, *(asked(1, number) for number in range(start, start + 50)))
        assert len(kept(store, 1)) <= pruning.MOST_EVENTS + pruning.SLACK
    assert kept(store, 1)[-1000:] == list(range(2000, 3000))
    append(store, *(asked(1, number) for number in range(3000, 6000)))
    assert kept(store, 1) == list(range(5000, 6000))
    assert kept(store, 2) == list(range(5))


def test_many_short_lives_do_not_outgrow_the_bound(url: str) -> None:
    """A service that is restarted often measures each journey anew."""
    for start in range(0, 1300, 90):
        store = open_store(url)
        append(store, *(asked(1, number) for number in range(start, start + 90)))
        assert len(kept(store, 1)) <= pruning.MOST_EVENTS
        store.close()


def test_all_journeys_together_are_bounded(url: str) -> None:
    engine = make_upgrade_engine(DatabaseAddress.parse(url), timeout=5)
    row = {"device_name": name(1).value, "at": NOW, "kind": "FileRequested", "detail": "{}"}
    with engine.begin() as connection:
        connection.execute(insert(journey_event), [{"id": 1, **row}, {"id": pruning.MOST_EVENTS_IN_ALL, **row}])
    store = open_store(url)
    append(store, asked(2, 1))
    store.close()
    with engine.connect() as connection:
        ids = connection.execute(select(journey_event.c.id)).scalars().all()
    engine.dispose()
    assert ids == [pruning.MOST_EVENTS_IN_ALL, pruning.MOST_EVENTS_IN_ALL + 1]


def test_refusals_are_bounded(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "MOST_REFUSED", 200)
    with store.write() as work:
        for number in range(500):
            at = NOW + timedelta(seconds=number)
            work.journal.refuse(DeviceName(f"SEP{number:012X}"), "c", "autoreg_off", "t" * 5000, at)
        work.commit()
    with store.read() as work:
        refused = work.journal.refused()
    assert 200 <= len(refused) <= 300
    assert refused[0].device == name(499)
    assert len(refused[0].text) == 1000
