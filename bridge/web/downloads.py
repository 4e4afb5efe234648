"""Files that are made for one request: written to the disk in a thread, sent piece by piece, gone afterwards."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO

from aiohttp import web

from bridge.errors import WriteFailed

PIECE = 1 << 18
"""Octets that are sent at once."""
STALLED = 120.0
"""Seconds in which whoever fetches a file must take the next piece of it."""


async def made_file(directory: Path, make: Callable[[Path], object]) -> IO[bytes]:
    """What ``make`` writes to the path that it is given, open for reading and with no name any more.

    ``directory``: where there is room for it. Raises what ``make`` raises, and WriteFailed.
    """
    return await asyncio.to_thread(_made, directory, make)


def _made(directory: Path, make: Callable[[Path], object]) -> IO[bytes]:
    try:
        with tempfile.TemporaryDirectory(prefix=".download-", dir=directory) as place:
            path = Path(place) / "file"
            make(path)
            return path.open("rb")
    except OSError as error:
        raise WriteFailed(
            f"nothing can be written in {directory}",
            why=error.strerror or str(error),
            fix="see to free space and to the permissions of the directory",
        ) from error


async def send_file(request: web.Request, file: IO[bytes], *, name: str, media: str) -> web.StreamResponse:
    """Send a file and close it. ``name``: under which a browser keeps it."""

    async def pieces() -> AsyncIterator[bytes]:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece

    try:
        size = await asyncio.to_thread(lambda: os.fstat(file.fileno()).st_size)
        return await _send(request, size, pieces(), name=name, media=media)
    finally:
        file.close()


async def send_octets(request: web.Request, content: bytes, *, name: str, media: str) -> web.StreamResponse:
    """The same for what is in memory: a large answer in one piece would hold the others up."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), PIECE):
            yield content[start : start + PIECE]

    return await _send(request, len(content), pieces(), name=name, media=media)


async def _send(
    request: web.Request, size: int, pieces: AsyncIterator[bytes], *, name: str, media: str
) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"Content-Type": media, "Content-Disposition": f'attachment; filename="{name}"'}
    )
    response.content_length = size
    try:
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        async for piece in pieces:
            async with asyncio.timeout(STALLED):
                await response.write(piece)
        await response.write_eof()
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
    except ConnectionError:
        pass  # whoever wanted it is gone
    return response
