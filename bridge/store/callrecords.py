"""Call records in the database. The newest two million are kept, and none beyond the age that the settings allow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from bridge.core import CallQuality, CallRecord, DeviceName
from bridge.store.calltables import call_record

MOST_RECORDS = 2_000_000
_CHECK_EVERY = 1_000
_LARGEST = 2**31 - 1


class SqlCallRecords:
    """The CallRecords of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, record: CallRecord) -> None:
        """See the port."""
        quality = record.quality or CallQuality(0, 0, 0, 0, 0)
        inserted = self._connection.execute(
            insert(call_record).values(
                device_name=record.device.value,
                line=record.line[:50],
                number=record.number[:50],
                name=record.name[:100],
                outgoing=record.outgoing,
                started=record.started,
                answered=record.answered,
                ended=record.ended,
                why=record.why[:200],
                status=record.status,
                codec=record.codec[:50],
                measured=record.quality is not None,
                sent=min(quality.sent, _LARGEST),
                received=min(quality.received, _LARGEST),
                lost=min(quality.lost, _LARGEST),
                jitter=min(quality.jitter, _LARGEST),
                latency=min(quality.latency, _LARGEST),
                malicious=record.malicious,
                recording=record.recording[:255],
            )
        )
        (number,) = inserted.inserted_primary_key or (0,)
        if number and number % _CHECK_EVERY == 0:
            self._connection.execute(delete(call_record).where(call_record.c.id <= number - MOST_RECORDS))

    def newest(
        self,
        *,
        devices: Collection[DeviceName] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        skip: int = 0,
        most: int = 100,
    ) -> Sequence[CallRecord]:
        """See the port."""
        rows = call_record.c
        query = select(call_record).order_by(rows.id.desc()).limit(most).offset(skip)
        if devices:
            query = query.where(rows.device_name.in_(each.value for each in devices))
        if since is not None:
            query = query.where(rows.ended >= since)
        if until is not None:
            query = query.where(rows.ended < until)
        found = self._connection.execute(query).mappings().all()
        return [
            CallRecord(
                DeviceName(row["device_name"]),
                row["line"],
                row["number"],
                row["name"],
                row["outgoing"],
                row["started"],
                row["answered"],
                row["ended"],
                row["why"],
                row["status"],
                row["codec"],
                CallQuality(row["sent"], row["received"], row["lost"], row["jitter"], row["latency"])
                if row["measured"]
                else None,
                row["malicious"],
                row["recording"],
            )
            for row in reversed(found)
        ]

    def forget(self, before: datetime) -> int:
        """See the port."""
        return self._connection.execute(delete(call_record).where(call_record.c.ended < before)).rowcount
