"""``sepbridge backgrounds``: pictures for phones' screens."""

from __future__ import annotations

from pathlib import Path

import click

from bridge.app.files.backgrounds import BackgroundDesk
from bridge.cli.desks import files_of_the_service
from bridge.cli.frame import Frame, json_option, table
from bridge.cli.main import root


@root.group()
def backgrounds() -> None:
    """Backgrounds that users choose from on their phones."""


@backgrounds.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--name", default="", help="What it is called. Default: the name of the file.")
@click.option("--replace", is_flag=True, help="Put it in the place of one of the same name.")
@json_option
def add(frame: Frame, file: Path, name: str, replace: bool) -> None:
    """Make a background of a picture, for every kind of screen, with the small picture to choose it by."""
    with files_of_the_service(frame):
        added = _desk(frame).add(file, name, replace=replace)
    frame.show(added, f"{added.name} is there for the screens {', '.join(added.folders)}.")


@backgrounds.command("list")
@json_option
def list_backgrounds(frame: Frame) -> None:
    """List the backgrounds, and the screens that they are there for."""
    held = _desk(frame).list()
    rows = [(each.name, ", ".join(each.folders)) for each in held]
    frame.show(held, table(("name", "screens"), rows) if rows else "No backgrounds.")


@backgrounds.command()
@click.argument("name")
@json_option
def remove(frame: Frame, name: str) -> None:
    """Remove a background. A phone that shows it goes on until it starts again."""
    removed = _desk(frame).remove(name)
    frame.show(removed, f"{removed.name} is removed.")


def _desk(frame: Frame) -> BackgroundDesk:
    return BackgroundDesk(frame.settings.files_directory)
