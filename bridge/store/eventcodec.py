"""Events as rows and back: a kind (the class name) and the rest as JSON.

What a newer version wrote does not stop an older one: unknown kinds are skipped, unknown fields are dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from enum import Enum
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from bridge.core import DeviceName, events
from bridge.core.events import Event

_IN_COLUMNS = frozenset({"at", "device"})


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    read: Callable[[Any], Any]
    required: bool


@dataclass(frozen=True, slots=True)
class _Kind:
    build: type[Event]
    fields: tuple[_Field, ...]


def encode(event: Event) -> str:
    """The event's own fields as JSON; ASCII only, so that no database objects to what a phone sent."""
    content = {each.name: getattr(event, each.name) for each in fields(event) if each.name not in _IN_COLUMNS}
    return json.dumps(content, ensure_ascii=True, separators=(",", ":"), default=_moment)


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} cannot be kept with an event")


def decode(kind: str, at: datetime, device: str, detail: str) -> Event | None:
    """The event of a row, or None if this version cannot understand it."""
    known = _kinds().get(kind)
    if known is None:
        return None
    try:
        content = json.loads(detail)
        values = {each.name: each.read(content[each.name]) for each in known.fields if each.name in content}
        if any(each.required and each.name not in values for each in known.fields):
            return None
        return known.build(at=at, device=DeviceName(device), **values)
    except (ValueError, TypeError):
        return None


@cache
def _kinds() -> MappingProxyType[str, _Kind]:
    classes = (each for each in vars(events).values() if isinstance(each, type) and issubclass(each, Event))
    return MappingProxyType({each.__name__: _kind(each) for each in classes})


def _kind(build: type[Event]) -> _Kind:
    hints = get_type_hints(build)
    return _Kind(
        build,
        tuple(
            _Field(
                name=each.name,
                read=_reader(hints[each.name]),
                required=each.default is MISSING and each.default_factory is MISSING,
            )
            for each in fields(build)
            if each.name not in _IN_COLUMNS
        ),
    )


def _reader(hint: object) -> Callable[[Any], Any]:
    """Numbers and texts are what JSON says; enumerations are looked up, moments and tuples are made again."""
    if isinstance(hint, UnionType):
        (wanted,) = (each for each in get_args(hint) if each is not NoneType)
        read = _reader(wanted)
        return lambda value: None if value is None else read(value)
    if get_origin(hint) is tuple:
        return tuple
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    return datetime.fromisoformat if hint is datetime else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value
