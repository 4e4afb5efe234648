"""What a directory number's user may set at the phone, and what the PBX keeps: forwards and do-not-disturb."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ForwardKind(StrEnum):
    """When a call is forwarded."""

    ALL = "all"
    BUSY = "busy"
    NO_ANSWER = "no answer"
    """Also when the phone is not registered."""


class DndMode(StrEnum):
    """Do not disturb."""

    OFF = "off"
    REJECT = "reject"
    """The PBX gives callers busy, or what comes after busy."""
    SILENT = "silent"
    """Calls are shown, and the bell keeps still."""


@dataclass(frozen=True, slots=True)
class LineFeatures:
    """How a number stands at the PBX. A forward's target is empty where there is none."""

    forward_all: str = ""
    forward_busy: str = ""
    forward_no_answer: str = ""
    dnd: DndMode = DndMode.OFF
    ring_through: bool = False
    """After an emergency call: calls ring whatever is set."""

    def forward(self, kind: ForwardKind) -> str:
        """The target of one kind."""
        match kind:
            case ForwardKind.ALL:
                return self.forward_all
            case ForwardKind.BUSY:
                return self.forward_busy
            case ForwardKind.NO_ANSWER:
                return self.forward_no_answer
