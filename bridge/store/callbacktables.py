"""Requests for callbacks in the database: they outlive a restart of the service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Integer,
    Named,
    String,
    Table,
    TypedColumns,
    delete,
    insert,
    select,
)

from bridge.core import DeviceName, KeptCallBack
from bridge.store.columntypes import Moment
from bridge.store.tables import EXACT, NAME, NUMBER, metadata


class _CallBackColumns(TypedColumns):
    device_name = Column(String(NAME), ForeignKey("device.name", ondelete="CASCADE"), primary_key=True)
    number: Named[str] = Column(String(NUMBER))
    line: Named[int] = Column(Integer)
    until: Named[datetime] = Column(Moment)
    after_use: Named[bool] = Column(Boolean)


callback_request = Table("callback_request", metadata, _CallBackColumns, **EXACT)


class SqlCallBackRepository:
    """The CallBackRepository of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> Sequence[KeptCallBack]:
        """Every request, ordered by device."""
        rows = self._connection.execute(select(callback_request))
        kept = (
            KeptCallBack(DeviceName(row.device_name), row.number, row.line, row.until, row.after_use) for row in rows
        )
        return sorted(kept, key=lambda each: each.device.value)

    def save(self, kept: KeptCallBack) -> None:
        """Write the request of a phone, in the place of the one before. Raises NotFound where the phone is not."""
        self.remove(kept.device)
        values = {"number": kept.number, "line": kept.line, "until": kept.until, "after_use": kept.after_use}
        self._connection.execute(insert(callback_request).values(device_name=kept.device.value, **values))

    def remove(self, device: DeviceName) -> None:
        """Forget the request of a phone, if it has one."""
        self._connection.execute(delete(callback_request).where(callback_request.c.device_name == device.value))

    def forget(self, before: datetime) -> None:
        """Forget those that ended before this moment."""
        self._connection.execute(delete(callback_request).where(callback_request.c.until <= before))
