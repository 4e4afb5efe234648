"""The admin's export files: plain, or in the TAR archive of Import/Export; directories of recorded answers."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bridge.errors import InvalidInput, WriteFailed
from bridge.migration.axlrequests import without_secrets
from bridge.migration.axlxml import MAX_ANSWER
from bridge.migration.csvtext import MAX_FILE

MOST_MEMBERS = 500
_TABLES = (".csv", ".txt")


def read_exports(files: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Names and contents of export files; an archive gives the tables in it. Raises InvalidInput."""
    for path in files:
        try:
            if tarfile.is_tarfile(path):
                yield from _members(path)
            else:
                yield path.name, _content(path, MAX_FILE)
        except (OSError, tarfile.TarError, EOFError) as error:
            raise InvalidInput(
                f"{path} cannot be read", why=str(error), fix="look at the path and its rights"
            ) from None


def read_recordings(directory: Path) -> Sequence[tuple[str, bytes]]:
    """Names and contents of the recorded answers in a directory, ordered by name. Raises InvalidInput."""
    try:
        files = sorted(each for each in directory.iterdir() if each.suffix.lower() == ".xml")
        if not files:
            raise InvalidInput(f"there is no .xml file in {directory}", fix="record answers with --record")
        return [(each.name, _content(each, MAX_ANSWER)) for each in files]
    except OSError as error:
        raise InvalidInput(f"{directory} cannot be read", why=str(error), fix="name a directory of answers") from None


def keep_recording(directory: Path, name: str, content: bytes) -> None:
    """Write an answer down, without its secrets, for the user alone. ``name`` is ours. Raises WriteFailed."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = directory / name
        path.write_bytes(without_secrets(content))
        path.chmod(0o600)
    except OSError as error:
        raise WriteFailed(
            f"{directory / name} cannot be written", why=error.strerror or str(error), fix="choose another directory"
        ) from None


def _content(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise InvalidInput(f"{path} is larger than {most // 1024 // 1024} MiB", fix="export in smaller parts")
    return content


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as archive:
        for count, member in enumerate(archive):
            if count >= MOST_MEMBERS:
                raise InvalidInput(f"{path} has more than {MOST_MEMBERS} members", fix="is it CUCM's Import/Export?")
            if not member.isfile() or not member.name.lower().endswith(_TABLES):
                continue
            if member.size > MAX_FILE:
                raise InvalidInput(f"{member.name} in {path.name} is too large", fix="export in smaller parts")
            file = archive.extractfile(member)
            if file is not None:
                yield f"{path.name}:{member.name}", file.read(MAX_FILE)
