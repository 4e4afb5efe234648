"""Texts and digit strings that people enter, checked before they reach a phone, a conf file or a SIP header."""

from __future__ import annotations

import re

from bridge.errors import InvalidInput

MAX_NAME = 50
"""Characters in the name of an object, as in CUCM."""
MAX_SHOWN = 50
"""Characters of a text for a phone's screen; what does not fit is cut when it is shown."""
MAX_URL = 255
MAX_DIALLED = 50

_NAME = re.compile(r"[^\W_][\w .()+&-]{0,49}")
_DIALLED = re.compile(r"\+?[0-9A-D*#]{1,50}")
_MASK = re.compile(r"\+?[0-9X*#]{1,50}")
_URL = re.compile(r"https?://[!-~]{1,240}", re.ASCII)
_PLACE = re.compile(r"[A-Za-z0-9_.-]{1,50}", re.ASCII)


def check_object_name(text: str, kind: str) -> str:
    """Return the name of a site's object if it can be one. Raises InvalidInput."""
    if not _NAME.fullmatch(text) or text != text.strip():
        raise InvalidInput(
            f"{text!r} cannot be the name of a {kind}",
            why="a name starts with a letter or digit and has at most 50 letters, digits, spaces and _ . ( ) + & -",
            fix="choose another name",
        )
    return text


def check_shown(text: str, what: str, *, most: int = MAX_SHOWN) -> str:
    """Return a text for a screen if it can be shown: printable, one line, short. Empty is fine. Raises InvalidInput."""
    if len(text) > most or not (text.isprintable() or not text):
        raise InvalidInput(
            f"{text!r} cannot be the {what}", why=f"a phone shows one line of up to {most} characters", fix="shorten it"
        )
    return text


def check_dialled(text: str, what: str) -> str:
    """Return a number that a phone may dial: digits, ``*``, ``#``, A to D, a leading plus; or nothing at all.

    Raises InvalidInput.
    """
    if text and not _DIALLED.fullmatch(text):
        raise InvalidInput(
            f"{text!r} cannot be the {what}", fix="use up to 50 digits, *, # and a plus in front, without spaces"
        )
    return text


def check_mask(text: str, what: str) -> str:
    """Return a transformation mask: digits, and ``X`` where a digit of the number is kept; or nothing at all.

    Raises InvalidInput. Source: dialplan mapping reference, sections 6 and 7.
    """
    if text and not _MASK.fullmatch(text):
        raise InvalidInput(f"{text!r} cannot be the {what}", fix="use digits, and X for each digit that is kept")
    return text


def apply_mask(mask: str, number: str) -> str:
    """The number seen through a mask, aligned at the right; a mask without ``X`` is the result itself.

    An ``X`` to the left of the number's first digit is left out. Source: dialplan mapping reference, section 7.
    """
    if not mask:
        return number
    digits = list(reversed(number))
    kept = [(digits[at] if at < len(digits) else "") if key == "X" else key for at, key in enumerate(reversed(mask))]
    return "".join(reversed(kept))


def check_url(text: str, what: str) -> str:
    """Return a URL that a phone may open: http or https, printable ASCII. Raises InvalidInput."""
    if not _URL.fullmatch(text):
        raise InvalidInput(f"{text!r} cannot be the {what}", fix="write http://… or https://…, at most 247 characters")
    return text


def check_place(text: str, what: str) -> str:
    """Return the name of something at Asterisk (a context, a trunk, a mailbox), or nothing at all.

    Raises InvalidInput.
    """
    if text and not _PLACE.fullmatch(text):
        raise InvalidInput(f"{text!r} cannot be the {what}", fix="use letters, digits, dots, dashes and underscores")
    return text


def check_between(value: float, least: float, most: float, what: str) -> None:
    """Raise InvalidInput unless the value lies between the two, both included."""
    if not least <= value <= most:
        raise InvalidInput(f"{value} cannot be the {what}", fix=f"choose a value between {least:g} and {most:g}")
