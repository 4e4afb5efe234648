"""Ending a task of ours for certain, within a bounded time."""

from __future__ import annotations

import asyncio
import logging

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that a task may take to write what it still has to say."""
TRIES = 3


async def end_task(task: asyncio.Task[None], *, patience: float = PATIENCE) -> bool:
    """Cancel it and wait for its end, whatever it ends with; False where it did not end.

    A task can take its cancellation for something else: ``asyncio.wait_for`` before Python 3.12 forgets one that comes
    with its answer. So it is told again. It is waited for from outside: whoever waits here can still be cancelled.
    """
    for _ in range(TRIES):
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=patience)
        if done:
            if not task.cancelled() and (error := task.exception()) is not None:
                log.debug("%s ended with %r", task.get_name(), error)
            return True
        log.warning("%s does not end; it is told again", task.get_name())
    log.error("%s was told to end %d times, and did not; it is left behind", task.get_name(), TRIES)
    return False
