"""Bytes from the network to a message that the rest of the room can trust.

What real phones and PBXs get wrong without harm is put right here (keep-alives in front, LF line ends, folded lines,
bad UTF-8, compact names, blanks before the colon, a missing reason phrase, bare display names, several values in a
line); what cannot be understood raises MalformedMessage, and nothing else. Every mandatory header of the result has
been read once, so the typed readings of ``message.py`` do not fail on it.
"""

from __future__ import annotations

import re

from sipmessage import Request, Response
from sipmessage.message import COMPACT_FORMS, Headers

from bridge.errors import RemoteProtocolError
from bridge.sip.addressing import is_token, parse_address, parse_uri, parse_via, quoted, split_outside_quotes
from bridge.sip.message import Message

MAX_MESSAGE = 65_536
"""Bytes of one message, body included."""
MAX_HEADER_LINES = 256
MAX_LINE = 8_192
MAX_VALUES = 64
"""Values of one header after splitting at commas."""
MAX_CSEQ = 2**31 - 1

_LEADING = b"\r\n\x00 \t"
_BLANK_LINE = re.compile(rb"\r?\n\r?\n|\r\r")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_STATUS_LINE = re.compile(r"SIP/(\d{1,3}\.\d{1,3})[ \t]+([0-9]{3})(?:[ \t]+(.*))?", re.IGNORECASE)
_REQUEST_LINE = re.compile(r"(\S{1,64})[ \t]+(.+?)[ \t]+SIP/(\d{1,3}\.\d{1,3})[ \t]*", re.IGNORECASE)
_CSEQ = re.compile(r"([0-9]{1,10})\s+(\S{1,64})")

_SPLIT = frozenset({"via", "contact", "route", "record-route", "path", "service-route"})
_ONCE = frozenset({"from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type"})
_WITH_NAME = frozenset({"from", "to", "contact"})


class MalformedMessage(RemoteProtocolError):
    """The message cannot be read. ``request`` is set where enough of it was, to answer with ``reply``."""

    def __init__(self, what: str, *, why: str = "", reply: int | None = None, request: Request | None = None) -> None:
        super().__init__(what, why=why, reply=reply)
        self.request = request


def read_message(data: bytes) -> Message | None:
    """Read one datagram, or one message cut from a stream. None for a keep-alive that holds no message.

    Raises MalformedMessage, with a status to answer where the request could be answered at all.
    """
    if len(data) > MAX_MESSAGE:
        raise MalformedMessage(f"a message of {len(data)} bytes", why=f"the limit is {MAX_MESSAGE}")
    data = data.lstrip(_LEADING)
    if not data:
        return None
    blank = _BLANK_LINE.search(data)
    head, body = (data[: blank.start()], data[blank.end() :]) if blank else (data, b"")
    lines = _unfolded(head.decode("utf-8", errors="replace"))
    headers = _read_headers(lines[1:])
    message = _read_first_line(lines[0], headers, body)
    message.headers = headers
    _check_mandatory(message)
    _cut_body(message)
    return message


def _unfolded(text: str) -> list[str]:
    lines: list[str] = []
    for raw in re.split(r"\r\n|\n|\r", text):
        if raw[:1] in (" ", "\t") and lines:
            lines[-1] += " " + raw.strip()
        else:
            lines.append(raw)
        if len(lines[-1]) > MAX_LINE:
            raise MalformedMessage("a header line is too long", why=f"the limit is {MAX_LINE} characters", reply=None)
        if len(lines) > MAX_HEADER_LINES:
            raise MalformedMessage("too many header lines", why=f"the limit is {MAX_HEADER_LINES}")
    return lines


def _read_headers(lines: list[str]) -> Headers:
    headers = Headers()
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.strip()
        if not colon or not is_token(name):
            continue  # one broken line of no importance must not cost the call; mandatory ones are checked later
        name = COMPACT_FORMS.get(name.lower(), name)
        value = _CONTROL.sub(" ", value).strip()
        lowered = name.lower()
        if lowered in _SPLIT:
            for piece in split_outside_quotes(value, ","):
                if piece and len(headers.getlist(name)) < MAX_VALUES:
                    headers.add(name, _with_quoted_name(piece) if lowered in _WITH_NAME else piece)
        else:
            headers.add(name, _with_quoted_name(value) if lowered in _WITH_NAME else value)
    return headers


def _with_quoted_name(value: str) -> str:
    name, bracket, rest = value.partition("<")
    name = name.strip()
    if not bracket or not name or name.startswith('"') or all(map(is_token, name.split())):
        return value
    return f"{quoted(name)} <{rest}"


def _read_first_line(line: str, headers: Headers, body: bytes) -> Message:
    if match := _STATUS_LINE.fullmatch(line):
        if match[1] != "2.0":
            raise MalformedMessage(f"SIP version {match[1]}")
        code = int(match[2])
        if not 100 <= code <= 699:
            raise MalformedMessage(f"status {code} does not exist")
        return Response(code=code, phrase=_CONTROL.sub(" ", match[3] or "").strip(), body=body)
    match = _REQUEST_LINE.fullmatch(line)
    if match is None or not is_token(match[1]):
        raise MalformedMessage("neither a request nor a response", why=f"the first line reads {line[:80]!r}")
    try:
        uri = parse_uri(match[2].strip("<> "))
    except ValueError as error:
        scheme = match[2].partition(":")[0]
        known = scheme.strip("<> ").lower() in ("sip", "sips", "tel")
        raise MalformedMessage(
            f"the request address cannot be read: {match[2][:80]!r}",
            why=str(error),
            reply=400 if known else 416,
            request=_answerable(match[1], headers),
        ) from error
    if match[3] != "2.0":
        raise MalformedMessage(f"SIP version {match[3]}", reply=505, request=_answerable(match[1], headers))
    return Request(method=match[1], uri=uri, body=body)


def _answerable(method: str, headers: Headers) -> Request | None:
    """A request good enough to be answered, or None: ACK never is, nor what has no readable Via, From, To, CSeq."""
    if method == "ACK":
        return None
    request = Request(method=method, uri=parse_uri("sip:invalid.invalid"))
    request.headers = headers
    try:
        parse_via(headers["Via"])
        parse_address(headers["From"])
        parse_address(headers["To"])
        if headers["Call-ID"] and headers["CSeq"]:
            return request
    except (KeyError, ValueError):
        pass
    return None


def _check_mandatory(message: Message) -> None:
    headers = message.headers
    request = _answerable(message.method, headers) if isinstance(message, Request) else None
    reply = 400 if request else None

    def malformed(what: str, why: str = "") -> MalformedMessage:
        return MalformedMessage(what, why=why, reply=reply, request=request)

    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        if not headers.get(name):
            raise malformed(f"the header {name} is missing")
    for name in _ONCE:
        values = headers.getlist(name)
        if len(values) > 1:
            if len(set(values)) > 1:
                raise malformed(f"the header {name} is there {len(values)} times with different values")
            del values[1:]
    try:
        for via in headers.getlist("Via"):
            parse_via(via)
        parse_address(headers["From"])
        parse_address(headers["To"])
    except ValueError as error:
        raise malformed("Via, From or To cannot be read", str(error)) from error
    call_id = headers["Call-ID"]
    if len(call_id) > 256 or " " in call_id:
        raise malformed("the Call-ID is too long or holds a blank")
    match = _CSEQ.fullmatch(headers["CSeq"])
    if match is None or int(match[1]) > MAX_CSEQ or not is_token(match[2]):
        raise malformed("the CSeq cannot be read", f"it reads {headers['CSeq'][:80]!r}")
    headers.set("CSeq", f"{int(match[1])} {match[2]}")
    if isinstance(message, Request) and match[2] != message.method:
        raise malformed("the CSeq names another method", f"{match[2]} in a {message.method}")


def _cut_body(message: Message) -> None:
    """RFC 3261 section 18.3: what exceeds Content-Length is dropped; less than it is an error."""
    stated = message.headers.get("Content-Length")
    if stated is None:
        return
    request = message if isinstance(message, Request) and message.method != "ACK" else None
    if not re.fullmatch("[0-9]{1,9}", stated):
        raise MalformedMessage("the Content-Length is no number", reply=400 if request else None, request=request)
    length = int(stated)
    if length > len(message.body):
        raise MalformedMessage(
            "the body is shorter than its Content-Length",
            why=f"{len(message.body)} of {length} bytes",
            reply=400 if request else None,
            request=request,
        )
    message.body = message.body[:length]
