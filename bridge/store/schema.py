"""All tables together, for those who compare or create them."""

from __future__ import annotations

from bridge.store import claimtables, firmwaretables, phonebooktables, routingtables, settingstables
from bridge.store.tables import metadata

__all__ = ["claimtables", "firmwaretables", "metadata", "phonebooktables", "routingtables", "settingstables"]
