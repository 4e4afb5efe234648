"""Backgrounds, rings and locales: the admin's own files, as phones can use them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from bridge.app.files.backgrounds import LARGEST_FILE as LARGEST_PICTURE
from bridge.app.files.backgrounds import Background
from bridge.app.files.locales import UsedLocale
from bridge.app.files.rings import LARGEST_FILE as LARGEST_SOUND
from bridge.app.files.rings import RingTone
from bridge.web.api.operations import Ask, Operations
from bridge.web.api.schema import Text
from bridge.web.uploads import save_body, upload_place

media = Operations("Backgrounds, rings and locales")

_FileName = Annotated[str, Text(100, 1, r"[A-Za-z0-9][A-Za-z0-9._ -]*")]


@dataclass(frozen=True, slots=True)
class Backgrounds:
    """Every background."""

    backgrounds: tuple[Background, ...]


@dataclass(frozen=True, slots=True)
class Rings:
    """Every ring."""

    rings: tuple[RingTone, ...]


@dataclass(frozen=True, slots=True)
class LocaleStanding:
    """A locale that is there, or that phones are to have."""

    name: str
    files: tuple[str, ...]
    phones: int
    """Phones for which it is set as their language."""
    phones_for_tones: int
    """Phones for which it is set as their country."""
    tones_made: bool
    """Its tones are made here where it has none."""
    lacking: dict[str, int]
    """Phones of the site that go without, by the file that they lack."""


@dataclass(frozen=True, slots=True)
class Locales:
    """Every locale."""

    locales: tuple[LocaleStanding, ...]


@dataclass(frozen=True, slots=True)
class LocaleResult:
    """What a package brought."""

    locales: tuple[str, ...]
    new: tuple[str, ...]
    same: tuple[str, ...]
    replaced: tuple[str, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PictureQuery:
    """What comes, and what it is to be called."""

    file: _FileName
    """The file's name, with its ending."""
    name: Annotated[str, Text(40)] = ""
    """Of the background; the file's own, unless given."""
    replace: bool = False


@dataclass(frozen=True, slots=True)
class SoundQuery:
    """What comes, and what it is to be called."""

    file: _FileName
    """The file's name, with its ending."""
    name: Annotated[str, Text(21)] = ""
    """Of the ring; the file's own, unless given."""
    cut: bool = False
    """Of a sound that is too long, take the beginning."""
    replace: bool = False


@dataclass(frozen=True, slots=True)
class LocaleQuery:
    """What comes, and what may happen."""

    file: _FileName
    """The file's name: of a zip, tar or cop file."""
    name: Annotated[str, Text(100)] = ""
    """Of the locale; that of the folder in which its files lie, unless given."""
    replace: bool = False
    """Put files in the place of different ones of the same name."""


@dataclass(frozen=True, slots=True)
class RemoveLocaleQuery:
    """How."""

    force: bool = False
    """Also one that is set for phones."""


@media.add("GET", "/backgrounds")
async def list_backgrounds(ask: Ask) -> Backgrounds:
    """List the backgrounds, and the screens that each is there for"""
    return Backgrounds(tuple(await ask.run(ask.desks.backgrounds.list)))


@media.add("POST", "/backgrounds", status=201, upload="application/octet-stream")
async def add_background(ask: Ask, query: PictureQuery) -> Background:
    """Make a background of a picture, for every kind of screen

    The body is the file itself: PNG, JPEG, GIF, BMP or WebP.
    """
    async with _received(ask, query.file, LARGEST_PICTURE) as file:
        added = await ask.run(ask.desks.backgrounds.add, file, query.name, replace=query.replace)
    await ask.run(ask.desks.audit, f"added the background {added.name}")
    return added


@media.add("DELETE", "/backgrounds/{background}")
async def remove_background(ask: Ask, background: str) -> Background:
    """Remove a background, for all screens"""
    removed = await ask.run(ask.desks.backgrounds.remove, background)
    await ask.run(ask.desks.audit, f"removed the background {removed.name}")
    return removed


@media.add("GET", "/rings")
async def list_rings(ask: Ask) -> Rings:
    """List the rings, how long they are, and what phones would not play"""
    return Rings(tuple(await ask.run(ask.desks.rings.list)))


@media.add("POST", "/rings", status=201, upload="application/octet-stream")
async def add_ring(ask: Ask, query: SoundQuery) -> RingTone:
    """Make a ring of a WAV file, for phones with and without wide-band rings

    The body is the file itself. Most phones play 2 seconds, 78xx and 88xx 10. The name Callback is the phones' own.
    """
    async with _received(ask, query.file, LARGEST_SOUND) as file:
        added = await ask.run(ask.desks.rings.add, file, query.name, cut=query.cut, replace=query.replace)
    await ask.run(ask.desks.audit, f"added the ring {added.name}")
    return added


@media.add("DELETE", "/rings/{ring}")
async def remove_ring(ask: Ask, ring: str) -> RingTone:
    """Remove a ring; a phone on which it was chosen goes back to its own"""
    removed = await ask.run(ask.desks.rings.remove, ring)
    await ask.run(ask.desks.audit, f"removed the ring {removed.name}")
    return removed


@media.add("GET", "/locales")
async def list_locales(ask: Ask) -> Locales:
    """List the locales that are there or set, who is to have them, and what phones of this site would miss"""
    return Locales(tuple(map(_standing, await ask.run(ask.desks.locales.list))))


@media.add("GET", "/locales/{locale}")
async def show_locale(ask: Ask, locale: str) -> LocaleStanding:
    """Show one locale"""
    return _standing(await ask.run(ask.desks.locales.show, locale))


@media.add("POST", "/locales", status=201, upload="application/octet-stream")
async def add_locales(ask: Ask, query: LocaleQuery) -> LocaleResult:
    """Take locales out of a package, all of them or nothing

    The body is the file itself, of at most `web.largest_package` octets. Phones fetch a locale at a full boot.
    """
    async with _received(ask, query.file, ask.service.settings.web.largest_package) as file:
        added = await ask.run(ask.desks.locales.add, file, query.name, replace=query.replace)
    await ask.changed()
    names = tuple(each.name for each in added.locales)
    return LocaleResult(names, added.new, added.same, added.replaced, added.ignored)


@media.add("DELETE", "/locales/{locale}")
async def remove_locale(ask: Ask, locale: str, query: RemoveLocaleQuery) -> LocaleStanding:
    """Remove a locale's files; phones that have them keep them until another one is named to them"""
    before = await ask.run(ask.desks.locales.show, locale)
    await ask.run(ask.desks.locales.remove, locale, force=query.force)
    await ask.changed()
    return _standing(before)


@contextlib.asynccontextmanager
async def _received(ask: Ask, name: str, largest: int) -> AsyncIterator[Path]:
    """The body as a file of that name, for a while."""
    async with upload_place(ask.service.settings.state.directory) as place:
        await save_body(ask.request, place / name, largest)
        yield place / name


def _standing(locale: UsedLocale) -> LocaleStanding:
    stored = locale.stored
    return LocaleStanding(
        name=locale.name,
        files=(*stored.language, *stored.tones) if stored is not None else (),
        phones=locale.phones,
        phones_for_tones=locale.phones_for_tones,
        tones_made=locale.made,
        lacking=dict(locale.lacking),
    )
