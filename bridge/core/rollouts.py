"""Roll-outs of firmware: which phones get which load, and how far each of them is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bridge.core.devicename import DeviceName


class RolloutState(StrEnum):
    """How a roll-out as a whole stands."""

    RUNNING = "running"
    STOPPED = "stopped"
    """By the admin, or by itself after failures: no further phone is told. Those under way go on."""
    FINISHED = "finished"


class RolloutStage(StrEnum):
    """How far one phone is."""

    WAITING = "waiting"
    TOLD = "told"
    """It has the load in its file, and was told to restart."""
    LOADING = "loading"
    """It asked for a file of the load."""
    DONE = "done"
    """It registered with the load."""
    FAILED = "failed"
    STOPPED = "stopped"
    """The roll-out was stopped before its turn."""

    @property
    def is_under_way(self) -> bool:
        """Whether the phone is busy with it now."""
        return self in {RolloutStage.TOLD, RolloutStage.LOADING}


@dataclass(frozen=True, slots=True)
class RolloutPhone:
    """One phone of a roll-out."""

    device: DeviceName
    stage: RolloutStage = RolloutStage.WAITING
    before: str = ""
    """The load that it was known to run."""
    wanted_before: str = ""
    """The load that was set for it alone; set again when this one fails."""
    detail: str = ""
    """Why it failed, or why it waits."""
    told_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rollout:
    """A load for some phones, a few at a time."""

    id: int
    load: str
    at_a_time: int
    state: RolloutState
    actor: str
    started_at: datetime
    phones: tuple[RolloutPhone, ...] = ()
    detail: str = ""
    """Why it stopped."""
