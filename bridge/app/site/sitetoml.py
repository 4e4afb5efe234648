"""A site description as TOML: written in a stable order, read with the line of everything."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.app.site.sitefields import Table
from bridge.errors import InvalidInput

WIDTH = 100
"""Characters from which a list is written with one element a line."""
MAX_SIZE = 4_000_000
"""Characters of the largest description that is read."""

_HEADER = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_-]+)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*=""")


@dataclass(frozen=True, slots=True)
class PlacedTable:
    """A table and where it stands; lines count from 1."""

    values: Table
    line: int = 0
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, key: str) -> int:
        """The line of a key; the table's own where the key is not there."""
        return self.lines.get(key, self.line)


def write(sections: Sequence[tuple[str, Sequence[Table]]], single: Mapping[str, Table], head: str) -> str:
    """TOML text: ``single`` tables first, then each section's tables in the order given."""
    parts = [head]
    parts += [f"[{name}]\n{_body(table)}" for name, table in single.items() if table]
    parts += [f"[[{name}]]\n{_body(table)}" for name, tables in sections for table in tables]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def parse(
    text: str, *, known: Collection[str], single: Collection[str]
) -> tuple[dict[str, list[PlacedTable]], dict[str, PlacedTable]]:
    """The tables of each ``known`` section, and the ``single`` ones.

    Raises InvalidInput with the line for what is no TOML, and for tables with another name.
    """
    if len(text) > MAX_SIZE:
        raise InvalidInput("the site description is too large", fix=f"it may have {MAX_SIZE} characters")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(
            "the site description is no TOML", why=str(error), fix="mend that line; texts stand in double quotes"
        ) from None
    places = _places(text)
    found: dict[str, list[PlacedTable]] = {}
    alone: dict[str, PlacedTable] = {}
    for name, content in document.items():
        at = places.get(name, [])
        first = at[0] if at else (0, {})
        if name not in known and name not in single:
            near = difflib.get_close_matches(name, [*known, *single], n=1)
            raise InvalidInput(
                f"line {first[0] or _line_of(text, name)}: there is no section {name!r} in a site description",
                fix=f"did you mean {near[0]}?" if near else f"there are {', '.join([*known, *single])}",
            )
        if isinstance(content, dict) and name in single:
            alone[name] = PlacedTable(content, *first)
        elif isinstance(content, list) and all(isinstance(each, dict) for each in content) and name not in single:
            padded = at + [first] * (len(content) - len(at))
            found[name] = [PlacedTable(each, *place) for each, place in zip(content, padded, strict=False)]
        else:
            wanted = f"[{name}]" if name in single else f"[[{name}]]"
            line = first[0] or _line_of(text, name)
            raise InvalidInput(f"line {line}: {name} is no table of its own", fix=f"begin it with {wanted}")
    return found, alone


def _body(table: Table) -> str:
    return "".join(f"{name} = {_value(value, name)}\n" for name, value in table.items())


def _value(value: Any, name: str = "") -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        # JSON's escapes are TOML's; DEL alone must be escaped by hand.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + " }"
    elements = [_value(each) for each in value]
    whole = f"[{', '.join(elements)}]"
    if len(name) + len(whole) < WIDTH and not any(isinstance(each, dict) for each in value):
        return whole
    return "[\n" + "".join(f"    {each},\n" for each in elements) + "]"


def _places(text: str) -> dict[str, list[tuple[int, dict[str, int]]]]:
    """Where each table begins, by its name, with the lines of its keys."""
    places: dict[str, list[tuple[int, dict[str, int]]]] = {}
    keys: dict[str, int] = {}
    for number, line in _lines(text):
        if (header := _HEADER.fullmatch(line)) is not None:
            keys = {}
            places.setdefault(header.group(1), []).append((number, keys))
        elif (key := _KEY.match(line)) is not None:
            keys.setdefault(next(each for each in key.groups() if each is not None), number)
    return places


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, without those inside of a list that began on an earlier one."""
    depth = 0
    # Not splitlines(): it also breaks at characters that TOML takes for part of a text.
    for number, line in enumerate(text.split("\n"), start=1):
        if depth == 0:
            yield number, line
        bare = re.sub(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*', "", line)
        if depth or "=" in bare:
            depth = max(0, depth + bare.count("[") - bare.count("]"))


def _line_of(text: str, name: str) -> int:
    for number, line in _lines(text):
        key = _KEY.match(line)
        if key is not None and name in key.groups():
            return number
    return 1
