"""Names with numbers, and the calls that a phone had."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bridge.core.devicename import DeviceName
from bridge.errors import InvalidInput

LONGEST_NAME = 100
LONGEST_NUMBER = 50
_WRITING = re.compile(r"[\s()/.\-\u2010-\u2015]")
_NUMBER = re.compile(r"\+?[0-9*#]{1,49}")
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True, slots=True)
class DirectoryContact:
    """An entry of a directory."""

    name: str
    number: str
    owner: str = ""
    """The device whose personal directory it is in; empty for the corporate one."""


class CallKind(StrEnum):
    """The lists of a phone's calls."""

    PLACED = "placed"
    RECEIVED = "received"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call that is over, as the phone's user would look for it."""

    device: DeviceName
    at: datetime
    kind: CallKind
    number: str
    """The other side's; may be empty."""
    seconds: int = 0
    """Talking time."""


def checked_contact(name: str, number: str, owner: str = "") -> DirectoryContact:
    """A contact with its number as a keypad would dial it. Raises InvalidInput."""
    plain = " ".join("".join(each if each.isprintable() else " " for each in name).split())
    if not plain or len(plain) > LONGEST_NAME:
        raise InvalidInput(f"{plain[:40]!r} is no name for a directory", fix=f"give 1 to {LONGEST_NAME} characters")
    digits = _WRITING.sub("", number)
    if not _NUMBER.fullmatch(digits):
        raise InvalidInput(
            f"{number[:60]!r} is no number that phones can dial",
            fix="write digits, * and #, with a + in front of an international one",
        )
    return DirectoryContact(plain, digits, owner)


def folded(text: str) -> str:
    """Small letters without accents: what is compared when somebody searches."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in spread if not unicodedata.combining(each))


def search_words(name: str) -> frozenset[str]:
    """Each word of a name as one would type it: ``Müller`` as ``muller`` and as ``mueller``."""
    words = re.split(r"[\s,;.-]+", unicodedata.normalize("NFC", name).casefold())
    return frozenset(form for word in words for form in (folded(word), folded(word.translate(_GERMAN))) if form)


def matches(words: frozenset[str], wanted: str) -> bool:
    """Whether every word that was typed begins one of the name's words."""
    typed = [folded(each) for each in wanted.split()]
    return all(any(word.startswith(each) for word in words) for each in typed if each)
