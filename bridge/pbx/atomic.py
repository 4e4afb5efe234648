"""Replacing a file so that every reader sees the old content or the new one, whole, whatever happens in between."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from bridge.errors import WriteFailed


def write_atomically(path: Path, content: bytes, *, mode: int = 0o640, like: Path | None = None) -> None:
    """Put ``content`` into ``path``: temporary name in the same directory, synced, renamed, directory synced.

    A file that exists keeps its mode and owner. A new one gets ``mode``, and owner and group of ``like`` where we may
    set them. Raises WriteFailed (disk full, permissions); what stood there before then still stands, and nothing is
    left lying about.
    """
    target = Path(os.path.realpath(path))  # a symbolic link stays a link
    temporary: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
        temporary = Path(name)
        try:
            _adopt(descriptor, target, mode, like)
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(target)
        temporary = None
        sync_directory(target.parent)
    except OSError as error:
        raise WriteFailed(
            f"could not write {path}",
            why=error.strerror or str(error),
            fix="see to free space and to the permissions of its directory; the old file is untouched",
        ) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def remove_leftovers(directory: Path) -> None:
    """Remove what a crash between two steps of ``write_atomically`` may have left in ``directory``."""
    with contextlib.suppress(OSError):
        for leftover in directory.glob(".*.conf.*.new"):
            leftover.unlink(missing_ok=True)


def sync_directory(directory: Path) -> None:
    """Make renames and removals in ``directory`` last through a power cut. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _adopt(descriptor: int, target: Path, mode: int, like: Path | None) -> None:
    """Give the temporary file the mode and owner that the target has, or is to have."""
    try:
        existing = target.stat()
    except FileNotFoundError:
        os.fchmod(descriptor, mode)
        if like is not None:
            model = like.stat()
            with contextlib.suppress(PermissionError):
                os.fchown(descriptor, model.st_uid, model.st_gid)
        return
    with contextlib.suppress(PermissionError):
        os.fchown(descriptor, existing.st_uid, existing.st_gid)
    os.fchmod(descriptor, existing.st_mode & 0o7777)
