"""Claims, protected numbers and wrong attempts in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from bridge.core import Claim, ClaimTries, DeviceName
from bridge.errors import NotFound
from bridge.store.claimtables import claim, claim_tries, protected_number


class SqlClaimRepository:
    """The ClaimRepository of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> Sequence[Claim]:
        """Every claim, claimed ones too, ordered by number."""
        # Ordered here: each database has its own idea of the alphabet.
        return sorted((_claim(row) for row in self._connection.execute(select(claim))), key=lambda each: each.number)

    def get(self, number: str) -> Claim | None:
        """The claim for this extension, or None."""
        row = self._connection.execute(select(claim).where(claim.c.number == number)).one_or_none()
        return None if row is None else _claim(row)

    def awaited(self) -> frozenset[str]:
        """The extensions that nobody has claimed yet."""
        open_ones = select(claim.c.number).where(claim.c.claimed_by == "")
        return frozenset(self._connection.execute(open_ones).scalars())

    def save(self, record: Claim) -> None:
        """Write one, new or changed."""
        values = {
            "created_at": record.created_at,
            "pin": record.pin,
            "route_partition": record.partition,
            "device_name": _name(record.device),
            "pool": record.pool,
            "display_name": record.display_name,
            "description": record.description,
            "css": record.css,
            "button_template": record.button_template,
            "softkey_template": record.softkey_template,
            "device_template": record.device_template,
            "claimed_at": record.claimed_at,
            "claimed_by": _name(record.claimed_by),
        }
        this = claim.c.number == record.number
        if self._connection.execute(select(claim.c.number).where(this)).first() is None:
            self._connection.execute(insert(claim).values(number=record.number, **values))
        else:
            self._connection.execute(update(claim).where(this).values(values))

    def remove(self, number: str) -> None:
        """Remove one. Raises NotFound."""
        if not self._connection.execute(delete(claim).where(claim.c.number == number)).rowcount:
            raise NotFound(f"there is no claim for {number}", fix="`sepbridge claims list` shows those that exist")

    def protected(self) -> Sequence[str]:
        """Numbers and patterns that must never be claimed, ordered."""
        return sorted(self._connection.execute(select(protected_number.c.pattern)).scalars())

    def protect(self, pattern: str) -> None:
        """Add one; harmless when it is there."""
        if pattern not in self.protected():
            self._connection.execute(insert(protected_number).values(pattern=pattern))

    def unprotect(self, pattern: str) -> None:
        """Remove one. Raises NotFound."""
        this = protected_number.c.pattern == pattern
        if not self._connection.execute(delete(protected_number).where(this)).rowcount:
            raise NotFound(f"{pattern} is not protected", fix="`sepbridge claims list` shows what is")

    def tries(self, subject: str) -> ClaimTries | None:
        """Wrong attempts of a phone or for an extension; None for none."""
        rows = claim_tries.c
        row = self._connection.execute(select(rows.count, rows.last_at).where(rows.subject == subject)).one_or_none()
        return None if row is None else ClaimTries(row[0], row[1])

    def set_tries(self, subject: str, tries: ClaimTries | None) -> None:
        """Set them; None forgets them."""
        self._connection.execute(delete(claim_tries).where(claim_tries.c.subject == subject))
        if tries is not None:
            values = {"subject": subject, "count": tries.count, "last_at": tries.last_at}
            self._connection.execute(insert(claim_tries).values(values))

    def forget_tries(self, before: datetime) -> None:
        """Forget those whose last attempt is older."""
        self._connection.execute(delete(claim_tries).where(claim_tries.c.last_at < before))


def _name(device: DeviceName | None) -> str:
    return device.value if device else ""


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        number=row.number,
        created_at=row.created_at,
        pin=row.pin,
        partition=row.route_partition,
        device=DeviceName(row.device_name) if row.device_name else None,
        pool=row.pool,
        display_name=row.display_name,
        description=row.description,
        css=row.css,
        button_template=row.button_template,
        softkey_template=row.softkey_template,
        device_template=row.device_template,
        claimed_at=row.claimed_at,
        claimed_by=DeviceName(row.claimed_by) if row.claimed_by else None,
    )
