"""Whether a TCP server takes connections."""

from __future__ import annotations

import asyncio


async def listens(host: str, port: int, within: float) -> bool:
    """True when somebody takes a connection at ``host:port`` within so many seconds; nothing is sent."""
    try:
        async with asyncio.timeout(within):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    return True
