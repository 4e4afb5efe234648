"""Numbers that FreePBX's dial plan uses: everything that ``from-internal`` leads to. Pure.

Extensions, ring groups, queues, conferences, feature codes and outbound routes all have contexts of their own there, so
walking its includes finds them all, those of modules too that we never heard of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST_CONTEXTS = 1000
_CATCH_ALL = frozenset({"bad-number"})
"""Contexts that take what nothing else takes: their patterns stand for no numbers."""
_OURS = "sepbridge-"
_ANYTHING = re.compile(r"_\*?[X.!]{1,2}")
_PLAIN = re.compile(r"_?[0-9*#XNZxnz.!\[\]-]{1,80}")


def is_no_plan(context: str) -> bool:
    """Whether a context is left out: it is ours, or holds nothing but answers to wrong numbers."""
    return context in _CATCH_ALL or context.startswith(_OURS)


def numbers_in_use(extensions: Iterable[str], *, ours: Iterable[str]) -> frozenset[str]:
    """Those that stand for numbers, without our own and without what merely catches everything."""
    own = frozenset(ours)
    return frozenset(
        each for each in extensions if each not in own and _PLAIN.fullmatch(each) and not _ANYTHING.fullmatch(each)
    )
