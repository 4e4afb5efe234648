"""Identifiers for SIP from the machine's own randomness."""

from __future__ import annotations

import secrets

from bridge.sip.ids import MAGIC_COOKIE


class RandomSipIds:
    """The ``SipIds`` of a running service. One instance serves any number of user agents."""

    __slots__ = ("_random",)

    def __init__(self) -> None:
        self._random = secrets.SystemRandom()

    def branch(self) -> str:
        """See ``SipIds.branch``."""
        return MAGIC_COOKIE + secrets.token_hex(8)

    def tag(self) -> str:
        """See ``SipIds.tag``."""
        return secrets.token_hex(6)

    def call_id(self) -> str:
        """See ``SipIds.call_id``."""
        return secrets.token_hex(12)

    def cnonce(self) -> str:
        """See ``SipIds.cnonce``."""
        return secrets.token_hex(8)

    def fraction(self) -> float:
        """See ``SipIds.fraction``."""
        return self._random.random()
