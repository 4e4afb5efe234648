"""Replacing a file so that every reader sees the old content or the new one, whole, whatever happens in between."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import WriteFailed


def write_atomically(path: Path, content: bytes, *, mode: int = 0o640, like: Path | None = None) -> None:
    """Put ``content`` into ``path``: temporary name in the same directory, synced, renamed, directory synced.

    A file that exists keeps its mode and owner. A new one gets ``mode``, and owner and group of ``like`` where we may
    set them. Raises WriteFailed (disk full, permissions); what stood there before then still stands, and nothing is
    left lying about.
    """
    write_together({path: content}, mode=mode, like=like)
    with _told_of(path):
        sync_directory(Path(os.path.realpath(path)).parent)


def write_together(contents: Mapping[Path, bytes], *, mode: int = 0o640, like: Path | None = None) -> None:
    """Do the same with several files, in their order; none is renamed before all are synced.

    They are synced at the same time, which takes hardly longer than one. The directories are the caller's to sync:
    until then a power cut may bring back an old file, but never half a one.
    """
    with contextlib.ExitStack() as stack:
        drafts: list[_Draft] = []
        for path, content in contents.items():
            with _told_of(path):
                drafts.append(_written(stack, path, content, mode, like))
        _sync(drafts)
        for draft in drafts:
            with _told_of(draft.path):
                draft.temporary.replace(draft.target)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A file under its temporary name."""

    path: Path
    target: Path
    temporary: Path
    descriptor: int


def _written(stack: contextlib.ExitStack, path: Path, content: bytes, mode: int, like: Path | None) -> _Draft:
    """Write a file under a temporary name; ``stack`` closes it, and removes it if it has that name still."""
    target = Path(os.path.realpath(path))  # a symbolic link stays a link
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    draft = _Draft(path, target, Path(name), descriptor)
    stack.callback(_remove, draft.temporary)
    stack.callback(os.close, descriptor)
    _adopt(descriptor, target, mode, like)
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    return draft


def _sync(drafts: Sequence[_Draft]) -> None:
    def one(draft: _Draft) -> None:
        with _told_of(draft.path):
            os.fsync(draft.descriptor)

    if len(drafts) < 2:
        for draft in drafts:
            one(draft)
        return
    with ThreadPoolExecutor(len(drafts), thread_name_prefix="sync") as pool:
        for done in [pool.submit(one, draft) for draft in drafts]:
            done.result()


@contextlib.contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """Say which file could not be written."""
    try:
        yield
    except OSError as error:
        raise WriteFailed(
            f"could not write {path}",
            why=error.strerror or str(error),
            fix="see to free space and to the permissions of its directory; the old file is untouched",
        ) from error


def _remove(temporary: Path) -> None:
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)


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
