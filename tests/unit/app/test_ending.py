"""Tasks that end at once, late, with an error, and not at all."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from bridge.app.ending import TRIES, end_task


async def deaf(times: int) -> None:
    """Takes its first cancellations for something else."""
    for _ in range(times):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
    await asyncio.sleep(60)


async def failing() -> None:
    try:
        await asyncio.sleep(60)
    finally:
        raise RuntimeError("on its way out")


async def started(task: asyncio.Task[None]) -> asyncio.Task[None]:
    await asyncio.sleep(0)
    return task


@pytest.mark.parametrize("times", range(TRIES))
async def test_a_task_that_forgets_its_cancellation_is_told_again(times: int) -> None:
    assert await end_task(await started(asyncio.create_task(deaf(times))), patience=0.05)


async def test_a_task_that_ends_with_an_error_has_ended() -> None:
    assert await end_task(await started(asyncio.create_task(failing())), patience=0.05)


async def test_a_task_that_never_ends_is_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    task = await started(asyncio.create_task(deaf(TRIES), name="the deaf one"))
    assert not await end_task(task, patience=0.02)
    assert "the deaf one was told to end 3 times" in caplog.text
    assert await end_task(task, patience=1)


async def test_whoever_waits_can_be_cancelled() -> None:
    task = await started(asyncio.create_task(deaf(9)))
    waiter = await started(asyncio.create_task(_ended(task)))
    waiter.cancel()
    done, _ = await asyncio.wait({waiter}, timeout=1)
    assert waiter in done
    assert waiter.cancelled()
    while not task.done():
        task.cancel()
        await asyncio.sleep(0)


async def _ended(task: asyncio.Task[None]) -> None:
    await end_task(task)
