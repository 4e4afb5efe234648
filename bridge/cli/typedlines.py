"""What is typed at the terminal, line by line, while other things go on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator


async def typed_lines() -> AsyncIterator[str]:
    """Lines of standard input, without their ends, until it ends."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        while line := await reader.readline():
            yield line.decode(errors="replace").strip()
    finally:
        transport.close()
