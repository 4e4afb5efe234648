"""What a request says, as typed values: its JSON body and its query. What does not fit is named by its place."""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NoReturn, TypeVar

from bridge.errors import InvalidInput
from bridge.web.api.schema import LARGEST_WHOLE, LONGEST_TEXT, MOST_ITEMS, Many, Number, Text

T = TypeVar("T")
DEEPEST = 20
"""Lists and tables inside one another."""


class MalformedRequest(InvalidInput):
    """The request cannot be read, or says something that its description does not allow."""

    status = 400


def parse_json(body: bytes) -> Any:
    """A body as JSON. Raises MalformedRequest, and InvalidInput for texts that no database takes."""
    try:
        found = json.loads(body.decode("utf-8"), parse_float=_number, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("the body is no JSON", why=str(error)[:200], fix="send JSON in UTF-8") from None
    _check(found, 0)
    return found


def read_record(kind: type[T], value: Any, where: str = "") -> T:
    """A dataclass from a JSON object. Raises MalformedRequest, and what the class itself raises."""
    if not isinstance(value, dict):
        _refuse(where, "an object")
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = {each.name: each for each in dataclasses.fields(kind)}  # type: ignore[arg-type]  # is one
    for key in value:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            raise MalformedRequest(
                f"there is no {_place(where, key)[:80]}",
                fix=f"did you mean {near[0]}?" if near else f"known here: {', '.join(fields) or 'nothing'}",
            )
    values = {}
    for name, field in fields.items():
        if name in value:
            values[name] = read_value(hints[name], value[name], _place(where, name))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise MalformedRequest(f"{_place(where, name)} is missing", fix="see /api/v1/openapi.json")
    return kind(**values)


def read_value(hint: Any, value: Any, where: str) -> Any:
    """One value of a JSON body."""
    bounds: Sequence[Any] = ()
    if typing.get_origin(hint) is typing.Annotated:
        hint, *bounds = typing.get_args(hint)
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        if value is None:
            return None
        hint = next(each for each in typing.get_args(hint) if each is not types.NoneType)
        return read_value(typing.Annotated[(hint, *bounds)] if bounds else hint, value, where)
    if hint is Any:
        return value
    found = _typed(hint, value, where)
    for each in bounds:
        _check_bounds(each, found, where)
    if isinstance(found, str) and not bounds and len(found) > LONGEST_TEXT and not isinstance(found, Enum):
        _refuse(where, f"a text of at most {LONGEST_TEXT} characters")
    if isinstance(found, tuple) and not any(isinstance(each, Many) for each in bounds) and len(found) > MOST_ITEMS:
        _refuse(where, f"a list of at most {MOST_ITEMS}")
    return found


def read_query(kind: type[T], query: Mapping[str, Sequence[str]]) -> T:
    """A dataclass from a query. Raises MalformedRequest."""
    hints = typing.get_type_hints(kind, include_extras=True)
    value: dict[str, Any] = {}
    for key, texts in query.items():
        bare = _bare(hints.get(key))
        if typing.get_origin(bare) is tuple:
            value[key] = list(texts)
            continue
        if len(texts) > 1:
            raise MalformedRequest(f"{key[:80]} is given twice", fix="give it once")
        value[key] = _from_text(bare, texts[0], key)
    _check(value, 0)
    return read_record(kind, value)


def _from_text(kind: Any, text: str, key: str) -> Any:
    if kind is bool:
        if text not in ("true", "false"):
            _refuse(key, "true or false")
        return text == "true"
    if kind is int:
        if not re.fullmatch(r"-?[0-9]{1,10}", text, re.ASCII):
            _refuse(key, "a whole number")
        return int(text)
    if kind is float:
        if not re.fullmatch(r"-?[0-9]{1,10}(\.[0-9]{1,10})?", text, re.ASCII):
            _refuse(key, "a number")
        return float(text)
    return text


def _bare(hint: Any) -> Any:
    if typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        hint = next(each for each in typing.get_args(hint) if each is not types.NoneType)
        return _bare(hint)
    return hint


def _typed(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        if not isinstance(value, list):
            _refuse(where, "a list")
        return tuple(read_value(arguments[0], each, f"{where}[{index}]") for index, each in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict):
            _refuse(where, "an object")
        return {key: read_value(arguments[1], each, _place(where, key)) for key, each in value.items()}
    if hint is datetime:
        return _moment(value, where)
    if isinstance(hint, type) and issubclass(hint, Enum):
        known = {each.value: each for each in hint}
        if not isinstance(value, str) or value not in known:
            _refuse(where, f"one of {', '.join(known)}")
        return known[value]
    if dataclasses.is_dataclass(hint):
        return read_record(hint, value, where)  # type: ignore[arg-type]  # a dataclass: asked before
    if hint is float and type(value) in (int, float):
        return float(value)
    if type(value) is not hint:
        _refuse(where, {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}[hint])
    return value


def _moment(value: Any, where: str) -> datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        _refuse(where, "a moment with its zone, like 2026-01-31T08:00:00Z")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        _refuse(where, "a moment that clocks know")


def _check_bounds(bound: object, value: Any, where: str) -> None:
    match bound:
        case Text(most, least, pattern):
            if not least <= len(value) <= most:
                _refuse(where, f"a text of {least} to {most} characters")
            if pattern and not re.fullmatch(pattern, value):
                _refuse(where, f"a text of the form {pattern}")
        case Number(least, most):
            if not least <= value <= most:
                _refuse(where, f"a number from {least:g} to {most:g}")
        case Many(most, least):
            if not least <= len(value) <= most:
                _refuse(where, f"a list of {least} to {most}")


def _check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise MalformedRequest("the body is too deep", fix=f"{DEEPEST} lists or objects inside one another at most")
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= each <= "\udfff" for each in value):
            raise InvalidInput("a text holds a character that cannot be stored", fix="leave U+0000 and half ones out")
    elif isinstance(value, int) and not isinstance(value, bool):
        if abs(value) > LARGEST_WHOLE:
            raise MalformedRequest("a number is too large", fix=f"from -{LARGEST_WHOLE} to {LARGEST_WHOLE}")
    elif isinstance(value, dict):
        for key, each in value.items():
            _check(key, depth)
            _check(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _check(each, depth + 1)


def _number(text: str) -> int | float:
    """JSON has one kind of numbers: 1.0 is a whole one."""
    found = float(text)
    if found in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:20]} is too large")
    return int(found) if found.is_integer() and abs(found) <= LARGEST_WHOLE else found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number in JSON")


def _place(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _refuse(where: str, wanted: str) -> NoReturn:
    raise MalformedRequest(f"{where or 'the body'} must be {wanted}", fix="see /api/v1/openapi.json")
