"""A document as bytes, in an encoding that the phone reads.

Older phones read ISO-8859-1 only, and ask for it in ``Accept-Charset``.
"""

from __future__ import annotations

import unicodedata
from enum import Enum

_MARKUP = b"<>&\"'"


class Charset(Enum):
    """The encodings of XML services."""

    UTF_8 = "utf-8"
    LATIN_1 = "iso-8859-1"

    @classmethod
    def accepted(cls, header: str) -> Charset:
        """The encoding to use for a phone that sends this ``Accept-Charset``; UTF-8 for one that sends none."""
        listed = {each.partition(";")[0].strip().lower() for each in header[:500].split(",")}
        if "iso-8859-1" in listed and not listed & {"utf-8", "utf8", "*"}:
            return cls.LATIN_1
        return cls.UTF_8


def written(text: str, charset: Charset = Charset.UTF_8) -> bytes:
    """The whole document. Letters that the encoding lacks lose their accents, or become question marks."""
    declared = f'<?xml version="1.0" encoding="{charset.value}"?>\n{text}'
    if charset is Charset.UTF_8:
        return declared.encode()
    return b"".join(_latin(character) for character in declared)


def _latin(character: str) -> bytes:
    try:
        return character.encode("latin-1")
    except UnicodeEncodeError:
        # One letter for one: the text was cut to what the phone shows, and escaped, before.
        folded = unicodedata.normalize("NFKD", character).encode("ascii", "ignore")[:1]
        return folded if folded and folded not in _MARKUP else b"?"
