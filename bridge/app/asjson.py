"""Our dataclasses as what JSON knows: one rule for the command line and the HTTP interfaces."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum


def plain(data: object) -> object:
    """Dataclasses, moments, enums and paths as what JSON knows."""
    if dataclasses.is_dataclass(data) and not isinstance(data, type):
        if hasattr(data, "__str__") and type(data).__str__ is not object.__str__:
            return str(data)
        return {each.name: plain(getattr(data, each.name)) for each in dataclasses.fields(data)}
    if isinstance(data, Mapping):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple | set | frozenset):
        return [plain(each) for each in data]
    if isinstance(data, Enum):
        return data.value
    if isinstance(data, datetime):
        return data.isoformat(timespec="milliseconds")
    if isinstance(data, timedelta):
        return data.total_seconds()
    if data is None or isinstance(data, str | int | float | bool):
        return data
    return str(data)
