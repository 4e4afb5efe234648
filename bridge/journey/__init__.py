"""A phone's way to "registered", told from events."""

from __future__ import annotations

from bridge.journey.stages import Progress, Stage, follow

__all__ = ["Progress", "Stage", "follow"]
