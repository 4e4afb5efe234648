"""Errors as HTTP answers: a status for each kind, JSON in our three parts for programs."""

from __future__ import annotations

import json

from aiohttp import web

from bridge.errors import (
    AccessDenied,
    ConfigurationError,
    Conflict,
    InvalidInput,
    LoginRefused,
    LoginRequired,
    NotFound,
    PbxError,
    PbxRefused,
    SepbridgeError,
    StoreError,
    TooManyTries,
    WriteFailed,
)

STATUSES: tuple[tuple[type[SepbridgeError], int], ...] = (
    (LoginRequired, 401),
    (LoginRefused, 401),
    (TooManyTries, 429),
    (AccessDenied, 403),
    (InvalidInput, 422),
    (NotFound, 404),
    (Conflict, 409),
    (ConfigurationError, 409),
    (PbxRefused, 502),
    (PbxError, 503),
    (StoreError, 503),
    (WriteFailed, 500),
)
"""First match wins; 500 for any other."""

_HTTP_WORDS = {
    404: ("there is nothing at this address", "see /api/v1/openapi.json for what there is"),
    405: ("this address does not take that method", "the header Allow says which it takes"),
    413: ("the request is too large", "send less at a time"),
}


def status_of(error: SepbridgeError) -> int:
    """The HTTP status for an error; one that knows its own has the attribute ``status``."""
    if isinstance(own := getattr(error, "status", None), int):
        return own
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def headers_of(error: SepbridgeError) -> dict[str, str]:
    """What a status wants beside itself."""
    if isinstance(error, TooManyTries):
        return {"Retry-After": str(error.wait)}
    if isinstance(error, LoginRequired | LoginRefused):
        return {"WWW-Authenticate": 'Bearer realm="sepbridge"'}
    return {}


def http_words(error: web.HTTPException) -> SepbridgeError:
    """What aiohttp itself refuses, in our three parts."""
    what, fix = _HTTP_WORDS.get(error.status, (error.reason, ""))
    return SepbridgeError(what, fix=fix)


def json_error(error: SepbridgeError, status: int, headers: dict[str, str]) -> web.Response:
    """The answer for programs."""
    body = {"error": {"kind": type(error).__name__, "what": error.what, "why": error.why, "fix": error.fix}}
    return web.json_response(
        body, status=status, headers=headers, dumps=lambda data: json.dumps(data, ensure_ascii=False)
    )


def plain_error(request: web.Request, error: SepbridgeError, status: int) -> web.Response:
    """The answer for people, where no page of the dashboard gives a better one."""
    lines = [f"{error.what}"] + [f"{key}: {value}" for key in ("why", "fix") if (value := getattr(error, key))]
    return web.Response(status=status, text="\n".join(lines) + "\n")
