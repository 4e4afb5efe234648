"""Types of Python as JSON Schema (the dialect of OpenAPI 3.1), and values of theirs as JSON.

One rule keeps secrets in: a field of a dataclass that does not show in its repr is in no answer, and in
no schema of one.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from bridge.app.asjson import plain
from bridge.app.site.sitefields import REQUIRED, Fields

Schema = dict[str, Any]
LONGEST_TEXT = 1000
"""Characters of a text in a request, where its field says nothing else."""
MOST_ITEMS = 1000
"""The same for the items of a list."""
LARGEST_WHOLE = 2**31 - 1
"""Databases have no larger column for us, and nothing here counts that far."""


@dataclass(frozen=True, slots=True)
class Text:
    """Bounds of a text: ``Annotated[str, Text(50)]``. Lengths in characters."""

    most: int = LONGEST_TEXT
    least: int = 0
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """Bounds of a number."""

    least: float = -LARGEST_WHOLE
    most: float = LARGEST_WHOLE


@dataclass(frozen=True, slots=True)
class Many:
    """Bounds of a list."""

    most: int = MOST_ITEMS
    least: int = 0


class Schemas:
    """Makes schemas, and keeps those that have a name for ``components``."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}
        self._names: dict[tuple[type[Any], bool], str] = {}
        self._in_table = False

    def of(self, hint: Any, *, asked: bool) -> Schema:
        """The schema of a type; ``asked``: of what comes in, with bounds, and not of what goes out."""
        if typing.get_origin(hint) is typing.Annotated:
            base, *bounds = typing.get_args(hint)
            return self._bounded(self.of(base, asked=asked), bounds)
        if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
            return self._optional(hint, asked=asked)
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is dict or (isinstance(origin, type) and issubclass(origin, Mapping)):
            return {"type": "object", "additionalProperties": self.of(arguments[1], asked=asked)}
        if origin in (tuple, list, frozenset, set) or (isinstance(origin, type) and issubclass(origin, Sequence)):
            schema: Schema = {"type": "array", "items": self.of(arguments[0], asked=asked)}
            return {**schema, "maxItems": MOST_ITEMS} if asked else schema
        return self._plain(hint, asked=asked)

    def of_fields(self, fields: Fields, *, asked: bool, required: Sequence[str] = ()) -> Schema:
        """The schema of a table of the site: what departs from the defaults. In a request, null is the default."""
        properties = {}
        self._in_table = True
        for name, each in fields.items():
            schema = self.of(each.hint, asked=asked)
            properties[name] = schema if not asked or name in required else _or_null(schema)
        self._in_table = False
        return {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
            **({"required": list(required)} if required else {}),
        }

    def _plain(self, hint: Any, *, asked: bool) -> Schema:
        if hint is Any or hint is object:
            return {}
        if hint is bool:
            return {"type": "boolean"}
        if hint is int:
            return {"type": "integer", **({"minimum": -LARGEST_WHOLE, "maximum": LARGEST_WHOLE} if asked else {})}
        if hint in (float, timedelta):
            return {"type": "number", **({"minimum": -LARGEST_WHOLE, "maximum": LARGEST_WHOLE} if asked else {})}
        if hint is datetime:
            return {"type": "string", "format": "date-time"}
        if isinstance(hint, type) and issubclass(hint, Enum):
            return {"type": "string", "enum": [each.value for each in hint]}
        if dataclasses.is_dataclass(hint) and isinstance(hint, type) and not _is_text(hint):
            return self._named(hint, asked=asked)
        return {"type": "string", **({"maxLength": LONGEST_TEXT} if asked else {})}

    def _named(self, kind: type[Any], *, asked: bool) -> Schema:
        name = self._names.get((kind, asked))
        if name is None:
            name = kind.__name__
            if (kind, not asked) in self._names:
                name += "Request" if asked else "Answer"
            if name in self.components:
                name = kind.__module__.rpartition(".")[2].title() + name
            self._names[kind, asked] = name
            self.components[name] = {}  # a type may hold itself
            self.components[name] = self._record(kind, asked=asked)
        reference: Schema = {"$ref": f"#/components/schemas/{name}"}
        first = next(iter(shown_fields(kind)), None)
        # Tables of the site are written as one word where they are only that.
        if self._in_table and first is not None and _is_word(typing.get_type_hints(kind)[first.name]):
            return {"anyOf": [self.of(typing.get_type_hints(kind)[first.name], asked=asked), reference]}
        return reference

    def _record(self, kind: type[Any], *, asked: bool) -> Schema:
        hints, told = typing.get_type_hints(kind, include_extras=True), field_docs(kind)
        fields = dataclasses.fields(kind) if asked else shown_fields(kind)
        properties, required = {}, []
        for each in fields:
            schema = self.of(hints[each.name], asked=asked)
            if text := told.get(each.name):
                schema = {**schema, "description": text}
            has_default = each.default is not dataclasses.MISSING or each.default_factory is not dataclasses.MISSING
            if asked and each.default not in (dataclasses.MISSING, None, ""):
                schema = {**schema, "default": plain(each.default)}
            if not (asked and has_default):
                required.append(each.name)
            properties[each.name] = schema
        return {
            "type": "object",
            "description": (kind.__doc__ or "").strip().partition("\n\n")[0],
            "properties": properties,
            "additionalProperties": False,
            **({"required": required} if required else {}),
        }

    def _optional(self, hint: Any, *, asked: bool) -> Schema:
        kinds = [each for each in typing.get_args(hint) if each is not types.NoneType]
        schemas = [self.of(each, asked=asked) for each in kinds]
        one = schemas[0] if all(each == schemas[0] for each in schemas) else {"anyOf": schemas}
        return _or_null(one) if types.NoneType in typing.get_args(hint) else one

    @staticmethod
    def _bounded(schema: Schema, bounds: Sequence[object]) -> Schema:
        for each in bounds:
            match each:
                case Text(most, least, pattern):
                    schema = {**schema, "maxLength": most}
                    schema |= {"minLength": least} if least else {}
                    schema |= {"pattern": f"^(?:{pattern})$"} if pattern else {}
                case Number(lowest, highest):
                    whole = schema.get("type") == "integer"
                    schema = {
                        **schema,
                        "minimum": int(lowest) if whole else lowest,
                        "maximum": int(highest) if whole else highest,
                    }
                case Many(most, least):
                    schema = {**schema, "maxItems": most, **({"minItems": least} if least else {})}
        return schema


def as_answer(value: object) -> object:
    """A value as JSON; what must not be seen is left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and not _is_text(type(value)):
        return {each.name: as_answer(getattr(value, each.name)) for each in shown_fields(type(value))}
    if isinstance(value, Mapping):
        return {str(key): as_answer(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_answer(each) for each in value]
    return plain(value)


def shown_fields(kind: type[Any]) -> tuple[dataclasses.Field[Any], ...]:
    """The fields of a dataclass that may be seen."""
    return tuple(each for each in dataclasses.fields(kind) if each.repr)


def field_docs(kind: type[Any]) -> dict[str, str]:
    """What stands under the fields of a class, by their names; what a base class says, too."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base is not object:
            found |= _docs_of_module(base.__module__).get(base.__name__, {})
    return found


@functools.cache
def _docs_of_module(name: str) -> dict[str, dict[str, str]]:
    module = sys.modules.get(name)
    try:
        tree = ast.parse(inspect.getsource(module)) if module is not None else ast.Module([], [])
    except (OSError, TypeError):
        return {}
    return {each.name: _docs_of_class(each) for each in ast.walk(tree) if isinstance(each, ast.ClassDef)}


def _docs_of_class(node: ast.ClassDef) -> dict[str, str]:
    found = {}
    for before, after in zip(node.body, node.body[1:], strict=False):
        match before, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as text)):
                found[name] = " ".join(text.split())
    return found


def _is_text(kind: type[Any]) -> bool:
    """Whether values of the dataclass are shown as one text: device names, ranges of numbers."""
    return any("__str__" in vars(base) for base in kind.__mro__[:-1])


def _is_word(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Enum)


def _or_null(schema: Schema) -> Schema:
    if "anyOf" in schema:
        kinds = [each for each in schema["anyOf"] if each != {"type": "null"}]
        return {**schema, "anyOf": [*kinds, {"type": "null"}]}
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    if not isinstance(schema.get("type"), str):  # anything at all, or null already
        return schema
    enum = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, **enum, "type": [schema["type"], "null"]}


__all__ = ["REQUIRED", "Many", "Number", "Schema", "Schemas", "Text", "as_answer", "field_docs", "shown_fields"]
