"""The description of the API, made from its operations: OpenAPI 3.1."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Sequence
from typing import Any

from bridge import __version__
from bridge.core import Role
from bridge.web.api.operations import PREFIX, Operation
from bridge.web.api.schema import Schema, Schemas, field_docs

_ERROR: Schema = {
    "type": "object",
    "description": "What happened, why, and what to do next.",
    "properties": {
        "error": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in ("kind", "what", "why", "fix")},
            "required": ["kind", "what", "why", "fix"],
            "additionalProperties": False,
        }
    },
    "required": ["error"],
    "additionalProperties": False,
}
_STATUSES = {
    "400": "The request cannot be read, or says something that is not described here.",
    "401": "Nobody is logged in, or the token or password is not good.",
    "403": "Who is logged in may not do this; or the CSRF token is missing, or another site sent it.",
    "404": "There is no such phone or object.",
    "409": "It contradicts what is there already.",
    "413": "The body is too large.",
    "415": "The body is not of the type that is described.",
    "422": "The request can be read, and its values cannot be used.",
    "429": "Too many tries; Retry-After says for how many seconds.",
    "500": "Something is wrong with this server.",
    "502": "Asterisk, or the phone, refused.",
    "503": "The database or Asterisk cannot be reached.",
}
_INTRODUCTION = (
    "Everything that the command line and the dashboard can do. Programs send `Authorization: Bearer` with a token of "
    "`sepbridge tokens add`; a browser has the cookie of its login, and sends `X-CSRF-Token` with every change. Errors "
    "have three parts: what happened, why, and what to do next. Secrets are in no answer, save a token or one-time "
    "password in the answer to the request that made it, and a backup, which holds all of them."
)


def openapi(operations: Sequence[Operation]) -> dict[str, Any]:
    """The document."""
    schemas = Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(PREFIX + each.path, {})[each.method.lower()] = _operation(each, schemas)
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "sepbridge", "version": __version__, "description": _INTRODUCTION},
        "tags": [{"name": tag} for tag in dict.fromkeys(each.tag for each in operations)],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "`sepbridge tokens add NAME`"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "sepbridge_session",
                    "description": "Of POST /session; changes need the header X-CSRF-Token besides.",
                },
            },
            "responses": {code: {"description": text, "content": error} for code, text in _STATUSES.items()},
            "schemas": {"Error": _ERROR, **dict(sorted(schemas.components.items()))},
        },
    }


def _operation(each: Operation, schemas: Schemas) -> dict[str, Any]:
    who = {Role.ADMIN: "Admins alone.", Role.VIEWER: "", None: "Needs no login."}[each.role]
    parameters = [_path_parameter(name, kind) for name, kind in each.parameters]
    if each.query is not None:
        parameters += _query_parameters(each.query, schemas)
    described: dict[str, Any] = {
        "operationId": each.name,
        "tags": [each.tag],
        "summary": each.summary,
        "description": " ".join(filter(None, (each.description, who))),
        **({"parameters": parameters} if parameters else {}),
        **({"security": []} if each.role is None else {}),
    }
    if each.upload:
        content: dict[str, Any] = {each.upload: {"schema": {"type": "string", "format": "binary"}}}
        described["requestBody"] = {"required": True, "content": content}
    elif each.body is not None or each.body_schema is not None:
        schema = each.body_schema(schemas) if each.body_schema else schemas.of(each.body, asked=True)
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    answer = each.answer_schema(schemas) if each.answer_schema else schemas.of(each.answer, asked=False)
    described["responses"] = {
        str(each.status): {"description": "Done.", "content": {each.media: {"schema": answer}}},
        **{code: {"$ref": f"#/components/responses/{code}"} for code in _STATUSES},
    }
    return described


def _path_parameter(name: str, kind: type[Any]) -> dict[str, Any]:
    schema: Schema = {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
    if kind is int:
        schema = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
    described = {"phone": "Its name, MAC or number."}.get(name)
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": schema,
        **({"description": described} if described else {}),
    }


def _query_parameters(kind: type[Any], schemas: Schemas) -> list[dict[str, Any]]:
    hints, told = typing.get_type_hints(kind, include_extras=True), field_docs(kind)
    found = []
    for each in dataclasses.fields(kind):
        schema = schemas.of(hints[each.name], asked=True)
        if isinstance(schema.get("type"), list):  # a query has no null
            schema = {**schema, "type": schema["type"][0]}
            schema |= {"enum": [one for one in schema["enum"] if one is not None]} if "enum" in schema else {}
        required = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
        if each.default not in (dataclasses.MISSING, None, "", ()):
            schema = {**schema, "default": each.default}
        found.append(
            {
                "name": each.name,
                "in": "query",
                "required": required,
                "schema": schema,
                **({"description": told[each.name]} if each.name in told else {}),
            }
        )
    return found
