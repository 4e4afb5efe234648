"""What is typed at the terminal, line by line, while other things go on."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator
from typing import TextIO

END_OF_INPUT = "Nothing more can be typed; the phone stays up until Ctrl-C."


async def typed_lines() -> AsyncIterator[str]:
    """Lines of standard input, without their ends, until it ends: at once where it is closed."""
    source: TextIO | None = sys.stdin
    if source is None:  # what Python makes of a closed one
        return
    if not _can_be_watched(source):
        while line := await asyncio.to_thread(source.buffer.readline):
            yield line.decode(errors="replace").strip()
        return
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), source)
    try:
        while line := await reader.readline():
            yield line.decode(errors="replace").strip()
    finally:
        transport.close()


def _can_be_watched(source: TextIO) -> bool:
    """Whether the event loop can wait for more: in a file or ``/dev/null``, as a script has it, everything is there."""
    mode = os.fstat(source.fileno()).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or source.isatty()
