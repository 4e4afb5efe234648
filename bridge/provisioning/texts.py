"""Texts on their way into a phone's file: what a phone cannot show, or a parser would choke on, stays out."""

from __future__ import annotations

import re
import unicodedata

from bridge.errors import ConfigurationError

LABEL_LENGTH = 30
"""Characters of labels, names and passwords on a line (phone file reference, section 4.5)."""
ADDRESS_LENGTH = 50
"""Characters of a server's name or address (phone file reference, section 3)."""
URL_LENGTH = 255

_ADDRESS = re.compile(r"[A-Za-z0-9._:\[\]-]+")
_SPACES = re.compile(r"\s+")
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Controls, invisible formatting, surrogates, private and unassigned characters: none can be shown, several are not
allowed in XML at all."""


def shown_text(text: str, limit: int = LABEL_LENGTH) -> str:
    """``text`` as a phone can show it: one line, no invisible characters, at most ``limit`` characters.

    Markup characters stay; escaping them is the template's task.
    """
    spaced = _SPACES.sub(" ", text[: limit * 8])
    visible = "".join(char for char in spaced if unicodedata.category(char) not in _DROPPED)
    return " ".join(visible.split())[:limit].rstrip()


def checked_address(text: str, what: str) -> str:
    """A host name or address that a phone can read. Raises ConfigurationError."""
    if len(text) > ADDRESS_LENGTH or not _ADDRESS.fullmatch(text):
        raise ConfigurationError(
            f"{text[: ADDRESS_LENGTH + 1]!r} cannot be the address of {what}",
            why=f"phones read at most {ADDRESS_LENGTH} characters: letters, digits, dots, dashes, colons",
            fix="give an IP address, or a shorter host name",
        )
    return text


def checked_url(text: str, what: str) -> str:
    """An URL that a phone can read, or an empty text. Raises ConfigurationError."""
    if len(text) > URL_LENGTH or any(not char.isprintable() or char.isspace() for char in text):
        raise ConfigurationError(
            f"{what} is no address that phones can read",
            why=f"they read at most {URL_LENGTH} characters, without spaces and line breaks",
            fix="shorten it",
        )
    return text


def quoted(text: object) -> str:
    """A value in quotation marks, in characters that the phone can show (Latin-1)."""
    folded = "".join(latin(char) for char in str(text) if char.isprintable())
    return '"' + folded.replace('"', "'") + '"'


def latin(char: str) -> str:
    """The character, or one of Latin-1 that stands for it."""
    if ord(char) < 256:
        return char
    plain = unicodedata.normalize("NFKD", char)[0]
    return plain if ord(plain) < 256 else "?"
