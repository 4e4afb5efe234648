"""What is written down of a call when it is over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bridge.core.devicename import DeviceName


@dataclass(frozen=True, slots=True)
class CallQuality:
    """What the phone measured on the media that it received. Jitter and latency in milliseconds."""

    sent: int
    """Packets, as the others."""
    received: int
    lost: int
    jitter: int
    latency: int

    @property
    def loss(self) -> float | None:
        """The share of packets that were lost, from 0 to 1; None where none was to come."""
        expected = self.received + self.lost
        return self.lost / expected if expected else None


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call of one phone: who, whom, when, why it ended, and how it sounded."""

    device: DeviceName
    line: str
    """The phone's own number."""
    number: str
    """The other side's; empty where it is withheld."""
    name: str
    outgoing: bool
    started: datetime
    """When the INVITE went out, or came in."""
    answered: datetime | None
    ended: datetime
    why: str
    status: int
    """The SIP status that refused it; 0 for a normal end."""
    codec: str = ""
    """By Asterisk's name; empty where no sound was agreed."""
    quality: CallQuality | None = None
    """None where the phone did not tell."""
    malicious: bool = False
    """The user marked the caller."""
    recording: str = ""
    """The file at Asterisk, the last one if there are several."""

    @property
    def seconds(self) -> float:
        """Talking time."""
        return max(0.0, (self.ended - self.answered).total_seconds()) if self.answered else 0.0

    def measured_as(self, quality: CallQuality | None) -> CallRecord:
        """The same call with the phone's figures."""
        return replace(self, quality=quality)
