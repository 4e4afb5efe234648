"""The few marked lines that are added at the end of somebody else's file, and their exact removal."""

from __future__ import annotations

import re

_BEGIN = '; sepbridge begin: added by "{by}", removed by its --undo'
_BEGIN_UNENDED = '; sepbridge begin (below a last line without an end): added by "{by}"'
_END = "; sepbridge end"
_BLOCK = re.compile(
    r"^; sepbridge begin(?P<unended> \([^)\n]*\))?:[^\n]*\n"
    r"(?:(?!; sepbridge )[^\n]*\n)*"
    r"; sepbridge end[ \t\r]*(?:\n|\Z)",
    re.MULTILINE,
)


def with_block(text: str, *lines: str, by: str = "sepbridge setup asterisk") -> str:
    """``text`` with the block of ``lines`` at its end, in place of an older block; ``by`` names our command."""
    text = without_block(text)
    unended = bool(text) and not text.endswith("\n")
    begin = ("\n" + _BEGIN_UNENDED if unended else _BEGIN).format(by=by)
    return text + "\n".join([begin, *lines, _END]) + "\n"


def without_block(text: str) -> str:
    """``text`` as it would be had the block never been added, whatever was changed around it since."""
    found = _BLOCK.search(text)
    if found is None:
        return text
    before, after = text[: found.start()], text[found.end() :]
    if found.group("unended") and not after:
        before = before.removesuffix("\n")
    return before + after


def has_block(text: str) -> bool:
    """Whether the block is there."""
    return _BLOCK.search(text) is not None
