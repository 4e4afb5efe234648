"""Reading a file of Asterisk together with all that it includes."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from pathlib import Path

from bridge.errors import ConfigurationError
from bridge.pbx.conffile import ConfFile, parse

_MOST_FILES = 200
_NAMED_ONCE = ("endpoint", "auth", "aor")


def included(etc: Path, name: str, *, without: Path | None = None) -> list[ConfFile]:
    """A file and everything that it includes, each once; nothing of what is in the directory ``without``.

    Raises ConfigurationError for a file that may not be read. One that is not there is left out.
    """
    found: list[ConfFile] = []
    seen: set[Path] = set()
    waiting: list[Path] = [etc / name]
    while waiting and len(seen) < _MOST_FILES:
        path = waiting.pop(0)
        if path in seen or (without is not None and path.resolve().is_relative_to(without.resolve())):
            continue
        seen.add(path)
        try:
            text = path.read_bytes().decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ConfigurationError(f"cannot read {path}", why=error.strerror or "", fix="run as root") from error
        file = parse(text)
        found.append(file)
        waiting += _targets(etc, [each.target for each in file.includes if each.directive != "exec"])
    return found


def names_of_others(etc: Path, ours: Path) -> frozenset[str]:
    """Names that the admin's own ``pjsip.conf`` has for endpoints, passwords or registrations; ``ours`` is the
    directory of our files. Raises ConfigurationError.

    Asterisk refuses to read a file that names one twice, whoever wrote which: then no new phone works, and after its
    next start none at all (seen with Asterisk 22: "configuration contains a duplicate object").
    """
    return frozenset(
        section.name
        for file in included(etc, "pjsip.conf", without=ours)
        for section in file.sections
        if not section.template
        and not section.append
        # Without a type of its own it has that of a template.
        and (section.last("type").lower() in _NAMED_ONCE or (section.inherits and not section.last("type")))
    )


def _targets(etc: Path, names: Collection[str]) -> list[Path]:
    places: list[Path] = []
    for name in names:
        base = Path("/") if name.startswith("/") else etc
        with contextlib.suppress(ValueError, OSError):
            places += sorted(base.glob(name.lstrip("/")))
    return places
