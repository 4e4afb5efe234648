"""The objects that a phone can show or obey.

Source: Cisco Unified IP Phone Services Application Development Notes, chapter 3 (names, order and limits of elements);
phone file reference, section 18.1 (execute).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum


@dataclass(frozen=True, slots=True)
class ScreenKey:
    """A soft key under a document. With one, the phone shows none of its own."""

    name: str
    url: str
    position: int
    """From 1 on; phones show four at a time."""


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One choice of a menu."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Menu:
    """``CiscoIPPhoneMenu``: choices, one in each line."""

    title: str
    items: tuple[MenuItem, ...] = ()
    prompt: str = ""
    keys: tuple[ScreenKey, ...] = ()


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """A name with its number; the phone dials the number of the one that is marked."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Directory:
    """``CiscoIPPhoneDirectory``: names and numbers to dial."""

    title: str
    entries: tuple[DirectoryEntry, ...] = ()
    prompt: str = ""
    keys: tuple[ScreenKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """``CiscoIPPhoneText``: a text to read, in as many lines as it needs."""

    title: str
    text: str
    prompt: str = ""
    keys: tuple[ScreenKey, ...] = ()


class InputKind(Enum):
    """What may be typed into a field."""

    TEXT = "A"
    NUMBER = "N"
    TELEPHONE = "T"
    UPPERCASE = "U"
    LOWERCASE = "L"
    EQUATION = "E"
    MASKED = "AP"
    """Text that is shown as asterisks."""
    PIN = "NP"
    """Digits that are shown as asterisks."""


@dataclass(frozen=True, slots=True)
class InputField:
    """One field of a form."""

    name: str
    parameter: str
    """Name of the query parameter that carries the value."""
    kind: InputKind = InputKind.TEXT
    default: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """``CiscoIPPhoneInput``: a form; what was typed is appended to ``url`` as a query."""

    title: str
    url: str
    fields: tuple[InputField, ...]
    prompt: str = ""
    keys: tuple[ScreenKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """``CiscoIPPhoneImage``: a picture in the document itself, for grey screens. Four pixels in a byte, the first one
    in the lowest bits; -1 centres."""

    title: str
    width: int
    height: int
    data: bytes = field(repr=False)
    x: int = -1
    y: int = -1
    prompt: str = ""
    keys: tuple[ScreenKey, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageFile:
    """``CiscoIPPhoneImageFile``: a picture that the phone fetches (PNG); -1 centres."""

    title: str
    url: str
    x: int = -1
    y: int = -1
    prompt: str = ""
    keys: tuple[ScreenKey, ...] = ()


class Priority(IntEnum):
    """When the phone obeys a command."""

    NOW = 0
    WHEN_IDLE = 1
    """At once, or after the call."""
    IF_IDLE = 2
    """At once, or never."""


@dataclass(frozen=True, slots=True)
class ExecuteItem:
    """One command: an internal URI such as ``Dial:1001`` or ``Init:Directories``, or a document to fetch."""

    url: str
    priority: Priority = Priority.NOW


@dataclass(frozen=True, slots=True)
class Execute:
    """``CiscoIPPhoneExecute``: up to three commands."""

    items: tuple[ExecuteItem, ...]


Document = Menu | Directory | Text | Input | Image | ImageFile | Execute
