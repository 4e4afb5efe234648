"""Texts and Cisco IP Phone XML objects that an admin pushes to phones' screens."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import ParseError, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bridge.core import DeviceName
from bridge.errors import InvalidInput

LONGEST = 1000
LONGEST_DOCUMENT = 32_000
"""Bytes; a phone below version 18 takes 2000."""
OBJECTS = ("Menu", "Directory", "Input", "Text", "Image", "ImageFile", "Execute")
"""Without ``CiscoIPPhone`` before (Services Application Development Notes, chapter 3)."""
LONGEST_TIME = 24 * 3600
LONGEST_IDLE = 95
PRIORITIES = range(1, 10)


@dataclass(frozen=True, slots=True)
class ScreenMessage:
    """A text for the screen; an empty one takes back what was shown before with the same priority."""

    text: str
    seconds: int = 10
    """0: until it is taken back, or the phone restarts."""
    priority: int = 7
    """From 1 on; a lower number shows over a higher one. The notices of calls have 5."""
    stays: bool = False
    """It becomes the idle text of the phone, until it is taken back or the service ends."""
    document: str = ""
    """An XML object in place of a text."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message for one phone."""

    device: DeviceName
    why_not: str = ""
    """Empty where it was sent."""


def checked_message(text: str, *, seconds: int, priority: int, stays: bool) -> ScreenMessage:
    """A message that phones can show. Raises InvalidInput."""
    plain = "\n".join(" ".join(_visible(line).split()) for line in text.split("\n")).strip()
    longest = LONGEST_IDLE if stays else LONGEST
    if len(plain) > longest:
        raise InvalidInput(f"the text has {len(plain)} characters", why=f"{longest} fit", fix="make it shorter")
    if not 0 <= seconds <= LONGEST_TIME:
        raise InvalidInput(f"{seconds} seconds", fix="show it for at most a day, or with 0 until it is taken back")
    if priority not in PRIORITIES:
        raise InvalidInput(f"there is no priority {priority}", fix="1 to 9; a lower number shows over a higher one")
    return ScreenMessage(plain, seconds, priority, stays)


def checked_document(content: bytes) -> ScreenMessage:
    """A message that is an XML object. Raises InvalidInput."""
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise InvalidInput("that is no XML object", why=str(error), fix="see Cisco's notes on phone services") from None
    if root.tag.removeprefix("CiscoIPPhone") not in OBJECTS or not root.tag.startswith("CiscoIPPhone"):
        raise InvalidInput(f"phones show no {root.tag[:40]!r}", fix=f"use CiscoIPPhone{', CiscoIPPhone'.join(OBJECTS)}")
    document = tostring(root, encoding="unicode").strip()
    if len(document.encode()) > LONGEST_DOCUMENT:
        raise InvalidInput(f"a document of {len(document.encode())} bytes", why=f"{LONGEST_DOCUMENT} fit")
    return ScreenMessage("", document=document)


def _visible(text: str) -> str:
    # Built-in labels begin with U+0080 or U+001E; nobody types those.
    return "".join(each if each.isprintable() else " " for each in text)
