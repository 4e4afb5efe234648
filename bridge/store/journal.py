"""Journeys, refusals and the audit trail in the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from bridge.core import DeviceName
from bridge.core.events import Event
from bridge.ports import AuditEntry, RefusedPhone
from bridge.store.eventcodec import decode, encode
from bridge.store.pruning import MOST_REFUSED, JourneyPruner
from bridge.store.tables import audit_event, journey_event, refused_phone

_EVENTS = select(journey_event.c.kind, journey_event.c.at, journey_event.c.device_name, journey_event.c.detail)
_TEXT = 1000
"""Longest text of a refusal, in characters."""


class SqlJournal:
    """The Journal of one transaction."""

    def __init__(self, connection: Connection, pruner: JourneyPruner) -> None:
        self._connection = connection
        self._pruner = pruner

    def append(self, events: Iterable[Event]) -> None:
        """Store events on their phones' journeys. Events that concern no phone have no journey and are left out."""
        rows = [
            {"device_name": each.device.value, "at": each.at, "kind": type(each).__name__, "detail": encode(each)}
            for each in events
            if each.device is not None
        ]
        if rows:
            self._connection.execute(insert(journey_event), rows)
            self._pruner.after_append(self._connection, Counter(str(row["device_name"]) for row in rows))

    def journey(self, device: DeviceName, *, limit: int = 200) -> Sequence[Event]:
        """The newest events of one phone, oldest first. Kinds that only a newer version knows are skipped."""
        return self._events(_EVENTS.where(journey_event.c.device_name == device.value), limit)

    def newest(self, *, limit: int = 200) -> Sequence[Event]:
        """The newest events of all phones, oldest first. Kinds that only a newer version knows are skipped."""
        return self._events(_EVENTS, limit)

    def size(self) -> int:
        """Events on all journeys."""
        return self._connection.execute(select(func.count()).select_from(journey_event)).scalar_one()

    def _events(self, query: Select[str, datetime, str, str], limit: int) -> Sequence[Event]:
        rows = self._connection.execute(query.order_by(journey_event.c.id.desc()).limit(limit)).all()
        found = (decode(kind, at, name, detail) for kind, at, name, detail in reversed(rows))
        return [event for event in found if event is not None]

    def forget(self, before: datetime, *, most: int = 20_000) -> int:
        """Remove the oldest events that happened before; at most so many at a time. How many these were.

        Events are numbered as they come, so that only the oldest are looked at.
        """
        oldest = (
            select(journey_event.c.id, journey_event.c.at).order_by(journey_event.c.id).limit(most).subquery("oldest")
        )
        ids = self._connection.execute(select(oldest.c.id).where(oldest.c.at < before)).scalars().all()
        if ids:
            old = (journey_event.c.id <= max(ids)) & (journey_event.c.at < before)
            self._connection.execute(delete(journey_event).where(old))
        return len(ids)

    def refuse(self, device: DeviceName, client: str, reason: str, text: str, at: datetime, model: str = "") -> bool:
        """Note a refusal; a phone that comes back is counted, not listed twice. True where it is news."""
        known = select(refused_phone.c.reason).where(refused_phone.c.device_name == device.value)
        before = self._connection.execute(known).scalar()
        latest: dict[str, object] = {"client": client[:64], "reason": reason, "text": text[:_TEXT], "last_at": at}
        if model:
            latest["model"] = model[:64]
        if self._count_again(device, latest):
            if before != reason:
                self._pruner.after_refusal(self._connection)
            return before != reason
        new = {"device_name": device.value, "first_at": at, "times": 1, "model": "", **latest}
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(refused_phone), new)
        except IntegrityError:
            # Another node noted it in this very moment.
            self._count_again(device, latest)
            return False
        self._pruner.after_refusal(self._connection)
        return True

    def forget_refusal(self, device: DeviceName) -> None:
        """The phone was admitted after all."""
        self._connection.execute(delete(refused_phone).where(refused_phone.c.device_name == device.value))

    def refused_model(self, device: DeviceName) -> str:
        """Which model a phone that was turned away said it is; empty where nobody knows."""
        query = select(refused_phone.c.model).where(refused_phone.c.device_name == device.value)
        return self._connection.execute(query).scalar() or ""

    def refused_since(self, devices: Iterable[DeviceName], reason: str, since: datetime) -> frozenset[DeviceName]:
        """Those of these phones that were turned away for this reason, and last at ``since`` or later."""
        rows = refused_phone.c
        names = [each.value for each in devices]
        query = select(rows.device_name).where(
            rows.device_name.in_(names), rows.reason == reason, rows.last_at >= since
        )
        return frozenset(map(DeviceName, self._connection.execute(query).scalars()))

    def refused(self) -> Sequence[RefusedPhone]:
        """Phones turned away and not admitted since, newest first; at most the newest ten thousand."""
        rows = refused_phone.c
        query = (
            select(
                rows.device_name,
                rows.client,
                rows.reason,
                rows.text,
                rows.first_at,
                rows.last_at,
                rows.times,
                rows.model,
            )
            .order_by(rows.last_at.desc(), rows.device_name)
            .limit(MOST_REFUSED)
        )
        return [
            RefusedPhone(DeviceName(name), client, reason, text, first_at, last_at, times, model)
            for name, client, reason, text, first_at, last_at, times, model in self._connection.execute(query)
        ]

    def audit(self, entry: AuditEntry) -> None:
        """Note who changed what."""
        self._connection.execute(
            insert(audit_event),
            {
                "at": entry.at,
                "actor": entry.actor[:255],
                "action": entry.action[:255],
                "detail": entry.detail,
            },
        )

    def audit_trail(self, *, limit: int = 200) -> Sequence[AuditEntry]:
        """The newest entries, oldest first."""
        query = (
            select(audit_event.c.at, audit_event.c.actor, audit_event.c.action, audit_event.c.detail)
            .order_by(audit_event.c.id.desc())
            .limit(limit)
        )
        return [AuditEntry(*row) for row in reversed(self._connection.execute(query).all())]

    def audit_after(self, number: int, *, limit: int) -> Sequence[tuple[int, AuditEntry]]:
        """Entries that came after the one with this number, each with its own, oldest first."""
        rows = audit_event.c
        query = (
            select(rows.id, rows.at, rows.actor, rows.action, rows.detail)
            .where(rows.id > number)
            .order_by(rows.id)
            .limit(limit)
        )
        return [(row[0], AuditEntry(*row[1:])) for row in self._connection.execute(query)]

    def newest_audit(self) -> int:
        """A number that grows with every entry, whichever node writes it; 0 for none."""
        return int(self._connection.execute(select(func.max(audit_event.c.id))).scalar() or 0)

    def _count_again(self, device: DeviceName, latest: dict[str, object]) -> bool:
        change = (
            update(refused_phone)
            .where(refused_phone.c.device_name == device.value)
            .values(times=refused_phone.c.times + 1, **latest)
        )
        return self._connection.execute(change).rowcount > 0
