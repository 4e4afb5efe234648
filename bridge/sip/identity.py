"""Who the other side really is, as the PBX asserts it: P-Asserted-Identity and Remote-Party-ID, Privacy, Diversion.

Source: RFC 3325, RFC 3323 section 4.2, RFC 5806; Remote-Party-ID never became an RFC and is still what PBXs send.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.sip.addressing import parse_address, split_outside_quotes
from bridge.sip.message import Message, tokens

_HIDDEN = frozenset({"id", "user", "full"})
MAX_VALUES = 8


@dataclass(frozen=True, slots=True)
class Identity:
    """A number and a name; both empty for somebody who withholds them."""

    number: str = ""
    name: str = ""


WITHHELD = Identity()


def asserted_identity(message: Message) -> Identity | None:
    """What the message asserts about its sender; None where it says nothing."""
    for header in ("P-Asserted-Identity", "Remote-Party-ID"):
        for text in _values(message, header):
            try:
                address = parse_address(text)
            except ValueError:
                continue
            hidden = (address.parameters.get("privacy") or "off").lower()
            if hidden not in ("off", "no") or tokens(message, "Privacy") & _HIDDEN:
                return WITHHELD
            return Identity(address.uri.user or "", address.name)
    return None


def diverted_from(message: Message) -> str:
    """The number that forwarded the call here last; empty where nobody did."""
    for text in _values(message, "Diversion"):
        try:
            return parse_address(text).uri.user or ""
        except ValueError:
            continue
    return ""


def _values(message: Message, name: str) -> list[str]:
    values = [piece for value in message.headers.getlist(name) for piece in split_outside_quotes(value, ",")]
    return values[:MAX_VALUES]
