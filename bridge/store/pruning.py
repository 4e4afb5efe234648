"""Bounds for what phones, or somebody who pretends to be phones, can make us write down.

A journey keeps its newest events, and all journeys together so many, as the settings say; refusals keep the newest
10,000 phones, and stand in the audit trail among its newest 200,000 entries.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from bridge.store.tables import audit_event, journey_event, refused_phone

MOST_EVENTS = 1_000
"""Events kept per phone by default. A journey may be longer by ``SLACK`` until it is pruned."""
SLACK = 100
MOST_EVENTS_IN_ALL = 2_000_000
"""Events kept of all phones by default; with 250 bytes each, half a gigabyte."""
MOST_REFUSED = 10_000
MOST_AUDITED = 200_000
"""Entries of the audit trail among which refusals are kept. Nothing else in it is ever pruned."""

_CHECK_ALL_EVERY = 10_000
_MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Retention:
    """How much of the journeys is kept."""

    per_phone: int = MOST_EVENTS
    in_all: int = MOST_EVENTS_IN_ALL


class JourneyPruner:
    """Remembers how much this process appended, so that the usual append costs no query more.

    A journey is measured when this process first appends to it, and then after every ``SLACK`` events. A transaction
    that is undone only makes a measurement come early.
    """

    def __init__(self, retention: Retention | None = None) -> None:
        self.retention = retention or Retention()
        self._since_measured: dict[str, int] = {}
        self._since_checked = _CHECK_ALL_EVERY
        self._refusals_since_checked = SLACK

    def after_append(self, connection: Connection, appended: Counter[str]) -> None:
        """Prune what needs it, in the transaction that appended this many events to these devices' journeys."""
        if len(self._since_measured) > _MOST_REMEMBERED:
            self._since_measured.clear()
        due: list[str] = []
        for name, count in appended.items():
            total = self._since_measured.get(name, SLACK) + count
            if total >= SLACK:
                due.append(name)
                total = 0
            self._since_measured[name] = total
        self._prune_journeys(connection, due)
        self._since_checked += appended.total()
        if self._since_checked >= _CHECK_ALL_EVERY:
            self._since_checked = 0
            newest = connection.execute(select(func.max(journey_event.c.id))).scalar() or 0
            connection.execute(delete(journey_event).where(journey_event.c.id <= newest - self.retention.in_all))

    def after_refusal(self, connection: Connection) -> None:
        """Prune the refusals, in the transaction that added one."""
        self._refusals_since_checked += 1
        if self._refusals_since_checked < SLACK:
            return
        self._refusals_since_checked = 0
        oldest_kept = (
            select(refused_phone.c.last_at).order_by(refused_phone.c.last_at.desc()).offset(MOST_REFUSED - 1).limit(1)
        )
        limit = connection.execute(oldest_kept).scalar()
        if limit is not None:
            connection.execute(delete(refused_phone).where(refused_phone.c.last_at < limit))
        newest = connection.execute(select(func.max(audit_event.c.id))).scalar() or 0
        old = audit_event.c.id <= newest - MOST_AUDITED
        connection.execute(delete(audit_event).where(old, audit_event.c.action.startswith("refused ")))

    def _prune_journeys(self, connection: Connection, names: list[str]) -> None:
        for start in range(0, len(names), 500):
            too_long = (
                select(journey_event.c.device_name)
                .where(journey_event.c.device_name.in_(names[start : start + 500]))
                .group_by(journey_event.c.device_name)
                .having(func.count() > self.retention.per_phone)
            )
            for name in connection.execute(too_long).scalars().all():
                own = journey_event.c.device_name == name
                newest_dropped = (
                    select(journey_event.c.id)
                    .where(own)
                    .order_by(journey_event.c.id.desc())
                    .offset(self.retention.per_phone)
                    .limit(1)
                )
                last = connection.execute(newest_dropped).scalar()
                if last is not None:
                    connection.execute(delete(journey_event).where(own, journey_event.c.id <= last))
