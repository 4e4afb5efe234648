"""Work that must not run twice at a time, and serves everybody who asked before it began."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Turns:
    """One run after the other. Whoever asks while one is under way shares the next one with all who ask by then.

    So everybody gets a run that began after the question, and a hundred questions cost two runs.
    """

    def __init__(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        self._work = work
        self._name = name
        self._one_at_a_time = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def under_way(self) -> bool:
        """Whether a run has begun and is not over."""
        return self._one_at_a_time.locked()

    async def take(self) -> None:
        """Wait for the end of a run that begins from now on. Raises what the work raises."""
        if self._next is None:
            task = self._next = asyncio.create_task(self._run(), name=self._name)
            self._tasks.add(task)
            task.add_done_callback(self._over)
        # Whoever stops waiting takes nothing away from the others.
        await asyncio.shield(self._next)

    async def close(self) -> None:
        """Stop what is under way, and who waits."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self) -> None:
        async with self._one_at_a_time:
            self._next = None
            await self._work()

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._next is task:  # it was stopped before its turn came
            self._next = None
        if not task.cancelled():
            task.exception()  # those who waited have heard of it; perhaps nobody did
