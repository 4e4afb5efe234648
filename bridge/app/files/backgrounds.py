"""Backgrounds for phones' screens: one picture of the admin's, made into one file for each kind of screen.

What phones take stands in the phone file reference, section 18: PNG files of exactly the screen's size below
``Desktops/``, each with a small one to choose from. Lists of them are made when a phone asks for one.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from bridge.errors import Conflict, InvalidInput, NotFound, WriteFailed
from bridge.pbx.atomic import write_atomically
from bridge.provisioning import MOST_PICTURES, PREVIEW, Screen, screens

LARGEST_FILE = 32 << 20
"""Octets of the admin's picture."""
MOST_PIXELS = 50_000_000
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
_DIRECTORY = "Desktops"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_GREYS = 16
_COLOURS = {12: (4, 4, 4), 16: (5, 6, 5)}
"""Bits of red, green and blue."""


@dataclass(frozen=True, slots=True)
class Background:
    """One picture, and the screens that it is there for."""

    name: str
    folders: tuple[str, ...]


class BackgroundDesk:
    """The admin's backgrounds. ``files``: the directory of the admin's files for phones."""

    def __init__(self, files: Path) -> None:
        self._directory = files / _DIRECTORY

    def add(self, picture: Path, name: str = "", *, replace: bool = False) -> Background:
        """Make a background of a picture for every kind of screen. ``name``: the picture's own, unless given.

        Raises InvalidInput for a picture that cannot be used, Conflict for a name that is taken, WriteFailed.
        """
        name = name or re.sub(r"[^A-Za-z0-9_-]+", "-", picture.stem).strip("-")[:40]
        if not _NAME.fullmatch(name) or name.startswith(PREVIEW):
            raise InvalidInput(
                f"{name[:40]!r} cannot be the name of a background",
                fix="give one of at most 40 letters, digits and dashes: --name",
            )
        held = {each.name: each for each in self.list()}
        if name in held and not replace:
            raise Conflict(f"there is a background {name}", fix="give another --name, or --replace it")
        if name not in held and len(held) >= MOST_PICTURES:
            raise Conflict(f"there are {MOST_PICTURES} backgrounds", why="phones show no more", fix="remove one")
        image = _opened(picture)
        made = {
            f"{screen.folder}/{file}": content
            for screen in screens()
            for file, content in _files(image, screen, f"{name}.png")
        }
        for path, content in made.items():
            self._write(path, content)
        return Background(name, tuple(screen.folder for screen in screens()))

    def list(self) -> Sequence[Background]:
        """The backgrounds that are there, by name."""
        found: dict[str, list[str]] = {}
        for screen in screens():
            for path in sorted((self._directory / screen.folder).glob("*.png")):
                if not path.name.startswith(PREVIEW):
                    found.setdefault(path.stem, []).append(screen.folder)
        return [Background(name, tuple(found[name])) for name in sorted(found)]

    def remove(self, name: str) -> Background:
        """Remove one, for all screens. Raises NotFound, WriteFailed."""
        held = next((each for each in self.list() if each.name == name), None)
        if held is None:
            raise NotFound(f"there is no background {name}", fix="`sepbridge backgrounds list` shows those that exist")
        for folder in held.folders:
            for file in (f"{name}.png", f"{PREVIEW}{name}.png"):
                try:
                    (self._directory / folder / file).unlink(missing_ok=True)
                except OSError as error:
                    raise WriteFailed(f"could not remove {folder}/{file}", why=error.strerror or str(error)) from error
        return held

    def _write(self, path: str, content: bytes) -> None:
        target = self._directory / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteFailed(f"could not make {target.parent}", why=error.strerror or str(error)) from error
        write_atomically(target, content, mode=0o644)


def _opened(picture: Path) -> Image.Image:
    """The picture, upright, in colours. Raises InvalidInput."""
    try:
        if picture.stat().st_size > LARGEST_FILE:
            raise InvalidInput(f"{picture} is too large", why=f"more than {LARGEST_FILE >> 20} MB")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit below is lower
            with Image.open(picture, formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise InvalidInput(
                        f"{picture} is too large", why=f"more than {MOST_PIXELS // 1_000_000} million pixels"
                    )
                upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError, SyntaxError) as error:
        raise InvalidInput(
            f"{picture} is no picture that can be read", why=str(error), fix=f"use one of {', '.join(FORMATS)}"
        ) from error
    ground = Image.new("RGBA", upright.size, "white")
    return Image.alpha_composite(ground, upright).convert("RGB")


def _files(image: Image.Image, screen: Screen, name: str) -> list[tuple[str, bytes]]:
    made = [(name, _fitted(image, (screen.width, screen.height), screen.depth))]
    if screen.preview is not None:
        made.append((PREVIEW + name, _fitted(image, screen.preview, screen.depth)))
    return made


def _fitted(image: Image.Image, size: tuple[int, int], depth: int) -> bytes:
    """A PNG of this size, cut where the picture has another shape, in as many colours as the screen has."""
    fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    stored = io.BytesIO()
    _reduced(fitted, depth).save(stored, "PNG", optimize=True)
    return stored.getvalue()


def _reduced(image: Image.Image, depth: int) -> Image.Image:
    if depth == 1:
        return image.convert("1")
    if depth == 4:
        step = 255 // (_GREYS - 1)
        return image.convert("L").point([round(value / step) * step for value in range(256)])
    if (bits := _COLOURS.get(depth)) is None:
        return image
    tables = [
        [round(value * (levels := (1 << each) - 1) / 255) * 255 // levels for value in range(256)] for each in bits
    ]
    return image.point([value for table in tables for value in table])
