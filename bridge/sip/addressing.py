"""URIs, addresses and parameters read leniently into sipmessage's types.

sipmessage's own parsers refuse what real networks hold (``sip:1001@pbx1``, ``Sip:``, a comma in a quoted text), run one
quoted text into the next, and fail with a TypeError on a parameter called ``self``; its dataclasses are fine. Parameter
names come out in lower case, values without their quotes. Errors are ValueError: the callers turn them into theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

from sipmessage import URI, Address, Parameters, Via

MAX_PARAMETERS = 64

_URI = re.compile(
    r"(?P<scheme>sips?):(?:(?P<user>[^@<>\s\":]*)(?::(?P<password>[^@<>\s\"]*))?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,255})(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<parameters>(?:;[^;?<>\s\"]*)*)(?:\?[^<>\s]*)?",
    re.IGNORECASE,
)
_TEL = re.compile(r"tel:(?P<number>\+?[0-9A-Fa-f*#().-]{1,64})(?P<parameters>(?:;[^;?<>\s\"]*)*)", re.IGNORECASE)
_VIA = re.compile(
    r"SIP\s*/\s*2\.0\s*/\s*(?P<transport>[A-Za-z0-9._-]{1,16})\s+"
    r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,255})\s*(?::\s*(?P<port>[0-9]{1,5}))?\s*(?P<parameters>;.*)?",
    re.IGNORECASE | re.DOTALL,
)
_TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+")


def split_outside_quotes(text: str, separator: str) -> list[str]:
    """Cut ``text`` at ``separator``, but not inside quoted texts or angle brackets. Pieces are stripped."""
    if '"' not in text and "<" not in text:
        return [piece.strip() for piece in text.split(separator)]
    return [piece.strip() for piece in _pieces(text, separator)]


def _pieces(text: str, separator: str) -> Iterator[str]:
    start, quoted, in_brackets, escaped = 0, False, False, False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted:
            if character == "\\":
                escaped = True
            elif character == '"':
                quoted = False
        elif character == '"':
            quoted = True
        elif character == "<":
            in_brackets = True
        elif character == ">":
            in_brackets = False
        elif character == separator and not in_brackets:
            yield text[start:index]
            start = index + 1
    yield text[start:]


def unquoted(text: str) -> str:
    """The content of a quoted text; any other text as it is."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def quoted(text: str) -> str:
    """``text`` as a quoted text."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse_parameters(text: str) -> Parameters:
    """Read ``;name=value;flag``; repeated names keep the first value (a softphone repeats ``+sip.instance``)."""
    found: dict[str, str | None] = {}
    for piece in split_outside_quotes(text, ";")[1 : MAX_PARAMETERS + 1]:
        name, equals, value = piece.partition("=")
        name = name.strip().lower()
        if name and name != "self" and name not in found:
            found[name] = unquoted(value.strip()) if equals else None
    return Parameters(**found)


def parse_uri(text: str) -> URI:
    """Read a sip, sips or tel URI. Raises ValueError. Headers in the URI (``?…``) are dropped."""
    text = text.strip()
    if match := _URI.fullmatch(text):
        port = int(match["port"]) if match["port"] else None
        if port is not None and not 0 < port < 65536:
            raise ValueError(f"port {port} does not exist")
        return URI(
            scheme=match["scheme"].lower(),
            host=match["host"],
            user=unquote(match["user"]) if match["user"] else None,
            password=unquote(match["password"]) if match["password"] else None,
            port=port,
            parameters=_uri_parameters(match["parameters"]),
        )
    if match := _TEL.fullmatch(text):
        return URI(scheme="tel", host="", user=match["number"], parameters=_uri_parameters(match["parameters"]))
    raise ValueError("not a SIP address")


def _uri_parameters(text: str) -> Parameters:
    return Parameters(**{name: unquote(value) if value else None for name, value in parse_parameters(text).items()})


def parse_address(text: str) -> Address:
    """Read ``"Name" <uri>;parameters`` or ``uri;parameters``. Raises ValueError."""
    text = text.strip()
    before, bracket, _ = _until_bracket(text)
    if bracket:
        uri, closing, after = text[len(before) + 1 :].partition(">")
        if not closing:
            raise ValueError("an address without its closing bracket")
        after = after.strip()
        return Address(
            uri=parse_uri(uri),
            name=unquoted(before.strip()),
            parameters=parse_parameters(after) if after.startswith(";") else Parameters(),
        )
    uri, semicolon, parameters = text.partition(";")
    return Address(uri=parse_uri(uri), parameters=parse_parameters(semicolon + parameters))


def _until_bracket(text: str) -> tuple[str, str, str]:
    first = next(_pieces_at_bracket(text), None)
    return (text, "", "") if first is None else (text[:first], "<", text[first + 1 :])


def _pieces_at_bracket(text: str) -> Iterator[int]:
    in_quotes, escaped = False, False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif in_quotes and character == "\\":
            escaped = True
        elif character == '"':
            in_quotes = not in_quotes
        elif character == "<" and not in_quotes:
            yield index


def parse_via(text: str) -> Via:
    """Read one Via value. Raises ValueError."""
    match = _VIA.fullmatch(text.strip())
    if match is None:
        raise ValueError("not a Via")
    port = int(match["port"]) if match["port"] else None
    if port is not None and port > 65535:
        raise ValueError(f"port {port} does not exist")
    return Via(
        transport=match["transport"].upper(),
        host=match["host"],
        port=port,
        parameters=parse_parameters(match["parameters"] or ""),
    )


def is_token(text: str) -> bool:
    """True for a non-empty token of RFC 3261 section 25.1."""
    return _TOKEN.fullmatch(text) is not None


def user_part(text: str) -> str:
    """``text`` escaped for the user part of a URI: ``#`` becomes ``%23``, ``*`` stays."""
    return quote(text, safe="-_.!~*'()&=+$,;?/")
