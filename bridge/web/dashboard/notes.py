"""What a change did, told on the page that follows: kept here under a name that nobody can guess, and shown once."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Sequence

MOST = 500


class Notes:
    """Notes waiting to be shown. A note's name in an address says nothing, so that no address can put words there."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, tuple[str, tuple[str, ...]]] = OrderedDict()

    def leave(self, reader: str, *texts: str) -> str:
        """Keep texts for this user; the name under which they are found."""
        name = secrets.token_urlsafe(9)
        self._waiting[name] = (reader, tuple(each for each in texts if each))
        while len(self._waiting) > MOST:
            self._waiting.popitem(last=False)
        return name

    def take(self, reader: str, name: str) -> Sequence[str]:
        """The texts, once, and only for whom they are."""
        found = self._waiting.get(name)
        if found is None or found[0] != reader:
            return ()
        del self._waiting[name]
        return found[1]
