"""Directories and past calls in the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, func, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from bridge.core import CallKind, DeviceName, DirectoryContact, PastCall
from bridge.errors import Conflict
from bridge.store.phonebooktables import contact, directory_pin, past_call

MOST_CONTACTS = 50_000
"""In the corporate directory."""
MOST_PERSONAL = 1_000
"""In the directory of one phone."""
MOST_CALLS = 100
"""Calls of a kind kept for one phone."""
_AT_ONCE = 200


class SqlPhonebookRepository:
    """The PhonebookRepository of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def contacts(self, owner: str = "") -> Sequence[DirectoryContact]:
        """All contacts of a personal directory, or of the corporate one; in no order."""
        rows = contact.c
        query = select(rows.name, rows.number, rows.owner).where(rows.owner == owner)
        return [DirectoryContact(*row) for row in self._connection.execute(query)]

    def add_contacts(self, contacts: Collection[DirectoryContact]) -> int:
        """Add those that are not there yet; how many these were. Raises Conflict when the directory gets too long."""
        wanted = list(dict.fromkeys(contacts))
        known: set[DirectoryContact] = set()
        rows = contact.c
        for start in range(0, len(wanted), _AT_ONCE):
            keys = [(each.owner, each.name, each.number) for each in wanted[start : start + _AT_ONCE]]
            query = select(rows.name, rows.number, rows.owner).where(
                tuple_(rows.owner, rows.name, rows.number).in_(keys)
            )
            known |= {DirectoryContact(*row) for row in self._connection.execute(query)}
        new = [each for each in wanted if each not in known]
        for owner in {each.owner for each in new}:
            self._check_room(owner, sum(each.owner == owner for each in new))
        if new:
            values = [{"owner": each.owner, "name": each.name, "number": each.number} for each in new]
            try:
                with self._connection.begin_nested():
                    self._connection.execute(insert(contact), values)
            except IntegrityError:
                raise Conflict(
                    "somebody else added one of these contacts in the same moment", fix="try it again"
                ) from None
        return len(new)

    def remove_contacts(self, *, owner: str = "", name: str = "", number: str = "") -> int:
        """Remove the contacts of an owner with this name and number, where empty means any; how many these were."""
        statement = delete(contact).where(contact.c.owner == owner)
        if name:
            statement = statement.where(contact.c.name == name)
        if number:
            statement = statement.where(contact.c.number == number)
        return self._connection.execute(statement).rowcount

    def pin(self, owner: str) -> str:
        """The hash of the PIN that a personal directory asks for; empty for none."""
        query = select(directory_pin.c.hashed).where(directory_pin.c.owner == owner)
        return self._connection.execute(query).scalar() or ""

    def set_pin(self, owner: str, hashed: str) -> None:
        """Set that hash; an empty one removes it."""
        mine = directory_pin.c.owner == owner
        if not hashed:
            self._connection.execute(delete(directory_pin).where(mine))
        elif self._connection.execute(select(directory_pin.c.owner).where(mine)).first() is None:
            self._connection.execute(insert(directory_pin).values(owner=owner, hashed=hashed))
        else:
            self._connection.execute(update(directory_pin).where(mine).values(hashed=hashed))

    def note_call(self, call: PastCall) -> None:
        """Remember a call. Only the newest ones of a phone are kept."""
        rows = past_call.c
        values = {"at": call.at, "number": call.number[:50], "seconds": call.seconds}
        self._connection.execute(
            insert(past_call).values(device_name=call.device.value, kind=call.kind.value, **values)
        )
        mine = (rows.device_name == call.device.value) & (rows.kind == call.kind.value)
        newest_dropped = select(rows.id).where(mine).order_by(rows.id.desc()).offset(MOST_CALLS).limit(1)
        last = self._connection.execute(newest_dropped).scalar()
        if last is not None:
            self._connection.execute(delete(past_call).where(mine, rows.id <= last))

    def calls(self, device: DeviceName, kind: CallKind) -> Sequence[PastCall]:
        """A phone's calls of this kind, newest first."""
        rows = past_call.c
        query = (
            select(rows.at, rows.number, rows.seconds)
            .where(rows.device_name == device.value, rows.kind == kind.value)
            .order_by(rows.id.desc())
            .limit(MOST_CALLS)
        )
        return [PastCall(device, at, kind, number, seconds) for at, number, seconds in self._connection.execute(query)]

    def _check_room(self, owner: str, more: int) -> None:
        query = select(func.count()).select_from(contact).where(contact.c.owner == owner)
        most = MOST_PERSONAL if owner else MOST_CONTACTS
        if self._connection.execute(query).scalar_one() + more > most:
            raise Conflict(
                f"the directory would have more than {most} contacts",
                fix="remove some that are not needed, or import fewer",
            )
