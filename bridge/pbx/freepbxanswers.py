"""What FreePBX's API answers, judged by the body and never by the HTTP status alone.

A refusal comes with HTTP 400 and ``{"errors": [{"message", "status"}]}`` from FreePBX 16, and with HTTP 200 and
GraphQL's own ``{"errors": [{"message", "locations", "path"}]}`` from 17 (FreePBX reference, section 4.4). Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bridge.errors import PbxError, PbxLoginRefused, PbxRefused, PbxUnavailable

TAKEN = "already in use"
ABSENT = "does not exist"
NO_MUTATIONS = "not configured for mutations"
NO_FIELD = "Cannot query field"
_OF_TOKENS = ("access_denied", "access token", "unauthorized", "authorization server denied")
"""How 17 words a bad token is not known: anything that looks like it counts, since a new token does no harm."""
_LONGEST = 300
"""Characters of FreePBX's words that are passed on."""

API_PLACE = "Admin > API > Applications"
MODULE_FIX = "install and enable the module PBX API (Admin > Module Admin), and see freepbx.url"


class ApiRefused(PbxRefused):
    """FreePBX understood, and said no. ``said`` is what it said."""

    def __init__(self, what: str, *, said: str, fix: str = "") -> None:
        super().__init__(what, why=said, fix=fix)
        self.said = said

    @property
    def is_absent(self) -> bool:
        """There is no such extension."""
        return ABSENT in self.said

    @property
    def is_taken(self) -> bool:
        """There is one already."""
        return TAKEN in self.said


class TokenRefused(PbxLoginRefused):
    """The access token does not count (any more): a new one may."""


def read_token(status: int, body: bytes) -> tuple[str, float]:
    """The access token of a token answer, and for how many seconds it is good. Raises PbxError."""
    document = _document(status, body, "the token")
    if "error" in document:
        said = _text(document.get("hint")) or _text(document.get("message")) or _text(document["error"])
        if document["error"] == "invalid_scope":
            raise PbxLoginRefused(
                "FreePBX gives no access to what sepbridge needs",
                why=said,
                fix=f"give the application the scopes gql:core and gql:framework ({API_PLACE}), or see freepbx.scope",
            )
        raise PbxLoginRefused(
            "FreePBX refused our client id and secret",
            why=said,
            fix=f"see {API_PLACE}; `fwconsole api gql genclientcred` makes new ones, and ends those it made before",
        )
    token, seconds = document.get("access_token"), document.get("expires_in")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not 1 <= len(token) <= 8192:
        raise PbxUnavailable("FreePBX gave no access token", why=f"HTTP {status}", fix=MODULE_FIX)
    return token, float(seconds) if isinstance(seconds, int | float) else 3600.0


def read_answer(status: int, body: bytes, field: str, *, judged: bool = True) -> Mapping[str, Any]:
    """What was asked for, in ``field`` of the data; ``judged``: it says itself whether it was done.

    Raises TokenRefused, ApiRefused, and other PbxErrors.
    """
    document = _document(status, body, field)
    if "error" in document:
        said = _text(document.get("hint")) or _text(document.get("message")) or _text(document["error"])
        raise TokenRefused("FreePBX refused our access token", why=said)
    errors = document.get("errors")
    if errors:
        raise _refused(field, errors)
    if status in (401, 403):
        raise TokenRefused("FreePBX refused our access token", why=f"HTTP {status}")
    data = document.get("data")
    answer = data.get(field) if isinstance(data, dict) else None
    if not isinstance(answer, dict):
        raise PbxUnavailable(f"FreePBX's answer to {field} cannot be read", why=f"HTTP {status} without data")
    if judged and answer.get("status") is not True:
        # Also null: nothing happened then (FreePBX reference, gotcha 5).
        raise ApiRefused(
            f"FreePBX did not carry out {field}", said=_text(answer.get("message")) or "it does not say why"
        )
    return answer


def _refused(field: str, errors: object) -> PbxError:
    first = errors[0] if isinstance(errors, list) and errors else {}
    said = _text(first.get("message") if isinstance(first, dict) else first) or "it does not say why"
    if any(word in said.lower() for word in _OF_TOKENS):
        return TokenRefused("FreePBX refused our access token", why=said)
    if NO_MUTATIONS in said or NO_FIELD in said:
        return PbxLoginRefused(
            f"FreePBX does not let us use {field}",
            why=said,
            fix=f"give the application the scopes gql:core and gql:framework ({API_PLACE})",
        )
    return ApiRefused(f"FreePBX refused {field}", said=said)


def _document(status: int, body: bytes, what: str) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document
    if status in (401, 403):
        raise TokenRefused("FreePBX refused our access token", why=f"HTTP {status}")
    fix = MODULE_FIX if status == 404 or 300 <= status < 400 else "see the web server's log, and freepbx.log"
    raise PbxUnavailable(f"FreePBX's answer to {what} is no JSON", why=f"HTTP {status}", fix=fix)


def _text(value: object) -> str:
    shown = value if isinstance(value, str) else ""
    return " ".join(shown.split())[:_LONGEST]
