"""Work that runs once at a time, and serves everybody who asked before it began."""

from __future__ import annotations

import asyncio

import pytest

from bridge.app.turns import Turns
from bridge.errors import StoreUnavailable


class Work:
    """Lasts until it is let go, and counts."""

    def __init__(self) -> None:
        self.begun = 0
        self.at_once = 0
        self.most_at_once = 0
        self.go_on = asyncio.Event()
        self.trouble: Exception | None = None

    async def __call__(self) -> None:
        self.begun += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.go_on.wait()
            if self.trouble is not None:
                raise self.trouble
        finally:
            self.at_once -= 1


async def reached(work: Work, begun: int) -> None:
    for _ in range(100):
        if work.begun < begun:
            await asyncio.sleep(0)
    assert work.begun == begun


async def test_who_asks_while_it_runs_gets_a_run_of_later_and_shares_it() -> None:
    work = Work()
    turns = Turns(work, "work")
    first = asyncio.create_task(turns.take())
    await reached(work, 1)
    assert turns.under_way
    later = [asyncio.create_task(turns.take()) for _ in range(100)]
    await asyncio.sleep(0)
    assert (work.begun, any(each.done() for each in later)) == (1, False)
    work.go_on.set()
    await asyncio.gather(first, *later)
    assert (work.begun, work.most_at_once, turns.under_way) == (2, 1, False)


async def test_everybody_hears_of_the_trouble_and_the_next_turn_is_a_new_one() -> None:
    work = Work()
    turns = Turns(work, "work")
    work.trouble = StoreUnavailable("the database is locked")
    work.go_on.set()
    told = await asyncio.gather(*(turns.take() for _ in range(3)), return_exceptions=True)
    assert told == [work.trouble] * 3
    work.trouble = None
    await turns.take()
    assert work.begun == 2


async def test_who_stops_waiting_takes_nothing_from_the_others() -> None:
    work = Work()
    turns = Turns(work, "work")
    impatient, patient = asyncio.create_task(turns.take()), asyncio.create_task(turns.take())
    await reached(work, 1)
    impatient.cancel()
    await asyncio.sleep(0)
    work.go_on.set()
    await patient
    assert work.begun == 1


async def test_closing_ends_what_runs_and_what_waits() -> None:
    work = Work()
    turns = Turns(work, "work")
    asked = [asyncio.create_task(turns.take())]
    await reached(work, 1)
    asked.append(asyncio.create_task(turns.take()))
    await asyncio.sleep(0)
    await turns.close()
    for each in asked:
        with pytest.raises(asyncio.CancelledError):
            await each
    assert (work.begun, work.at_once) == (1, 0)
