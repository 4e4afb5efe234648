"""What phones show, what it means and what to do: look-up of a text as somebody typed it (requirement RG-21).

The tables are package data, in our own words (``data/screens.csv``, ``data/alarms.csv``; diagnosis reference, sections
2, 3 and 5). Wording depends on model and load: what was seen of a phone counts more than what its screen says.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from importlib import resources

NEAREST = 3
"""Entries shown for a text that nobody knows."""
MOST_MESSAGES = 20
"""Status messages of one phone that are kept."""
_TELLING = 8
"""Letters from which a text in the middle of a line is no chance."""
_CERTAIN = 0.82
"""Likeness from which a text counts as a known one with a typing error."""
_NOISE = re.compile(r"[^a-z0-9]+")
_MAC = re.compile(r"\bsep[0-9a-f]{12}\b")


@dataclass(frozen=True, slots=True)
class ScreenText:
    """One text that phones show."""

    text: str
    families: str
    """Which phones show it, in words; empty for most of them."""
    stage: str
    """Where the phone stands then, in words."""
    meaning: str
    fix: str


@dataclass(frozen=True, slots=True)
class AlarmMeaning:
    """One number by which a phone says why it restarted."""

    cause: int
    last: str
    """The word that stands behind ``Last=``."""
    name: str
    kind: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a text means."""

    entries: tuple[ScreenText, ...]
    """One, or the nearest ones."""
    is_certain: bool
    """False where the text is not known and these are only like it."""


@lru_cache(maxsize=1)
def screen_texts() -> tuple[ScreenText, ...]:
    """Every text of the table."""
    return tuple(ScreenText(**row) for row in _rows("screens.csv"))


@lru_cache(maxsize=1)
def alarm_meanings() -> tuple[AlarmMeaning, ...]:
    """Every alarm number of the table."""
    return tuple(
        AlarmMeaning(int(row["cause"]), row["last"], row["name"], row["class"], row["meaning"])
        for row in _rows("alarms.csv")
    )


def explain(typed: str) -> Explanation:
    """What a text on a screen means: letter case, punctuation and a typing error or two do not count."""
    wanted = _levelled(typed)
    everything = (*screen_texts(), *_alarm_texts())
    for entry in everything:
        if wanted and wanted == _levelled(entry.text):
            return Explanation((entry,), is_certain=True)
    ranked = sorted(everything, key=lambda entry: -_likeness(wanted, _levelled(entry.text)))
    if wanted and _likeness(wanted, _levelled(ranked[0].text)) >= _CERTAIN:
        return Explanation((ranked[0],), is_certain=True)
    return Explanation(tuple(ranked[:NEAREST]), is_certain=False)


def status_messages(lines: Iterable[str]) -> tuple[str, ...]:
    """Those lines of a phone's log that hold a text of the table; the newest ``MOST_MESSAGES``, oldest first."""
    known = [f" {_levelled(each.text)} " for each in screen_texts() if len(each.text) >= _TELLING]
    found = [line for line in lines if any(text in f" {_levelled(line)} " for text in known)]
    return tuple(found[-MOST_MESSAGES:])


@lru_cache(maxsize=1)
def _alarm_texts() -> tuple[ScreenText, ...]:
    return tuple(
        ScreenText(text, f"alarm {each.cause}", each.kind, f"{each.meaning[:1].upper()}{each.meaning[1:]}.", _ALARM_FIX)
        for each in alarm_meanings()
        for text in dict.fromkeys((each.last, each.name))
        if text
    )


_ALARM_FIX = "sepbridge phones diagnose PHONE says what it comes from"


def _rows(name: str) -> list[dict[str, str]]:
    text = (resources.files("bridge.journey") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _levelled(text: str) -> str:
    lower = _MAC.sub("sep mac", text[:200].lower())
    return _NOISE.sub(" ", lower).strip()


def _likeness(one: str, other: str) -> float:
    """0 to 1. A text that holds the other whole, as screens add to it, is like it."""
    ratio = SequenceMatcher(None, one, other, autojunk=False).ratio()
    if len(other) > 8 and f" {other} " in f" {one} ":
        return max(ratio, 0.9 + len(other) / 4000)  # of several, the one that says most
    return ratio
