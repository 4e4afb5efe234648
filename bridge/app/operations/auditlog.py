"""Tells the log what admins and rules decided: one line for each new entry of the audit trail.

The command line and other nodes write to the database and not to this process's log; the trail is where all of them
meet. What the recorder tells as an event is left out here, and so is what is logged as a warning when it happens.
"""

from __future__ import annotations

import asyncio
import logging
import re

from bridge.app.operations.eventfields import Field, device_fields
from bridge.core import DeviceName
from bridge.errors import StoreError
from bridge.ports import AuditEntry, Store

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two looks at the trail: one short query."""
MOST_AT_ONCE = 500
"""Entries; an import of thousands of phones is one entry."""
LATE = 50
"""Entries for which one may come too late: a server gives the number when a transaction writes, not when it ends."""
_BY_EVENTS = re.compile(r"autoregistration\b|user of ")
"""Actors whose decisions the recorder tells (PhoneAdmitted, PhoneRefused, PhoneClaimed, ClaimRefused), or a warning."""
_NAME = re.compile(r"\b(?:SEP|ATA|BAT)[0-9A-F]{12}\b")
"""Of a device whose name holds a MAC. Free names cannot be told from other words."""
_NUMBER = re.compile(r"\bnumber (\S{1,50}?)(?=,|$)")


class AuditLog:
    """Follows the trail from where it stood at the beginning."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._begun: int | None = None
        self._newest = 0
        self._told: set[int] = set()
        """The last ones; older ones cannot come any more."""

    def begin(self) -> None:
        """What stands there now is the past. Raises StoreError."""
        with self._store.read() as work:
            self._begun = self._newest = work.journal.newest_audit()

    async def run(self) -> None:
        """Tell what comes, until cancelled; what is left is told on the way out."""
        try:
            while True:
                await asyncio.sleep(EVERY)
                await asyncio.to_thread(self.tell)
        finally:
            await asyncio.shield(asyncio.to_thread(self.tell))

    def tell(self) -> None:
        """Log the new entries. A database that is away is somebody else's to complain of; the entries wait in it."""
        if self._begun is None:
            return
        more = True
        while more:
            try:
                with self._store.read() as work:
                    entries = work.journal.audit_after(max(self._begun, self._newest - LATE), limit=MOST_AT_ONCE)
            except StoreError:
                return
            fresh = [each for each in entries if each[0] not in self._told]
            for number, entry in fresh:
                self._told.add(number)
                self._newest = max(self._newest, number)
                if not _BY_EVENTS.match(entry.actor):
                    said = f"{entry.actor}: {entry.action}" + (f" ({entry.detail})" if entry.detail else "")
                    log.info("%s", said, extra={"fields": audit_fields(entry)})
            self._told = {number for number in self._told if number > self._newest - LATE}
            more = len(entries) == MOST_AT_ONCE and bool(fresh)


def audit_fields(entry: AuditEntry) -> dict[str, Field]:
    """An entry as flat fields: who, what, and the phone and number that it names."""
    fields: dict[str, Field] = {"event": "Audited"}
    if (found := _NAME.search(entry.action) or _NAME.search(entry.detail)) is not None:
        fields |= device_fields(DeviceName(found[0]))
    if (number := _NUMBER.search(entry.detail)) is not None:
        fields["number"] = number[1]
    fields |= {"actor": entry.actor, "action": entry.action}
    if entry.detail:
        fields["detail"] = entry.detail
    return fields
