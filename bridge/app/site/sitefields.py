"""Dataclasses of the site's objects as tables of named values, as TOML and the command line know them.

A table holds only what departs from the defaults, so that a site reads as what its admin decided.
"""

from __future__ import annotations

import dataclasses
import difflib
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any

from bridge.errors import InvalidInput

REQUIRED = object()
"""The default of a field that has none."""

Table = dict[str, Any]
"""Names to texts, numbers, flags, lists and tables."""


class BadValue(InvalidInput):
    """What stands under one key of a table cannot be used. ``key`` is empty when it is about the whole table.

    ``missing``: the section and the name of an object that does not exist, where it is that.
    """

    def __init__(
        self, what: str, *, key: str = "", why: str = "", fix: str = "", missing: tuple[str, str] | None = None
    ) -> None:
        super().__init__(what, why=why, fix=fix)
        self.key = key
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Field:
    """One key: what kind of value it takes, and what it is where it is not given."""

    hint: Any
    default: Any = REQUIRED


Fields = Mapping[str, Field]


def fields_of(kind: type[Any], *, without: frozenset[str] = frozenset()) -> dict[str, Field]:
    """The fields of a dataclass."""
    hints = typing.get_type_hints(kind)
    return {
        each.name: Field(hints[each.name], REQUIRED if each.default is dataclasses.MISSING else each.default)
        for each in dataclasses.fields(kind)
        if each.init and each.name not in without
    }


def values_of(record: object, fields: Fields) -> Table:
    """The values of a record's fields, as they are."""
    return {name: getattr(record, name) for name in fields}


def sparse(fields: Fields, values: Mapping[str, Any]) -> Table:
    """The table of some values: what departs from the defaults, in the order of the fields."""
    return {name: plain(values[name]) for name, field in fields.items() if values[name] != field.default}


def plain(value: Any) -> Any:
    """A value as TOML knows it."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = fields_of(type(value))
        table = sparse(fields, values_of(value, fields))
        first = next(iter(fields))
        # A button that is only its kind is written as one word.
        return table[first] if list(table) == [first] and _is_word(fields[first].hint) else table
    return value


def read(fields: Fields, table: Mapping[str, Any], what: str) -> Table:
    """The typed values of a table, defaults filled in. Raises BadValue for unknown, missing and unusable keys."""
    for key in table:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            raise BadValue(
                f"a {what} has no key {key!r}",
                key=key,
                fix=f"did you mean {near[0]}?" if near else f"its keys are {', '.join(fields)}",
            )
    values: Table = {}
    for name, field in fields.items():
        if name in table:
            values[name] = _typed(field.hint, table[name], name)
        elif field.default is REQUIRED:
            raise BadValue(f"a {what} needs the key {name!r}", fix=f"add {name} = …")
        else:
            values[name] = field.default
    return values


def from_text(fields: Fields, key: str, text: str, what: str) -> Any:
    """A value that was typed on a command line, as TOML knows it; None for an empty text: back to the default.

    Lists are typed with commas. Raises BadValue.
    """
    if key not in fields:
        read(fields, {key: text}, what)
    if text == "":
        return None
    kind = _without_none(fields[key].hint)
    if kind is bool:
        words = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
        if text.lower() not in words:
            raise BadValue(f"{text!r} is no value for {key}", key=key, fix="write yes or no")
        return words[text.lower()]
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise BadValue(f"{text!r} is no value for {key}", key=key, fix="write a whole number") from None
    if typing.get_origin(kind) is tuple:
        if dataclasses.is_dataclass(typing.get_args(kind)[0]) and not _is_word(_first_hint(typing.get_args(kind)[0])):
            raise BadValue(f"{key} cannot be written in one word", key=key, fix="use `sepbridge site apply` for it")
        return [each.strip() for each in text.split(",")]
    return text


def _typed(hint: Any, value: Any, key: str) -> Any:
    kind = _without_none(hint)
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise BadValue(f"{key} is a list", key=key, fix=f'write {key} = ["…", "…"]')
        element = typing.get_args(kind)[0]
        return tuple(_typed(element, each, key) for each in value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _word(kind, value, key)
    if dataclasses.is_dataclass(kind):
        return _record(kind, value, key)  # type: ignore[arg-type]  # a dataclass: asked before, or by whoever calls
    wanted = {str: "a text in quotes", bool: "true or false", int: "a whole number"}
    if type(value) is not kind:
        raise BadValue(f"{value!r} is no value for {key}", key=key, fix=f"write {wanted.get(kind, kind)}")
    return value


def _word(kind: type[StrEnum], value: Any, key: str) -> StrEnum:
    try:
        return kind(value)
    except ValueError:
        near = difflib.get_close_matches(str(value), [each.value for each in kind], n=1)
        known = ", ".join(each.value or '""' for each in kind)
        raise BadValue(
            f"{value!r} is no value for {key}",
            key=key,
            fix=f"did you mean {near[0]}?" if near else f"choose one of {known}",
        ) from None


def _record(kind: Callable[..., Any], value: Any, key: str) -> Any:
    fields = fields_of(kind)  # type: ignore[arg-type]  # a dataclass: asked before, or by whoever calls
    if isinstance(value, str) and _is_word(next(iter(fields.values())).hint):
        value = {next(iter(fields)): value}
    if not isinstance(value, dict):
        raise BadValue(f"{key} is a list of tables", key=key, fix=f"write {key} = [{{ {next(iter(fields))} = … }}]")
    try:
        return kind(**read(fields, value, f"table in {key}"))
    except InvalidInput as error:
        raise BadValue(error.what, key=key, why=error.why, fix=error.fix) from None


def _without_none(hint: Any) -> Any:
    if isinstance(hint, UnionType) or typing.get_origin(hint) is typing.Union:
        kinds = [each for each in typing.get_args(hint) if each is not NoneType]
        return kinds[0]
    return hint


def _first_hint(kind: Any) -> Any:
    return next(iter(fields_of(kind).values())).hint


def _is_word(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, StrEnum)
