"""Backgrounds: the folder of each kind of screen, and the list of its pictures (phone file reference, section 18).

A folder is called after width, height and bits per pixel: ``800x480x24``. The list names every picture with a small one
that is shown to choose from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from bridge.errors import InvalidInput
from bridge.phones import catalogue
from bridge.provisioning.renderer import RenderedFile, Renderer

MOST_PICTURES = 50
PREVIEW = "TN-"
"""What stands before the name of a small picture."""
_FOLDER = re.compile(r"(\d{1,4})x(\d{1,4})x(\d{1,2})", re.ASCII)
_SMALL = re.compile(r"(\d{1,4})x(\d{1,4})", re.ASCII)
_PICTURE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}\.png", re.ASCII)
_MODULES = ("272x480x24", "320x480x24")
"""Expansion modules of the 88xx: they show the picture of the same name, and nobody chooses there."""


@dataclass(frozen=True, slots=True)
class Screen:
    """One kind of screen. Sizes are in pixels."""

    folder: str
    width: int
    height: int
    depth: int
    """Bits per pixel: 1 black and white, 4 greys, from 12 on colours."""
    preview: tuple[int, int] | None = None
    """None: no list, so no small pictures."""

    @classmethod
    def of(cls, folder: str, preview: str = "") -> Screen:
        """The screen behind a folder's name. Raises InvalidInput."""
        match, small = _FOLDER.fullmatch(folder), _SMALL.fullmatch(preview)
        if match is None:
            raise InvalidInput(f"{folder[:40]!r} is no folder of backgrounds", fix="write width x height x depth")
        width, height, depth = (int(each) for each in match.groups())
        return cls(folder, width, height, depth, (int(small[1]), int(small[2])) if small else None)


@dataclass(frozen=True, slots=True)
class Picture:
    """One entry of a list."""

    file: str
    preview: str


@lru_cache(maxsize=1)
def screens() -> tuple[Screen, ...]:
    """Every kind of screen that the catalogue knows, and those of the modules, by folder."""
    known = {model.wallpaper: model.preview for model in catalogue() if model.wallpaper}
    known.update(dict.fromkeys(_MODULES, ""))
    return tuple(Screen.of(folder, known[folder]) for folder in sorted(known))


def screen_of(folder: str) -> Screen | None:
    """The screen of a folder; None for one that no phone has."""
    return next((each for each in screens() if each.folder == folder.lower()), None)


def pictures(names: Iterable[str]) -> Iterator[Picture]:
    """The entries for the files of a folder: every picture that has its small one, by name."""
    files = {name for name in names if _PICTURE.fullmatch(name.removeprefix(PREVIEW))}
    chosen = sorted(name for name in files if not name.startswith(PREVIEW) and PREVIEW + name in files)
    for name in chosen[:MOST_PICTURES]:
        yield Picture(name, PREVIEW + name)


def render_picture_list(renderer: Renderer, folder: str, names: Iterable[str]) -> RenderedFile | None:
    """``List.xml`` of a folder; None where there is nothing to choose. Raises ConfigurationError."""
    found = tuple(pictures(names))
    if not found or (screen := screen_of(folder)) is None:
        return None
    text = renderer.render_document("desktops/List.xml", folder=screen.folder, pictures=found, empty_tags=True)
    return RenderedFile(f"Desktops/{screen.folder}/List.xml", text)
