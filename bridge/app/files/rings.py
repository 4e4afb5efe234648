"""Rings: a sound of the admin's, made into the files that phones play. Lists of them are made when a phone asks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import Conflict, InvalidInput, NotFound, WriteFailed
from bridge.pbx.atomic import write_atomically
from bridge.provisioning import (
    CALL_BACK_RING,
    MOST_RINGS,
    NARROW_RING,
    RING_FORMS,
    WIDE_RING,
    Sound,
    read_wav,
    ring_file,
    why_no_ring,
)

LARGEST_FILE = 64 << 20
"""Octets of the admin's sound."""
LONGEST_NAME = 21
"""Characters: with its ending, a file's name may have 25 (phone file reference, section 18)."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class RingTone:
    """One ring, with the files that there are of it."""

    name: str
    """What users read."""
    files: tuple[str, ...]
    seconds: float
    """How long the longest of its files plays."""
    chosen: bool
    """Whether users choose it; otherwise phones play it themselves, or not at all."""
    trouble: str = ""
    """Why phones do not play one of the files."""


class RingDesk:
    """The admin's rings. ``files``: the directory of the admin's files for phones."""

    def __init__(self, files: Path) -> None:
        self._directory = files

    def add(self, sound: Path, name: str = "", *, cut: bool = False, replace: bool = False) -> RingTone:
        """Make a ring of a WAV file, for phones with and without wide-band rings.

        ``name``: the file's own, unless given. ``cut``: of a sound that is too long, take the beginning, as much as
        each kind of phone plays. Raises InvalidInput for a sound that cannot be used, Conflict for a name that is
        taken, WriteFailed.
        """
        name = " ".join((name or re.sub(r"[^A-Za-z0-9-]+", " ", sound.stem)).split())
        if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            raise InvalidInput(
                f"{name[:40]!r} cannot be the name of a ring",
                fix=f"give one of at most {LONGEST_NAME} letters, digits, blanks and dashes: --name",
            )
        stem = name.replace(" ", "-")
        held = {each.name.lower(): each for each in self.list()}
        before = held.get(_shown(stem).lower())
        if before is not None and not replace:
            raise Conflict(f"there is a ring {before.name}", fix="give another --name, or --replace it")
        own = f"{stem.lower()}{NARROW_RING.ending}" == CALL_BACK_RING
        if before is None and not own and sum(each.chosen for each in held.values()) >= MOST_RINGS:
            raise Conflict(f"there are {MOST_RINGS} rings", why="phones show no more", fix="remove one")
        heard = _opened(sound)
        try:
            forms = (NARROW_RING,) if own else RING_FORMS  # the phones with that tone have no wide-band rings
            made = {f"{stem}{form.ending}": ring_file(heard, form, cut=cut) for form in forms}
        except InvalidInput as error:
            raise InvalidInput(f"{sound} cannot be a ring: {error.what}", why=error.why, fix=error.fix) from error
        for file in before.files if before else ():
            if file not in made:  # the same name in other letters
                self._unlink(file)
        self._write(made)
        return next(each for each in self.list() if f"{stem}{NARROW_RING.ending}" in each.files)

    def list(self) -> Sequence[RingTone]:
        """The rings that are there, by name."""
        found: dict[str, list[Path]] = {}
        endings = tuple(form.ending for form in RING_FORMS)
        for path in sorted(self._directory.glob("*")):
            if path.name.lower().endswith(endings) and path.is_file():
                found.setdefault(path.stem.lower(), []).append(path)
        return [_tone(found[stem]) for stem in sorted(found)]

    def remove(self, name: str) -> RingTone:
        """Remove one, with all its files. Raises NotFound, WriteFailed."""
        wanted = _shown(name).lower()
        held = next((each for each in self.list() if each.name.lower() == wanted), None)
        if held is None:
            raise NotFound(f"there is no ring {name}", fix="`sepbridge rings list` shows those that exist")
        for file in held.files:
            self._unlink(file)
        return held

    def _write(self, made: Mapping[str, bytes]) -> None:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteFailed(f"could not make {self._directory}", why=error.strerror or str(error)) from error
        for file, content in made.items():
            write_atomically(self._directory / file, content, mode=0o644)

    def _unlink(self, file: str) -> None:
        try:
            (self._directory / file).unlink(missing_ok=True)
        except OSError as error:
            raise WriteFailed(f"could not remove {file}", why=error.strerror or str(error)) from error


def _shown(stem: str) -> str:
    """A file's name as the lists show it."""
    return re.sub(r"[._-]+", " ", stem)


def _tone(paths: Sequence[Path]) -> RingTone:
    troubles = []
    seconds = 0.0
    for path in paths:
        octets = path.stat().st_size
        if trouble := why_no_ring(path.name, octets):
            troubles.append(f"{path.name}: {trouble}")
        wide = path.name.lower().endswith(WIDE_RING.ending)
        seconds = max(seconds, octets / (2 * WIDE_RING.rate) if wide else octets / NARROW_RING.rate)
    files = tuple(path.name for path in paths)
    chosen = len(troubles) < len(files) and CALL_BACK_RING not in {file.lower() for file in files}
    return RingTone(_shown(paths[0].stem), files, round(seconds, 2), chosen, "; ".join(troubles))


def _opened(sound: Path) -> Sound:
    try:
        if sound.stat().st_size > LARGEST_FILE:
            raise InvalidInput("it is too large", why=f"more than {LARGEST_FILE >> 20} MB", fix="shorten it")
        return read_wav(sound.read_bytes())
    except InvalidInput as error:
        raise InvalidInput(f"{sound} cannot be a ring: {error.what}", why=error.why, fix=error.fix) from error
    except OSError as error:
        raise InvalidInput(f"{sound} cannot be read", why=error.strerror or str(error)) from error
