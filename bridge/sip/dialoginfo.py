"""What a watched number does, as documents of type ``application/dialog-info+xml`` tell it (RFC 4235).

Documents come from the network: they are bounded, and nothing in them but states, directions, names and numbers is
looked at. A document that leaves a gap, or cannot be read, asks for the whole state again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bridge.errors import RemoteProtocolError
from bridge.sip.addressing import parse_address, parse_uri

MEDIA_TYPE = "application/dialog-info+xml"
MAX_DOCUMENT = 32_768
"""Bytes of a document."""
MAX_DIALOGS = 64
"""Dialogs of one number that are kept."""
MAX_TEXT = 256
"""Characters of a name, number or id."""
MAX_VERSION = 2**31 - 1
_NAMESPACE = "{urn:ietf:params:xml:ns:dialog-info}"


class DialogStatus(StrEnum):
    """Where a dialog of a watched number stands (section 3.7.1)."""

    TRYING = "trying"
    PROCEEDING = "proceeding"
    EARLY = "early"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


class CallDirection(StrEnum):
    """Who began a dialog, seen from the watched number."""

    INITIATOR = "initiator"
    RECIPIENT = "recipient"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class WatchedDialog:
    """One dialog of a watched number."""

    id: str
    status: DialogStatus
    direction: CallDirection = CallDirection.UNKNOWN
    remote_number: str = ""
    """The other side, where the document says so."""
    remote_name: str = ""


@dataclass(frozen=True, slots=True)
class DialogInfo:
    """One document."""

    version: int
    full: bool
    entity: str
    dialogs: tuple[WatchedDialog, ...]


def parse_dialog_info(body: bytes) -> DialogInfo:
    """Read a document. Raises RemoteProtocolError."""
    if len(body) > MAX_DOCUMENT:
        raise RemoteProtocolError("a dialog-info document is too long", why=f"{len(body)} bytes")
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise RemoteProtocolError("a dialog-info document cannot be read", why=str(error)[:80]) from error
    version, state = root.get("version", ""), root.get("state", "")
    if root.tag != f"{_NAMESPACE}dialog-info" or state not in ("full", "partial"):
        raise RemoteProtocolError("a document is no dialog-info", why=str(root.tag)[:80])
    if not (version.isascii() and version.isdigit() and len(version) <= 10 and int(version) <= MAX_VERSION):
        raise RemoteProtocolError("a dialog-info document has no version", why=version[:80])
    dialogs = tuple(
        dialog for each in root.findall(f"{_NAMESPACE}dialog")[:MAX_DIALOGS] if (dialog := _dialog(each)) is not None
    )
    return DialogInfo(int(version), state == "full", root.get("entity", "")[:MAX_TEXT], dialogs)


def _dialog(element: Element) -> WatchedDialog | None:
    state = element.find(f"{_NAMESPACE}state")
    try:
        status = DialogStatus((state.text or "").strip().lower() if state is not None else "")
    except ValueError:
        return None
    direction = element.get("direction", "").lower()
    known = direction in (CallDirection.INITIATOR, CallDirection.RECIPIENT)
    number, name = _party(element.find(f"{_NAMESPACE}remote"))
    return WatchedDialog(
        element.get("id", "")[:MAX_TEXT],
        status,
        CallDirection(direction) if known else CallDirection.UNKNOWN,
        number,
        name,
    )


def _party(element: Element | None) -> tuple[str, str]:
    identity = element.find(f"{_NAMESPACE}identity") if element is not None else None
    if identity is None:
        return "", ""
    text = (identity.text or "").strip()[: 2 * MAX_TEXT]
    try:
        uri = parse_address(text).uri if "<" in text else parse_uri(text)
    except ValueError:
        return "", ""
    return (uri.user or "")[:MAX_TEXT], identity.get("display", "")[:MAX_TEXT]


@dataclass(frozen=True, slots=True)
class WatchedNumber:
    """All that the documents told of one number, one after the other."""

    version: int | None = None
    """Of the newest document; None before the first one."""
    dialogs: tuple[WatchedDialog, ...] = ()
    """Those that have not ended."""
    is_known: bool = False
    """False while the whole state has to be told: nothing came yet, or something is missing."""

    def with_document(self, document: DialogInfo) -> WatchedNumber:
        """What is known after this document (section 4.3.1). An older change, or a repeated one, changes nothing.

        A full document counts whatever its version: a subscription passes on NOTIFYs in their order, and Asterisk
        counts from 0 again after a restart, also in a dialog that it remembers.
        """
        if document.full:
            return WatchedNumber(document.version, _alive(document.dialogs), is_known=True)
        if self.version is not None and document.version <= self.version:
            return self
        if not self.is_known or self.version is None or document.version != self.version + 1:
            return replace(self, version=document.version, is_known=False)
        changed = {each.id: each for each in (*self.dialogs, *document.dialogs)}
        return WatchedNumber(document.version, _alive(tuple(changed.values())), is_known=True)


def _alive(dialogs: tuple[WatchedDialog, ...]) -> tuple[WatchedDialog, ...]:
    return tuple(each for each in dialogs if each.status is not DialogStatus.TERMINATED)[:MAX_DIALOGS]
