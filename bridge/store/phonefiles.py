"""Elements of phones' files and onboarding codes in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from bridge.core import DeviceName, FileElement, OnboardingCode
from bridge.errors import Conflict, NotFound
from bridge.store.phonefiletables import file_element, onboarding_code


class SqlFileElementRepository:
    """The FileElementRepository of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> Sequence[FileElement]:
        """Every one, those of all phones first, by phone and path."""
        rows = [
            FileElement(row.path, row.value, DeviceName(row.scope) if row.scope else None)
            for row in self._connection.execute(select(file_element))
        ]
        return sorted(rows, key=lambda each: (_scope(each.device), each.path))

    def set(self, element: FileElement) -> None:
        """Write one, new or changed."""
        this = _this(element.path, element.device)
        if self._connection.execute(select(file_element.c.path).where(*this)).first() is None:
            values = {"scope": _scope(element.device), "path": element.path, "value": element.value}
            self._connection.execute(insert(file_element).values(values))
        else:
            self._connection.execute(update(file_element).where(*this).values(value=element.value))

    def remove(self, path: str, device: DeviceName | None) -> None:
        """Remove one. Raises NotFound."""
        if not self._connection.execute(delete(file_element).where(*_this(path, device))).rowcount:
            raise NotFound(f"{path} is not set", fix="`sepbridge phones elements` shows what is")


class SqlOnboardingRepository:
    """The OnboardingRepository of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> Sequence[OnboardingCode]:
        """Every code, used ones too, the newest first."""
        rows = [_code(row) for row in self._connection.execute(select(onboarding_code))]
        return sorted(rows, key=lambda each: (each.created_at, each.digest), reverse=True)

    def get(self, digest: str) -> OnboardingCode | None:
        """The code with this digest, or None."""
        this = select(onboarding_code).where(onboarding_code.c.digest == digest)
        row = self._connection.execute(this).one_or_none()
        return None if row is None else _code(row)

    def add(self, code: OnboardingCode) -> None:
        """Add one. Raises Conflict where there is such a code already."""
        if self.get(code.digest) is not None:
            raise Conflict("there is such an onboarding code already", fix="make another one")
        values = {
            "digest": code.digest,
            "last_digits": code.last_digits,
            "created_at": code.created_at,
            "expires_at": code.expires_at,
            "number": code.number,
            "display_name": code.display_name,
            "pool": code.pool,
            "used_at": code.used_at,
            "used_by": _scope(code.used_by),
        }
        self._connection.execute(insert(onboarding_code).values(values))

    def use(self, digest: str, device: DeviceName, now: datetime) -> bool:
        """Use a code up; False where somebody else did, on this node or another one."""
        columns = onboarding_code.c
        unused = columns.digest == digest, columns.used_at.is_(None)
        done = self._connection.execute(
            update(onboarding_code).where(*unused).values(used_at=now, used_by=device.value)
        )
        return done.rowcount == 1

    def remove(self, digest: str) -> None:
        """Remove one. Raises NotFound."""
        if not self._connection.execute(delete(onboarding_code).where(onboarding_code.c.digest == digest)).rowcount:
            raise NotFound("there is no such onboarding code", fix="`sepbridge onboarding list` shows those that exist")


def _scope(device: DeviceName | None) -> str:
    return device.value if device else ""


def _this(path: str, device: DeviceName | None) -> tuple[Any, Any]:
    return file_element.c.scope == _scope(device), file_element.c.path == path


def _code(row: Row[Any]) -> OnboardingCode:
    return OnboardingCode(
        digest=row.digest,
        last_digits=row.last_digits,
        created_at=row.created_at,
        expires_at=row.expires_at,
        number=row.number,
        display_name=row.display_name,
        pool=row.pool,
        used_at=row.used_at,
        used_by=DeviceName(row.used_by) if row.used_by else None,
    )
