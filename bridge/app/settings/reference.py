"""The page on all settings, made from the settings themselves: their names, their order and their defaults.

What each is for stands beside them, in ``data/settings.csv``: one row a key, a key that has no row is an error.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from importlib import resources
from typing import Any

from bridge.app.settings.document import Settings
from bridge.errors import ConfigurationError

_HEAD = """\
# Every setting

`sepbridge.toml` ties the service to its machine. It is looked for in this order: `--config FILE`, `$SEPBRIDGE_CONFIG`,
`./sepbridge.toml`, `/etc/sepbridge/sepbridge.toml`. Everything has a default; on a plain Asterisk with the bridge on
the same host only `ami.secret` has to be given. A key that does not exist is an error that names the nearest one.

In a container the environment serves as well, and wins over the file: `SEPBRIDGE_AMI_SECRET` is `ami.secret`; a list is
separated by commas.

What belongs to the site (numbers, ranges, phones, pools) is not here: it lives in the database and is changed with
`sepbridge autoregistration …`, `sepbridge phones …` and `sepbridge site …`, or as [one file](site.md).

This is the whole file, with every default; what has none is commented out, with an example.
"""
_REMARK_AT = 34
"""Column of remarks in the file."""


@dataclass(frozen=True, slots=True)
class _Words:
    """What is said of a key, or of a section."""

    default: str
    """In words, where the default is to have none."""
    example: str
    """In TOML, for a key without a default."""
    remark: str
    """In the file."""
    meaning: str


def settings_page() -> str:
    """``docs/settings.md`` as text. Raises ConfigurationError for a key that nobody explained, or that is none."""
    words = _words()
    sections = [(each.name, getattr(Settings(), each.name)) for each in fields(Settings)]
    known = {f"{name}.{key.name}" for name, section in sections for key in fields(section)}
    odd = known ^ {key for key in words if "." in key}
    if odd:
        raise ConfigurationError(f"data/settings.csv and the settings differ in {', '.join(sorted(odd))}")
    file = "\n".join("\n".join(_section(name, section, words)) for name, section in sections)
    rows = [
        f"| `{name}.{key.name}` | {_shown(getattr(section, key.name), words[f'{name}.{key.name}'])} "
        f"| {words[f'{name}.{key.name}'].meaning.replace('|', chr(92) + '|')} |"
        for name, section in sections
        for key in fields(section)
    ]
    table = "\n".join(["| Setting | Default | What it does |", "| --- | --- | --- |", *rows])
    return f"{_HEAD}\n```toml\n{file.rstrip()}\n```\n\n{table}\n"


def _words() -> dict[str, _Words]:
    text = (resources.files("bridge.app.settings") / "data" / "settings.csv").read_text(encoding="utf-8")
    rows: Iterator[Mapping[str, str]] = csv.DictReader(text.splitlines())
    return {row["key"]: _Words(row["default"], row["example"], row["remark"], row["meaning"]) for row in rows}


def _section(name: str, section: Any, words: Mapping[str, _Words]) -> Iterator[str]:
    yield _line(f"[{name}]", words[name].remark if name in words else "")
    for key in fields(section):
        said = words[f"{name}.{key.name}"]
        value = getattr(section, key.name)
        if value is None or (said.example and not value):
            yield _line(f"# {key.name} = {said.example}", said.remark)
        else:
            yield _line(f"{key.name} = {_toml(value)}", said.remark)
    yield ""


def _line(text: str, remark: str) -> str:
    return f"{text.ljust(_REMARK_AT)}# {remark}" if remark else text


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}" if value.is_integer() and value < 1e6 else str(value)
        case int():
            return str(value)
        case tuple():
            return f"[{', '.join(_toml(each) for each in value)}]"
        case Enum():
            return json.dumps(str(value.value))
        case _:
            return json.dumps(str(value), ensure_ascii=False)


def _shown(value: object, said: _Words) -> str:
    """A default in the table."""
    if said.default:
        return said.default
    match value:
        case None | "" | ():
            return "none"
        case tuple():
            return f"`{', '.join(map(str, value))}`"
        case bool() | int() | float():
            return _toml(value) if not isinstance(value, bool) else f"`{_toml(value)}`"
        case _:
            return f"`{value.value if isinstance(value, Enum) else value}`"
