"""Values of CUCM in ours: the words of its screens, numbers, names. What cannot be translated is told, never guessed.

Source: migration reference, section 2.1 (choices are written as screen text).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar

from bridge.core import AddOnModule, AutoAnswer, BargeOption, DndAlert, DndOption, LampPolicy, RecordingOption
from bridge.core.phonesettings import RingSetting, Switch
from bridge.core.routing import DiscardDigits, ReleaseCause

E = TypeVar("E", bound=StrEnum)
LONGEST_SHOWN = 30
"""Characters of a name, label or description that phones show (SEP file reference, section 4.5)."""

_SEPARATORS = re.compile(r"[\s.()/-]")
_NOT_IN_NAME = re.compile(r"[^\w .()+&-]")
_NOT_IN_PLACE = re.compile(r"[^A-Za-z0-9_.-]+")
_NOT_IN_GROUP = re.compile(r"[^0-9A-Za-z_-]+")

RINGS = {
    "ring": RingSetting.RING,
    "ring once": RingSetting.RING_ONCE,
    "flash only": RingSetting.FLASH,
    "beep only": RingSetting.BEEP,
    "disable": RingSetting.DISABLED,
    "disabled": RingSetting.DISABLED,
}
LAMPS = {
    "light and prompt": LampPolicy.LIGHT_AND_PROMPT,
    "light only": LampPolicy.LIGHT,
    "prompt only": LampPolicy.PROMPT,
    "none": LampPolicy.NONE,
}
AUTO_ANSWERS = {
    "auto answer off": AutoAnswer.OFF,
    "auto answer with headset": AutoAnswer.HEADSET,
    "auto answer with speakerphone": AutoAnswer.SPEAKER,
}
RECORDINGS = {
    "call recording disabled": RecordingOption.DISABLED,
    "automatic call recording enabled": RecordingOption.AUTOMATIC,
    "selective call recording enabled": RecordingOption.ON_DEMAND,
}
DND_OPTIONS = {
    "ringer off": DndOption.RINGER_OFF,
    "call reject": DndOption.REJECT,
    "use common phone profile setting": DndOption.DEFAULT,
}
DND_ALERTS = {
    "flash only": DndAlert.FLASH,
    "beep only": DndAlert.BEEP,
    "disable": DndAlert.NONE,
    "none": DndAlert.DEFAULT,
    "use common phone profile setting": DndAlert.DEFAULT,
}
SWITCHES = {"default": Switch.DEFAULT, "on": Switch.ON, "off": Switch.OFF}
BARGES = {"off": BargeOption.OFF, "barge": BargeOption.BARGE, "cbarge": BargeOption.CONFERENCE}
DISCARDS = {each.value.casefold(): each for each in DiscardDigits} | {"<none>": DiscardDigits.NONE}
RELEASES = {each.value.casefold(): each for each in ReleaseCause}
UNTOLD = frozenset({"", "default", "use system default", "use system policy", "use default value", "null", "<none>"})
"""Words that leave a setting to the level above."""


def translated(text: str, words: Mapping[str, E], lost: Callable[[str], None]) -> E | None:
    """The value of a word; None where CUCM leaves it to the level above, or, after ``lost`` was told, is not known."""
    word = " ".join(text.split()).casefold()
    if word in words:
        return words[word]
    if word not in UNTOLD:
        lost(f"{printable(text)!r} has no counterpart here")
    return None


def whole(text: str, least: int, most: int, lost: Callable[[str], None]) -> int | None:
    """A whole number between two others; None where nothing, or nothing usable, is told."""
    if text.strip().casefold() in UNTOLD:
        return None
    if text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most:
        return int(text)
    lost(f"{printable(text)!r} is no number from {least} to {most}")
    return None


def number(text: str) -> str:
    """A directory number or dialled digits without CUCM's escapes and people's separators; a plus in front is kept."""
    return _SEPARATORS.sub("", text.replace("\\", ""))[:60]


def object_name(text: str) -> str:
    """The name of a pool, partition, space or template as our site takes it."""
    return _NOT_IN_NAME.sub("-", " ".join(text.split())).lstrip("_ .()+&-")[:50].strip()


def place_name(text: str) -> str:
    """The name of a route list or gateway as the name of a trunk at Asterisk."""
    return _NOT_IN_PLACE.sub("-", text.strip())[:50]


def group_name(text: str) -> str:
    """The name of a pickup group."""
    return _NOT_IN_GROUP.sub("_", text.strip())[:50]


def locale_name(text: str) -> str:
    """A locale as phones' files name it: ``English_United_States``."""
    return "" if text.strip().casefold() in UNTOLD else place_name("_".join(text.split()))


def add_on(text: str) -> AddOnModule | None:
    """The add-on module of CUCM's name for it (``7915 12-Button Line Expansion Module``); None for others."""
    found = re.search(r"79(14|15|16)", text)
    if found is None:
        return None
    if found[0] == "7914":
        return AddOnModule.CISCO_7914
    return AddOnModule(f"{found[0]}-{'12' if re.search(r'12', text[found.end() :]) else '24'}")


def printable(text: str) -> str:
    """A text on one line, for messages and screens."""
    return "".join(each if each.isprintable() else " " for each in text)[:100].strip()
