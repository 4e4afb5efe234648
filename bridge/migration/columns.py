"""Columns of BAT files: known by name, whatever their order, spacing and case, and whichever release wrote them.

Source: migration reference, section 2.1 (rule for reading, names that changed) and its table of columns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_BLANKS = re.compile(r"\s+")
_INDEX = re.compile(r"(.*?)\s*(\d{1,3})")

RENAMED = {
    "phone template": "phone button template",
    "common profile": "common phone profile",
    "user hold audio source": "user hold moh audio source",
    "network hold audio source": "network hold moh audio source",
    "css refer": "rerouting calling search space",
    "message waiting lamp policy": "visual message waiting indicator policy",
    "security profile": "device security profile",
    "sipcodec_mtppreferredorigcodec": "mtp preferred originating codec",
    "always use prime line for voice messages": "always use prime line for voice message",
    "certification operation completion time": "operation completes by",
    "signal packet capture mode": "packet capture mode",
    "common device profile": "common phone profile",
}

REPEATING = frozenset(
    {
        "user id",
        "speed dial number",
        "speed dial label",
        "label ascii",
        "speed dial label ascii",
        "service name",
        "subscribed service name",
        "subscribed service name ascii",
        "parameter name",
        "value",
        "busy lamp field destination",
        "blf directory number",
        "blf label",
        "blf label ascii",
        "device name",
        "directory number",
        "media resource group",
        "sort order",
        "controlled device name",
        "controlled devices",
    }
)
"""Columns that come again and again without a number; the first one has the index 1."""

SECRET = frozenset(
    {
        "authentication string",
        "secure shell password",
        "secure shell user",
        "password",
        "password (not in export)",
        "pin",
        "digest credentials",
        "digest user",
        "manager password",
    }
)
"""Columns whose cells are never looked at, only counted."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the name of release 9 and later in lower case, and its index (0 where it has none)."""

    name: str
    index: int = 0


def columns(header: Sequence[str]) -> tuple[Column, ...]:
    """The columns of a header."""
    seen: dict[str, int] = {}
    found: list[Column] = []
    for text in header:
        name = _spelled(text)
        index = 0
        whole = _INDEX.fullmatch(name)
        if whole is not None and whole[1] not in {"module", "e."} and whole[1]:
            name, index = _spelled(whole[1]), int(whole[2])
        name = RENAMED.get(name, name)
        if not index and (name in REPEATING or name in seen):
            seen[name] = seen.get(name, 0) + 1
            index = seen[name] if name in REPEATING else seen[name] + 1
        else:
            seen.setdefault(name, 0)
        found.append(Column(name, index))
    return tuple(found)


def _spelled(text: str) -> str:
    """A header's cell with single blanks, in lower case, with one spelling of brackets."""
    return _BLANKS.sub(" ", text.replace("\ufeff", "").replace("(", " (")).strip().casefold()[:200]
