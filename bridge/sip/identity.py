"""Who the other side really is: P-Asserted-Identity (RFC 3325) and Remote-Party-ID, both ways; who forwarded a call.

From and To of a call never change, but whom one talks to does (transfer, pickup, a queue's agent). Asterisk says so in
one of these two headers, in INVITE, re-INVITE, UPDATE, 180 and 200.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sipmessage import Address

from bridge.sip.addressing import parse_address, quoted, split_outside_quotes, user_part
from bridge.sip.message import Header, Message

MAX_NAME = 128
"""Characters of a name that are kept."""
MAX_NUMBER = 128


@dataclass(frozen=True, slots=True)
class RemoteIdentity:
    """The other side, as the server vouches for it."""

    name: str
    """May be empty."""
    number: str
    """User part of the address; empty when unknown."""
    withheld: bool = False
    """True when the party asked for privacy: show neither name nor number."""


class IdentityHeaders(StrEnum):
    """Which headers carry our own identity."""

    NONE = "none"
    PAI = "P-Asserted-Identity"
    RPID = "Remote-Party-ID"
    BOTH = "both"


def identity_in(message: Message) -> RemoteIdentity | None:
    """The identity that a message asserts, None where there is none that can be read. Never raises.

    P-Asserted-Identity wins over Remote-Party-ID; of several values a sip address wins over a tel one, for only the
    former has a name at most servers (RFC 3325 section 9.1 allows one of each).
    """
    asserted = list(_addresses(message, "P-Asserted-Identity"))
    if asserted:
        best = next((address for address in asserted if address.uri.scheme != "tel"), asserted[0])
        return _identity(best, withheld=_asks_for_privacy(message))
    for address in _addresses(message, "Remote-Party-ID"):
        privacy = (address.parameters.get("privacy") or "").lower()
        hidden = "full" in privacy or "uri" in privacy or _asks_for_privacy(message)
        return _identity(address, withheld=hidden)
    return None


def identity_headers(kind: IdentityHeaders, name: str, user: str, domain: str, *, is_caller: bool) -> list[Header]:
    """Our identity as headers. ``is_caller`` is the party that Remote-Party-ID names: calling or called."""
    shown = f"{quoted(name)} " if name else ""
    address = f"{shown}<sip:{user_part(user)}@{domain}>"
    party = "calling" if is_caller else "called"
    found = []
    if kind in (IdentityHeaders.PAI, IdentityHeaders.BOTH):
        found.append(Header("P-Asserted-Identity", address))
    if kind in (IdentityHeaders.RPID, IdentityHeaders.BOTH):
        found.append(Header("Remote-Party-ID", f"{address};party={party};privacy=off;screen=no"))
    return found


def diverted_from(message: Message) -> str:
    """User part of the address that forwarded the call here last (Diversion, RFC 5806 section 6.1); may be empty."""
    address = next(_addresses(message, "Diversion"), None)
    return _identity(address, withheld=False).number if address is not None else ""


def _addresses(message: Message, name: str) -> Iterator[Address]:
    for value in message.headers.getlist(name)[:4]:
        for piece in split_outside_quotes(value, ",")[:4]:
            try:
                yield parse_address(piece)
            except ValueError:
                continue


def _asks_for_privacy(message: Message) -> bool:
    words = {word.strip().lower() for word in (message.headers.get("Privacy") or "").split(";")}
    return bool(words & {"id", "user", "header"})


def _identity(address: Address, *, withheld: bool) -> RemoteIdentity:
    if withheld:
        return RemoteIdentity("", "", withheld=True)
    name = "".join(character for character in address.name if character.isprintable())
    user = "".join(character for character in address.uri.user or "" if character.isprintable())
    return RemoteIdentity(name.strip()[:MAX_NAME], user[:MAX_NUMBER])
