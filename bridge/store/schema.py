"""All tables together, for those who compare or create them."""

from __future__ import annotations

from bridge.store import calltables, phonebooktables, routingtables, settingstables
from bridge.store.tables import metadata

__all__ = ["calltables", "metadata", "phonebooktables", "routingtables", "settingstables"]
