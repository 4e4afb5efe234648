"""Working on digits in Asterisk's own words: discarding, masks, prefixes.

Order for the called number: discard, mask, prefix; for the calling number: external mask, mask, prefix. Source:
dial-plan reference, section 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bridge.errors import ConfigurationError

_RUN = re.compile(r"X+|[^X]+")
NUMBER = "NUMBER"
"""The channel variable that holds the called number."""


def through_mask(mask: str, variable: str, *, length: int, is_open: bool, pattern: str) -> str:
    """The number in ``variable`` seen through ``mask``, right-aligned, as Asterisk reads it.

    ``length`` is how many digits it has, or has at least where ``is_open``. Raises ConfigurationError where the mask
    wants more digits than an open number surely has: Asterisk cannot leave out what is not there.
    """
    kept = mask.count("X")
    span = len(mask) - mask.find("X") if kept else 0
    if is_open and span > length:
        raise ConfigurationError(
            f"the mask {mask} of the pattern {pattern} reaches over {span} digits, but a number may have {length}",
            why="Asterisk cannot tell which of them are missing",
            fix="write the pattern with a fixed number of X, or shorten the mask",
        )
    return "".join(_pieces(mask, variable, length, is_open))


def _pieces(mask: str, variable: str, length: int, is_open: bool) -> Iterator[str]:
    for run in _RUN.finditer(mask):
        if run[0][0] != "X":
            yield run[0]
            continue
        behind = len(mask) - run.end()
        size = len(run[0])
        if not is_open:
            # An X to the left of the first digit is left out.
            first = length - behind - size
            size += min(first, 0)
            if size > 0:
                yield f"${{{variable}:{max(first, 0)}:{size}}}"
        elif behind:
            yield f"${{{variable}:-{behind + size}:{size}}}"
        else:
            yield f"${{{variable}:-{size}}}"
