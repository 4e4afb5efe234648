"""Comparing what our phones need with what FreePBX has: what is followed, and what is to be done. Pure.

Both sides may change an extension. What was last agreed on (the ledger) tells who did: where FreePBX differs from it,
an admin changed it there and wins; where only we differ, FreePBX is to be changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bridge.core.extensions import (
    ExtensionChange,
    ExtensionFound,
    ExtensionRemoved,
    ExtensionRenamed,
    ExtensionRenumbered,
    ExtensionSecretChanged,
)
from bridge.pbx.freepbxextensions import LONGEST_NAME, FreePbxExtension
from bridge.pbx.freepbxledger import Agreed
from bridge.pbx.pjsipconf import display_name
from bridge.ports import SipEndpoint

_SECRET = re.compile(r"[!-~]{1,30}")


@dataclass(frozen=True, slots=True)
class Steps:
    """What follows from one comparison. Changes are told first; the rest waits for the next comparison then."""

    changes: tuple[ExtensionChange, ...] = ()
    create: tuple[SipEndpoint, ...] = ()
    rename: tuple[SipEndpoint, ...] = ()
    delete: tuple[str, ...] = ()
    agree: tuple[tuple[str, Agreed], ...] = ()
    """To be noted once the changes are taken up."""
    forget: tuple[str, ...] = ()


def wanted_name(endpoint: SipEndpoint) -> str:
    """The name of a phone's extension: its own, or the device's, so that an admin finds it in FreePBX's list."""
    return shown_name(endpoint.caller_name) or str(endpoint.device)


def shown_name(name: str) -> str:
    """A name as both sides can hold it."""
    return display_name(name)[:LONGEST_NAME].strip()


def fits(secret: str, longest: int) -> bool:
    """Whether a phone can take this SIP password."""
    return _SECRET.fullmatch(secret) is not None and len(secret) <= longest


def has_login_of_its_own(endpoint: SipEndpoint) -> bool:
    """Whether the phone logs in with the number of this extension; a second line uses its first line's."""
    return endpoint.username in ("", endpoint.name)


def compare(
    endpoints: Iterable[SipEndpoint],
    known: Mapping[str, Agreed],
    seen: Mapping[str, FreePbxExtension],
    *,
    longest: int,
) -> Steps:
    """``longest``: characters of a SIP password that phones are given."""
    changes: list[ExtensionChange] = []
    create: list[SipEndpoint] = []
    rename: list[SipEndpoint] = []
    agree: list[tuple[str, Agreed]] = []
    forget: list[str] = []
    wanted = {endpoint.name: endpoint for endpoint in endpoints}
    for number, endpoint in wanted.items():
        agreed, theirs = known.get(number), seen.get(number)
        if theirs is None:
            if agreed is None:
                create.append(endpoint)
                continue
            changes.append(_gone(endpoint, wanted, known, seen, longest))
            forget.append(number)
            continue
        name = shown_name(theirs.name)
        if agreed is None:
            if theirs.secret != endpoint.secret:
                changes.append(ExtensionFound(number, name))  # it was there before the phone
            elif name and name not in (shown_name(endpoint.caller_name), wanted_name(endpoint)):
                changes.append(ExtensionRenamed(number, name))
            agree.append((number, Agreed(name or wanted_name(endpoint))))
        elif name and name != agreed.name:
            changes.append(ExtensionRenamed(number, name))
            agree.append((number, Agreed(name, agreed.made)))
        elif wanted_name(endpoint) != (agreed.called or agreed.name):
            rename.append(endpoint)
        if (
            has_login_of_its_own(endpoint)
            and theirs.secret != endpoint.secret
            and theirs.tech == "pjsip"
            and fits(theirs.secret, longest)
        ):
            changes.append(ExtensionSecretChanged(number, theirs.secret))
    moved = {change.new_number for change in changes if isinstance(change, ExtensionRenumbered)}
    left = [number for number in known if number not in wanted and number not in moved]
    delete = [number for number in left if known[number].made and number in seen]
    forget += [number for number in left if number not in delete]
    return Steps(tuple(changes), tuple(create), tuple(rename), tuple(delete), tuple(agree), tuple(forget))


def _gone(
    endpoint: SipEndpoint,
    wanted: Mapping[str, SipEndpoint],
    known: Mapping[str, Agreed],
    seen: Mapping[str, FreePbxExtension],
    longest: int,
) -> ExtensionChange:
    """Removed, or moved to another number. FreePBX itself cannot do that; an export and import can, with the password,
    which is random and so proves it.
    """
    heirs = [
        other
        for other in seen.values()
        if other.secret == endpoint.secret
        and other.number not in wanted
        and other.number not in known
        and has_login_of_its_own(endpoint)
        and fits(other.secret, longest)
    ]
    if len(heirs) == 1:
        return ExtensionRenumbered(endpoint.name, heirs[0].number, shown_name(heirs[0].name))
    return ExtensionRemoved(endpoint.name)
