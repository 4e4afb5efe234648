"""``sepbridge locales``: languages and tones of phones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bridge.app.files.locales import NeedMet, UsedLocale
from bridge.cli.desks import locale_desk
from bridge.cli.frame import Frame, json_option, table
from bridge.cli.main import root

_RESTART = "Phones fetch it at a full boot: sepbridge phones restart --reset …"
_MOST_SHOWN = 4


@root.group()
def locales() -> None:
    """Languages and tones of phones: your own files, named to phones once they are there."""


@locales.command()
@click.argument("package", type=click.Path(path_type=Path, exists=True))
@click.option("--name", default="", help="The locale's name. Default: that of the folder in which its files lie.")
@click.option("--replace", is_flag=True, help="Put files in the place of different ones of the same name.")
@json_option
def add(frame: Frame, package: Path, name: str, replace: bool) -> None:
    """Take locales out of a zip, tar or cop file (a locale installer) or a folder, all of them or nothing."""
    with locale_desk(frame) as desk:
        added = desk.add(package, name, replace=replace)
    counts = [
        f"{len(names)} {what}"
        for what, names in (("new", added.new), ("there already", added.same), ("replaced", added.replaced))
        if names
    ]
    text = f"{', '.join(each.name for each in added.locales)}: files: {', '.join(counts)}."
    if added.ignored:
        text += f" Ignored, since phones do not ask for them: {len(added.ignored)} others."
    frame.show(added, text, _RESTART)


@locales.command("list")
@json_option
def list_locales(frame: Frame) -> None:
    """Show the locales that are there or set, who is to have them, and what phones of this site would miss."""
    with locale_desk(frame) as desk:
        held = desk.list()
    rows = [(each.name, _held(each), _users(each), _lacking(each)) for each in held]
    nothing = "No locales. Phones speak English and have the tones of the United States."
    frame.show(
        [_data(each) for each in held], table(("locale", "files", "set for", "missing"), rows) if rows else nothing
    )


@locales.command()
@click.argument("name")
@json_option
@click.pass_context
def check(context: click.Context, frame: Frame, name: str) -> None:
    """Say for which models a locale is complete. Exit code 1 when phones of this site go without."""
    with locale_desk(frame) as desk:
        found = desk.show(name)
    rows = [
        (", ".join(need.need.models), ", ".join(need.need.files), "yes" if need.is_met else "missing")
        for need in found.needs
    ]
    parts: list[Any] = [table(("models", "asks for", "there"), rows)]
    if found.lacking:
        parts.append(f"Phones of this site that go without: {_lacking(found)}.")
    frame.show(_data(found), *parts)
    if found.lacking:
        context.exit(1)


@locales.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="Even if it is set for phones.")
@json_option
def remove(frame: Frame, name: str, force: bool) -> None:
    """Remove a locale's files. Phones that have them keep them until another locale is named to them."""
    with locale_desk(frame) as desk:
        removed = desk.remove(name, force=force)
    frame.show(removed, f"{removed.name} is removed.")


def _held(locale: UsedLocale) -> str:
    count = len(locale.stored.language) + len(locale.stored.tones) if locale.stored is not None else 0
    return f"{count}" + (", tones made" if locale.made else "")


def _users(locale: UsedLocale) -> str:
    said = [
        f"{count} phones{what}" for count, what in ((locale.phones, ""), (locale.phones_for_tones, "' tones")) if count
    ]
    return ", ".join(said) or "nobody"


def _lacking(locale: UsedLocale) -> str:
    said = [f"{file} for {count} phones" for file, count in sorted(locale.lacking.items())]
    return ", ".join(said[:_MOST_SHOWN]) + (f" and {len(said) - _MOST_SHOWN} more" if len(said) > _MOST_SHOWN else "")


def _need(met: NeedMet) -> dict[str, Any]:
    return {"models": met.need.models, "files": met.need.files, "missing": met.missing, "tones": met.need.tones}


def _data(locale: UsedLocale) -> dict[str, Any]:
    return {
        "name": locale.name,
        "files": [*locale.stored.language, *locale.stored.tones] if locale.stored is not None else [],
        "phones": locale.phones,
        "phones_for_tones": locale.phones_for_tones,
        "tones_made": locale.made,
        "lacking": dict(locale.lacking),
        "needs": [_need(each) for each in locale.needs],
    }
