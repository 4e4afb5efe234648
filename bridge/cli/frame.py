"""What every command shares: settings, output as a table or as JSON, errors, exit codes."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bridge.app.asjson import plain
from bridge.app.settings import Settings, find_settings, load_settings
from bridge.errors import (
    ConfigurationError,
    Conflict,
    InvalidInput,
    NotFound,
    PbxError,
    SepbridgeError,
    StoreError,
    WriteFailed,
)

EXIT_CODES: tuple[tuple[type[SepbridgeError], int, str], ...] = (
    (InvalidInput, 2, "wrong usage, or a value that cannot be used"),
    (NotFound, 3, "the named phone or object does not exist"),
    (Conflict, 4, "the change contradicts what is there already"),
    (ConfigurationError, 5, "sepbridge.toml or the site's objects are wrong"),
    (StoreError, 6, "the database cannot be used"),
    (PbxError, 7, "Asterisk, or the running service, cannot be reached"),
    (WriteFailed, 8, "a file could not be written"),
)
"""Exit codes, first match wins. 0: done. 1: any other error, or a state that needs attention (``status``)."""


LONGEST_NAME = 24
"""Characters of what stands in front of a row and is not broken."""


class Frame:
    """The object that click hands from command to command."""

    def __init__(self, config: Path | None) -> None:
        self._config = config
        self.as_json = False

    @functools.cached_property
    def config(self) -> Path | None:
        """The settings file in use; None where there is none."""
        return find_settings(self._config)

    @functools.cached_property
    def settings(self) -> Settings:
        """The deployment settings."""
        return load_settings(self.config)

    @functools.cached_property
    def console(self) -> Console:
        """Where tables go."""
        terminal = Console(highlight=False)
        # A file or a pipe has no width: do not break lines there.
        return terminal if terminal.is_terminal else Console(highlight=False, width=200)

    def show(self, data: object, *parts: object) -> None:
        """Print ``data`` as JSON if asked for, else the ``parts`` (texts and tables) for people.

        Texts are shown as they are: what a phone, a file or a user said is no markup.
        """
        if self.as_json:
            click.echo(json.dumps(plain(data), indent=2, ensure_ascii=False))
            return
        for part in parts:
            if isinstance(part, str):
                self.console.print(part, soft_wrap=True, markup=False)
            else:
                self.console.print(part)

    @staticmethod
    def fields(record: object) -> dict[str, object]:
        """A dataclass as a dictionary, one level deep; ``show`` does the rest."""
        return {each.name: getattr(record, each.name) for each in dataclasses.fields(record)}  # type: ignore[arg-type]  # a dataclass, by what it is for

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something that cannot be taken back; ends the command on "no"."""
        if yes:
            return
        if self.as_json or not sys.stdin.isatty():
            raise InvalidInput("this changes or removes something and nobody is there to ask", fix="add --yes")
        click.confirm(question, abort=True)


def json_option(command: Callable[..., None]) -> Callable[..., None]:
    """``--json`` for a command that takes the frame as its first argument."""

    @click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of a table.")
    @click.pass_obj
    @functools.wraps(command)
    def with_json(frame: Frame, /, *args: Any, **options: Any) -> None:
        frame.as_json = options.pop("as_json")
        command(frame, *args, **options)

    return with_json


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table for people: one line per row, empty cells for what is not known.

    Cells are shown as they are: what a phone said is no markup. Where the terminal is too narrow they go on below,
    whole, and the name in front stays in one piece: people copy it into the next command.
    """
    result = Table(show_header=any(columns), header_style="bold", box=None, pad_edge=False)
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    for place, column in enumerate(columns):
        is_name = not place and max((len(row[0]) for row in cells if row), default=0) <= LONGEST_NAME
        result.add_column(column, overflow="fold", no_wrap=is_name)
    for row in cells:
        result.add_row(*map(escape, row))
    return result


_DURATION = re.compile(r"(?:([0-9]{1,7})d)?(?:([0-9]{1,7})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,7})s)?")
_LONGEST = timedelta(days=36525)
"""A century: what is longer is a slip of the keyboard, and nothing can be reckoned with it."""


class Duration(click.ParamType[timedelta]):
    """``90s``, ``30m``, ``2h``, ``1h30m``, ``1d``; a bare number is minutes."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read the text, or fail with the forms that are understood."""
        if isinstance(value, timedelta):
            return value
        text = str(value).strip().lower()
        match = _DURATION.fullmatch(f"{text}m" if text.isdecimal() else text)
        if not text or match is None:
            self.fail(f"{value!r} is not a duration; write 90s, 30m, 2h or 1h30m", param, ctx)
        days, hours, minutes, seconds = (int(each or 0) for each in match.groups())
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if length > _LONGEST:
            self.fail(f"{value!r} is longer than anything lasts here; give less than a hundred years", param, ctx)
        return length


class AnyName(click.Choice[str]):
    """One of some names in any letter case, or what people call the same thing otherwise."""

    def __init__(self, names: Sequence[str], others: Mapping[str, str]) -> None:
        """``others``: names in small letters, each with the one that it stands for."""
        super().__init__(names, case_sensitive=False)
        self._others = others

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name itself, or fail with those that there are."""
        return super().convert(self._others.get(str(value).lower(), value), param, ctx)


def in_words(span: timedelta) -> str:
    """``1 h 30 min``, ``45 s``."""
    seconds = max(0, round(span.total_seconds()))
    hours, minutes, rest = seconds // 3600, seconds % 3600 // 60, seconds % 60
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    return f"{rest} s"


def size_in_words(octets: int) -> str:
    """``512 B``, ``4.2 kB``, ``18.3 MB``, ``1.1 GB``."""
    size, unit = float(octets), "B"
    for larger in ("kB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.1f} {unit}" if unit != "B" else f"{octets} B"


def fail(error: SepbridgeError, *, as_json: bool) -> NoReturn:
    """Print an error with its three parts, and leave with its exit code."""
    if as_json:
        click.echo(json.dumps({"error": {"what": error.what, "why": error.why, "fix": error.fix}}, ensure_ascii=False))
    else:
        click.secho(f"Error: {error.what}", fg="red", err=True)
        if error.why:
            click.echo(f"  why: {error.why}", err=True)
        if error.fix:
            click.echo(f"  fix: {error.fix}", err=True)
    sys.exit(next((code for kind, code, _ in EXIT_CODES if isinstance(error, kind)), 1))
