"""Column types that mean the same on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

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


class OptionalName(TypeDecorator[str]):
    """The name of another object, or no object: an empty text for us, NULL (which no foreign key minds) down there."""

    impl = String(50)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To NULL where it is empty."""
        return value or None

    def process_result_value(self, value: Any, dialect: Dialect) -> str:
        """To an empty text where it is NULL."""
        return value or ""


_Word = TypeVar("_Word", bound=StrEnum)


class WordOf(TypeDecorator[_Word]):
    """One word of an enumeration, stored as text, so that a new word needs no migration."""

    impl = String(50)
    cache_ok = True

    def __init__(self, words: type[_Word]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: _Word | None, dialect: Dialect) -> str | None:
        """To a plain text."""
        return None if value is None else value.value

    def process_result_value(self, value: Any, dialect: Dialect) -> _Word | None:
        """To the enumeration."""
        return None if value is None else self.words(value)


class WordsOf(TypeDecorator[tuple[_Word, ...]]):
    """An ordered list of words of an enumeration, stored as JSON."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[_Word]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: Iterable[_Word] | None, dialect: Dialect) -> str:
        """To JSON."""
        return json.dumps([each.value for each in value or ()])

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[_Word, ...] | None:
        """To a tuple; None where an outer join found no row."""
        return None if value is None else tuple(self.words(each) for each in json.loads(value))


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
