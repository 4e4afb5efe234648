"""Remembers how far a log was read, in a file of the state directory."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from bridge.watch.follower import Place


class PlaceFile:
    """One remembered place. What it holds is a help, no promise: an unreadable file counts as none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = ""

    def load(self) -> Place | str | None:
        """The place in a log file, or the journal's cursor."""
        try:
            record = json.loads(self._path.read_text(encoding="utf-8"))
            if isinstance(cursor := record.get("cursor"), str):
                return cursor
            return Place(int(record["inode"]), int(record["offset"]), str(record["head"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def save(self, place: Place | str | None) -> None:
        """Remember; a full disk makes it forget, and stops nothing."""
        if place is None:
            return
        if isinstance(place, str):
            text = json.dumps({"cursor": place})
        else:
            text = json.dumps({"inode": place.inode, "offset": place.offset, "head": place.head})
        if text == self._written:
            return
        with contextlib.suppress(OSError):
            new = self._path.with_name(self._path.name + ".new")
            new.write_text(text, encoding="utf-8")
            new.replace(self._path)
            self._written = text
