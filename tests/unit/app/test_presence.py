"""Who is registered, by the database: of each phone the last word, whatever the threads do."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bridge.app.stations.presence import Presence
from bridge.errors import StoreUnavailable
from bridge.store import SqlStore
from tests.storecontract import name, phone
from tests.unit.app.conftest import StillClock

ONE, TWO = name(1), name(2)
PATIENCE = 20.0


@pytest.fixture(autouse=True)
def phones(store: SqlStore) -> None:
    """Two phones that the database knows."""
    with store.write() as work:
        work.devices.add(phone(1, "1001"))
        work.devices.add(phone(2, "1002"))
        work.commit()


class Slow:
    """A store whose first writer is held up, or finds the database locked."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.read = store.read
        self.may_go_on = threading.Event()
        self.writers = 0
        self.is_locked = False

    def write(self, *, urgent: bool = True) -> object:
        self.writers += 1
        if self.is_locked:
            raise StoreUnavailable("the database is locked")
        if self.writers == 1:
            assert self.may_go_on.wait(PATIENCE)
        return self._store.write(urgent=urgent)


async def tried(slow: Slow, times: int = 1) -> None:
    """Wait until it was tried to write so often."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if slow.writers >= times:
                return
            await asyncio.sleep(0.005)


def registered(store: SqlStore) -> set[str]:
    with store.read() as work:
        return {device.number for device in work.devices.all() if device.registered}


async def test_the_last_word_counts_although_the_first_one_is_held_up(store: SqlStore, clock: StillClock) -> None:
    slow = Slow(store)
    presence = Presence(slow, clock)  # type: ignore[arg-type]  # as much of a store as it uses
    presence.note(ONE, registered=False)
    await tried(slow)
    for word in (True, False, True):
        presence.note(ONE, registered=word)
    presence.note(TWO, registered=True)
    slow.may_go_on.set()
    await presence.close()
    assert registered(store) == {"1001", "1002"}
    assert slow.writers == 2, "what came meanwhile is written at once"


async def test_what_a_locked_database_does_not_take_is_written_later(store: SqlStore, clock: StillClock) -> None:
    slow = Slow(store)
    slow.may_go_on.set()
    slow.is_locked = True
    presence = Presence(slow, clock, again=0.01)  # type: ignore[arg-type]  # see above
    presence.note(ONE, registered=True)
    presence.note(TWO, registered=True)
    await tried(slow, 2)
    presence.note(TWO, registered=False)
    slow.is_locked = False
    await presence.close()
    assert registered(store) == {"1001"}


async def test_the_end_does_not_wait_for_a_database_that_is_away(store: SqlStore, clock: StillClock) -> None:
    slow = Slow(store)
    slow.is_locked = True
    presence = Presence(slow, clock)  # type: ignore[arg-type]  # see above
    presence.note(ONE, registered=True)
    await tried(slow)
    async with asyncio.timeout(PATIENCE):
        await presence.close()
    assert registered(store) == set()
