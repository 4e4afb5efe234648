"""Naming a dialog so that another call can take its place (RFC 3891), and saying where to go (RFC 3515)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from sipmessage import URI, Request

from bridge.errors import RemoteProtocolError
from bridge.sip.addressing import is_token, parse_address, parse_uri, split_outside_quotes

MAX_TEXT = 1_024
_CALL_ID = re.compile(r"[!-~]{1,256}")


@dataclass(frozen=True, slots=True)
class Replaces:
    """A dialog as seen from the side that gets the INVITE with this header."""

    call_id: str
    to_tag: str
    """The tag of whoever receives the INVITE."""
    from_tag: str
    """The tag of its present peer."""
    early_only: bool = False
    """Only a call that still rings may be replaced."""

    def __str__(self) -> str:
        flag = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{flag}"


@dataclass(frozen=True, slots=True)
class ReferTarget:
    """Where a REFER sends somebody."""

    address: str
    """The address to call, ``sip:…``, without headers."""
    user: str
    """Its user part."""
    replaces: Replaces | None = None
    """The dialog to be replaced there (attended transfer), or None (blind transfer)."""


def parse_replaces(text: str) -> Replaces:
    """Read a Replaces value. Raises RemoteProtocolError (400)."""
    call_id, *pieces = [piece.strip() for piece in text[:MAX_TEXT].split(";")]
    found: dict[str, str] = {}
    for piece in pieces:
        name, _, value = piece.partition("=")
        if name.strip().lower() in found:
            raise RemoteProtocolError("a Replaces that says something twice", reply=400)
        found[name.strip().lower()] = value.strip()
    to_tag, from_tag = found.get("to-tag", ""), found.get("from-tag", "")
    if not _CALL_ID.fullmatch(call_id) or not is_token(to_tag) or not is_token(from_tag):
        raise RemoteProtocolError("a Replaces that cannot be read", why=f"it reads {text[:80]!r}", reply=400)
    return Replaces(call_id, to_tag, from_tag, early_only="early-only" in found)


def replaces_in(request: Request) -> Replaces | None:
    """The dialog that an INVITE wants to replace. Raises RemoteProtocolError (400): more than one is an error."""
    values = request.headers.getlist("Replaces")
    if not values:
        return None
    if len(values) > 1 or request.headers.getlist("Join"):
        raise RemoteProtocolError("an INVITE that would replace more than one call", reply=400)
    return parse_replaces(values[0])


def refer_to(uri: URI, replaces: Replaces | None) -> str:
    """A Refer-To value."""
    bare = URI(scheme=uri.scheme, host=uri.host, user=uri.user, port=uri.port)
    return f"<{bare}?Replaces={quote(str(replaces), safe='')}>" if replaces else f"<{bare}>"


def parse_refer_to(request: Request) -> ReferTarget:
    """Where a REFER points. Raises RemoteProtocolError (400; 416 for what is no SIP address)."""
    values = [piece for value in request.headers.getlist("Refer-To") for piece in split_outside_quotes(value, ",")]
    if len(values) != 1 or len(values[0]) > 2 * MAX_TEXT:
        raise RemoteProtocolError("a REFER needs one Refer-To", why=f"it has {len(values)}", reply=400)
    try:
        uri = parse_address(values[0]).uri
    except ValueError as error:
        known = re.search(r"\b(sips?|tel):", values[0], re.IGNORECASE)
        raise RemoteProtocolError("a Refer-To that cannot be read", reply=400 if known else 416) from error
    method = (uri.parameters.get("method") or "INVITE").upper()
    if method != "INVITE":
        raise RemoteProtocolError(f"a REFER to {method[:16]!r}", why="only calls can be transferred", reply=603)
    replaces: Replaces | None = None
    headers = re.search(r"\?([^<>\s]*)", values[0])
    for piece in headers[1].split("&")[:16] if headers else ():
        name, _, value = piece.partition("=")
        if unquote(name).lower() == "replaces":
            replaces = parse_replaces(unquote(value))
    bare = URI(scheme=uri.scheme, host=uri.host, user=uri.user, port=uri.port)
    return ReferTarget(str(parse_uri(str(bare))), uri.user or "", replaces)
