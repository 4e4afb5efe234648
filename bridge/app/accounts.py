"""Who may use dashboard and API: users with passwords, programs with tokens, and how they prove it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bridge.app.settings import WebSettings
from bridge.core import AccessVia, Account, ApiToken, LoginSession, Principal, Role
from bridge.core.accounts import LONGEST_PASSWORD, check_account_name, check_password
from bridge.errors import Conflict, InvalidInput, LoginRefused, LoginRequired, NotFound, TooManyTries
from bridge.ports import AuditEntry, Clock, IdSource, Store, UnitOfWork

FIRST_ACCOUNT = "admin"
ONE_TIME_LENGTH = 16
TOKEN_LENGTH = 43
"""Characters of 56: 249 bits. So a plain hash of a token or cookie is enough; nobody finds it by trying."""
TOKEN_PREFIX = "sepbridge_"  # noqa: S105  # no secret: it lets programs that look for leaked tokens see one
MOST_ACCOUNTS = 500
MOST_TOKENS = 500
NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is known when a session or token was used last: each note is a write."""
_TRIES_OF_AN_ADDRESS = 4
_TRIES_OF_A_NAME = 10
"""Times the tries of one name from one address. A name is locked late, so that strangers cannot lock its owner out."""

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody has this password")
"""Checked against where there is no such user, so that the time of an answer does not tell who exists."""


@dataclass(frozen=True, slots=True)
class LoginRules:
    """How long logins last, and how many wrong ones are forgiven."""

    lifetime: timedelta = timedelta(hours=12)
    """After that a person has to log in again."""
    idle: timedelta = timedelta(hours=2)
    """The same after so long without a request."""
    tries: int = 5
    """Wrong logins with one name from one address, until they are no longer looked at."""
    locked: timedelta = timedelta(minutes=15)
    one_time: timedelta | None = timedelta(days=1)
    """How long a one-time password waits for its one login; None: for ever."""


@dataclass(frozen=True, slots=True)
class OneTimePassword:
    """A password that we made: for one login, in which its owner chooses another."""

    account: str
    password: str = field(repr=False)
    until: datetime | None = None
    """When it is good no more, used or not."""


class FirstLoginPlace(Protocol):
    """Where the password of the very first login waits for the admin."""

    def keep(self, made: OneTimePassword) -> None:
        """Put it there. Raises WriteFailed."""
        ...

    def forget(self, account: str) -> None:
        """It is good no more: take it away, if it is this account's."""
        ...


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A login that worked. ``cookie`` goes to the browser and is kept nowhere here."""

    principal: Principal
    cookie: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made: this is the only time that it is seen."""

    token: ApiToken
    secret: str = field(repr=False)


class Accounts:
    """The use cases. All of them block (database, password hashes): call them in a thread."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: IdSource,
        rules: LoginRules | None = None,
        first_login: FirstLoginPlace | None = None,
    ) -> None:
        self._first_login = first_login
        self._store = store
        self._clock = clock
        self._ids = ids
        self.rules = rules or LoginRules()

    # --- logging in --------------------------------------------------------------------------------------------------

    def first_run(self, actor: str) -> OneTimePassword | None:
        """Make the first admin where nobody has ever logged in, and nobody can; None where somebody did or can.

        Raises WriteFailed when the password cannot be kept for the admin: then there is no such user.
        """
        with self._store.read() as work:
            if any(self._may_come(each) for each in work.accounts.all()):
                return None
        made, hashed = self._made(FIRST_ACCOUNT)
        with self._store.write() as work:
            if any(self._may_come(each) for each in work.accounts.all()):
                return None  # another node was faster
            account = Account(made.account, Role.ADMIN, self._clock.now(), hashed, one_time=True)
            work.accounts.save(replace(account, logs_in_until=made.until))
            self._audit(work, actor, f"made the first user {made.account}", "with a one-time password")
            if self._first_login is not None:
                self._first_login.keep(made)
            work.commit()
        return made

    def log_in(self, name: str, password: str, address: str) -> LoggedIn:
        """A new session. ``address``: where the request came from. Raises LoginRefused, TooManyTries.

        Let one run at a time: each takes 64 MB and a tenth of a second.
        """
        name, address = name[:50], address[:45]
        with self._store.read() as work:
            self._check_tries(work, name, address)
            account = work.accounts.get(name)
        fits = _fits(account.password if account else _NOBODY, password) and account is not None
        now = self._clock.now()
        with self._store.write() as work:
            # Read again: it may have been removed, or given another password, while we were hashing.
            current = work.accounts.get(name)
            if not fits or account is None or current is None or current.password != account.password:
                for subject, _ in self._subjects(name, address):
                    work.accounts.count_try(subject, now)
                work.accounts.forget_tries(before=now - self.rules.locked)
                self._audit(work, _from(name if account else "somebody", address), "could not log in")
                work.commit()
                raise LoginRefused("the name or the password is wrong", fix="try again, or ask another admin")
            if _is_used_up(current, now):
                # Said to those alone who know the password. It is no guess, so it counts as none.
                self._audit(work, _from(name, address), "could not log in", "the one-time password is used up")
                work.commit()
                raise LoginRefused(
                    "that one-time password was used already, or is too old",
                    fix=f"have another admin give you one, or on the server: sepbridge users password {name}",
                )
            for subject, _ in self._subjects(name, address):
                work.accounts.forget_tries(subject=subject)
            cookie, session = self._new_session(name, now)
            work.accounts.add_session(session)
            hashed = _hasher.hash(password) if _hasher.check_needs_rehash(current.password) else current.password
            until = now if current.one_time else None
            work.accounts.save(replace(current, last_login_at=now, password=hashed, logs_in_until=until))
            self._audit(work, _from(name, address), "logged in")
            work.commit()
        if current.one_time:
            self._forget_first_login(name)
        return LoggedIn(_person(current), cookie, session.expires_at)

    def log_out(self, cookie: str) -> None:
        """End a session; harmless when there is none."""
        with self._store.write() as work:
            work.accounts.end_sessions(digest=digest_of(cookie))
            work.commit()

    def log_out_everywhere(self, name: str, actor: str) -> None:
        """End all sessions of a user, the one that asks included. Raises NotFound."""
        with self._store.write() as work:
            _known(work, name)
            work.accounts.end_sessions(account=name)
            self._audit(work, actor, f"logged {name} out everywhere")
            work.commit()

    def by_cookie(self, cookie: str) -> Principal:
        """Whose session that is. Raises LoginRequired."""
        digest, now = digest_of(cookie), self._clock.now()
        with self._store.read() as work:
            session = work.accounts.session(digest)
            account = work.accounts.get(session.account) if session else None
        if session is None or account is None or now >= min(session.expires_at, session.seen_at + self.rules.idle):
            raise LoginRequired("you are not logged in, or were for too long", fix="log in")
        if now - session.seen_at >= NOTED_EVERY:
            with self._store.write() as work:
                work.accounts.touch_session(digest, now)
                work.commit()
        return _person(account)

    def by_token(self, secret: str) -> Principal:
        """Whose token that is. Raises LoginRequired."""
        digest, now = digest_of(secret), self._clock.now()
        with self._store.read() as work:
            token = work.accounts.token(digest)
        if token is None or (token.expires_at is not None and now >= token.expires_at):
            raise LoginRequired("that token is unknown, or it has expired", fix="make a new one: sepbridge tokens add")
        if token.last_used_at is None or now - token.last_used_at >= NOTED_EVERY:
            with self._store.write() as work:
                work.accounts.touch_token(digest, now)
                work.commit()
        return Principal(token.name, token.role, AccessVia.TOKEN)

    def change_password(self, cookie: str, old: str, new: str, address: str) -> LoggedIn:
        """Give oneself a new password; all sessions end, and this browser gets a new one.

        Raises LoginRequired, LoginRefused for the old one, TooManyTries, InvalidInput for the new one.
        """
        principal = self.by_cookie(cookie)
        with self._store.read() as work:
            self._check_tries(work, principal.name, address)
            account = work.accounts.get(principal.name)
        if account is None or not _fits(account.password, old):
            with self._store.write() as work:
                for subject, _ in self._subjects(principal.name, address):
                    work.accounts.count_try(subject, self._clock.now())
                work.commit()
            raise LoginRefused("the old password is wrong", fix="try again, or have another admin give you a new one")
        if new == old:
            raise InvalidInput("that is the password that you have", fix="take another one")
        hashed = _hasher.hash(check_password(new, account.name))
        now = self._clock.now()
        with self._store.write() as work:
            current = work.accounts.get(account.name)
            if current is None or current.password != account.password:
                raise LoginRequired("your account was changed meanwhile", fix="log in again")
            changed = replace(current, password=hashed, one_time=False, logs_in_until=None)
            work.accounts.save(changed)
            work.accounts.end_sessions(account=account.name)
            cookie, session = self._new_session(account.name, now)
            work.accounts.add_session(session)
            self._audit(work, _from(account.name, address), "changed the own password")
            work.commit()
        return LoggedIn(_person(changed), cookie, session.expires_at)

    # --- users -------------------------------------------------------------------------------------------------------

    def users(self) -> Sequence[Account]:
        """Every account, ordered by name."""
        with self._store.read() as work:
            return work.accounts.all()

    def add_user(self, name: str, role: Role, actor: str, *, password: str = "") -> OneTimePassword | None:
        """A new user. Without a ``password`` one is made, for one login. Raises InvalidInput, Conflict."""
        check_account_name(name)
        made, hashed = self._made_or_given(name, password)
        with self._store.write() as work:
            known = {each.name.lower() for each in work.accounts.all()}
            if name.lower() in known:
                raise Conflict(f"there is a user {name!r} already", fix="take another name")
            if len(known) >= MOST_ACCOUNTS:
                raise Conflict(f"there are {MOST_ACCOUNTS} users already", fix="remove some that are not needed")
            account = Account(name, role, self._clock.now(), hashed, one_time=made is not None)
            work.accounts.save(replace(account, logs_in_until=made.until if made else None))
            self._audit(work, actor, f"added the user {name}", str(role))
            work.commit()
        return made

    def reset_password(self, name: str, actor: str, *, password: str = "") -> OneTimePassword | None:
        """Give a user another password, made for one login unless given; the user's sessions end, locks are lifted.

        Raises InvalidInput, NotFound.
        """
        made, hashed = self._made_or_given(name, password)
        with self._store.write() as work:
            account = _known(work, name)
            until = made.until if made else None
            work.accounts.save(replace(account, password=hashed, one_time=made is not None, logs_in_until=until))
            work.accounts.end_sessions(account=name)
            work.accounts.forget_tries(subject=_of_name(name))
            work.accounts.forget_tries(beginning=f"{name} from ")
            self._audit(work, actor, f"gave {name} a new password")
            work.commit()
        self._forget_first_login(name)
        return made

    def set_role(self, name: str, role: Role, actor: str) -> Account:
        """Let a user do more, or less. Raises NotFound, Conflict for the last admin."""
        with self._store.write() as work:
            account = _known(work, name)
            if role is not Role.ADMIN:
                _check_other_admin(work, name)
            changed = replace(account, role=role)
            work.accounts.save(changed)
            self._audit(work, actor, f"made {name} {role}", f"was {account.role}")
            work.commit()
        return changed

    def remove_user(self, name: str, actor: str) -> None:
        """Remove a user; the sessions end. Raises NotFound, Conflict for the last admin."""
        with self._store.write() as work:
            _known(work, name)
            _check_other_admin(work, name)
            work.accounts.remove(name)
            self._audit(work, actor, f"removed the user {name}")
            work.commit()
        self._forget_first_login(name)

    # --- tokens ------------------------------------------------------------------------------------------------------

    def tokens(self) -> Sequence[ApiToken]:
        """Every token, without its secret, ordered by name."""
        with self._store.read() as work:
            return work.accounts.tokens()

    def add_token(self, name: str, role: Role, actor: str, *, lifetime: timedelta | None = None) -> NewToken:
        """A token for a program, for ever unless given a ``lifetime``. Raises InvalidInput, Conflict."""
        check_account_name(name, "token")
        if lifetime is not None and not timedelta(minutes=1) <= lifetime <= timedelta(days=3660):
            raise InvalidInput("a token lives from one minute to ten years", fix="leave the time out for no end")
        secret, now = TOKEN_PREFIX + self._ids.secret(TOKEN_LENGTH), self._clock.now()
        expires = now + lifetime if lifetime is not None else None
        token = ApiToken(name, role, digest_of(secret), now, actor, expires_at=expires)
        with self._store.write() as work:
            if len(work.accounts.tokens()) >= MOST_TOKENS:
                raise Conflict(f"there are {MOST_TOKENS} tokens already", fix="remove some that are not needed")
            work.accounts.add_token(token)
            self._audit(work, actor, f"made the token {name}", str(role))
            work.commit()
        return NewToken(token, secret)

    def remove_token(self, name: str, actor: str) -> None:
        """Let a token be good no more. Raises NotFound."""
        with self._store.write() as work:
            work.accounts.remove_token(name)
            self._audit(work, actor, f"removed the token {name}")
            work.commit()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _made_or_given(self, name: str, password: str) -> tuple[OneTimePassword | None, str]:
        """A password made here, or None where one was given; and the hash of the one that counts."""
        if password:
            return None, _hasher.hash(check_password(password, name))
        return self._made(name)

    def _made(self, name: str) -> tuple[OneTimePassword, str]:
        until = self._clock.now() + self.rules.one_time if self.rules.one_time is not None else None
        made = OneTimePassword(name, self._ids.secret(ONE_TIME_LENGTH), until)
        return made, _hasher.hash(made.password)

    def _may_come(self, account: Account) -> bool:
        """Whether somebody logged in with it, or still can."""
        return account.last_login_at is not None or not _is_used_up(account, self._clock.now())

    def _forget_first_login(self, name: str) -> None:
        if self._first_login is not None:
            self._first_login.forget(name)

    def _new_session(self, name: str, now: datetime) -> tuple[str, LoginSession]:
        cookie = self._ids.secret(TOKEN_LENGTH)
        return cookie, LoginSession(digest_of(cookie), name, now, now, now + self.rules.lifetime)

    def _subjects(self, name: str, address: str) -> Sequence[tuple[str, int]]:
        tries = self.rules.tries
        return (
            (f"{name} from {address}", tries),
            (f"from {address}", tries * _TRIES_OF_AN_ADDRESS),
            (_of_name(name), tries * _TRIES_OF_A_NAME),
        )

    def _check_tries(self, work: UnitOfWork, name: str, address: str) -> None:
        now = self._clock.now()
        for subject, most in self._subjects(name, address):
            tries = work.accounts.tries(subject)
            if tries is None or tries.count < most:
                continue
            left = (tries.last_at + self.rules.locked - now).total_seconds()
            if left > 0:
                raise TooManyTries(
                    "there were too many wrong logins",
                    why="passwords are not looked at for a while then",
                    fix=f"wait {max(1, round(left / 60))} min, or run `sepbridge users password` on the server",
                    wait=max(1, round(left)),
                )

    def _audit(self, work: UnitOfWork, actor: str, action: str, detail: str = "") -> None:
        work.journal.audit(AuditEntry(self._clock.now(), actor, action, detail))


def login_rules(settings: WebSettings) -> LoginRules:
    """What the settings say about logins."""
    return LoginRules(
        lifetime=timedelta(seconds=settings.session_lifetime),
        idle=timedelta(seconds=settings.session_idle),
        tries=settings.tries,
        locked=timedelta(seconds=settings.locked),
        one_time=timedelta(seconds=settings.one_time_lifetime) if settings.one_time_lifetime else None,
    )


def digest_of(secret: str) -> str:
    """What is stored of a cookie or a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_token_of(cookie: str) -> str:
    """What a page of ours must send back with a change: it follows from the cookie, and the cookie not from it."""
    return hmac.digest(cookie.encode(), b"csrf", "sha256").hex()


def _fits(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password[: LONGEST_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return False


def _is_used_up(account: Account, now: datetime) -> bool:
    """Whether its one-time password was used, or waited for too long."""
    return account.one_time and account.logs_in_until is not None and now >= account.logs_in_until


def _person(account: Account) -> Principal:
    return Principal(account.name, account.role, AccessVia.SESSION, must_change=account.one_time)


def _from(name: str, address: str) -> str:
    return f"{name} from {address}" if address else name


def _of_name(name: str) -> str:
    return f"user {name}"


def _known(work: UnitOfWork, name: str) -> Account:
    account = work.accounts.get(name)
    if account is None:
        raise NotFound(f"there is no user {name[:60]!r}", fix="`sepbridge users list` shows those that exist")
    return account


def _check_other_admin(work: UnitOfWork, name: str) -> None:
    if not any(each.role is Role.ADMIN and each.name != name for each in work.accounts.all()):
        raise Conflict(f"{name} is the last admin", fix="make another user an admin first")
