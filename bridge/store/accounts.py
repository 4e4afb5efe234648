"""Accounts, sessions, API tokens and wrong logins in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update
from sqlalchemy.dialects import mysql, postgresql, sqlite

from bridge.core import Account, ApiToken, LoginSession, LoginTries
from bridge.errors import Conflict, NotFound
from bridge.store.accounttables import account, api_token, login_session, login_tries


class SqlAccountRepository:
    """The AccountRepository of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- accounts ----------------------------------------------------------------------------------------------------

    def all(self) -> Sequence[Account]:
        """Every account, ordered by name."""
        # Ordered here: each database has its own idea of the alphabet.
        return sorted((_account(row) for row in self._connection.execute(select(account))), key=lambda each: each.name)

    def get(self, name: str) -> Account | None:
        """The account of that name, or None."""
        row = self._connection.execute(select(account).where(account.c.name == name)).one_or_none()
        return None if row is None else _account(row)

    def save(self, record: Account) -> None:
        """Write one, new or changed."""
        values = {
            "role": record.role,
            "created_at": record.created_at,
            "password": record.password,
            "one_time": record.one_time,
            "last_login_at": record.last_login_at,
            "logs_in_until": record.logs_in_until,
        }
        this = account.c.name == record.name
        if self._connection.execute(select(account.c.name).where(this)).first() is None:
            self._connection.execute(insert(account).values(name=record.name, **values))
        else:
            self._connection.execute(update(account).where(this).values(values))

    def remove(self, name: str) -> None:
        """Remove one with its sessions. Raises NotFound."""
        self.end_sessions(account=name)
        if not self._connection.execute(delete(account).where(account.c.name == name)).rowcount:
            raise NotFound(f"there is no user {name!r}", fix="`sepbridge users list` shows those that exist")

    # --- sessions ----------------------------------------------------------------------------------------------------

    def session(self, digest: str) -> LoginSession | None:
        """The session whose cookie has this hash, or None."""
        row = self._connection.execute(select(login_session).where(login_session.c.digest == digest)).one_or_none()
        return None if row is None else LoginSession(*row)

    def add_session(self, session: LoginSession) -> None:
        """Add one; sessions that are over go."""
        self._connection.execute(delete(login_session).where(login_session.c.expires_at <= session.created_at))
        values = {
            "digest": session.digest,
            "account_name": session.account,
            "created_at": session.created_at,
            "seen_at": session.seen_at,
            "expires_at": session.expires_at,
        }
        self._connection.execute(insert(login_session).values(values))

    def touch_session(self, digest: str, at: datetime) -> None:
        """Note that it is used."""
        self._connection.execute(update(login_session).where(login_session.c.digest == digest).values(seen_at=at))

    def end_sessions(self, *, digest: str = "", account: str = "", but: str = "") -> None:
        """End the session with this hash, or all of an account save the one whose hash is ``but``."""
        rows = login_session.c
        these = or_(rows.digest == digest, rows.account_name == account)
        self._connection.execute(delete(login_session).where(these, rows.digest != but))

    # --- tokens ------------------------------------------------------------------------------------------------------

    def tokens(self) -> Sequence[ApiToken]:
        """Every token, ordered by name."""
        rows = self._connection.execute(select(api_token))
        return sorted((ApiToken(*row) for row in rows), key=lambda each: each.name)

    def token(self, digest: str) -> ApiToken | None:
        """The token with this hash, or None."""
        row = self._connection.execute(select(api_token).where(api_token.c.digest == digest)).one_or_none()
        return None if row is None else ApiToken(*row)

    def add_token(self, token: ApiToken) -> None:
        """Add one. Raises Conflict when the name is taken."""
        if self._connection.execute(select(api_token.c.name).where(api_token.c.name == token.name)).first() is not None:
            raise Conflict(f"there is a token {token.name!r} already", fix="take another name, or remove that one")
        values = {
            "name": token.name,
            "role": token.role,
            "digest": token.digest,
            "created_at": token.created_at,
            "created_by": token.created_by[:255],
            "last_used_at": token.last_used_at,
            "expires_at": token.expires_at,
        }
        self._connection.execute(insert(api_token).values(values))

    def touch_token(self, digest: str, at: datetime) -> None:
        """Note that it is used."""
        self._connection.execute(update(api_token).where(api_token.c.digest == digest).values(last_used_at=at))

    def remove_token(self, name: str) -> None:
        """Remove one. Raises NotFound."""
        if not self._connection.execute(delete(api_token).where(api_token.c.name == name)).rowcount:
            raise NotFound(f"there is no token {name!r}", fix="`sepbridge tokens list` shows those that exist")

    # --- wrong logins ------------------------------------------------------------------------------------------------

    def tries(self, subject: str) -> LoginTries | None:
        """Wrong logins of a subject; None for none."""
        rows = login_tries.c
        row = self._connection.execute(select(rows.count, rows.last_at).where(rows.subject == subject)).one_or_none()
        return None if row is None else LoginTries(row[0], row[1])

    def count_try(self, subject: str, at: datetime) -> None:
        """One more."""
        first = {"subject": subject, "count": 1, "last_at": at}
        more = {"count": login_tries.c.count + 1, "last_at": at}
        # One statement that the database counts in: two nodes neither overwrite each other's nor wait for each other.
        if self._connection.dialect.name in ("mysql", "mariadb"):
            self._connection.execute(mysql.insert(login_tries).values(first).on_duplicate_key_update(more))
            return
        upsert = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
        self._connection.execute(
            upsert(login_tries).values(first).on_conflict_do_update(index_elements=["subject"], set_=more)
        )

    def forget_tries(self, *, subject: str = "", before: datetime | None = None, beginning: str = "") -> None:
        """Forget those of a subject, those whose last one is older, or those whose subject begins so."""
        rows = login_tries.c
        if before is not None:
            these = rows.last_at < before
        elif beginning:
            these = rows.subject.startswith(beginning, autoescape=True)
        else:
            these = rows.subject == subject
        self._connection.execute(delete(login_tries).where(these))


def _account(row: Row[Any]) -> Account:
    return Account(row.name, row.role, row.created_at, row.password, row.one_time, row.last_login_at, row.logs_in_until)
