"""As much of GraphQL as FreePBX's API shows of it: reading an operation, and checking it against a schema.

Written from the specification and the recorded answers, for the simulated FreePBX; messages are those of its library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"[\s,]*(?:#[^\n]*[\s,]*)*"
    r'(?:(?P<name>[_A-Za-z][_0-9A-Za-z]*)|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)'
    r"|(?P<sign>[{}()\[\]:!$=])|(?P<end>\Z))"
)
_SHOWN = {"end": "<EOF>"}


class GraphQlError(Exception):
    """What is wrong with an operation, in the library's words."""


@dataclass(frozen=True, slots=True)
class Selected:
    """One selected field."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    selection: tuple[Selected, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """A query or a mutation."""

    is_mutation: bool
    fields: tuple[Selected, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a schema's type: the type that it leads to (empty for a scalar) and its arguments' types."""

    leads_to: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Schema:
    """Types with their fields, and input types with their fields' types (``String!`` where one must be given)."""

    types: Mapping[str, Mapping[str, Field]]
    inputs: Mapping[str, Mapping[str, str]]


class _Reader:
    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self._tokens = self._read(text)
        self._variables = variables
        self.kind, self.value = next(self._tokens)

    @staticmethod
    def _read(text: str) -> Iterator[tuple[str, str]]:
        position = 0
        while True:
            found = _TOKEN.match(text, position)
            if found is None:
                raise GraphQlError(
                    f"Syntax Error: Cannot parse the unexpected character {text[position : position + 1]!r}."
                )
            kind = str(found.lastgroup)
            yield kind, found.group(kind)
            if kind == "end":
                return
            position = found.end()

    def step(self) -> str:
        value = self.value
        if self.kind != "end":
            self.kind, self.value = next(self._tokens)
        return value

    def sign(self, value: str) -> None:
        if self.value != value or self.kind != "sign":
            raise GraphQlError(f"Syntax Error: Expected {value}, found {self._shown()}")
        self.step()

    def name(self) -> str:
        if self.kind != "name":
            raise GraphQlError(f"Syntax Error: Expected Name, found {self._shown()}")
        return self.step()

    def _shown(self) -> str:
        return _SHOWN.get(self.kind) or (f'Name "{self.value}"' if self.kind == "name" else self.value)

    def operation(self) -> Operation:
        mutation = False
        if self.kind == "name":
            mutation = self.step() == "mutation"
            if self.kind == "name":
                self.step()
            if self.value == "(":
                self._variable_definitions()
        fields = self.selection()
        if self.kind != "end":
            raise GraphQlError(f"Syntax Error: Unexpected {self._shown()}")
        return Operation(mutation, fields)

    def _variable_definitions(self) -> None:
        self.sign("(")
        while self.value != ")":
            self.sign("$")
            self.name()
            self.sign(":")
            self.name()
            if self.value == "!":
                self.step()
        self.sign(")")

    def selection(self) -> tuple[Selected, ...]:
        self.sign("{")
        found: list[Selected] = []
        while self.value != "}":
            name = self.name()
            arguments = self._arguments() if self.value == "(" else {}
            found.append(Selected(name, arguments, self.selection() if self.value == "{" else ()))
        self.sign("}")
        return tuple(found)

    def _arguments(self, opening: str = "(", closing: str = ")") -> dict[str, Any]:
        self.sign(opening)
        found: dict[str, Any] = {}
        while self.value != closing:
            name = self.name()
            self.sign(":")
            found[name] = self._value()
        self.sign(closing)
        return found

    def _value(self) -> Any:
        if self.value == "$":
            self.step()
            return self._variables.get(self.name())
        if self.value == "{":
            return self._arguments("{", "}")
        kind, value = self.kind, self.step()
        if kind == "string":
            return re.sub(r"\\(.)", r"\1", value[1:-1])
        if kind == "number":
            return int(value) if "." not in value else float(value)
        if kind == "name":
            return {"true": True, "false": False, "null": None}.get(value, value)
        raise GraphQlError(f"Syntax Error: Unexpected {value or '<EOF>'}")


def read_operation(text: str, variables: Mapping[str, Any]) -> Operation:
    """Read one operation, its variables filled in. Raises GraphQlError."""
    return _Reader(text, variables).operation()


def check(operation: Operation, schema: Schema) -> None:
    """Raises GraphQlError for what the schema does not have."""
    _check(operation.fields, "Mutation" if operation.is_mutation else "Query", schema)


def _check(fields: Sequence[Selected], kind: str, schema: Schema) -> None:
    for each in fields:
        known = schema.types[kind].get(each.name)
        if known is None:
            raise GraphQlError(f'Cannot query field "{each.name}" on type "{kind}".')
        for name, of_type in known.arguments.items():
            given = each.arguments.get(name)
            if given is None and of_type.endswith("!"):
                raise GraphQlError(
                    f'Field "{each.name}" argument "{name}" of type "{of_type}" is required but not provided.'
                )
            inputs = schema.inputs.get(of_type.rstrip("!"))
            if inputs is not None and isinstance(given, dict):
                _check_input(of_type.rstrip("!"), inputs, given)
        if known.leads_to:
            _check(each.selection, known.leads_to, schema)


def _check_input(name: str, inputs: Mapping[str, str], given: Mapping[str, Any]) -> None:
    for key in given:
        if key not in inputs:
            raise GraphQlError(f'Field "{key}" is not defined by type {name}.')
    for key, of_type in inputs.items():
        if of_type.endswith("!") and given.get(key) is None:
            raise GraphQlError(f"Field {name}.{key} of required type {of_type} was not provided.")


def picked(value: Mapping[str, Any] | None, selection: Sequence[Selected]) -> dict[str, Any] | None:
    """Of a value only what was selected, in that order."""
    if value is None:
        return None
    found: dict[str, Any] = {}
    for each in selection:
        inner = value.get(each.name)
        if isinstance(inner, list):
            found[each.name] = [picked(one, each.selection) for one in inner]
        elif isinstance(inner, dict):
            found[each.name] = picked(inner, each.selection)
        else:
            found[each.name] = inner
    return found
