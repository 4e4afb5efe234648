"""The directories and call lists behind the phones' screens, and the admin's side of them."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.app.services.csvcells import csv_text, unguarded
from bridge.core import CallKind, Device, DeviceName, DirectoryContact, PastCall, checked_contact
from bridge.core.phonebook import folded, matches, search_words
from bridge.errors import Conflict, InvalidInput, NotFound
from bridge.ports import AuditEntry, Clock, Store

PAGE = 32
"""Entries of a list that a phone shows at once (phone file reference, section 7)."""
STALE = 5.0
"""Seconds after which the corporate directory is read again."""
MOST_LINES = 50_000
"""Lines of a file to import."""
LARGEST_FILE = 8 * 1024 * 1024
_MOST_TRIES = 5
_TRIES_WITHIN = 600.0
_PIN = range(4, 13)


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list that is too long for a screen."""

    contacts: tuple[DirectoryContact, ...]
    number: int
    """From 1 on."""
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class _Indexed:
    contact: DirectoryContact
    words: frozenset[str]


class Directory:
    """What phones ask for. Blocking: use it from a thread."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._corporate: tuple[_Indexed, ...] = ()
        self._names: dict[str, str] = {}
        self._read_at: float | None = None
        self._key = secrets.token_bytes(32)
        self._tries: dict[str, tuple[float, int]] = {}

    def device(self, name: DeviceName) -> Device | None:
        """The phone of that name, or None. Raises StoreError."""
        with self._store.read() as work:
            return work.devices.get(name)

    def corporate(self, wanted: str = "", page: int = 1) -> Page:
        """The site's phones and the imported contacts whose names match. Raises StoreError."""
        self._read()
        return _page([each.contact for each in self._corporate if matches(each.words, wanted)], page)

    def personal(self, owner: DeviceName, wanted: str = "", page: int = 1) -> Page:
        """A phone's own contacts. Raises StoreError."""
        with self._store.read() as work:
            contacts = work.phonebook.contacts(owner.value)
        found = [each for each in contacts if matches(search_words(each.name), wanted)]
        return _page(sorted(found, key=_order), page)

    def calls(self, device: DeviceName, kind: CallKind) -> Sequence[tuple[PastCall, str]]:
        """A phone's calls of a kind, newest first, each with the name of the other side where it is known."""
        self._read()
        with self._store.read() as work:
            calls = work.phonebook.calls(device, kind)
        return [(call, self._names.get(call.number, "")) for call in calls]

    def note_call(self, call: PastCall) -> None:
        """Write down a call that is over. Raises StoreError."""
        with self._store.write() as work:
            work.phonebook.note_call(call)
            work.commit()

    # --- PIN of a personal directory ---------------------------------------------------------------------------------

    def ticket(self, owner: DeviceName, pin: str) -> str:
        """What opens a personal directory with this PIN; empty when it does not, or after too many wrong ones."""
        now = time.monotonic()
        since, tries = self._tries.get(owner.value, (now, 0))
        if now - since > _TRIES_WITHIN:
            since, tries = now, 0
        with self._store.read() as work:
            stored = work.phonebook.pin(owner.value)
        if stored and tries >= _MOST_TRIES:
            return ""
        if not stored or _fits(pin, stored):
            self._tries.pop(owner.value, None)
            return self._ticket(owner, stored)
        self._tries[owner.value] = since, tries + 1
        return ""

    def is_open(self, owner: DeviceName, ticket: str) -> bool:
        """Whether the personal directory asks for no PIN, or this ticket was given for it."""
        with self._store.read() as work:
            stored = work.phonebook.pin(owner.value)
        return not stored or hmac.compare_digest(self._ticket(owner, stored), ticket)

    def _ticket(self, owner: DeviceName, stored: str) -> str:
        return hmac.new(self._key, f"{owner}:{stored}".encode(), hashlib.sha256).hexdigest()[:32]

    # --- inside ------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        with self._lock:
            if self._read_at is not None and time.monotonic() - self._read_at < STALE:
                return
            with self._store.read() as work:
                contacts = {*work.phonebook.contacts(), *_of_phones(work.devices.all())}
            found = sorted(contacts, key=_order)
            self._corporate = tuple(_Indexed(each, search_words(each.name)) for each in found)
            self._names = {each.number: each.name for each in reversed(found)}
            self._read_at = time.monotonic()


class DirectoryDesk:
    """The admin's side: import, list, add, remove. ``actor`` is who asked, for the audit trail."""

    def __init__(self, store: Store, clock: Clock, actor: str) -> None:
        self._store = store
        self._clock = clock
        self._actor = actor

    def contacts(self, owner: DeviceName | None = None, wanted: str = "") -> Sequence[DirectoryContact]:
        """The contacts whose names match, in the order of their names."""
        with self._store.read() as work:
            found = work.phonebook.contacts(owner.value if owner else "")
        return sorted((each for each in found if matches(search_words(each.name), wanted)), key=_order)

    def add(
        self, contacts: Sequence[DirectoryContact], *, replace: bool = False, owner: DeviceName | None = None
    ) -> int:
        """Add contacts, instead of all that are there if ``replace``; how many are new. Raises Conflict."""
        with self._store.write() as work:
            if replace:
                work.phonebook.remove_contacts(owner=owner.value if owner else "")
            count = work.phonebook.add_contacts(contacts)
            what = "replaced a directory by" if replace else "added to a directory"
            work.journal.audit(AuditEntry(self._clock.now(), self._actor, what, f"{count} contacts"))
            work.commit()
        return count

    def remove(self, *, owner: DeviceName | None = None, name: str = "", number: str = "") -> int:
        """Remove contacts by name, number or both. Raises InvalidInput for neither, NotFound for none."""
        if not name and not number:
            raise InvalidInput("which contact is to be removed?", fix="give its name, its number, or both")
        with self._store.write() as work:
            count = work.phonebook.remove_contacts(owner=owner.value if owner else "", name=name, number=number)
            if not count:
                raise NotFound("there is no such contact", fix="`sepbridge directory list` shows those that exist")
            what = AuditEntry(self._clock.now(), self._actor, "removed contacts", f"{count} of {name or number}")
            work.journal.audit(what)
            work.commit()
        return count

    def change(self, before: DirectoryContact, after: DirectoryContact) -> None:
        """Put a contact in the place of another of the same directory. Raises NotFound, Conflict where it is there."""
        with self._store.write() as work:
            if not work.phonebook.remove_contacts(owner=before.owner, name=before.name, number=before.number):
                raise NotFound(
                    f"there is no contact {before.name}, {before.number}", fix="somebody removed it: look at the list"
                )
            if not work.phonebook.add_contacts([after]):
                raise Conflict(
                    f"{after.name}, {after.number}, is in the directory already", fix="remove one of the two"
                )
            detail = f"{before.name}, {before.number}, is {after.name}, {after.number}"
            work.journal.audit(AuditEntry(self._clock.now(), self._actor, "changed a contact", detail))
            work.commit()

    def set_pin(self, owner: DeviceName, pin: str) -> None:
        """Let a personal directory ask for this PIN; empty for none. Raises InvalidInput, NotFound."""
        if pin and not (pin.isascii() and pin.isdigit() and len(pin) in _PIN):
            raise InvalidInput("a PIN has 4 to 12 digits", fix="it is typed on a keypad: use digits only")
        with self._store.write() as work:
            work.devices.require(owner)
            work.phonebook.set_pin(owner.value, _hashed(pin) if pin else "")
            work.journal.audit(AuditEntry(self._clock.now(), self._actor, "set the PIN of a directory", str(owner)))
            work.commit()


def read_contacts(text: str, owner: str = "") -> list[DirectoryContact]:
    """The contacts of a CSV file with the columns ``name`` and ``number``, in any order, among others or not.

    Raises InvalidInput that names the line.
    """
    if len(text) > LARGEST_FILE:
        raise InvalidInput("the file is too large", why=f"more than {LARGEST_FILE // 1024 // 1024} MB", fix="split it")
    sample = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if sample.count(";") > sample.count(",") else ",", strict=True)
    return list(_rows(reader, owner))


def written_contacts(contacts: Sequence[DirectoryContact]) -> str:
    """Contacts as such a file: what ``read_contacts`` reads again."""
    return csv_text(("name", "number"), ((each.name, each.number) for each in contacts))


def _rows(reader: Iterator[list[str]], owner: str) -> Iterator[DirectoryContact]:
    columns: dict[str, int] = {}
    try:
        for count, row in enumerate(reader):
            line = reader.line_num  # type: ignore[attr-defined]  # the reader's type is a private one
            if not columns:
                columns = {each.strip().lstrip("\ufeff").lower(): place for place, each in enumerate(row)}
                if not {"name", "number"} <= set(columns):
                    raise InvalidInput(
                        "line 1: the columns name and number are missing", fix='begin with "name,number"'
                    )
                continue
            if not any(each.strip() for each in row):
                continue
            if count > MOST_LINES:
                raise InvalidInput(f"line {line}: more than {MOST_LINES} contacts", fix="import fewer")
            if len(row) <= max(columns["name"], columns["number"]):
                raise InvalidInput(f"line {line}: too few columns", fix="give every line a name and a number")
            try:
                yield checked_contact(unguarded(row[columns["name"]]), unguarded(row[columns["number"]]), owner)
            except InvalidInput as error:
                raise InvalidInput(f"line {line}: {error.what}", why=error.why, fix=error.fix) from None
    except csv.Error as error:
        raise InvalidInput(f"line {reader.line_num}: {error}", fix="close every quotation mark") from None  # type: ignore[attr-defined]  # as above
    if not columns:
        raise InvalidInput("the file is empty", fix='begin with "name,number"')


def _of_phones(devices: Sequence[Device]) -> Iterator[DirectoryContact]:
    for device in devices:
        for appearance in device.lines:
            name = appearance.line.display_name or appearance.label
            if name and name != appearance.line.number:
                yield DirectoryContact(name, appearance.line.number)


def _order(contact: DirectoryContact) -> tuple[str, str, str]:
    return folded(contact.name), contact.name, contact.number


def _page(contacts: Sequence[DirectoryContact], wanted: int) -> Page:
    pages = max(1, -(-len(contacts) // PAGE))
    number = min(max(1, wanted), pages)
    return Page(tuple(contacts[(number - 1) * PAGE : number * PAGE]), number, pages, len(contacts))


def _hashed(pin: str) -> str:
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{hashlib.scrypt(pin.encode(), salt=salt, n=4096, r=8, p=1).hex()}"


def _fits(pin: str, stored: str) -> bool:
    salt, _, _ = stored.partition(":")
    made = hashlib.scrypt(pin[:20].encode(), salt=bytes.fromhex(salt), n=4096, r=8, p=1)
    return hmac.compare_digest(f"{salt}:{made.hex()}", stored)
