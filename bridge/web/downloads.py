"""Files that are made for one request: written to the disk in a thread, sent piece by piece, gone afterwards."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable
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
    try:
        size = await asyncio.to_thread(lambda: os.fstat(file.fileno()).st_size)
        response = await _begun(request, size, name, media)
        while piece := await asyncio.to_thread(file.read, PIECE):
            await _send(response, piece)
    finally:
        file.close()
    await response.write_eof()
    return response


async def send_octets(request: web.Request, content: bytes, *, name: str, media: str) -> web.StreamResponse:
    """The same for what is in memory: a large answer in one piece would hold the others up."""
    response = await _begun(request, len(content), name, media)
    for start in range(0, len(content), PIECE):
        await _send(response, content[start : start + PIECE])
    await response.write_eof()
    return response


async def _begun(request: web.Request, size: int, name: str, media: str) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"Content-Type": media, "Content-Disposition": f'attachment; filename="{name}"'}
    )
    response.content_length = size
    await response.prepare(request)
    return response


async def _send(response: web.StreamResponse, piece: bytes) -> None:
    try:
        async with asyncio.timeout(STALLED):
            await response.write(piece)
    except TimeoutError:
        raise ConnectionResetError("nobody takes the file any more") from None
