"""Column types that mean the same on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator

from bridge.core import SignallingProtocol


class Moment(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC to the microsecond, without a zone: no two databases agree on zones."""

    impl = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To naive UTC. Raises ValueError for a naive datetime, whose meaning nobody knows."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """To aware UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class ProtocolName(TypeDecorator[SignallingProtocol]):
    """``SCCP`` or ``SIP``."""

    impl = String(4)
    cache_ok = True

    def process_bind_param(self, value: SignallingProtocol | None, dialect: Dialect) -> str | None:
        """To a plain text: drivers treat enumerations each in their own way."""
        return None if value is None else value.value

    def process_result_value(self, value: Any, dialect: Dialect) -> SignallingProtocol | None:
        """To the enumeration."""
        return None if value is None else SignallingProtocol(value)


class TextList(TypeDecorator[tuple[str, ...]]):
    """An ordered list of short texts, stored as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> str:
        """To JSON."""
        return json.dumps(list(value or ()))

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...]:
        """To a tuple."""
        return tuple(json.loads(value)) if value else ()
