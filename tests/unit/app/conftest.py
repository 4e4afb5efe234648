"""A real database, a clock that stands still until told otherwise, and a sink that remembers."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from bridge.app.admission.window import WindowDesk
from bridge.app.files.phonefiles import PhoneFiles
from bridge.app.files.templates import template_loader
from bridge.core import CallManagerGroup, NumberRange, Server
from bridge.core.events import Event
from bridge.store import SqlStore, open_store, upgrade

T = TypeVar("T")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class StillClock:
    """Stands at noon; ``pass_by`` moves it."""

    def __init__(self) -> None:
        self._now = NOON

    def now(self) -> datetime:
        return self._now

    def pass_by(self, span: timedelta) -> None:
        self._now += span


class CountingIds:
    """Secrets and stamps that differ and can be told apart."""

    def __init__(self) -> None:
        self._count = itertools.count(1)

    def secret(self, length: int) -> str:
        return f"{next(self._count):0{length}d}"

    def digits(self, count: int) -> str:
        return f"{next(self._count):0{count}d}"

    def version_stamp(self) -> str:
        return f"00000000-0000-0000-0000-{next(self._count):012d}"


class Remembering:
    """An event sink that keeps everything."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def record(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def ids() -> CountingIds:
    return CountingIds()


@pytest.fixture
def sink() -> Remembering:
    return Remembering()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A new database with one server, as the service makes it at its first start."""
    url = f"sqlite:///{tmp_path / 'sepbridge.db'}"
    upgrade(url)
    with contextlib.closing(open_store(url)) as store:
        with store.write() as work:
            pool = work.site.pool("Default")
            group = CallManagerGroup(pool.group.name, (Server("pbx", "192.0.2.10"),), autoregistration=True)
            work.site.save_pool(type(pool)(pool.name, group, pool.region, pool.date_time_group))
            work.commit()
        yield store


@pytest.fixture
def desk(store: SqlStore, clock: StillClock) -> WindowDesk:
    return WindowDesk(store, clock, "tester")


@pytest.fixture
def window(desk: WindowDesk) -> WindowDesk:
    """Autoregistration, open for an hour, for SIP, with ten numbers."""
    desk.set_protocol("SIP")
    desk.set_range(NumberRange("1000", "1009"))
    return desk


@pytest.fixture
def files(store: SqlStore, tmp_path: Path) -> PhoneFiles:
    return PhoneFiles(
        store,
        template_loader(tmp_path / "templates"),
        context="sepbridge-phones",
        autoregistration_name="AUTO-REG",
        doorway_port=5070,
    )
