"""CRLF keep-alives on a connection (RFC 5626 sections 3.5.1 and 4.4.1)."""

from __future__ import annotations

PONG_WITHIN = 10.0
"""Seconds that the server has to answer."""


class Keepalive:
    """Says when to send a ping, and when the connection counts as dead. ``interval`` 0 switches it off."""

    __slots__ = ("_at", "_dead_at", "_interval")

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._at: float | None = None
        self._dead_at: float | None = None

    def start(self, fraction: float, *, now: float) -> None:
        """A connection stands. ``fraction`` (0 to 1) spreads the pings over 80 to 100 % of the interval."""
        self._dead_at = None
        self._at = now + self._interval * (0.8 + 0.2 * fraction) if self._interval > 0 else None

    def stop(self) -> None:
        """There is no connection."""
        self._at = self._dead_at = None

    def heard(self) -> None:
        """Something came: the connection lives."""
        self._dead_at = None

    def timer(self) -> float | None:
        """When to look again, or None."""
        return min((at for at in (self._at, self._dead_at) if at is not None), default=None)

    def is_dead(self, *, now: float) -> bool:
        """True, once, when the answer is overdue."""
        if self._dead_at is None or self._dead_at > now:
            return False
        self.stop()
        return True

    def ping_due(self, fraction: float, *, now: float) -> bool:
        """True when a ping must go out now; the next one is scheduled."""
        if self._at is None or self._at > now:
            return False
        self.start(fraction, now=now)
        self._dead_at = now + PONG_WITHIN
        return True
