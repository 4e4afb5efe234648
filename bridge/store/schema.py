"""All tables together, for those who compare or create them."""

from __future__ import annotations

from bridge.store import (
    accounttables,
    calltables,
    claimtables,
    firmwaretables,
    inventorytables,
    phonebooktables,
    phonefiletables,
    routingtables,
    settingstables,
)
from bridge.store.tables import metadata

__all__ = [
    "accounttables",
    "calltables",
    "claimtables",
    "firmwaretables",
    "inventorytables",
    "metadata",
    "phonebooktables",
    "phonefiletables",
    "routingtables",
    "settingstables",
]
