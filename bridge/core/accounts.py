"""People and programs that may change or look at the site: accounts, their sessions, API tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bridge.errors import InvalidInput

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
"""Characters; hashing costs more with every one of them."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,49}", re.ASCII)


class Role(StrEnum):
    """What somebody may do."""

    ADMIN = "admin"
    """Everything."""
    VIEWER = "viewer"
    """Look at everything but secrets, and change nothing."""

    def covers(self, wanted: Role) -> bool:
        """Whether who has this role may do what ``wanted`` may."""
        return self is Role.ADMIN or wanted is Role.VIEWER


class AccessVia(StrEnum):
    """How somebody proved who he is."""

    SESSION = "session"
    """A login in the browser: a cookie."""
    TOKEN = "token"  # noqa: S105  # no secret: the name of a way
    """An API token: ``Authorization: Bearer``."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks."""

    name: str
    role: Role
    via: AccessVia
    must_change: bool = False
    """Came in with a one-time password, and may do nothing before there is one of the person's own."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may log in."""

    name: str
    role: Role
    created_at: datetime
    password: str = field(repr=False)
    """Its hash (argon2id)."""
    one_time: bool = False
    """The password was made by us or by another admin, and must be changed at the first login."""
    last_login_at: datetime | None = None
    logs_in_until: datetime | None = None
    """After that its one-time password lets nobody in: it was used then, or nobody did in time. None: for ever."""


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A person who has logged in."""

    digest: str = field(repr=False)
    """Hash of the cookie; the cookie itself is stored nowhere."""
    account: str
    created_at: datetime
    seen_at: datetime
    """The last request, to a minute."""
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A program's way in."""

    name: str
    role: Role
    digest: str = field(repr=False)
    """Hash of the token; the token itself is stored nowhere."""
    created_at: datetime
    created_by: str
    last_used_at: datetime | None = None
    """To a minute."""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoginTries:
    """Wrong logins of one name, one address, or the two together."""

    count: int
    last_at: datetime


def check_account_name(name: str, what: str = "user") -> str:
    """A name for a user or a token. Raises InvalidInput."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name[:60]!r} cannot be the name of a {what}",
            fix="1 to 50 letters, digits and . _ - @, with a letter or digit first",
        )
    return name


def check_password(password: str, name: str) -> str:
    """A password that a person chose. Long beats strange: no rules about kinds of characters. Raises InvalidInput."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidInput(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters", fix="a few words do")
    if len(set(password)) < 4 or password.lower() in (name.lower(), name.lower() * 2):
        raise InvalidInput("that password is guessed at once", fix="take a few words that do not belong together")
    return password
