"""``sepbridge rings``: ring tones."""

from __future__ import annotations

from pathlib import Path

import click

from bridge.app.files.rings import RingDesk, RingTone
from bridge.cli.desks import files_of_the_service
from bridge.cli.frame import Frame, json_option, table
from bridge.cli.main import root


@root.group()
def rings() -> None:
    """Ring tones that users choose from on their phones."""


@rings.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--name", default="", help="What users read. Default: the name of the file.")
@click.option("--cut", is_flag=True, help="Of a sound that is too long, take the beginning.")
@click.option("--replace", is_flag=True, help="Put it in the place of one of the same name.")
@json_option
def add(frame: Frame, file: Path, name: str, cut: bool, replace: bool) -> None:
    """Make a ring of a WAV file: 2 s for most phones, 10 s for 78xx and 88xx. The name Callback is the phones' own."""
    with files_of_the_service(frame):
        added = _desk(frame).add(file, name, cut=cut, replace=replace)
    how = "Phones show it when their list is opened anew." if added.chosen else "Phones play it when a call back works."
    frame.show(added, f"{added.name} is there: {', '.join(added.files)}, up to {added.seconds} s.", how)


@rings.command("list")
@json_option
def list_rings(frame: Frame) -> None:
    """List the rings, how long they are, and what phones would not play."""
    held = _desk(frame).list()
    rows = [(each.name, ", ".join(each.files), f"{each.seconds} s", _remark(each)) for each in held]
    frame.show(held, table(("name", "files", "plays", "remark"), rows) if rows else "No rings.")


@rings.command()
@click.argument("name")
@json_option
def remove(frame: Frame, name: str) -> None:
    """Remove a ring. A phone on which it was chosen goes back to its own."""
    removed = _desk(frame).remove(name)
    frame.show(removed, f"{removed.name} is removed.")


def _remark(ring: RingTone) -> str:
    return ring.trouble or ("" if ring.chosen else "for call backs; users do not choose it")


def _desk(frame: Frame) -> RingDesk:
    return RingDesk(frame.settings.files_directory)
