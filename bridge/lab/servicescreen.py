"""The document on a phone's screen, whoever sent it, and what the keys under it do. Pure: effects are returned.

Sources: Cisco Unified IP Phone Services Application Development Notes, chapters 3 to 5 (objects, internal URIs);
SCCP wire reference, section 9 (documents in segments).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from bridge.errors import InvalidInput, LocalProtocolError
from bridge.lab.screenxml import ScreenDocument, read_screen_document
from bridge.sccp import DeviceToUserDataV1

_LONGEST = 64 * 1024
_DATA = re.compile(r"UserCallData:(\d+):(\d+):(\d+):(\d+):(.*)")
_KEY_DATA = re.compile(r"UserCallDataSoftKey:([^:]*):(\d+):(\d+):(\d+):(\d+):(.*)")
_SHORT_DATA = re.compile(r"UserData:(\d+):(.*)")
_OWN_KEYS = {
    "Menu": ("Select", "Exit"),
    "Directory": ("Dial", "EditDial", "Exit"),
    "Input": ("Submit", "<<", "Cancel"),
    "Text": ("Update", "Exit"),
}
"""Soft keys of the phone's own, under a document that brings none."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """Get this page and show it."""

    url: str


@dataclass(frozen=True, slots=True)
class DialNumber:
    """Call this number."""

    number: str


@dataclass(frozen=True, slots=True)
class SendData:
    """Tell the server over SCCP."""

    message: DeviceToUserDataV1


Effect = Fetch | DialNumber | SendData | None


class ServiceScreen:
    """What a person sees of services, and does with them."""

    def __init__(self) -> None:
        self.document: ScreenDocument | None = None
        self.marked = 1
        """The item that is marked, counted from 1."""
        self.shown = 0
        """How many documents were shown so far."""
        self._parts = b""

    @property
    def is_waiting(self) -> bool:
        """Whether the first part of a document has come, and more is to follow."""
        return bool(self._parts)

    @property
    def keys(self) -> tuple[str, ...]:
        """The soft keys under the document."""
        document = self.document
        if document is None:
            return ()
        return tuple(name for name, _ in document.keys) or _OWN_KEYS.get(document.kind, ("Exit",))

    def part(self, data: bytes, *, first: bool, last: bool) -> tuple[Effect, tuple[str, ...]]:
        """A part of a document that is pushed. What it makes the phone do, and what is wrong with it."""
        self._parts = (b"" if first else self._parts)[:_LONGEST] + data
        if not last:
            return None, ()
        whole, self._parts = self._parts.rstrip(b"\0"), b""
        return self.show(whole)

    def show(self, content: bytes) -> tuple[Effect, tuple[str, ...]]:
        """Show a document, or obey it. What it makes the phone do, and what is wrong with it."""
        try:
            document, faults = read_screen_document(content)
        except InvalidInput as error:
            return None, (str(error),)
        if document.kind == "Execute":
            return (self._effect(document.commands[0]) if document.commands else None), faults
        self.document, self.marked = document, 1
        self.shown += 1
        return None, faults

    def close(self) -> None:
        """Back to the phone's own screen."""
        self.document = None

    def choose(self, item: int) -> Effect:
        """Press the digit of an item, or mark it and press Select or Dial. Raises LocalProtocolError."""
        document = self._present()
        if not 1 <= item <= len(document.items):
            raise LocalProtocolError(f"there is no item {item} on the screen")
        self.marked = item
        name, target = document.items[item - 1]
        del name
        return DialNumber(target) if document.kind == "Directory" else self._effect(target)

    def press(self, label: str) -> Effect:
        """Press a soft key under the document, by its label. Raises LocalProtocolError."""
        document = self._present()
        if label not in self.keys:
            raise LocalProtocolError(f"there is no soft key {label!r} under the document: {', '.join(self.keys)}")
        url = dict(document.keys).get(label, f"SoftKey:{label}")
        return self._effect(url)

    def submit(self, values: Mapping[str, str]) -> Effect:
        """Fill in the form, by the names of its parameters, and submit it. Raises LocalProtocolError."""
        document = self._present()
        known = [parameter for _, parameter in document.fields]
        if document.kind != "Input" or not set(values) <= set(known):
            raise LocalProtocolError(f"the screen has no such fields: {', '.join(values)}")
        query = urlencode({parameter: values.get(parameter, "") for parameter in known})
        if document.url.startswith("http"):
            return Fetch(f"{document.url}{'&' if '?' in document.url else '?'}{query}")
        return self._effect(f"{document.url}?{query}")

    # --- inside ------------------------------------------------------------------------------------------------------

    def _present(self) -> ScreenDocument:
        if self.document is None:
            raise LocalProtocolError("no document is on the screen")
        return self.document

    def _effect(self, url: str) -> Effect:
        scheme, _, rest = url.partition(":")
        match scheme:
            case "http" | "https":
                return Fetch(url)
            case "Dial":
                return DialNumber(rest)
            case "SoftKey":
                return self._own_key(rest)
        if (found := _DATA.fullmatch(url)) is not None:
            app, line, call, transaction = (int(each) for each in found.groups()[:4])
            return SendData(DeviceToUserDataV1(app, line, call, transaction, data=found[5].encode()))
        if (found := _KEY_DATA.fullmatch(url)) is not None:
            app, line, call, transaction = (int(each) for each in found.groups()[1:5])
            return SendData(DeviceToUserDataV1(app, line, call, transaction, data=found[6].encode()))
        if (found := _SHORT_DATA.fullmatch(url)) is not None:
            return SendData(DeviceToUserDataV1(int(found[1]), data=found[2].encode()))
        return None

    def _own_key(self, key: str) -> Effect:
        document = self._present()
        match key:
            case "Exit" | "Cancel":
                self.close()
            case "Select" | "Dial" if document.items:
                return self.choose(self.marked)
            case "Submit":
                return self.submit({})
        return None
