"""What is asked of AXL: reading operations alone, in pages. An admin's CUCM is never written to.

Source: migration reference, section 3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

from bridge.errors import InvalidInput, LocalProtocolError
from bridge.migration.axlanswers import SECRET_ELEMENTS
from bridge.migration.axlxml import Node, answers

PAGE = 200
"""Objects that are asked for at a time."""
SMALLEST_PAGE = 10
MOST_OBJECTS = 100_000
"""Of one kind; a list that goes on is not believed."""

_READING = re.compile(r"(?:list|get)[A-Z][A-Za-z]{1,40}")
_VERSION = re.compile(r"\d{1,2}\.\d")
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_SECRET = re.compile(
    rb"(<(?:[A-Za-z0-9]+:)?("
    + b"|".join(name.encode() for name in sorted(SECRET_ELEMENTS))
    + rb")(?:\s[^<>]*)?>)[^<]+<"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: how it is listed, and how one of it is asked for."""

    element: str
    """In ``<return>``."""
    listing: str
    criterion: str = "name"
    tags: tuple[str, ...] = ("name",)
    """What a list is to tell."""
    getting: str = ""
    """The operation for one of them; empty where the list tells all."""
    keys: tuple[str, ...] = ("name",)
    """What names one of them."""


KINDS = (
    Kind("callManagerGroup", "listCallManagerGroup"),
    Kind("region", "listRegion", getting="getRegion"),
    Kind("dateTimeGroup", "listDateTimeGroup", getting="getDateTimeGroup"),
    Kind(
        "routePartition",
        "listRoutePartition",
        tags=("name", "description", "timeScheduleIdName"),
    ),
    Kind("css", "listCss", getting="getCss"),
    Kind(
        "devicePool",
        "listDevicePool",
        getting="getDevicePool",
    ),
    Kind("callPickupGroup", "listCallPickupGroup", getting="getCallPickupGroup"),
    Kind("phoneButtonTemplate", "listPhoneButtonTemplate", getting="getPhoneButtonTemplate"),
    Kind("softKeyTemplate", "listSoftKeyTemplate"),
    Kind(
        "routePattern",
        "listRoutePattern",
        "pattern",
        ("pattern", "routePartitionName"),
        "getRoutePattern",
        ("pattern", "routePartitionName"),
    ),
    Kind(
        "transPattern",
        "listTransPattern",
        "pattern",
        ("pattern", "routePartitionName"),
        "getTransPattern",
        ("pattern", "routePartitionName"),
    ),
    Kind(
        "line",
        "listLine",
        "pattern",
        ("pattern", "routePartitionName"),
        "getLine",
        ("pattern", "routePartitionName"),
    ),
    Kind("phone", "listPhone", getting="getPhone"),
    Kind(
        "user",
        "listUser",
        "userid",
        ("userid", "firstName", "lastName"),
        "getUser",
        ("userid",),
    ),
)
"""In the order in which they are asked for."""


@dataclass(frozen=True, slots=True)
class AxlRequest:
    """One request. Raises LocalProtocolError for an operation that would change something."""

    operation: str
    body: str
    """XML inside the operation's element."""
    file: str
    """What its answer is called when it is kept."""

    def __post_init__(self) -> None:
        if not _READING.fullmatch(self.operation):
            raise LocalProtocolError(f"{self.operation} is no reading operation of AXL")

    def action(self, version: str) -> str:
        """The header SOAPAction."""
        return f'"CUCM:DB ver={check_version(version)} {self.operation}"'

    def envelope(self, version: str) -> bytes:
        """The request's content."""
        space = f"http://www.cisco.com/AXL/API/{check_version(version)}"
        return (
            f'<soapenv:Envelope xmlns:soapenv="{_SOAP}" xmlns:ns="{space}"><soapenv:Body>'
            f"<ns:{self.operation}>{self.body}</ns:{self.operation}></soapenv:Body></soapenv:Envelope>"
        ).encode()


def check_version(version: str) -> str:
    """A version of the AXL schema, ``14.0``. Raises InvalidInput."""
    if not _VERSION.fullmatch(version):
        raise InvalidInput(f"{version[:20]!r} is no AXL version", fix="write it like 12.5 or 14.0")
    return version


def page(kind: Kind, skip: int, first: int) -> AxlRequest:
    """One page of a list."""
    tags = "".join(f"<{tag}/>" for tag in kind.tags)
    body = (
        f"<searchCriteria><{kind.criterion}>%</{kind.criterion}></searchCriteria>"
        f"<returnedTags>{tags}</returnedTags><skip>{skip}</skip><first>{first}</first>"
    )
    return AxlRequest(kind.listing, body, f"{kind.listing}-{skip:06d}.xml")


def single(kind: Kind, keys: tuple[str, ...], number: int) -> AxlRequest:
    """One object in full; ``number`` counts them, for the name of the answer's file."""
    body = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in zip(kind.keys, keys, strict=True))
    return AxlRequest(kind.getting, body, f"{kind.getting}-{number:06d}.xml")


def listed(kind: Kind, content: bytes, file: str) -> list[tuple[str, ...]]:
    """The keys of the objects in a list's answer. Raises InvalidInput for a fault, or what is no answer."""
    found: list[tuple[str, ...]] = []
    for body in answers(content, file):
        if body.name == "Fault":
            raise InvalidInput(f"CUCM refuses {kind.listing}", why=fault(body), fix="look at the account's AXL rights")
        found += [tuple(node.text(key) for key in kind.keys) for node in body.children(kind.element)]
    return found


def fault(body: Node) -> str:
    """Why CUCM refused."""
    return (body.text("faultstring") or "it gives no reason")[:200]


def without_secrets(content: bytes) -> bytes:
    """An answer with the text of its secret elements taken out, fit to be kept."""
    return _SECRET.sub(rb"\1-<", content)
