"""The timers of RFC 3261 section 17 (table 4 in appendix A) with the two of RFC 6026."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimerValues:
    """All in seconds. The defaults are the RFC's; a test may shorten them, nobody else should."""

    t1: float = 0.5
    """Round-trip estimate: first retransmission."""
    t2: float = 4.0
    """Longest pause between retransmissions of anything but an INVITE."""
    t4: float = 5.0
    """Longest time a message stays in the network."""

    @property
    def give_up(self) -> float:
        """64*T1: timers B, F, H, J, L and M."""
        return 64 * self.t1

    @property
    def absorb(self) -> float:
        """Timer D over UDP: at least 32 s."""
        return max(32.0, self.give_up)


RFC_TIMERS = TimerValues()


@dataclass(slots=True)
class Deadlines:
    """The moments a machine waits for; None where it waits for nothing. Times are monotonic seconds."""

    retransmit: float | None = None
    timeout: float | None = None
    linger: float | None = None

    def next(self) -> float | None:
        """The earliest of them."""
        times = [at for at in (self.retransmit, self.timeout, self.linger) if at is not None]
        return min(times) if times else None

    def clear(self) -> None:
        """Wait for nothing."""
        self.retransmit = self.timeout = self.linger = None
