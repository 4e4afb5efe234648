"""The chance that SIP needs, as a Protocol: the pure room draws no random numbers itself."""

from __future__ import annotations

from typing import Protocol

MAGIC_COOKIE = "z9hG4bK"
"""Every branch of RFC 3261 starts so (section 8.1.1.7)."""


class SipIds(Protocol):
    """Identifiers that nobody can guess, and a little jitter."""

    def branch(self) -> str:
        """A new branch, magic cookie included: unique in space and time."""
        ...

    def tag(self) -> str:
        """A new From or To tag: at least 32 bits of randomness (RFC 3261 section 19.3)."""
        ...

    def call_id(self) -> str:
        """A new Call-ID."""
        ...

    def cnonce(self) -> str:
        """A new client nonce for digest authentication."""
        ...

    def fraction(self) -> float:
        """A number from 0 to 1, to spread retries of many user agents over time."""
        ...
