"""The configuration files for Asterisk that come with sepbridge (``asterisk-conf/``)."""

from __future__ import annotations

import re
from pathlib import Path

import bridge
from bridge.errors import ConfigurationError

_PLACEHOLDER = re.compile(r"@([A-Z_]+)@")


def snippet_directory() -> Path:
    """Where they are: inside the installed package, or beside it in a checkout. Raises ConfigurationError."""
    package = Path(bridge.__file__).resolve().parent
    for place in (package / "_data" / "asterisk-conf", package.parent / "asterisk-conf"):
        if place.is_dir():
            return place
    raise ConfigurationError("the files for Asterisk are missing from this installation", fix="install sepbridge again")


def service_snippets() -> tuple[str, ...]:
    """The dialplan files of the services, one for each, by their names in ``asterisk-conf/``."""
    root = snippet_directory()
    return tuple(f"{path.relative_to(root)}" for path in sorted((root / "sepbridge" / "services").glob("*.conf")))


def placeholders(name: str) -> frozenset[str]:
    """The names of what one file wants to be told."""
    return frozenset(_PLACEHOLDER.findall((snippet_directory() / name).read_text(encoding="utf-8")))


def snippet(name: str, **values: str) -> str:
    """The text of one file with its ``@NAME@`` placeholders filled in; each must be given, and each must be used."""
    text = (snippet_directory() / name).read_text(encoding="utf-8")
    wanted = set(_PLACEHOLDER.findall(text))
    if wanted != set(values):
        raise ConfigurationError(f"{name} has the placeholders {sorted(wanted)}, not {sorted(values)}")
    return _PLACEHOLDER.sub(lambda match: values[match.group(1)], text)
