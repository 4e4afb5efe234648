"""What the other modules need of a message beyond sipmessage: checked output, typed reading, replies.

Responses echo Via, From, To and Record-Route as the very text that came in: sipmessage's printers would escape
parameters anew and so change tags and branches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sipmessage import Address, CSeq, Request, Response, Via

from bridge.errors import LocalProtocolError
from bridge.sip.addressing import parse_address, parse_via

Message = Request | Response

_BREAKS = re.compile(r"[\r\n\x00]")
_BREAKS_OR_BLANK = re.compile(r"[\r\n\x00 ]")

PHRASES = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    182: "Queued",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    302: "Moved Temporarily",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    422: "Session Interval Too Small",
    423: "Interval Too Brief",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    513: "Message Too Large",
    600: "Busy Everywhere",
    603: "Decline",
}


def to_bytes(message: Message) -> bytes:
    """The message as it goes out, with its Content-Length.

    Raises LocalProtocolError when a line break would slip into a header: nothing that came from a phone, a file or a
    person can add a header of its own.
    """
    if isinstance(message, Request):
        if _BREAKS_OR_BLANK.search(message.method) or _BREAKS_OR_BLANK.search(str(message.uri)):
            raise LocalProtocolError("a request line may hold no line break and no blank")
    elif _BREAKS.search(message.phrase):
        raise LocalProtocolError("a reason phrase may hold no line break")
    headers = message.headers
    for name in headers.keys():  # noqa: SIM118  sipmessage's Headers is no mapping and cannot be iterated
        for value in headers.getlist(name):
            if _BREAKS.search(value):
                raise LocalProtocolError(f"the header {name} may hold no line break", why=f"it reads {value!r}")
    headers.set("Content-Length", str(len(message.body)))
    return bytes(message)


def top_via(message: Message) -> Via:
    """The first Via. Raises ValueError, KeyError."""
    return parse_via(message.headers["Via"])


def sequence(message: Message) -> CSeq:
    """The CSeq. The normaliser has checked it."""
    return message.cseq


def from_of(message: Message) -> Address:
    """The From address."""
    return parse_address(message.headers["From"])


def to_of(message: Message) -> Address:
    """The To address."""
    return parse_address(message.headers["To"])


def from_tag(message: Message) -> str:
    """The From tag, empty where there is none."""
    return from_of(message).parameters.get("tag") or ""


def to_tag(message: Message) -> str:
    """The To tag, empty where there is none."""
    return to_of(message).parameters.get("tag") or ""


def contact_of(message: Message) -> Address | None:
    """The first Contact that is an address, or None."""
    for value in message.headers.getlist("Contact"):
        try:
            return parse_address(value)
        except ValueError:
            continue
    return None


def seconds(message: Message, name: str) -> int | None:
    """A header that holds seconds (Expires, Min-Expires, Retry-After), comments and parameters ignored; or None."""
    match = re.match(r"\s*([0-9]{1,10})", message.headers.get(name) or "")
    return int(match[1]) if match else None


def content_type(message: Message) -> str:
    """The media type in lower case without parameters; empty where there is none."""
    return (message.headers.get("Content-Type") or "").partition(";")[0].strip().lower()


def tokens(message: Message, name: str) -> frozenset[str]:
    """The comma-separated words of a header, in lower case."""
    words = ",".join(message.headers.getlist(name)).split(",")
    return frozenset(word.strip().lower() for word in words if word.strip())


@dataclass(frozen=True, slots=True)
class Header:
    """One header to be added to a message."""

    name: str
    value: str


def reply_to(
    request: Request,
    status: int,
    phrase: str = "",
    *,
    tag: str = "",
    headers: Iterable[Header] = (),
    body: bytes = b"",
    media_type: str = "",
) -> Response:
    """A response by RFC 3261 section 8.2.6: Via, From, To, Call-ID, CSeq echoed; ``tag`` for a To that has none."""
    response = Response(code=status, phrase=phrase or PHRASES.get(status, "Unknown"), body=body)
    out = response.headers
    out.setlist("Via", list(request.headers.getlist("Via")))
    if 100 < status < 300 and (routes := request.headers.getlist("Record-Route")):
        out.setlist("Record-Route", list(routes))
    out.set("From", request.headers["From"])
    to = request.headers["To"]
    out.set("To", f"{to};tag={tag}" if tag and not to_tag(request) else to)
    out.set("Call-ID", request.headers["Call-ID"])
    out.set("CSeq", request.headers["CSeq"])
    for header in headers:
        out.add(header.name, header.value)
    if body:
        out.set("Content-Type", media_type)
    return response
