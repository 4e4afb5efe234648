"""Registrations as Asterisk reports them: reading its lists, and telling what changed since the last one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bridge.pbx.amilink import AmiAnswer, AmiMessage
from bridge.ports import Contact

GONE = "Removed"
"""``ContactStatus`` of the event for a registration that ended; every other value means that it stands."""
_SLACK = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class KnownContact:
    """A registration and when it would end by itself."""

    contact: Contact
    expires: datetime | None


def read_contacts(answer: AmiAnswer) -> dict[str, KnownContact]:
    """The registrations in a list answer, by endpoint (reference: real Asterisk, section 6.2, ContactStatusDetail).

    Of several contacts of one endpoint the one that lives longest counts; our endpoints have one at most.
    """
    found: dict[str, KnownContact] = {}
    for event in answer.named("ContactStatusDetail"):
        known = _read(event)
        before = found.get(known.contact.endpoint)
        if before is None or (known.expires or _NEVER) >= (before.expires or _NEVER):
            found[known.contact.endpoint] = known
    return found


_NEVER = datetime.max.replace(tzinfo=UTC)


def _read(event: AmiMessage) -> KnownContact:
    contact = Contact(
        endpoint=event.get("EndpointName") or event.get("AOR"),
        uri=event.get("URI"),
        user_agent=event.get("UserAgent"),
        address=event.get("ViaAddress"),
        call_id=event.get("CallID"),
        status=event.get("Status"),
    )
    seconds = event.get("RegExpire")
    expires = datetime.fromtimestamp(int(seconds), UTC) if seconds.isascii() and seconds.isdigit() else None
    return KnownContact(contact, expires)


@dataclass(frozen=True, slots=True)
class ContactChanges:
    """What a listener is to be told."""

    added: tuple[Contact, ...] = ()
    removed: tuple[tuple[str, str], ...] = ()
    """Endpoint and reason."""


class ContactBook:
    """Which of our phones are registered, as far as we were told."""

    def __init__(self) -> None:
        self._known: dict[str, KnownContact] = {}

    def learn(
        self, seen: Mapping[str, KnownContact], asked: Iterable[str], *, now: datetime, away: bool = False
    ) -> ContactChanges:
        """Compare what Asterisk says about the ``asked`` endpoints with what we knew. ``away``: we had not watched."""
        added: list[Contact] = []
        removed: list[tuple[str, str]] = []
        for endpoint in sorted(asked):
            before, after = self._known.get(endpoint), seen.get(endpoint)
            if after is not None:
                self._known[endpoint] = after
                if before is None or _place(before.contact) != _place(after.contact):
                    added.append(after.contact)
            elif before is not None:
                del self._known[endpoint]
                removed.append((endpoint, _reason(before, now, away)))
        return ContactChanges(tuple(added), tuple(removed))

    def endpoints(self) -> Sequence[str]:
        """Every endpoint that we hold for registered."""
        return tuple(self._known)


def _place(contact: Contact) -> tuple[str, str, str, str]:
    return contact.uri, contact.address, contact.call_id, contact.user_agent


def _reason(known: KnownContact, now: datetime, away: bool) -> str:
    if away:
        return "gone while there was no connection to Asterisk"
    if known.expires is not None and now >= known.expires - _SLACK:
        return "the registration expired and the phone did not renew it"
    return "the phone unregistered"
