"""All tables together, for those who compare or create them."""

from __future__ import annotations

from bridge.store import claimtables, phonebooktables, routingtables, settingstables
from bridge.store.tables import metadata

__all__ = ["claimtables", "metadata", "phonebooktables", "routingtables", "settingstables"]
