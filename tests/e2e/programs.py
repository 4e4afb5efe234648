"""The program ``sepbridge``, started as a person starts it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator

PROGRAM = (sys.executable, "-c", "from bridge.cli import main; main()")


async def run(*words: str, code: int = 0) -> str:
    """Run ``sepbridge`` to its end; its output."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        output, errors = await process.communicate()
    assert process.returncode == code, (output.decode(), errors.decode())
    return output.decode()


@contextlib.asynccontextmanager
async def started(*words: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """``sepbridge`` in the background, and the first line that it printed; ended by SIGTERM, with status 0."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            line = await process.stdout.readline()
        yield process, line.decode()
    finally:
        if process.returncode is None:
            # Not by ``terminate``, which would look whether it has ended already, and take its status away.
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await process.wait() in {0, -9}  # -9: the test killed it
