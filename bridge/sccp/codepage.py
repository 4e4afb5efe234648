"""Text on the wire: the phone's code page, and texts cut at character borders.

Built-in labels (module ``labels``) are two bytes, 0x80 n, whatever the code page; in Python's text they are the two
characters U+0080 and chr(n). Source: SCCP wire reference, section 3.1; SCCP enumerations reference, section 5.
"""

from __future__ import annotations

import codecs
import unicodedata
from enum import Enum

_LABEL = "\x80"
_UTF8_OF_LABEL = b"\xc2\x80"


class CodePage(Enum):
    """How a phone writes and reads text: UTF-8 where it has that feature, else one byte per character."""

    UTF_8 = "utf-8"
    LATIN_1 = "iso8859-1"
    """Western Europe, and the default without the UTF-8 feature."""
    LATIN_2 = "iso8859-2"
    """Central Europe."""
    CYRILLIC = "iso8859-5"
    GREEK = "iso8859-7"
    LATIN_5 = "iso8859-9"
    """Turkish."""

    def decode(self, data: bytes) -> str:
        """The text of these bytes. Never raises: what is no text in this code page becomes U+FFFD."""
        return data.decode(self.value, _ERRORS)

    def encode(self, text: str) -> bytes:
        """The bytes of this text. Never raises: letters lose their accents, and then become ``?``, where they must."""
        if self is CodePage.UTF_8:
            return text.encode("utf-8", "replace").replace(_UTF8_OF_LABEL, b"\x80")
        try:
            return text.encode(self.value)
        except UnicodeEncodeError:
            return b"".join(self._encode_character(character) for character in text)

    def fit(self, text: str, size: int) -> bytes:
        """The bytes of as much of this text as ``size`` bytes hold, cut neither inside a character nor inside a label.

        The text ends at the first NUL, which would end it on the wire too.
        """
        if "\0" in text:
            text = text[: text.index("\0")]
        data = self.encode(text)
        if len(data) <= size:
            return data
        if self is CodePage.UTF_8:
            while size and data[size] & 0xC0 == 0x80 and not _starts_label(data, size):
                size -= 1
        if size and data[size - 1] in (0x80, 0x1E) and (self is not CodePage.UTF_8 or _starts_label(data, size - 1)):
            size -= 1
        return data[:size]

    def _encode_character(self, character: str) -> bytes:
        try:
            return character.encode(self.value)
        except UnicodeEncodeError:
            plain = unicodedata.normalize("NFKD", character)
            return plain.encode(self.value, "ignore") or b"?"


def _starts_label(data: bytes, offset: int) -> bool:
    """True where a byte of UTF-8 text is the first of a label's two, and not the tail of a character."""
    if data[offset] == 0x1E:
        return True
    # A label's 0x80 follows a complete character; a tail byte belongs to the nearest lead byte within three before it.
    for back in range(1, 4):
        if offset - back < 0:
            return True
        byte = data[offset - back]
        if byte < 0x80:
            return True
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return back >= length
    return True


def _keep_labels(error: UnicodeError) -> tuple[str, int]:
    """Read a stray 0x80 in UTF-8 as the start of a label, and any other stray byte as U+FFFD."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    # One byte at a time: the decoder may report a longer run that ends in the 0x80 of a label.
    stray = error.object[error.start]
    return (_LABEL if stray == 0x80 else "�"), error.start + 1


_ERRORS = "bridge.sccp.labels"
codecs.register_error(_ERRORS, _keep_labels)
