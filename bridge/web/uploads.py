"""Forms with files: read part by part, every size counted, large files straight to disk."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from aiohttp import BodyPartReader, web

from bridge.errors import InvalidInput, WriteFailed
from bridge.web.access import CSRF_FIELD, PARTS

MOST_PARTS = 50
PIECE = 1 << 20
"""Octets that are written at once."""
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


class UploadTooLarge(InvalidInput):
    """What is sent is larger than may be."""

    status = 413


@dataclass(frozen=True, slots=True)
class Upload:
    """A form that was read."""

    fields: Mapping[str, str]
    file_name: str = ""
    """As the sender calls it; empty where no file was chosen."""
    content: bytes = b""
    """Of the file, where it was read into memory."""
    path: Path | None = None
    """Of the file, where it was written to disk."""

    def field(self, name: str) -> str:
        """A field without blanks around it; empty where it is not given."""
        return self.fields.get(name, "").strip()

    def text(self) -> str:
        """The file as text. Raises InvalidInput."""
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidInput(
                f"{self.file_name[:80]} cannot be read", why=str(error), fix="save it as text in UTF-8"
            ) from None


@contextlib.asynccontextmanager
async def upload_place(directory: Path) -> AsyncIterator[Path]:
    """A directory for one upload, gone afterwards. Not below /tmp, which may lie in memory. Raises WriteFailed."""
    try:
        place = await asyncio.to_thread(tempfile.mkdtemp, prefix=".upload-", dir=directory)
    except OSError as error:
        raise WriteFailed(f"nothing can be written in {directory}", why=error.strerror or str(error)) from error
    try:
        yield Path(place)
    finally:
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)


async def save_body(request: web.Request, file: Path, largest: int) -> None:
    """Write the body to a file, piece by piece. Raises HTTPRequestEntityTooLarge."""
    size = 0
    with file.open("wb") as stream:
        async for piece in request.content.iter_chunked(PIECE):
            size += len(piece)
            if size > largest:
                raise web.HTTPRequestEntityTooLarge(max_size=largest, actual_size=size)
            await asyncio.to_thread(stream.write, piece)


async def read_upload(request: web.Request, *, largest: int, place: Path | None = None) -> Upload:
    """Read a form. ``largest``: octets of everything in it; ``place``: the directory that a file is written to.

    Raises InvalidInput for what is no such form, UploadTooLarge, WriteFailed.
    """
    try:
        reader = request.get(PARTS) or await request.multipart()
        return await _read(reader, largest=largest, place=place)
    except (AssertionError, ValueError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput("the form cannot be read", why=str(error)[:200], fix="load the page and try again") from None


async def _read(reader: object, *, largest: int, place: Path | None) -> Upload:
    fields: dict[str, str] = {}
    name, content, path = "", b"", None
    left = largest
    parts = 0
    while (part := await reader.next()) is not None:  # type: ignore[attr-defined]  # the type is aiohttp's own
        parts += 1
        if not isinstance(part, BodyPartReader) or parts > MOST_PARTS:
            raise InvalidInput("the form cannot be read", why="its parts are not those of a page of ours")
        if not part.filename:
            data = await _whole(part, left, largest)
            left -= len(data)
            if part.name and part.name != CSRF_FIELD and not part.filename:
                fields[part.name] = data.decode("utf-8", errors="strict")
            continue
        if name:
            raise InvalidInput("one file at a time", fix="choose a single file")
        name = part.filename
        if place is None:
            content = await _whole(part, left, largest)
            left -= len(content)
        else:
            path = place / safe_name(name)
            left -= await _to_disk(part, path, left, largest)
    return Upload(fields, name, content, path)


def safe_name(name: str) -> str:
    """A name that stays in its directory, with the file's own kind at its end: ``load (1).zip`` is ``load-1-.zip``."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = _NOT_IN_NAMES.sub("-", last).lstrip(".-")[-100:]
    return plain or "upload"


async def _whole(part: BodyPartReader, left: int, largest: int) -> bytes:
    pieces = bytearray()
    while piece := await part.read_chunk(PIECE):
        pieces += piece
        if len(pieces) > left:
            raise _too_large(largest)
    return bytes(pieces)


async def _to_disk(part: BodyPartReader, path: Path, left: int, largest: int) -> int:
    size = 0
    waiting = bytearray()
    try:
        with await asyncio.to_thread(path.open, "xb") as file:
            while piece := await part.read_chunk(PIECE):
                size += len(piece)
                if size > left:
                    raise _too_large(largest)
                waiting += piece
                if len(waiting) >= PIECE:
                    await _written(file, waiting)
            await _written(file, waiting)
    except OSError as error:
        raise WriteFailed(
            "the file cannot be kept here", why=error.strerror or str(error), fix="see to free space on the server"
        ) from error
    return size


async def _written(file: IO[bytes], waiting: bytearray) -> None:
    await asyncio.to_thread(file.write, bytes(waiting))
    waiting.clear()


def _too_large(largest: int) -> UploadTooLarge:
    return UploadTooLarge("what was sent is too large", why=f"at most {largest / 1e6:.0f} MB are taken here")
