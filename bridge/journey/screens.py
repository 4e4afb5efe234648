"""What phones show, what it means and what to do: look-up of a text as somebody typed it (requirement RG-21).

The tables are package data, in our own words (``data/screens.csv``, ``data/alarms.csv``; diagnosis reference, sections
2, 3 and 5). Wording depends on model and load: what was seen of a phone counts more than what its screen says.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from importlib import resources

from bridge.journey.alarms import parse_alarm

NEAREST = 3
"""Entries shown for a text that nobody knows."""
MOST_MESSAGES = 20
"""Status messages of one phone that are kept."""
_TELLING = 8
"""Letters from which a text in the middle of a line is no chance."""
_CUT_OFF = 6
"""Letters from which the beginning of a text stands for it."""
_FILE_NAMES = frozenset({"sep mac cnf xml", "xmldefault cnf xml"})
"""Alone they say that the phone has that file; behind another text, which file that is about."""
_WHEN = re.compile(r"(?:last=|\d{1,2}:\d\d(?::\d\d)?\s?[ap]?m?\s+)", re.IGNORECASE)
_NUMBER = re.compile(r"(?:alarm|cause)?[\s:#]*(\d{1,3})", re.IGNORECASE)
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
    """What a text on a screen means: letter case, punctuation and a typing error or two do not count.

    What the phone adds to it (the time, the name of a file) is passed over, and its end may be cut off. A whole alarm
    line, or an alarm's number, is explained as well.
    """
    if (cause := _cause_in(typed)) is not None:
        entries = [each for each in _alarm_texts() if each.families == f"alarm {cause}"]
        return Explanation(tuple(entries[:1]), is_certain=True)
    wanted = _levelled(_WHEN.sub("", typed.strip(), count=1))
    everything = _everything()
    if wanted in everything:
        return Explanation((everything[wanted],), is_certain=True)
    begun = [text for text in everything if _is_part(wanted, text)]
    if len({everything[text].meaning for text in begun}) == 1:
        return Explanation((everything[begun[0]],), is_certain=True)
    inside = [text for text in everything if len(text) >= _TELLING and f" {text} " in f" {wanted} "]
    if said := [text for text in inside if text not in _FILE_NAMES]:
        return Explanation((everything[max(said, key=len)],), is_certain=True)  # of several, the one that says most
    ranked = sorted(everything, key=lambda text: (text not in begun, text not in inside, -_likeness(wanted, text)))
    if not begun and wanted and _likeness(wanted, ranked[0]) >= _CERTAIN:
        return Explanation((everything[ranked[0]],), is_certain=True)
    return Explanation(tuple(everything[text] for text in ranked[:NEAREST]), is_certain=False)


@lru_cache(maxsize=1)
def _everything() -> Mapping[str, ScreenText]:
    """Each text once, levelled: what screens show goes before what alarms say."""
    found: dict[str, ScreenText] = {}
    for entry in (*screen_texts(), *_alarm_texts()):
        found.setdefault(_levelled(entry.text), entry)
    return found


def _is_part(wanted: str, text: str) -> bool:
    """Whether it is the beginning of a text, cut off anywhere, or words out of its middle."""
    return (len(wanted) >= _CUT_OFF and text.startswith(wanted)) or (
        len(wanted) >= _TELLING and f" {wanted} " in f" {text} "
    )


def _cause_in(typed: str) -> int | None:
    """The number of an alarm, where that is what was typed."""
    match = _NUMBER.fullmatch(typed.strip())
    cause = int(match[1]) if match else parse_alarm(typed).cause
    return cause if any(each.cause == cause for each in alarm_meanings()) else None


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
        for text in (dict.fromkeys(filter(None, (each.last, each.name))) or (f"alarm {each.cause}",))
    )


_ALARM_FIX = "sepbridge phones diagnose PHONE says what it comes from"


def _rows(name: str) -> list[dict[str, str]]:
    text = (resources.files("bridge.journey") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _levelled(text: str) -> str:
    lower = _MAC.sub("sep mac", text[:200].lower())
    return _NOISE.sub(" ", lower).strip()


def _likeness(one: str, other: str) -> float:
    """0 to 1."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
